"""An id under which somebody else had an order before names two orders, and each keeps its own."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState
from engine_lives import World, limit
from fateful_venue import Fate
from small_engine import CALLER

D = Decimal
AGES_S = 3600


@pytest.fixture
async def world():
    """An hour ago somebody else placed `same`, which works at the venue."""
    world = World()
    await world.ready()
    world.venue.take(limit("same", quantity=D("0.005")), foreign=True)
    world.clock.advance(AGES_S)
    yield world
    await world.engine.stop()


def booked(world):
    order = world.book.order("same")
    return order.state, order.venue_order_id, order.cumulative_quantity


async def look(world):
    assert await world.engine.parts.reconciler.refresh_orders()


async def test_an_order_that_never_landed_is_not_taken_for_the_older_one(world):
    world.venue.fates["submit"].append(Fate.REQUEST_LOST)
    await world.place(limit("same"))
    await world.stays(same=OrderState.UNKNOWN)
    world.clock.pass_fence()
    await world.become(same=OrderState.REJECTED)
    assert "NEVER_LANDED" in world.book.order("same").reason
    assert booked(world) == (OrderState.REJECTED, "", 0)


async def test_a_refused_order_does_not_become_the_older_one(world):
    world.venue.fates["submit"].append(Fate.REFUSED)
    await world.place(limit("same"))
    await look(world)
    assert booked(world) == (OrderState.REJECTED, "", 0)
    assert list(world.book.state.restrictions) == ["BTCUSDT"]


async def test_an_execution_of_the_older_order_is_somebody_elses(world):
    world.venue.fates["submit"].append(Fate.REFUSED)
    await world.place(limit("same"))
    world.venue.execute("same", "0.005")
    held = D("0.1") + D("0.005")
    await world.until(lambda: world.book.state.ledger.held("BTC") == held)
    assert booked(world) == (OrderState.REJECTED, "", 0)
    assert world.book.order("same").fills == ()


@pytest.mark.parametrize("state", [OrderState.DENIED, OrderState.CANCELED])
async def test_an_order_under_an_id_that_is_no_longer_ours_is_somebody_elses(state):
    world = World()
    await world.ready()
    dear = D(100_000) if state is OrderState.DENIED else D("0.01")
    await world.place(limit("same", quantity=dear))
    if state is OrderState.CANCELED:
        await world.engine.parts.cancellation.cancel("same", CALLER, 5)
    assert world.state("same") is state
    world.venue.take_again(limit("same"))
    before = world.book.order("same")
    await look(world)
    assert list(world.book.state.restrictions) == ["BTCUSDT"]
    sequence = world.book.state.sequence
    await look(world)
    await asyncio.sleep(0.02)
    assert (world.book.order("same"), world.book.state.sequence) == (before, sequence)
    await world.engine.stop()


async def test_an_order_under_an_archived_id_is_somebody_elses():
    world = World()
    await world.start(ended_orders_max=1)
    for request_id in ("same", "later", "last"):
        await world.place(limit(request_id))
        await world.engine.parts.cancellation.cancel(request_id, CALLER, 5)
    assert "same" in world.book.state.archived
    world.venue.take_again(limit("same"))
    await look(world)
    await world.until(lambda: world.book.state.restrictions)
    await look(world)
    await asyncio.sleep(0.02)
    assert "same" in world.book.state.archived
    await world.engine.stop()
