"""A venue that lost its memory keeps the gate closed until an operator says what is gone."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from aitrader_server.errors import FailedPrecondition
from small_engine import CALLER, build, ready


def resting(request_id):
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        limit_price=Decimal(95_000),
    )


@pytest.fixture
async def engine(tmp_path):
    """Has one open order that is its venue's too."""
    engine = await ready(build(tmp_path, MemoryJournal()))
    await engine.parts.submission.place(resting("open"), digest="d", caller=CALLER, timeout_s=5)
    yield engine
    await engine.stop()


async def test_an_order_that_works_is_not_settled_as_absent(engine):
    with pytest.raises(FailedPrecondition, match="cancel it instead"):
        await engine.parts.cancellation.settle_absent("open", "a guess", CALLER)
    assert engine.book.order("open").state is OrderState.ACCEPTED


async def test_an_operator_opens_the_gate_after_a_wiped_venue(tmp_path):
    journal = MemoryJournal()
    engine = await ready(build(tmp_path, journal))
    await engine.parts.submission.place(resting("gone"), digest="d", caller=CALLER, timeout_s=5)
    await engine.stop()
    for file in tmp_path.glob("paper.sqlite*"):
        file.unlink()
    engine = build(tmp_path, journal)
    await engine.start()
    await asyncio.sleep(0.1)
    assert engine.parts.gatekeeper.reconciling
    settled = await engine.parts.cancellation.settle_absent("gone", "the venue was wiped", CALLER)
    assert settled.state is OrderState.LOST
    async with asyncio.timeout(5):
        while engine.parts.gatekeeper.reconciling:
            await asyncio.sleep(0.01)
    await engine.stop()


async def test_a_wiped_venue_trades_on_under_new_numbers(tmp_path):
    journal = MemoryJournal()
    for life in range(2):
        engine = await ready(build(tmp_path, journal))
        if life:
            # What was held is gone: somebody has to say that this is as it should be.
            assert engine.book.state.restrictions
            await engine.parts.control.release("BTCUSDT", "the venue was wiped", CALLER)
        spec = msgspec.structs.replace(
            resting(f"life-{life}"), order_type=OrderType.MARKET, limit_price=None
        )
        placed = await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)
        assert placed.order.state is OrderState.FILLED
        await engine.stop()
        for file in tmp_path.glob("paper.sqlite*"):
            file.unlink()
