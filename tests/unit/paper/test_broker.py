"""The wire between the engine and the paper venue: order of delivery, fences, a disk that fails."""

import asyncio
import random
from decimal import Decimal

import apsw
import pytest
from aitrader_gateway.paper.broker import PaperBroker
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_gateway.paper.wire import Wire
from aitrader_gateway.sandbox.store import Opening, Store
from aitrader_server.domain.venue import Acknowledged, Ambiguous, Approved, VenueStatus
from aitrader_server.domain.words import OrderType, Side


class Feed:
    """Says what the test sets, to whoever watches."""

    def __init__(self, *quotes):
        self.quotes = {quote.symbol: quote for quote in quotes}
        self.listeners = []

    async def start(self):
        pass

    async def stop(self):
        pass

    def quote(self, symbol):
        return self.quotes.get(symbol)

    def bars(self, symbol, count):
        return []

    intervals = ("1m",)

    async def history(self, symbol, interval, end_ns, count):
        return []

    def watch(self, listener):
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def set(self, quote):
        for listener in tuple(self.listeners):
            listener(quote)


class Log:
    """A VenueListener that writes down what it hears, among what the test writes there itself."""

    def __init__(self, lines):
        self.lines = lines

    def on_report(self, report):
        self.lines.append((report.request_id, report.status))

    def on_stream(self, *, up, detail):
        self.lines.append((up, detail))


class FullDisk(Store):
    """A store whose disk takes nothing once it is full."""

    full = False

    def take(self, events, at_ns):
        if self.full:
            raise apsw.FullError("database or disk is full")
        super().take(events, at_ns)


@pytest.fixture
async def desk(tmp_path, new_heard, clock, quote):
    """Makes started brokers over one set of prices and stops them at the end."""
    started = []

    async def make(latency_ms=(0, 0), seed=1, store=Store, name="paper"):
        feed, log = Feed(quote("99.99", "100", quantity="5")), Log(new_heard())
        disk = store(tmp_path / f"{name}.sqlite")
        broker = PaperBroker(
            instruments=INSTRUMENTS,
            opening=Opening(balances={"USDT": Decimal(100_000), "BTC": Decimal(10)}),
            store=disk,
            feed=feed,
            clock=clock,
            wire=Wire(seed, latency_ms),
            depth_levels=5,
        )
        started.append(broker)
        await broker.start(log)
        return broker, feed, log, disk

    yield make
    for broker in started:
        await broker.stop()


async def submit(broker, clock, spec):
    return await broker.submit(Approved(spec, broker.prepare(spec, 1, clock.now_ns())))


async def test_reply_and_stream_race_and_either_may_win(desk, clock, spec):
    broker, _, log, _ = await desk()
    firsts = set()
    for number in range(40):
        log.lines.clear()
        reply = await submit(broker, clock, spec(f"r-{number}", Side.BUY, quantity="0.1"))
        assert isinstance(reply, Acknowledged)
        firsts.add("stream" if log.lines else "reply")
        await log.lines.reach(2)
        assert log.lines == [
            (f"r-{number}", VenueStatus.ACCEPTED),
            (f"r-{number}", VenueStatus.FILLED),
        ]
    assert firsts == {"reply", "stream"}


async def test_the_same_seed_gives_the_same_race(desk, clock, spec):
    winners = []
    for name in ("one", "two"):
        broker, _, log, _ = await desk(seed=5, name=name)
        race = []
        for number in range(20):
            heard = len(log.lines)
            await submit(broker, clock, spec(f"r-{number}", Side.BUY, quantity="0.1"))
            race.append(len(log.lines) - heard)
            await asyncio.sleep(0)
        winners.append(race)
    assert winners[0] == winners[1]


async def test_the_stream_keeps_its_order_however_long_each_report_took(desk, clock, spec):
    broker, _, log, _ = await desk(latency_ms=(0, 4))
    orders = [
        spec(f"o-{number}", Side.BUY, OrderType.LIMIT, limit_price="90") for number in range(20)
    ]
    random.Random(3).shuffle(orders)
    await asyncio.gather(*(submit(broker, clock, order) for order in orders))
    await log.lines.reach(len(orders))
    numbers = {
        report.request_id: int(report.venue_order_id) for report in await broker.open_orders()
    }
    heard = [numbers[request_id] for request_id, _ in log.lines]
    assert heard == sorted(heard)


