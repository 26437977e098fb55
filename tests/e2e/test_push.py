"""Metrics pushed to a real Pushgateway: what arrives, and that its outages are nobody else's."""

import asyncio
import re
import signal

import pytest
from callers import caller, eventually, reconciled
from pushgateway_server import USER, running_pushgateway
from serving import Server

ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
GROUP = 'aitrader_started_seconds{account="paper",environment="paper",instance="'


@pytest.fixture
def pushgateway(tmp_path):
    with running_pushgateway(tmp_path / "pushgateway", guarded=True) as gateway:
        yield gateway


@pytest.fixture
def start(tmp_path):
    """Starts engines that push every second to the address in their environment."""
    started = []

    def run(*settings, **environ):
        folder = tmp_path / f"server{len(started)}"
        folder.mkdir()
        server = Server(folder, "metrics.push_every_s=1", "logging.format=json", *settings)
        server.environ = environ
        started.append(server)
        return server.start()

    yield run
    for server in started:
        server.kill9()


def variables(gateway, password=None):
    auth = gateway.basic_auth if password is None else f"{USER}:{password}"
    return {"PROMETHEUS_PUSHGATEWAY_URL": gateway.url, "PROMETHEUS_BASIC_AUTH": auth}


async def pushes(rest, outcome):
    text = (await rest.get("/metrics")).text
    found = re.search(rf'^aitrader_pushes_total{{outcome="{outcome}"}} (\S+)', text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


async def arrived(gateway, line):
    async def there():
        return line in await asyncio.to_thread(gateway.exposition)

    await eventually(there, line)


def told(server, what):
    return [line for line in server.log.splitlines() if what in line]


async def test_what_is_pushed_tells_how_the_engine_is_and_goes_with_it(pushgateway, start):
    server = start(**variables(pushgateway))
    async with caller(server) as rest:
        await reconciled(rest)
        assert (await rest.post("/live/orders", json=ORDER)).status_code == 200
        await arrived(pushgateway, 'outcome="accepted"} 1')
        await eventually(lambda: pushes(rest, "pushed"), "a push that is counted")
    text = await asyncio.to_thread(pushgateway.exposition)
    assert GROUP in text
    assert 'job="aitrader"' in text
    for left_out in ("aitrader_rpc_", "aitrader_rest_", "_bucket{"):
        assert not re.search(rf"^aitrader_\S*{left_out}|^{left_out}", text, re.MULTILINE), left_out
    assert server.stop() == 0
    assert "aitrader" not in re.sub(r"#.*", "", await asyncio.to_thread(pushgateway.exposition))
    assert not told(server, "metrics not pushed")


async def test_a_wrong_password_is_counted_and_told_once(pushgateway, start):
    server = start(**variables(pushgateway, password="wrong-password"))
    async with caller(server) as rest:

        async def refused_twice():
            return await pushes(rest, "refused") >= 2

        await eventually(refused_twice, "two pushes that are refused")
        assert await pushes(rest, "pushed") == 0
    (line,) = told(server, "metrics not pushed")
    assert "401" in line
    assert "wrong-password" not in server.log
    assert server.stop() == 0


async def test_a_password_that_is_mended_is_used_without_a_restart(pushgateway, start, tmp_path):
    auth = tmp_path / "basic_auth"
    auth.write_text(f"{USER}:wrong-password\n")
    auth.chmod(0o600)
    address = {"PROMETHEUS_PUSHGATEWAY_URL": pushgateway.url}
    server = start(f"metrics.basic_auth=file:{auth}", "secrets.refresh_s=1", **address)
    async with caller(server) as rest:
        await eventually(lambda: pushes(rest, "refused"), "a push that is refused")
        auth.write_text(pushgateway.basic_auth + "\n")
        await arrived(pushgateway, GROUP)
    assert server.stop() == 0


async def test_an_outage_fails_no_order(pushgateway, start):
    server = start(**variables(pushgateway))
    async with caller(server) as rest:
        await reconciled(rest)
        over, statuses = asyncio.Event(), []

        async def trade():
            while not over.is_set():
                statuses.append((await rest.post("/live/orders", json=ORDER)).status_code)

        trading = asyncio.create_task(trade())
        try:
            await arrived(pushgateway, GROUP)
            pushgateway.kill9()

            async def failed_twice():
                return await pushes(rest, "failed") >= 2

            await eventually(failed_twice, "two pushes that fail")
            await asyncio.to_thread(pushgateway.start)
            await arrived(pushgateway, GROUP)
        finally:
            over.set()
            await trading
        assert set(statuses) == {200}, statuses
        assert len(statuses) > 10
    assert len(told(server, "metrics not pushed")) == 1
    assert len(told(server, "metrics are pushed again")) == 1
    assert server.stop() == 0


async def test_a_gateway_that_hangs_delays_neither_orders_nor_the_stop(pushgateway, start):
    server = start(**variables(pushgateway))
    async with caller(server) as rest:
        await reconciled(rest)
        await arrived(pushgateway, GROUP)
        pushgateway.signal(signal.SIGSTOP)
        for _ in range(20):
            assert (await rest.post("/live/orders", json=ORDER)).status_code == 200
    assert server.stop() == 0
    assert told(server, "pushed metrics stay behind")


async def test_nothing_is_pushed_where_nothing_is_said(start):
    server = start()
    async with caller(server) as rest:
        await reconciled(rest)
        assert "aitrader_pushes_total" not in (await rest.get("/metrics")).text


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"PROMETHEUS_PUSHGATEWAY_URL": "pushgateway:9091"}, "pushgateway_url"),
        (
            {
                "PROMETHEUS_PUSHGATEWAY_URL": "http://127.0.0.1:9",
                "PROMETHEUS_BASIC_AUTH": "only-a-password",
            },
            "basic_auth",
        ),
    ],
)
def test_what_cannot_be_pushed_with_is_refused_at_the_start(start, environ, key):
    with pytest.raises(AssertionError, match=rf"metrics\.{key}: ") as refusal:
        start(**environ)
    assert "only-a-password" not in str(refusal.value)
