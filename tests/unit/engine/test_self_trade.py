"""Two orders of ours that met each other at the venue."""

import asyncio
from decimal import Decimal

from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState, OrderType, Side
from small_engine import CALLER, build, ready


def resting(request_id, side, price):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=side,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        limit_price=Decimal(price),
    )


def filled(order):
    fill = Fill(trade_id="t-1", quantity=Decimal("0.001"), price=Decimal(100_000))
    return VenueReport(
        request_id=order.request_id,
        symbol="BTCUSDT",
        venue_order_id=order.venue_order_id,
        status=VenueStatus.FILLED,
        cumulative_quantity=fill.quantity,
        fills=(fill,),
    )


async def test_one_trade_id_on_both_sides_is_booked_twice(tmp_path):
    engine = await ready(build(tmp_path, MemoryJournal()))
    place = engine.parts.submission.place
    market = OrderSpec(
        request_id="stock",
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        quantity=Decimal("0.01"),
    )
    await place(market, digest="d", caller=CALLER, timeout_s=5)
    held = dict(engine.book.state.ledger.balances["venue"])
    both = (resting("buy", Side.BUY, 99_000), resting("sell", Side.SELL, 110_000))
    for spec in both:
        placed = await place(spec, digest="d", caller=CALLER, timeout_s=5)
        assert placed.order.state is OrderState.ACCEPTED
        engine.on_report(filled(placed.order))
    async with asyncio.timeout(5):
        await engine.writer.settle()
    assert engine.writer.failure is None
    assert {engine.book.order(spec.request_id).state for spec in both} == {OrderState.FILLED}
    assert engine.book.state.ledger.balances["venue"] == held
    await engine.stop()
