"""A cancel, whatever becomes of the request."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState
from engine_lives import limit
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, CANCELED, FILLED = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.FILLED


async def cancel(world):
    return await world.engine.parts.cancellation.cancel("old", CALLER, 5)


@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.REPLY_LOST])
async def test_what_was_cancelled_is_told_so(world, fate):
    world.venue.fates["cancel"].append(fate)
    assert (await cancel(world)).cancelled
    await world.check()


@pytest.mark.parametrize("fate", [Fate.REQUEST_LOST, Fate.REFUSED, Fate.REFUSED_UNHEARD])
async def test_what_the_venue_still_has_works_on(world, fate):
    world.venue.fates["cancel"].append(fate)
    outcome = await cancel(world)
    assert (outcome.cancelled, outcome.order.state) == (False, ACCEPTED)
    assert outcome.error
    await world.check()
    assert (await cancel(world)).cancelled
    await world.check()


async def test_what_arrives_late_is_heard_of(world):
    world.venue.fates["cancel"].append(Fate.LATE)
    assert not (await cancel(world)).cancelled
    world.venue.arrive()
    await world.engine.parts.reconciler.refresh_orders()
    assert world.state("old") is CANCELED
    await world.check()


async def test_what_filled_meanwhile_is_filled(world):
    world.venue.on_arrival = lambda: world.venue.execute("old", "0.01", told=False)
    outcome = await cancel(world)
    assert (outcome.cancelled, outcome.order.state) == (False, FILLED)
    await world.check()


@pytest.mark.parametrize(
    ("fate", "state"), [(Fate.BROKEN_BEFORE, ACCEPTED), (Fate.BROKEN_AFTER, CANCELED)]
)
async def test_an_adapter_that_fails_proves_nothing(world, fate, state):
    world.venue.fates["cancel"].append(fate)
    assert (await cancel(world)).order.state is state
    assert [type(error) for error in world.troubles] == [AdapterBug]
    await world.check()


async def test_whoever_asks_meanwhile_waits_for_the_same_answer(world):
    world.venue.fates["cancel"].append(Fate.HELD)
    asked = [asyncio.create_task(cancel(world)) for _ in range(3)]
    await world.become(old=OrderState.PENDING_CANCEL)
    world.venue.gate.set()
    assert all(outcome.cancelled for outcome in await asyncio.gather(*asked))
    assert world.venue.sent.count(("cancel", "old")) == 1
    await world.check()


@pytest.mark.parametrize("fills", [False, True])
async def test_an_order_on_its_way_is_cancelled_once_it_is_there_unless_it_has_filled(world, fills):
    world.venue.fates["submit"].append(Fate.HELD)
    if fills:
        world.venue.on_taken = lambda _: world.venue.execute("new", "0.01")
    await world.place(limit("new"), timeout_s=0)
    asked = asyncio.create_task(world.engine.parts.cancellation.cancel("new", CALLER, 5))
    await asyncio.sleep(0.005)
    assert world.state("new") is OrderState.SUBMITTED
    world.venue.gate.set()
    outcome = await asked
    assert outcome.order.state is (FILLED if fills else CANCELED)
    assert (("cancel", "new") in world.venue.sent) is not fills
    await world.check()


@pytest.mark.parametrize("fate", [Fate.STUCK_BEFORE, Fate.STUCK_AFTER])
async def test_a_next_life_cancels_what_the_last_one_was_asked_to(world, fate):
    world.venue.fates["cancel"].append(fate)
    task = asyncio.create_task(cancel(world))
    await world.until(lambda: ("cancel", "old") in world.venue.sent)
    await asyncio.sleep(0.005)
    task.cancel()
    await world.kill()
    await world.start()
    await world.become(old=CANCELED)
    await world.check()
