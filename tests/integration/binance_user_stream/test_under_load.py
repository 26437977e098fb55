"""Against the sandbox with its faults on, while it trades: no execution is lost in silence."""

import asyncio
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import count
from random import Random

import msgspec
import pytest
from aitrader_gateway.binance.user_stream import UserStream
from aitrader_gateway.sandbox.admin import COUNTERPARTY
from aitrader_gateway.sandbox.faults import Fault, Injection, Rule
from aitrader_gateway.sandbox.matching.model import OrderRequest, Placed
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.words import OrderType, Side, TimeInForce
from binance import AsyncClient
from misbehaving_ws_api import WAIT_S, wait_until
from sandbox_running import running_sandbox

BTCUSDT, ACCOUNT = "BTCUSDT", "main"


class Books:
    """An engine in small: books what is reported, and reads all trades when the stream is back."""

    def __init__(self, world):
        self._world = world
        self.reported = set()
        self.read = set()
        self.streams = []

    def on_report(self, report):
        self.reported |= {fill.trade_id for fill in report.fills}

    def on_stream(self, *, up, detail):
        self.streams.append((up, detail))
        if up:
            self.read |= self.at_venue()

    def on_external(self, detail):
        raise AssertionError(detail)

    def at_venue(self):
        trades = self._world.venue.exchange.trades(ACCOUNT, BTCUSDT)
        return {str(trade.number) for trade in trades}

    @property
    def complete(self):
        return self.reported | self.read == self.at_venue()


class Scene:
    """A stream at a sandbox, and trading that goes on."""

    def __init__(self, world, stream, books):
        self.world = world
        self.stream = stream
        self.books = books
        self._numbers = count(1)

    async def trade(self, for_s, pause_s=0.005):
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self.trade_until(lambda: False, pause_s)

    async def trade_until(self, condition, pause_s=0.005):
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self.trade_once()
                await asyncio.sleep(pause_s)

    def trade_once(self):
        self._place(COUNTERPARTY, Side.SELL)
        order = self._place(ACCOUNT, Side.BUY)
        self.stream.expect(BTCUSDT, str(order.number), order.updated_at_ns)

    def _place(self, account, side):
        request = OrderRequest(
            symbol=BTCUSDT,
            side=side,
            order_type=OrderType.LIMIT,
            client_order_id=f"o-{next(self._numbers)}",
            quantity=Decimal("0.1"),
            price=Decimal("100.00"),
            time_in_force=TimeInForce.GTC,
        )
        placed = self.world.venue.run(lambda exchange, at: exchange.place(account, request, at))
        assert isinstance(placed, Placed), placed
        return placed.order


async def _nothing(_):
    """Nothing happens while the stream starts."""


@pytest.fixture
def calm(quick):
    """Takes no stall of a busy machine for deafness."""
    return msgspec.structs.replace(quick, deaf_after_s=2.0)


@pytest.fixture
async def scene(calm, tmp_path):
    @asynccontextmanager
    async def opened(settings=calm, *rules, starting=_nothing):
        async with running_sandbox(
            tmp_path, balances={"USDT": Decimal(10**9)}, start_prices={}, faults=rules
        ) as sandbox:
            keys = sandbox.credentials
            client = AsyncClient(keys.api_key, keys.api_secret)
            books = Books(sandbox.world)
            stream = UserStream(client, sandbox.ws_api_url, SystemClock(), Random(1), settings)
            scene = Scene(sandbox.world, stream, books)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(stream.start(books))
                    await starting(scene)
                yield scene
            finally:
                await stream.stop()
                await client.close_connection()

    return opened


