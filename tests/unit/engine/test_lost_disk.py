"""The journal is gone: nothing new leaves, and what is open can still be taken back."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Acknowledged, VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState, OrderType, Side, TradingState
from aitrader_server.errors import FailedPrecondition, JournalError
from small_engine import CALLER, BreakableJournal, build, ready

TOO_LATE = Acknowledged(
    VenueReport(request_id="", symbol="BTCUSDT", venue_order_id="1", status=VenueStatus.FILLED)
)


class Contrary:
    """The venue behind it, whose answer to a cancel may be another."""

    answer = None

    def __init__(self, broker):
        self._broker = broker

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def cancel(self, *asked):
        return self.answer or await self._broker.cancel(*asked)


def resting(request_id):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        limit_price=Decimal(99_000),
    )


@pytest.fixture
async def broken(tmp_path):
    """An engine with one open order whose disk is lost, and what it complained of."""
    troubles = []
    journal = BreakableJournal()
    engine = build(tmp_path, journal, lambda what, error: troubles.append(what))
    engine.ports = msgspec.structs.replace(engine.ports, broker=Contrary(engine.ports.broker))
    await ready(engine)
    for request_id in ("done", "open"):
        placed = await engine.parts.submission.place(
            resting(request_id), digest="d", caller=CALLER, timeout_s=5
        )
        assert placed.order.state is OrderState.ACCEPTED
    assert (await engine.parts.cancellation.cancel("done", CALLER, 5)).cancelled
    journal.broken = True
    with pytest.raises(JournalError):
        await engine.parts.submission.place(resting("new"), digest="d", caller=CALLER, timeout_s=5)
    yield engine, troubles
    await engine.stop()


async def test_nothing_new_leaves(broken):
    engine, troubles = broken
    venue = await engine.ports.broker.open_orders()
    assert [report.request_id for report in venue] == ["open"]
    with pytest.raises(JournalError):
        await engine.parts.submission.place(resting("x"), digest="d", caller=CALLER, timeout_s=5)
    assert "the journal failed: trading has stopped" in troubles


async def test_a_cancel_passes(broken):
    engine, _ = broken
    outcome = await engine.parts.cancellation.cancel("open", CALLER, 5)
    assert outcome.cancelled
    assert not await engine.ports.broker.open_orders()


async def test_a_halt_says_what_holds_and_a_resume_is_refused(broken):
    engine, _ = broken
    record = await engine.parts.control.tighten(TradingState.HALTED, "now", CALLER)
    assert record.state is TradingState.HALTED
    assert "no space left on device" in record.reason
    with pytest.raises(FailedPrecondition, match="journal cannot be written"):
        await engine.parts.control.resume("again", CALLER)


async def test_the_state_that_is_told_is_halted(broken):
    engine, _ = broken
    assert engine.parts.control.standing.state is TradingState.HALTED
    assert "no space left on device" in engine.parts.control.standing.reason


async def test_a_cancel_that_the_venue_refuses_says_what_it_said(broken):
    engine, _ = broken
    await engine.parts.cancellation.cancel("open", CALLER, 5)
    again = await engine.parts.cancellation.cancel("open", CALLER, 5)
    assert not again.cancelled
    assert again.error == "Unknown order sent."


async def test_a_cancel_that_came_too_late_says_how_the_order_ended(broken):
    engine, _ = broken
    engine.ports.broker.answer = TOO_LATE
    outcome = await engine.parts.cancellation.cancel("open", CALLER, 5)
    assert (outcome.cancelled, outcome.error) == (False, "the order is FILLED at the venue")


async def test_what_had_ended_before_is_answered_without_the_venue(broken):
    engine, _ = broken
    engine.ports.broker.answer = TOO_LATE
    outcome = await engine.parts.cancellation.cancel("done", CALLER, 5)
    assert (outcome.cancelled, outcome.order.state) == (True, OrderState.CANCELED)


async def test_who_left_while_the_disk_was_lost_is_not_missed(tmp_path):
    journal, troubles = BreakableJournal(), []
    engine = await ready(build(tmp_path, journal, lambda what, error: troubles.append(what)))
    placing = asyncio.create_task(
        engine.parts.submission.place(resting("new"), digest="d", caller=CALLER, timeout_s=5)
    )
    await asyncio.sleep(0)
    assert engine.book.order("new").state is OrderState.SUBMITTED
    placing.cancel()
    journal.broken = True
    with pytest.raises(JournalError):
        await engine.parts.control.tighten(TradingState.HALTED, "now", CALLER)
    await asyncio.wait({placing})
    assert placing.cancelled()
    assert troubles == ["the journal failed: trading has stopped"]
    await engine.stop()
