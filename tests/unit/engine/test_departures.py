"""A halt is answered once nothing can leave any more, and what had not begun to leave stays."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.words import Contingency, OrderState, Side, TradingState
from aitrader_server.engine.commands import Change
from aitrader_server.engine.departures import Departures
from aitrader_server.errors import Unavailable
from engine_lives import World, limit, listed
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
HALTED = TradingState.HALTED
SOON_S = 0.02


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


def control(world):
    return world.engine.parts.control


async def is_waiting(task):
    """Whether `task` has not ended after a while."""
    await asyncio.sleep(SOON_S)
    return not task.done()


def start(coroutine):
    return asyncio.get_running_loop().create_task(coroutine)


async def submission(world):
    return await world.place(limit("new"))


async def submission_of_a_list(world):
    pair = {"side": Side.SELL, "quantity": D("0.01")}
    first = limit("above", **pair, limit_price=D(10_100), order_type="LIMIT_MAKER")
    second = limit("below", **pair, order_type="STOP_LOSS", limit_price=None, stop_price=D(9_000))
    return await world.place(*listed(Contingency.OCO, first, second))


async def replacement(world):
    wish = Change(request_id="old", new_request_id="new", limit_price=D(9_901))
    return await world.change(wish)


WAYS = {
    "submit": submission,
    "submit_list": submission_of_a_list,
    "replace": replacement,
}
every_way = pytest.mark.parametrize("call", WAYS)


async def begun(world, call):
    """A request that has left, and is not answered before the venue's gate is open."""
    sent = len(world.venue.sent)
    world.venue.fates[call].append(Fate.HELD)
    leaving = start(WAYS[call](world))
    await world.until(lambda: len(world.venue.sent) > sent)
    return leaving


@pytest.fixture
async def with_old(world):
    """`old` is open."""
    await world.place(limit("old"), digest="old")
    return world


# ---- the answer to a halt ----------------------------------------------------------------------


@every_way
async def test_a_halt_waits_for_what_had_begun_to_leave(with_old, call):
    world = with_old
    leaving = await begun(world, call)
    halting = start(control(world).halt("drill", CALLER, 5))
    assert await is_waiting(halting)
    # It is halted all the while.
    assert control(world).standing.state is HALTED
    sent = len(world.venue.sent)
    world.venue.gate.set()
    record = await halting
    assert (record.state, record.actor) == (HALTED, CALLER.name)
    await leaving
    assert len(world.venue.sent) == sent


@every_way
async def test_a_halt_that_cannot_be_confirmed_in_time_says_so_and_stands(with_old, call):
    world = with_old
    leaving = await begun(world, call)
    with pytest.raises(Unavailable) as unconfirmed:
        await control(world).halt("drill", CALLER, SOON_S)
    assert unconfirmed.value.reason == "HALT_NOT_CONFIRMED"
    assert control(world).standing.state is HALTED
    placed = await world.place(limit("later"))
    assert placed.order.state is OrderState.DENIED
    # Who asks again is told as soon as it is true.
    again = start(control(world).halt("drill", CALLER, 5))
    assert await is_waiting(again)
    world.venue.gate.set()
    assert (await again).state is HALTED
    await leaving


async def test_a_halt_is_on_disk_when_it_is_answered(world):
    sequence = world.book.state.sequence
    await control(world).halt("drill", CALLER, 5)
    assert world.book.state.sequence == sequence + 1
    await world.kill()
    await world.ready()
    assert control(world).standing.state is HALTED


@pytest.mark.parametrize(
    "fate",
    [Fate.REPLY_LOST, Fate.REQUEST_LOST, Fate.REFUSED, Fate.BROKEN_BEFORE, Fate.BROKEN_AFTER],
)
async def test_a_send_that_fails_has_ended_as_well(world, fate):
    world.venue.fates["submit"].append(fate)
    await world.place(limit("new"))
    assert (await control(world).halt("drill", CALLER, 5)).state is HALTED
    assert {type(error) for error in world.troubles} <= {AdapterBug}


