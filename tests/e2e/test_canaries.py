"""Secrets in every place that takes one: none of them comes out anywhere, whatever goes wrong."""

import asyncio
import hashlib
import re
import subprocess
from dataclasses import dataclass

import grpc
import pytest
from aiohttp import web
from aitrader.v1 import trading_pb2
from callers import Rpc, caller, eventually, far_below, reconciled
from canaries import leaks, leaks_in_files, mint
from otlp_collector import Collector, running_collector
from serving import SCRIPT
from watched import Exchange, Pager, WatchedServer, paging

ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}
READS = (
    *("/live/status", "/live/orders", "/live/limits", "/observability/slo"),
    *("/metrics", "/readyz", "/openapi.json"),
)
COMMAND_TIMEOUT_S = 60
NOBODY = "127.0.0.1:1"


class Echo:
    """Refuses every push, and tells everybody what it was sent with it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append(request.headers.get("authorization", ""))
        return web.Response(status=401, text=f"refused: {dict(request.headers)} {request.url}")


@pytest.fixture
async def pushgateway():
    echo = Echo()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", echo.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        echo.address = f"127.0.0.1:{runner.addresses[0][1]}"
        yield echo
    finally:
        await runner.cleanup()


@pytest.fixture
async def pager():
    async with paging() as pager:
        yield pager


@pytest.fixture
def collector():
    with running_collector() as (collector, _):
        yield collector


@pytest.fixture
def exchange(tmp_path):
    folder = tmp_path / "exchange"
    folder.mkdir()
    with Exchange(folder) as exchange:
        yield exchange


@dataclass(frozen=True)
class Outside:
    """All that an engine talks to beside its exchange."""

    pushgateway: Echo
    pager: Pager
    collector: Collector


@pytest.fixture
def outside(pushgateway, pager, collector):
    return Outside(pushgateway, pager, collector)


class House:
    """An engine at that exchange with a secret wherever one can be."""

    def __init__(self, folder, exchange, outside):
        keys = exchange.credentials
        self.folder = folder / "house"
        self.folder.mkdir()
        self.secret_file = folder / "api_secret"
        self.secret_file.touch(0o600)
        self.secret_file.write_text(keys["api_secret"])
        self.extra_token = mint("token")
        self.given = {
            "API key": keys["api_key"],
            "API secret": keys["api_secret"],
            "extra token": self.extra_token,
            "strange token": mint("stranger"),
            "next secret": mint("rotated"),
            "push password": mint("push").replace("'", ""),
            "push URL": mint("pushurl").replace("'", "").replace("/", ""),
            "OTLP header": mint("otlp").replace(",", ""),
            "OpenAI key": mint("openai"),
            "database": mint("database").replace("/", "").replace("'", ""),
        }
        self.environ = {
            "HOUSE_MARK": keys["api_key"],
            "PUSH_URL": f"http://ada:{self.given['push URL']}@{outside.pushgateway.address}",
            "PUSH_AUTH": f"ada:{self.given['push password']}",
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={self.given['OTLP header']}",
            "OPENAI_API_KEY": self.given["OpenAI key"],
            "DATABASE": f"redis://ada:{self.given['database']}@{NOBODY}/0",
            "POSTGRES": f"postgresql://ada:{self.given['database']}@{NOBODY}/x",
        }
        # In base64 a password cannot be told from what stands before it.
        self.given |= {name: self.environ[name] for name in ("PUSH_URL", "PUSH_AUTH")}
        digest = hashlib.sha256(self.extra_token.encode()).hexdigest()
        self.settings = (
            f"execution.binance.sandbox_url={exchange.url}",
            "execution.binance.api_key=env:HOUSE_MARK",
            f"execution.binance.api_secret=file:{self.secret_file}",
            f'access.tokens=[{{"name": "desk", "role": "trader", "sha256": "{digest}"}}]',
            "metrics.pushgateway_url=env:PUSH_URL",
            "metrics.basic_auth=env:PUSH_AUTH",
            "metrics.push_every_s=1",
            f"tracing.otlp_url={outside.collector.url}",
            "tracing.sample_ratio=1",
            f"alerts.alertmanager_url={outside.pager.url}",
            "secrets.refresh_s=1",
            "logging.level=debug",
        )
        self.server = WatchedServer(self.folder, *self.settings)
        self.server.environ = self.environ

    def run(self, *words, settings=()):
        """A command of the same configuration; all that it says."""
        chosen = (f"state={self.server.state}", "grpc.port=0", "rest.port=0", *self.settings)
        sets = [word for value in (*chosen, *settings) for word in ("--set", value)]
        ran = subprocess.run(
            [SCRIPT, *words, *sets],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        return ran.stdout + ran.stderr


@pytest.fixture(params=["json", "text"])
def form(request):
    return request.param


@pytest.fixture
def house(form, tmp_path, exchange, outside):
    house = House(tmp_path, exchange, outside)
    house.server.settings += (f"logging.format={form}",)
    try:
        house.server.start()
        house.given["operator's token"] = house.server.token
        yield house
    finally:
        house.server.kill9()


async def answers_to_good_calls(house):
    """What a day's work is answered."""
    told = []
    for token in (house.server.token, house.extra_token):
        async with caller(house.server, token) as rest:
            await reconciled(rest)
            limit_price = await far_below(rest)
            resting = {**ORDER, "order_type": "limit", "limit_price": limit_price}
            bodies = (ORDER, resting, {**ORDER, "quantity": "5000"})
            told += [await rest.post("/live/orders", json=body) for body in bodies]
            told += [await rest.get(path) for path in READS]
            told.append(await rest.post("/live/halt", json={"reason": "a storm"}))
    async with caller(house.server) as rest:
        told.append(await rest.post("/live/resume", json={"reason": "it is over"}))
    return told


