"""The disk takes a write on and then cannot finish it: whoever waits for it is told."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.adapters.journal.inline import InlineJournal
from aitrader_server.adapters.journal.memory import MemoryStore
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side, TradingState
from aitrader_server.engine.commands import Change
from aitrader_server.errors import JournalError
from small_engine import CALLER, build, ready

SLOW_S = 0.25


class Disk(MemoryStore):
    """Takes `commits_left` more commits, any number while None; each begins after `delay_s`."""

    commits_left = None
    delay_s = 0.0

    def commit(self, records):
        if self.commits_left == 0:
            raise JournalError("no space left on device")
        if self.commits_left is not None:
            self.commits_left -= 1
        super().commit(records)


async def place(engine, request_id):
    spec = OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        limit_price=Decimal(95_000),
    )
    return await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
async def engine(tmp_path, disk):
    """An engine with one open order, whose disk is slow from now on: what is written waits."""
    journal = InlineJournal(lambda: disk, delay_s=lambda: disk.delay_s)
    engine = await ready(build(tmp_path, journal, lambda what, error: None))
    await place(engine, "old")
    disk.delay_s = SLOW_S
    yield engine
    await engine.stop()


async def begun(work):
    """`work` until it waits for the first time."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task


def tighten(engine, state):
    return engine.parts.control.tighten(state, "a storm", CALLER)


async def test_who_waits_is_told_and_who_has_left_is_not_missed(engine, disk):
    disk.commits_left = 0
    left = await begun(tighten(engine, TradingState.REDUCING))
    waits = await begun(tighten(engine, TradingState.HALTED))
    left.cancel()
    with pytest.raises(JournalError, match="no space left on device"):
        await waits
    assert left.cancelled()


async def test_who_has_left_holds_up_nobody(engine, disk):
    left = await begun(tighten(engine, TradingState.REDUCING))
    waits = await begun(tighten(engine, TradingState.HALTED))
    left.cancel()
    assert (await waits).state is TradingState.HALTED
    assert left.cancelled()


async def failing_next(engine, disk, work):
    """What `work` comes to when it is written, and the very next write is the one that fails."""
    disk.commits_left = 1
    first = await begun(work)
    # A read between two writes parts them into two commits.
    read = await begun(engine.ports.journal.read(0, 1))
    halt = await begun(tighten(engine, TradingState.HALTED))
    told, other = await asyncio.gather(first, halt, return_exceptions=True)
    assert isinstance(other, JournalError)
    assert len(await read) == 1
    await asyncio.sleep(0)
    return told


async def at_venue(engine):
    return [report.request_id for report in await engine.ports.broker.open_orders()]


async def test_an_order_that_was_written_just_before_does_not_leave(engine, disk):
    told = await failing_next(engine, disk, place(engine, "new"))
    assert isinstance(told, JournalError)
    assert engine.book.order("new").state is OrderState.SUBMITTED
    assert await at_venue(engine) == ["old"]


async def test_a_change_that_was_written_just_before_does_not_leave(engine, disk):
    wish = Change(request_id="old", new_request_id="new", limit_price=Decimal(94_000))
    change = engine.parts.replacing.change(wish, digest="c", caller=CALLER, timeout_s=5)
    assert isinstance(await failing_next(engine, disk, change), JournalError)
    assert engine.book.order("new").state is OrderState.SUBMITTED
    assert await at_venue(engine) == ["old"]


async def test_a_snapshot_is_kept_every_so_many_events(tmp_path, disk):
    journal = InlineJournal(lambda: disk, delay_s=lambda: 0.0)
    engine = await ready(build(tmp_path, journal, snapshot_every_events=10))
    for _ in range(10):
        await tighten(engine, TradingState.HALTED)
        await engine.parts.control.resume("over", CALLER)
    async with asyncio.timeout(5):
        while disk.latest_snapshot() is None:
            await asyncio.sleep(0)
    kept = disk.latest_snapshot().sequence
    assert 0 < kept <= engine.book.state.sequence
    for _ in range(5):
        await tighten(engine, TradingState.HALTED)
        await engine.parts.control.resume("over", CALLER)
    async with asyncio.timeout(5):
        while disk.latest_snapshot().sequence == kept:
            await asyncio.sleep(0)
    await engine.stop()