async def test_latency_stands_between_the_caller_and_the_venue(desk, clock, spec):
    broker, _, _, _ = await desk(latency_ms=(20, 30))
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    await broker.account()
    assert loop.time() - started_s >= 0.019


async def test_a_fence_that_passes_on_the_way_keeps_the_order_out(desk, clock, spec):
    broker, _, _, _ = await desk(latency_ms=(5, 5))
    order = spec("late", Side.BUY)
    sending = asyncio.create_task(submit(broker, clock, order))
    await asyncio.sleep(0)
    clock.at_ns += 1_000_000_001
    assert (await sending).code == "-1021"
    in_time = broker.prepare(order, 2, clock.now_ns())
    clock.at_ns = in_time.fence_at_ns
    assert isinstance(await broker.submit(Approved(order, in_time)), Acknowledged)


async def test_a_resting_order_is_reported_by_the_stream_alone(desk, clock, quote, spec):
    broker, feed, log, _ = await desk()
    await submit(broker, clock, spec("r", Side.BUY, OrderType.LIMIT, limit_price="90"))
    feed.set(quote("89.99", "90"))
    await log.lines.reach(2)
    assert log.lines[-1] == ("r", VenueStatus.FILLED)
    assert broker.health().last_event_ns == clock.now_ns()


async def test_a_disk_that_fails_takes_the_venue_down(desk, clock, quote, spec):
    broker, feed, log, disk = await desk(store=FullDisk)
    await submit(broker, clock, spec("kept", Side.BUY, OrderType.LIMIT, limit_price="90"))
    disk.full = True
    lost = await submit(broker, clock, spec("lost", Side.BUY))
    assert isinstance(lost, Ambiguous)
    assert "disk" in lost.cause
    await asyncio.sleep(0)
    assert log.lines[-1] == (False, lost.cause)

    # Nothing more is taken or told: what memory holds is not what a restart will find.
    disk.full = False
    feed.set(quote("80", "80.01"))
    order = spec("next", Side.BUY)
    assert isinstance(await submit(broker, clock, order), Ambiguous)
    assert isinstance(await broker.test(order), Ambiguous)
    assert isinstance(await broker.cancel("BTCUSDT", "kept", ""), Ambiguous)
    assert isinstance(await broker.query("BTCUSDT", "lost", ""), Ambiguous)
    assert isinstance(await broker.query_history("BTCUSDT", "lost", 0), Ambiguous)
    assert await broker.trades("BTCUSDT", "1") is None
    assert await broker.open_orders() is None
    assert await broker.account() is None
    assert (broker.health().connected, broker.health().detail) == (False, lost.cause)
    await broker.stop()

    reborn, _, _, _ = await desk()
    assert [report.request_id for report in await reborn.open_orders()] == ["kept"]
    assert (await reborn.account()).total("BTC") == 10


async def test_a_stopped_venue_is_away_and_says_nothing_more(desk, clock, quote, spec):
    broker, feed, log, _ = await desk(latency_ms=(2, 2))
    assert broker.health().connected
    await submit(broker, clock, spec("r", Side.BUY, OrderType.LIMIT, limit_price="90"))
    await log.lines.reach(1)
    heard = list(log.lines)
    feed.set(quote("89.99", "90"))
    await broker.stop()
    assert not broker.health().connected
    assert isinstance(await submit(broker, clock, spec("m", Side.BUY)), Ambiguous)
    assert not feed.listeners
    await asyncio.sleep(0.01)
    assert log.lines == heard


async def test_the_first_price_after_a_restart_fills_what_it_crosses(desk, clock, quote, spec):
    broker, _, _, _ = await desk()
    await submit(broker, clock, spec("r", Side.BUY, OrderType.LIMIT, limit_price="90"))
    await broker.stop()
    reborn, feed, log, _ = await desk()
    feed.set(quote("89.99", "90.00"))
    await log.lines.reach(1)
    assert log.lines == [("r", VenueStatus.FILLED)]
    assert (await reborn.account()).locked["USDT"] == Decimal(0)
