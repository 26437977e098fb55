"""An operator's word on orders that the venue does not speak of by itself."""

import pytest
from aitrader_server.domain.words import OrderState
from aitrader_server.errors import FailedPrecondition, NotFound
from engine_lives import World, limit
from fateful_venue import Fate
from small_engine import CALLER

ACCEPTED, CANCELED, LOST = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.LOST


@pytest.fixture
async def world():
    """An engine in doubt about `lost`, which never arrived, and `there`, which did."""
    world = World()
    await world.ready()
    world.venue.reachable = False
    world.venue.fates["submit"] += (Fate.REQUEST_LOST, Fate.REPLY_LOST)
    await world.place(limit("lost"), timeout_s=0)
    await world.place(limit("there"), timeout_s=0)
    await world.become(lost=OrderState.UNKNOWN, there=OrderState.UNKNOWN)
    yield world
    world.venue.reachable = True
    await world.engine.stop()


async def settle_absent(world, request_id):
    return await world.engine.parts.cancellation.settle_absent(request_id, "a call", CALLER)


async def test_an_order_that_the_venue_never_had_is_given_up(world):
    order = await settle_absent(world, "lost")
    assert (order.state, order.terminal) == (LOST, True)
    assert world.book.exposure.working.keys() == {"there"}


async def test_an_order_that_the_venue_has_is_asked_for_again(world):
    assert (await world.engine.parts.cancellation.settle_present("there")).state is (
        OrderState.UNKNOWN
    )
    world.venue.reachable = True
    assert (await world.engine.parts.cancellation.settle_present("there")).state is ACCEPTED


async def test_what_has_ended_is_not_given_up(world):
    world.venue.reachable = True
    await world.become(there=ACCEPTED)
    assert (await world.engine.parts.cancellation.cancel("there", CALLER, 5)).cancelled
    with pytest.raises(FailedPrecondition) as refused:
        await settle_absent(world, "there")
    assert refused.value.reason == "ORDER_NOT_UNKNOWN"
    assert world.state("there") is CANCELED


async def test_what_the_venue_has_is_not_given_up(world):
    world.venue.reachable = True
    await world.become(there=ACCEPTED)
    with pytest.raises(FailedPrecondition) as refused:
        await settle_absent(world, "there")
    assert refused.value.reason == "ORDER_NOT_ABSENT"


async def test_what_never_was_is_not_found(world):
    parts = world.engine.parts
    for asked in (
        settle_absent(world, "never"),
        parts.cancellation.settle_present("never"),
        parts.cancellation.cancel("never", CALLER, 5),
    ):
        with pytest.raises(NotFound):
            await asked