async def answers_to_bad_calls(house):
    """What is answered to those who are wrong, wherever they put their token."""
    told = []
    tokens = [house.server.token, house.extra_token, house.given["strange token"]]
    for token in tokens:
        async with caller(house.server, token) as rest:
            told.append(await rest.get("/live/status"))
            told.append(await rest.post("/live/orders", content=b'{"symbol": '))
            told.append(await rest.post("/live/orders", json={"symbol": "BTCUSDT", "x": 1}))
            told.append(await rest.get("/live/status", headers={"x-api-key": token}))
            told.append(await rest.get("/live/status", headers={"authorization": token}))
        async with Rpc(house.server, token) as rpc:
            place = rpc.channel.unary_unary("/aitrader.v1.TradingService/PlaceOrder")
            for body in (b"\xff\xff", trading_pb2.PlaceOrderRequest().SerializeToString()):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await place(body, **rpc.auth)
                told.append(caught.value)
    return told


def told_in(answers):
    parts = []
    for answer in answers:
        if isinstance(answer, grpc.aio.AioRpcError):
            metadata = repr(answer.initial_metadata()) + repr(answer.trailing_metadata())
            parts.append(f"{answer!r} {metadata}".encode())
        else:
            parts += [answer.content, repr(answer.headers.raw).encode()]
    return b"\n".join(parts)


async def a_bad_secret_is_refused(house, pager):
    """The file gets another secret, which signs nothing; the old one goes on to serve."""
    house.secret_file.write_text(house.given["next secret"])

    async def refused():
        async with caller(house.server) as rest:
            exposed = (await rest.get("/metrics")).text
        return re.search(r'secret_rotations_total{[^}]*outcome="refused"', exposed)

    await eventually(refused, "the refusal of a secret that signs nothing")
    await pager.until("SecretRefused")


async def the_venue_goes_away(house, exchange):
    exchange.kill9()
    async with caller(house.server) as rest:

        async def down():
            return (await rest.get("/readyz")).status_code == 503

        await eventually(down, "the loss of the venue")
        return [await rest.post("/live/orders", json=ORDER)]


def said_by_commands(house):
    """What the command line says of the same configuration, and of one that is wrong."""
    wrong = (
        ("limits_store.kind=redis", "limits_store.url=env:DATABASE"),
        ("journal.kind=postgres", "journal.url=env:POSTGRES"),
        (f"execution.binance.api_secret={house.given['next secret']}",),
        (f"limits_store.url=redis://ada:{house.given['database']}@{NOBODY}/0",),
        ("metrics.basic_auth=env:DATABASE", "metrics.pushgateway_url=env:NOT_THERE"),
    )
    said = [house.run("config", "show"), house.run("config", "check")]
    said += [house.run("secrets", "check"), house.run("doctor")]
    for settings in wrong:
        said.append(house.run("config", "check", settings=settings))
        said.append(house.run("config", "show", settings=settings))
        said.append(house.run("secrets", "check", settings=settings))
    # The same state folder is taken, and so another's start ends in words.
    said.append(house.run("serve"))
    return b"\n".join(said)


async def test_no_secret_comes_out_anywhere(house, exchange, outside):
    answers = await answers_to_good_calls(house)
    answers += await answers_to_bad_calls(house)
    await a_bad_secret_is_refused(house, outside.pager)
    said = await asyncio.to_thread(said_by_commands, house)
    answers += await the_venue_goes_away(house, exchange)

    async def pushed():
        return outside.pushgateway.heard

    async def traced():
        return outside.collector.raw

    await eventually(pushed, "a push")
    await eventually(traced, "a span")
    assert house.server.stop() == 0

    given = house.given
    # What the Pushgateway told back is there, but for the secret in it.
    assert "[hidden]" in house.server.log
    assert leaks(told_in(answers), given) == []
    assert leaks(said, given) == []
    assert leaks(house.server.log.encode(), given) == []
    assert leaks(outside.collector.raw, given) == []
    assert leaks(repr(outside.pager.heard).encode(), given) == []
    assert leaks_in_files(house.folder, given, meant=[house.server.state / "token"]) == []


def test_a_leak_would_be_found(tmp_path):
    given = {"mine": mint("mine")}
    for shown in (given["mine"], repr([given["mine"]]), given["mine"].encode().hex()):
        assert leaks(f"before {shown} after".encode(), given) == ["mine"]
    (tmp_path / "log").write_text(f"x{given['mine']}")
    assert leaks_in_files(tmp_path, given) == [f"{tmp_path / 'log'}: mine"]
    assert leaks_in_files(tmp_path, given, meant=[tmp_path / "log"]) == []
