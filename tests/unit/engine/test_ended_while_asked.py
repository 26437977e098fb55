"""An order may end and leave memory while the venue is being asked about it."""

import asyncio
from decimal import Decimal

import msgspec
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from small_engine import CALLER, build, ready

AT_MARKET = OrderSpec(
    request_id="",
    symbol="BTCUSDT",
    side=Side.BUY,
    order_type=OrderType.MARKET,
    quantity=Decimal("0.001"),
)


class Thoughtful:
    """The venue behind it, which lists no open order and answers about one in its own time."""

    def __init__(self, broker):
        self._broker = broker
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def open_orders(self):
        return []

    async def query(self, symbol, request_id, venue_order_id):
        self.asked.set()
        await self.answers.wait()
        return await self._broker.query(symbol, request_id, venue_order_id)


async def place(engine, request_id, **terms):
    spec = msgspec.structs.replace(AT_MARKET, request_id=request_id, **terms)
    return await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)


async def test_an_audit_outlives_the_orders_it_asks_about(tmp_path):
    engine = build(tmp_path, MemoryJournal(), ended_orders_max=1)
    venue = Thoughtful(engine.ports.broker)
    engine.ports = msgspec.structs.replace(engine.ports, broker=venue)
    await ready(engine)
    await place(engine, "open", order_type=OrderType.LIMIT, limit_price=Decimal(95_000))
    audit = asyncio.create_task(engine.parts.reconciler.refresh_orders())
    await venue.asked.wait()
    cancelled = await engine.parts.cancellation.cancel("open", CALLER, 5)
    assert cancelled.order.state is OrderState.CANCELED
    for number in range(3):
        await place(engine, f"later-{number}")
    assert engine.book.order("open") is None
    venue.answers.set()
    assert await audit
    await engine.stop()
