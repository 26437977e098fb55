"""An order that was asked for is known again, however many ended since and whoever restarted."""

from decimal import Decimal

from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import Limits, OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from small_engine import CALLER, build, ready

LIMITS = Limits(repeated_order_window_ms=3_600_000)


async def place(engine, request_id, quantity):
    spec = OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        quantity=Decimal(quantity),
    )
    placed = await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)
    return placed.order


async def test_a_restart_forgets_no_intent_of_an_archived_order(tmp_path):
    journal = MemoryJournal()
    engine = await ready(build(tmp_path, journal, limits=LIMITS, ended_orders_max=2))
    for number in range(1, 6):
        order = await place(engine, f"r-{number}", f"0.00{number}")
        assert order.state is OrderState.FILLED
    assert engine.book.order("r-1") is None
    await engine.stop()
    engine = await ready(build(tmp_path, journal, limits=LIMITS, ended_orders_max=2))
    again = await place(engine, "again", "0.00100")
    assert [breach.code for breach in again.breaches] == ["REPEATED_ORDER"]
    await engine.stop()