async def test_a_cancel_is_no_departure(with_old):
    world = with_old
    world.venue.fates["cancel"].append(Fate.HELD)
    cancelling = start(world.engine.parts.cancellation.cancel("old", CALLER, 5))
    await world.until(lambda: ("cancel", "old") in world.venue.sent)
    assert (await control(world).halt("drill", CALLER, 5)).state is HALTED
    world.venue.gate.set()
    assert (await cancelling).cancelled


# ---- what had not begun ------------------------------------------------------------------------


def when_signed(world, act):
    """`act` happens once the next request is signed and before its record is durable."""

    def once():
        world.venue.on_prepare = lambda: None
        asyncio.get_running_loop().call_soon(act)

    world.venue.on_prepare = once


@every_way
@pytest.mark.parametrize("by", ["a halt", "a dead man"])
async def test_what_was_journalled_and_not_begun_does_not_leave(with_old, call, by):
    world = with_old
    dead_man = world.engine.parts.gatekeeper.dead_man
    halts = []
    if by == "a halt":
        when_signed(world, lambda: halts.append(start(control(world).halt("drill", CALLER, 5))))
    else:
        dead_man.limit_s = 600.0
        dead_man.beat()
        when_signed(world, lambda: dead_man.lose("the file is missing"))
    sent = list(world.venue.sent)
    answer = await WAYS[call](world)
    assert answer.order.state is OrderState.REJECTED
    assert answer.order.reason.startswith("NOT_SENT: ")
    assert world.venue.sent == sent
    assert world.state("old") is OrderState.ACCEPTED
    for halt in halts:
        assert (await halt).state is HALTED
    # What never left is no refusal of the venue's.
    assert world.book.state.conduct.refused_ns == []
    await world.check()


@pytest.mark.parametrize(
    ("call", "leaves"), [("submit", False), ("replace", False), ("submit_list", True)]
)
async def test_a_reduction_keeps_here_what_would_open_a_position(with_old, call, leaves):
    world = with_old
    reductions = []

    def reduce():
        reducing = control(world).tighten(TradingState.REDUCING, "drill", CALLER)
        reductions.append(start(reducing))

    when_signed(world, reduce)
    sent = list(world.venue.sent)
    answer = await WAYS[call](world)
    assert answer.order.reason.startswith("NOT_SENT: ") is not leaves
    assert (world.venue.sent != sent) is leaves
    assert (await reductions[0]).state is TradingState.REDUCING
    await world.check()


async def test_a_halt_lets_none_of_a_crowd_slip_through(world):
    await world.limit_to(max_open_orders=0)
    crowd = [start(world.place(limit(f"r-{n}", quantity=D("0.001")))) for n in range(30)]
    await world.until(lambda: len(world.venue.sent) >= 3)
    await control(world).halt("drill", CALLER, 5)
    sent = len(world.venue.sent)
    placed = await asyncio.gather(*crowd)
    assert len(world.venue.sent) == sent
    states = [answer.order.state for answer in placed]
    assert states.count(OrderState.ACCEPTED) == sent
    assert set(states) <= {OrderState.ACCEPTED, OrderState.REJECTED, OrderState.DENIED}
    await world.check()


# ---- the count itself --------------------------------------------------------------------------


async def test_nothing_under_way_is_no_wait():
    await asyncio.wait_for(Departures().ended(), 1)


async def test_all_who_wait_are_told_when_the_last_has_ended():
    departures = Departures()
    with departures.leaving():
        with departures.leaving():
            waiting = [start(departures.ended()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting[1:])
    await asyncio.gather(*waiting[1:])
    await asyncio.wait_for(departures.ended(), 1)


async def test_what_fails_has_ended():
    departures = Departures()
    with pytest.raises(ZeroDivisionError), departures.leaving():
        raise ZeroDivisionError
    await asyncio.wait_for(departures.ended(), 1)
