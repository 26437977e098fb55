"""A new life of the engine ends what the last one had begun."""

import asyncio
from decimal import Decimal

from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.events import OrderCancelRequested
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.engine.reports import Reports
from small_engine import CALLER, build, ready


def order(request_id, kind, price=None):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=kind,
        quantity=Decimal("0.001"),
        limit_price=price,
    )


async def test_a_cancel_that_was_asked_for_is_asked_for_again(tmp_path):
    journal = MemoryJournal()
    first = await ready(build(tmp_path, journal))
    spec = order("o-1", OrderType.LIMIT, Decimal(99_000))
    placed = await first.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)
    assert placed.order.state is OrderState.ACCEPTED
    # The last life wrote down that it would cancel, and died before it did.
    first.writer.commit([OrderCancelRequested(request_id="o-1")], trace_id="")
    await first.stop()

    again = await ready(build(tmp_path, journal))
    async with asyncio.timeout(5):
        while again.book.order("o-1").state is OrderState.PENDING_CANCEL:
            await asyncio.sleep(0.01)
    assert again.book.order("o-1").state is OrderState.CANCELED
    assert not await again.ports.broker.open_orders()
    await again.stop()


class DeafReports(Reports):
    """Hears the stream, and never the reply."""

    def on_report(self, report, source, *, answers=False):
        super().on_report(report, source, answers=False)


async def test_an_order_that_ended_unanswered_is_answered_at_the_start(tmp_path):
    journal = MemoryJournal()
    first = await ready(build(tmp_path, journal))
    spec = order("o-2", OrderType.MARKET)
    deaf = first.parts.submission
    deaf._reports = first._reports = DeafReports(writer=first.writer, metrics=first.ports.metrics)
    unanswered = await deaf.place(spec, digest="d", caller=CALLER, timeout_s=0.2)
    assert unanswered.order.state is OrderState.FILLED
    assert "o-2" not in first.book.state.answers
    await first.stop()

    again = await ready(build(tmp_path, journal))
    replayed = await again.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=0)
    assert replayed.replayed
    assert replayed.order.state is OrderState.FILLED
    assert "o-2" in again.book.state.answers
    await again.stop()
