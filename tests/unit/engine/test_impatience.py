"""A caller who leaves takes nothing with them: what was begun for all orders is done for all."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderType, Side, TradingState
from small_engine import CALLER, build, ready

ORDERS = 30


class Slow:
    """The venue behind it, over a wire on which a cancel takes its time."""

    def __init__(self, broker):
        self._broker = broker

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def cancel(self, symbol, request_id, venue_order_id):
        await asyncio.sleep(0.05)
        return await self._broker.cancel(symbol, request_id, venue_order_id)


def bought(request_id, **terms):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        quantity=Decimal("0.001"),
        **terms,
    )


@pytest.fixture
async def engine(tmp_path):
    """Holds a position and many open orders."""
    engine = build(tmp_path, MemoryJournal())
    engine.ports = msgspec.structs.replace(engine.ports, broker=Slow(engine.ports.broker))
    await ready(engine)
    specs = [
        bought(f"open-{i}", order_type=OrderType.LIMIT, limit_price=Decimal(95_000))
        for i in range(ORDERS)
    ]
    for spec in (bought("held", order_type=OrderType.MARKET), *specs):
        await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)
    assert len(engine.book.working()) == ORDERS
    yield engine
    await engine.stop()


async def test_cancelling_all_outlives_its_caller(engine):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await engine.parts.cancellation.cancel_all("", CALLER, 5)
    async with asyncio.timeout(5):
        while engine.book.working():
            await asyncio.sleep(0.01)


async def test_flattening_outlives_its_caller(engine):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await engine.parts.flattening.flatten((), CALLER, 5)
    async with asyncio.timeout(5):
        while engine.parts.flattening.plan(()):
            await asyncio.sleep(0.01)
    assert not engine.book.working()
    assert engine.book.state.trading.state is TradingState.REDUCING
