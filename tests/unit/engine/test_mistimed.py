"""An attempt that the venue refuses for its date alone is signed, journalled and sent once more."""

import pytest
from aitrader_server.domain.words import OrderState, TradingState
from engine_lives import World, limit
from fateful_venue import Fate
from small_engine import CALLER


@pytest.fixture
async def fresh():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


def sent(world, request_id):
    return [call for call, name in world.venue.sent if name == request_id]


async def test_the_second_attempt_is_on_disk_before_it_leaves(fresh):
    fresh.venue.fates["submit"].append(Fate.MISTIMED)
    placed = await fresh.place(limit("again"))
    assert placed.order.state is OrderState.ACCEPTED
    assert [attempt.number for attempt in placed.order.attempts] == [1, 2]
    assert fresh.engine.book.state.day.usage.orders == 1
    await fresh.check()


async def test_there_is_no_third(fresh):
    fresh.venue.fates["submit"].extend([Fate.MISTIMED, Fate.MISTIMED])
    placed = await fresh.place(limit("never"))
    assert placed.order.state is OrderState.REJECTED
    assert placed.order.reason.startswith("-1021: ")
    assert sent(fresh, "never") == ["submit", "submit"]
    await fresh.check()


async def test_a_halt_in_between_stops_it(fresh):
    halts = []

    def halt():
        tightening = fresh.engine.parts.control.tighten(TradingState.HALTED, "drill", CALLER)
        halts.append(fresh.engine.tasks.spawn(tightening))

    fresh.venue.on_arrival = halt
    fresh.venue.fates["submit"].append(Fate.MISTIMED)
    placed = await fresh.place(limit("halted"))
    assert halts
    assert placed.order.state is OrderState.REJECTED
    assert placed.order.reason.startswith("NOT_SENT: ")
    assert sent(fresh, "halted") == ["submit"]
    await fresh.check()


async def test_a_second_attempt_that_is_lost_is_in_doubt_until_its_own_fence(fresh):
    fresh.venue.fates["submit"].extend([Fate.MISTIMED, Fate.REQUEST_LOST])
    placed = await fresh.place(limit("lost"))
    assert placed.order.state is OrderState.UNKNOWN
    assert len(placed.order.attempts) == 2
    fresh.clock.pass_fence()
    await fresh.become(lost=OrderState.REJECTED)
    await fresh.check()
