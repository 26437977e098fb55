"""Two engines, one account: whatever befalls the active one, every order is placed once."""

import asyncio
import itertools
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from callers import caller, eventually, reconciled
from deaf_proxy import running_proxy
from postgres_server import PostgresServer
from sandbox_process import SandboxProcess
from serving import Server, Venue

# From the fault to the new engine's first record. What a start takes beside that is the machine's.
TAKEOVER_S_MAX = 10.0
NS_PER_S = 1_000_000_000
EX_TEMPFAIL = 75
ORDER_INTERVAL_S = 0.2
ATTEMPT_TIMEOUT_S = 3.0
FUNDS = ("--balance", "USDT=1000000", "--balance", "BTC=100", "--pace", "10")
# Orders take their time or lose their reply, so that each change of engines finds some on the way.
FAULTS = (
    {"fault": "reply-delay", "chance": 0.4, "injection": {"delay_ms": 1_500}},
    {"fault": "drop-after", "chance": 0.05},
)


class Load:
    """Orders without end, each repeated under its id at one engine after the other."""

    def __init__(self, engines: list[Server]) -> None:
        self.sent: list[str] = []
        self.answers: dict[str, str] = {}
        self._engines = engines

    def answered(self, state: str) -> set[str]:
        return {request_id for request_id, said in self.answers.items() if said == state}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends meanwhile; at the end every order has its answer."""
        async with asyncio.TaskGroup() as orders:
            sending = asyncio.create_task(self._send(orders))
            try:
                yield
            finally:
                sending.cancel()

    async def _send(self, orders: asyncio.TaskGroup) -> None:
        for number in itertools.count(1):
            orders.create_task(self._place(f"two-{number}", "buy" if number % 2 else "sell"))
            await asyncio.sleep(ORDER_INTERVAL_S)

    async def _place(self, request_id: str, side: str) -> None:
        self.sent.append(request_id)
        order = {
            "symbol": "BTCUSDT",
            "side": side,
            "order_type": "market",
            "quantity": "0.001",
            "request_id": request_id,
        }
        for engine in itertools.cycle(self._engines):
            with suppress(httpx.TransportError):
                if engine.url and (said := await _ask(engine, order)):
                    self.answers[request_id] = said
                    return
            await asyncio.sleep(ORDER_INTERVAL_S)


async def _ask(engine: Server, order: dict[str, str]) -> str:
    """The order's state or why it was denied; empty when the engine does not decide."""
    async with caller(engine) as client:
        answer = await client.post("/live/orders", json=order, timeout=ATTEMPT_TIMEOUT_S)
    if answer.status_code == httpx.codes.OK:
        return str(answer.json()["order"]["state"])
    details = answer.json().get("details", [])
    is_denied = any(detail["@type"].endswith("aitrader.v1.Breach") for detail in details)
    return str(details[0]["reason"]) if is_denied else ""


def engine(folder: Path, sandbox: SandboxProcess, journal_url: str) -> Server:
    """Shares account, venue and journal with the other one, and nothing else."""
    folder.mkdir()
    server = Server(
        folder,
        "execution.gateway=binance",
        "account=sandbox",
        f"execution.binance.sandbox_url={sandbox.ready['rest']}",
        "execution.symbols=[BTCUSDT]",
        "journal.kind=postgres",
        "journal.url=env:JOURNAL_URL",
    )
    server.environ = {
        "BINANCE_SANDBOX_API_KEY": sandbox.credentials["api_key"],
        "BINANCE_SANDBOX_API_SECRET": sandbox.credentials["api_secret"],
        "JOURNAL_URL": journal_url,
    }
    return server


async def stand_by(server: Server, active: Server) -> None:
    """Starts `server`, which must find `active` in its way and say so."""
    server.url = ""
    begin = len(server.log)
    server.launch()

    async def waits() -> bool:
        assert server.alive, server.log
        return f"the engine with pid {active.pid} on" in server.log[begin:]

    await eventually(waits, "a standby that says so")


async def trades(server: Server, load: Load) -> None:
    """Waits until orders pass the engine, with whatever it had to settle before."""
    async with caller(server) as client:
        await reconciled(client)
    before = len(load.answered("ORDER_STATE_FILLED"))

    async def more() -> bool:
        return len(load.answered("ORDER_STATE_FILLED")) > before + 3

    await eventually(more, "orders through the active engine")


async def ends_to_stand_by(server: Server) -> None:
    assert await asyncio.to_thread(server.wait) == EX_TEMPFAIL, server.log


