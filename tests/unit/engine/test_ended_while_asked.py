"""An order may end and leave memory while the venue is being asked about it."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.engine.reconciler import CONCURRENT_ASKS_MAX
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
        self.questions = []

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def open_orders(self):
        return []

    async def query(self, symbol, request_id, venue_order_id):
        self.questions.append(request_id)
        self.asked.set()
        await self.answers.wait()
        return await self._broker.query(symbol, request_id, venue_order_id)


async def place(engine, request_id, **terms):
    spec = msgspec.structs.replace(AT_MARKET, request_id=request_id, **terms)
    return await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)


@pytest.fixture
async def engine(tmp_path):
    """Keeps one ended order in memory."""
    engine = build(tmp_path, MemoryJournal(), ended_orders_max=1)
    venue = Thoughtful(engine.ports.broker)
    engine.ports = msgspec.structs.replace(engine.ports, broker=venue)
    yield await ready(engine)
    await engine.stop()


async def rest(engine, request_id):
    await place(engine, request_id, order_type=OrderType.LIMIT, limit_price=Decimal(95_000))


async def forget(engine, request_id):
    """It is cancelled, and others end after it."""
    cancelled = await engine.parts.cancellation.cancel(request_id, CALLER, 5)
    assert cancelled.order.state is OrderState.CANCELED
    for number in range(3):
        await place(engine, f"later-{number}")
    assert engine.book.order(request_id) is None


async def test_an_audit_outlives_the_orders_it_asks_about(engine):
    await rest(engine, "open")
    audit = asyncio.create_task(engine.parts.reconciler.refresh_orders())
    await engine.ports.broker.asked.wait()
    await forget(engine, "open")
    engine.ports.broker.answers.set()
    assert await audit


async def test_an_audit_does_not_miss_what_ended_before_its_turn_came(engine):
    names = [f"open-{number}" for number in range(CONCURRENT_ASKS_MAX + 1)]
    for name in names:
        await rest(engine, name)
    audit = asyncio.create_task(engine.parts.reconciler.refresh_orders())
    await engine.ports.broker.asked.wait()
    await forget(engine, names[-1])
    engine.ports.broker.answers.set()
    assert await audit
    assert engine.ports.broker.questions == names[:-1]