async def test_every_execution_is_reported(scene):
    async with scene() as here:
        await here.trade_until(lambda: len(here.books.reported) > 50)
        await wait_until(lambda: here.books.reported == here.books.at_venue())
        assert here.books.streams == []


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (Fault.CLOSE_BEFORE, {"close_code": 1001}),
        (Fault.CLOSE_BEFORE, {"close_code": 1006}),
        (Fault.CLOSE_ANSWERED, {"close_code": 1008}),
        (Fault.SESSION_REVOKED, {}),
        (Fault.MALFORMED_FRAME, {}),
        (Fault.HALF_OPEN, {}),
    ],
    ids=str,
)
async def test_what_a_loss_hides_is_announced(scene, calm, fault, how):
    ping_s = 0.3 if fault is Fault.HALF_OPEN else 5.0
    wire = msgspec.structs.replace(calm.wire, ping_interval_s=ping_s, ping_timeout_s=ping_s)
    rule = Rule(fault=fault, subjects="user", hits_max=1, injection=Injection(**how))
    async with scene(msgspec.structs.replace(calm, wire=wire)) as here:
        for losses in (1, 2):
            await here.trade(0.1)
            here.world.faults.add(rule)
            await here.trade_until(lambda losses=losses: here.stream.health().losses == losses)
            await here.trade_until(lambda: here.stream.health().up)
        await here.trade(0.1)
        await wait_until(lambda: here.books.complete)
        assert [up for up, _ in here.books.streams] == [False, True] * 2
        assert here.books.read
        assert here.books.reported - here.books.read


async def test_a_deaf_stream_is_found_out(scene, quick):
    lost = Rule(fault=Fault.EVENT_LOST, subjects="user")
    async with scene(quick) as here:
        # Nothing is expected of the first second: its events may be from before.
        await asyncio.sleep(1.0)
        await here.trade(0.6)
        assert here.stream.health().ack_lag_ms is not None
        assert here.books.streams == []
        here.world.faults.add(lost)
        await here.trade_until(lambda: here.books.streams)
        here.world.faults.clear()
        await here.trade_until(lambda: here.stream.health().up)
        await wait_until(lambda: here.books.complete)
        assert here.books.streams[0][1].startswith("no event of BTCUSDT order")
        assert here.books.reported < here.books.at_venue()


async def test_repeats_and_another_order_of_arrival_lose_nothing(scene):
    rules = (
        Rule(fault=Fault.EVENT_DUPLICATED, subjects="user", chance=0.3),
        Rule(fault=Fault.EVENT_REORDERED, subjects="user", chance=0.3),
        Rule(fault=Fault.HUGE_FRAME, subjects="user", chance=0.02),
    )
    async with scene() as here:
        for rule in rules:
            here.world.faults.add(rule)
        await here.trade(0.7)
        here.world.faults.clear()
        here.trade_once()
        await wait_until(lambda: here.books.reported == here.books.at_venue())
        assert here.stream.health().repeats > 0
        assert here.books.streams == []


async def test_events_with_the_subscriptions_reply_are_reported(scene, calm):
    """The reply is held back until an event can go with it."""
    held = Rule(fault=Fault.EVENT_WITH_REPLY, hits_max=1, injection=Injection(delay_ms=400))

    async def trade_into_the_reply(here):
        injected = here.world.faults.injected
        await wait_until(lambda: Fault.EVENT_WITH_REPLY in injected)
        here.trade_once()

    async with scene(calm, held, starting=trade_into_the_reply) as here:
        await wait_until(lambda: here.books.reported == here.books.at_venue() != set())


async def test_rotation_under_load_is_not_noticed(scene, calm):
    settings = msgspec.structs.replace(calm, rotation_age_s=0.3, overlap_s=0.1)
    async with scene(settings) as here:
        await here.trade_until(lambda: here.stream.health().rotations == 3, pause_s=0.002)
        await wait_until(lambda: here.books.reported == here.books.at_venue())
        assert here.books.streams == []
        assert here.stream.health().repeats > 0


async def test_a_shutdown_that_is_announced_is_not_noticed(scene, calm):
    announced = Injection(delay_ms=1_000)
    rule = Rule(
        fault=Fault.SERVER_SHUTDOWN, subjects="user", skip=100, hits_max=1, injection=announced
    )
    async with scene(calm, rule) as here:
        await here.trade_until(lambda: here.stream.health().rotations == 1)
        await here.trade(0.2)
        await wait_until(lambda: here.books.reported == here.books.at_venue())
        assert here.books.streams == []


async def test_the_end_of_all_connections_at_once_is_survived(scene):
    async with scene() as here:
        for losses in (1, 2, 3):
            await here.trade(0.1)
            here.world.disconnect(1006)
            await here.trade_until(lambda losses=losses: here.stream.health().losses == losses)
            await here.trade_until(lambda: here.stream.health().up)
        await wait_until(lambda: here.stream.health().up and here.books.complete)
        assert here.stream.health().losses == 3