@pytest.mark.timeout(300)
async def test_every_order_is_placed_once(tmp_path, postgres, capsys):
    url = postgres.new_database()
    took_s: dict[str, float] = {}
    ready_s: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        sandbox = stack.enter_context(SandboxProcess(tmp_path, *FUNDS))
        ways = [await stack.enter_async_context(running_proxy(postgres.port)) for _ in range(2)]
        first, second = engines = [
            engine(tmp_path / f"engine{n}", sandbox, postgres.through(way.port, url))
            for n, way in enumerate(ways)
        ]
        for one in engines:
            stack.callback(one.kill9)

        async def takes_over(server: Server, what: str, since_s: float) -> None:
            await asyncio.to_thread(server.wait_until_ready)
            ready_s[what] = time.time() - since_s
            took_s[what] = last_start_s(postgres, url) - since_s

        for fault in FAULTS:
            sandbox.admin("POST", "/faults", {**fault, "subjects": "POST /api/v3/order"})
        await asyncio.to_thread(first.start)
        await stand_by(second, first)
        load = Load(engines)
        async with load.running():
            await trades(first, load)

            stopped_s = time.time()
            first.signal(signal.SIGSTOP)
            await takes_over(second, "paused", stopped_s)
            await trades(second, load)
            resumed_ns = time.time_ns()
            first.signal(signal.SIGCONT)
            await ends_to_stand_by(first)
            await stand_by(first, second)

            killed_s = time.time()
            second.kill9()
            await takes_over(first, "killed", killed_s)
            await trades(first, load)
            await stand_by(second, first)

            cut_s = time.time()
            ways[0].cut()
            await takes_over(second, "cut off", cut_s)
            await ends_to_stand_by(first)
            await trades(second, load)

        async with caller(second) as client:
            await reconciled(client)
        assert await asyncio.to_thread(second.stop) == 0
        sandbox.stop()
        venue = Venue(sandbox.state / "sandbox.sqlite", "main")

    with capsys.disabled():
        figures = ", ".join(
            f"{what} {took_s[what]:.1f} s (ready {ready_s[what]:.1f} s)" for what in took_s
        )
        answers = Counter(load.answers.values())
        said = ", ".join(f"{count} {answer}" for answer, count in answers.most_common())
        sys.stdout.write(f"\ntaken over: {figures}; {len(load.sent)} orders: {said}\n")
    assert max(took_s.values()) < TAKEOVER_S_MAX
    judge(load, venue, postgres, url, resumed_ns)


def last_start_s(postgres: PostgresServer, url: str) -> float:
    """When the newest engine wrote its first record, in seconds since 1970."""
    (at_ns,) = postgres.query("SELECT max(at_ns) FROM event WHERE kind = 'EngineStarted'", url)
    return int(at_ns) / NS_PER_S


def judge(load: Load, venue: Venue, postgres: PostgresServer, url: str, resumed_ns: int) -> None:
    """By the venue's own books and by the records as they lie in the database."""
    places = Counter(order["client_order_id"] for order in venue.orders.values())
    assert {request_id: count for request_id, count in places.items() if count > 1} == {}
    assert load.answered("ORDER_STATE_FILLED") <= places.keys()
    assert load.answers.keys() == set(load.sent)

    submitted = dict(
        row.split("|")
        for row in postgres.query(
            "SELECT intent, max(epoch) FROM event WHERE kind = 'OrderSubmitted' GROUP BY intent",
            url,
        )
    )
    assert places.keys() <= submitted.keys(), "an order is there that no record announced"
    late = {
        order["client_order_id"]
        for order in venue.orders.values()
        if order["created_at_ns"] > resumed_ns and submitted[order["client_order_id"]] == "1"
    }
    assert late == set(), "the engine that was paused went on to send"

    settled_later = "SELECT intent FROM event WHERE intent <> '' GROUP BY intent HAVING {}"
    assert postgres.query(settled_later.format("max(epoch) > min(epoch)"), url), (
        "none was on its way"
    )
    lives = postgres.query("SELECT epoch, kind FROM event ORDER BY sequence", url)
    epochs = [int(row.partition("|")[0]) for row in lives]
    assert epochs == sorted(epochs), "two engines wrote at once"
    assert [row for row in lives if "EngineStarted" in row] == [
        f"{epoch}|EngineStarted" for epoch in (1, 2, 3, 4)
    ]
    assert postgres.query("SELECT epoch FROM leader", url) == ["4"]
