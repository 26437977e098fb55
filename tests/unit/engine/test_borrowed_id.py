"""An id under which somebody else had an order before names two orders, and each keeps its own."""

from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState
from engine_lives import World, limit
from fateful_venue import Fate

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
