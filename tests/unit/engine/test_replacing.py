"""One order in the place of another, whatever becomes of the request that asks for both."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.events import TradingStateChanged
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side, TradingState
from aitrader_server.engine.commands import Change
from aitrader_server.errors import AlreadyExists, FailedPrecondition, InvalidRequest, NotFound
from engine_lives import World, limit, listed
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, CANCELED, FILLED = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.FILLED
REJECTED, UNKNOWN, DENIED = OrderState.REJECTED, OrderState.UNKNOWN, OrderState.DENIED
PART, PENDING = OrderState.PARTIALLY_FILLED, OrderState.PENDING_REPLACE
DEARER = Change(request_id="old", new_request_id="new", limit_price=D(9950))


@pytest.fixture(params=[False, True], ids=["silent stream", "stream first"])
async def world(request):
    """An engine whose one order, `old`, works at the venue."""
    world = World()
    await world.ready()
    world.venue.streams = request.param
    await world.place(limit("old"))
    yield world
    if world._engine is not None:
        await world.engine.stop()


async def change(world, wish=DEARER, *, digest="c", timeout_s=5.0):
    return await world.engine.parts.replacing.change(
        wish, digest=digest, caller=CALLER, timeout_s=timeout_s
    )


def replaces(world):
    return [call for call, _ in world.venue.sent].count("replace")


# ---- what the venue answers -------------------------------------------------------------------


async def test_both_halves_are_done(world):
    changed = await change(world)
    assert (changed.order.state, changed.order.spec.limit_price) == (ACCEPTED, D(9950))
    assert changed.order.quantity == D("0.01")
    assert (changed.replaced.state, changed.replaced.replaced_by) == (CANCELED, "new")
    assert not changed.replayed
    assert world.venue.open_ids() == ["new"]
    await world.check()


async def test_the_new_order_may_be_larger_and_of_another_stop(world):
    await world.place(
        limit(
            "stop",
            order_type=OrderType.STOP_LOSS_LIMIT,
            stop_price=D(10_500),
            limit_price=D(10_600),
        )
    )
    wish = Change(request_id="stop", new_request_id="new", quantity=D("0.02"), stop_price=D(10_400))
    order = (await change(world, wish)).order
    assert (order.quantity, order.spec.stop_price) == (D("0.02"), D(10_400))
    assert order.spec.limit_price == D(10_600)
    assert world.venue.open_ids() == ["old", "new"]
    await world.check()


async def test_the_old_order_is_cancelled_and_the_new_one_refused(world):
    world.venue.fates["replace"].append(Fate.HALF)
    changed = await change(world)
    assert (changed.order.state, changed.replaced.state) == (REJECTED, CANCELED)
    assert changed.order.reason == "-2010: the venue would not"
    assert world.venue.open_ids() == []
    await world.check()


async def test_nothing_is_done_when_the_venue_refuses(world):
    world.venue.fates["replace"].append(Fate.REFUSED)
    changed = await change(world)
    assert changed.order.state is REJECTED
    await world.become(old=ACCEPTED)
    assert world.book.order("old").replaced_by == ""
    assert world.venue.open_ids() == ["old"]
    await world.check()
    # The order that stays can be changed again, under another id.
    again = Change(request_id="old", new_request_id="newer", limit_price=D(9950))
    assert (await change(world, again)).order.state is ACCEPTED
    await world.check()


# ---- a lost reply -----------------------------------------------------------------------------


async def test_a_lost_reply_to_what_happened_is_found_out(world):
    world.venue.fates["replace"].append(Fate.REPLY_LOST)
    await change(world, timeout_s=0)
    await world.become(new=ACCEPTED, old=CANCELED)
    assert replaces(world) == 1
    await world.check()


async def test_a_request_that_never_arrived_is_believed_only_after_its_fence(world):
    world.venue.fates["replace"].append(Fate.REQUEST_LOST)
    changed = await change(world)
    assert (changed.order.state, changed.replaced.state) == (UNKNOWN, PENDING)
    await world.stays(new=UNKNOWN, old=PENDING)
    world.clock.pass_fence()
    await world.become(new=REJECTED, old=ACCEPTED)
    assert "NEVER_LANDED" in world.book.order("new").reason
    assert replaces(world) == 1
    await world.check()


async def test_a_request_that_arrives_late_is_found_out(world):
    world.venue.fates["replace"].append(Fate.LATE)
    await change(world)
    await world.stays(new=UNKNOWN, old=PENDING)
    world.venue.arrive()
    await world.become(new=ACCEPTED, old=CANCELED)
    await world.check()


async def test_a_lost_reply_to_half_a_change_is_found_out(world):
    world.venue.fates["replace"].append(Fate.HALF_UNHEARD)
    await change(world)
    await world.become(new=UNKNOWN, old=CANCELED)
    world.clock.pass_fence()
    await world.become(new=REJECTED)
    await world.check()


async def test_a_lost_refusal_ends_in_the_order_as_it_was(world):
    world.venue.fates["replace"].append(Fate.REFUSED_UNHEARD)
    await change(world)
    await world.stays(new=UNKNOWN, old=PENDING)
    world.clock.pass_fence()
    await world.become(new=REJECTED, old=ACCEPTED)
    await world.check()


async def test_a_venue_that_cannot_be_read_settles_nothing(world):
    world.venue.fates["replace"].append(Fate.REPLY_LOST)
    world.venue.streams = world.venue.reachable = False
    await change(world)
    world.clock.pass_fence()
    await world.stays(new=UNKNOWN, old=PENDING)
    world.venue.reachable = True
    await world.become(new=ACCEPTED, old=CANCELED)
    await world.check()


@pytest.mark.parametrize("fate", [Fate.BROKEN_BEFORE, Fate.BROKEN_AFTER])
async def test_an_adapter_that_fails_proves_nothing(world, fate):
    world.venue.fates["replace"].append(fate)
    await change(world)
    world.clock.pass_fence()
    if fate is Fate.BROKEN_AFTER:
        await world.become(new=ACCEPTED, old=CANCELED)
    else:
        await world.become(new=REJECTED, old=ACCEPTED)
    assert [type(error) for error in world.troubles] == [AdapterBug]
    await world.check()


# ---- what stops it before it leaves -----------------------------------------------------------


async def test_a_halt_before_it_left_keeps_the_order_as_it_was(world):
    def halt():
        halted = TradingStateChanged(
            trading_state=TradingState.HALTED, reason="a storm", actor="ann"
        )
        world.engine.writer.commit([halted], trace_id="")

    world.venue.on_prepare = lambda: asyncio.get_running_loop().call_soon(halt)
    changed = await change(world)
    assert changed.order.state is REJECTED
    assert "halted before it left" in changed.order.reason
    await world.become(old=ACCEPTED)
    assert replaces(world) == 0
    await world.check()


async def test_what_risk_denies_leaves_the_order_alone(world):
    wish = Change(request_id="old", new_request_id="new", quantity=D("0.2"))
    changed = await change(world, wish)
    assert changed.order.state is DENIED
    assert [breach.code for breach in changed.order.breaches] == ["INSUFFICIENT_BALANCE"]
    assert changed.replaced.state is ACCEPTED
    assert replaces(world) == 0
    await world.check()


async def test_what_the_order_had_reserved_pays_for_the_new_one_and_no_more(world):
    # 99 of the 1000 USDT are reserved: with them all of it may be spent.
    dear = Change(request_id="old", new_request_id="new", quantity=D("0.1"), limit_price=D(10_000))
    assert (await change(world, dear)).order.state is ACCEPTED
    assert world.book.exposure.reserved["USDT"] == D(1000)
    dearer = Change(request_id="new", new_request_id="newer", quantity=D("0.1001"))
    assert (await change(world, dearer)).order.state is DENIED
    await world.check()


@pytest.mark.parametrize("state", [FILLED, CANCELED])
async def test_only_an_open_order_can_be_changed(world, state):
    if state is FILLED:
        world.venue.execute("old", "0.01")
    else:
        await world.engine.parts.cancellation.cancel("old", CALLER, 5)
    assert world.state("old") is state
    with pytest.raises(FailedPrecondition) as refused:
        await change(world)
    assert refused.value.reason == "ORDER_NOT_OPEN"
    assert world.book.order("new") is None
    await world.check()


async def test_an_order_in_doubt_cannot_be_changed(world):
    world.venue.fates["submit"].append(Fate.REQUEST_LOST)
    await world.place(limit("lost"))
    with pytest.raises(FailedPrecondition, match="UNKNOWN"):
        await change(world, Change(request_id="lost", new_request_id="n", limit_price=D(9950)))
    world.clock.pass_fence()
    await world.become(lost=REJECTED)
    await world.check()


async def test_one_change_at_a_time(world):
    world.venue.fates["replace"].append(Fate.REQUEST_LOST)
    await change(world)
    other = Change(request_id="old", new_request_id="other", limit_price=D(9960))
    with pytest.raises(FailedPrecondition) as refused:
        await change(world, other)
    assert refused.value.reason == "ORDER_NOT_OPEN"
    assert replaces(world) == 1
    world.clock.pass_fence()
    await world.become(new=REJECTED, old=ACCEPTED)
    await world.check()


async def test_an_order_of_a_list_is_not_changed_alone(world):
    target = limit("t", side=Side.SELL, order_type=OrderType.LIMIT_MAKER, limit_price=D(10_500))
    stop = limit(
        "s",
        side=Side.SELL,
        order_type=OrderType.STOP_LOSS_LIMIT,
        stop_price=D(9600),
        limit_price=D(9550),
    )
    await world.place(*listed(Contingency.OCO, target, stop))
    with pytest.raises(FailedPrecondition) as refused:
        await change(world, Change(request_id="t", new_request_id="new", limit_price=D(10_600)))
    assert refused.value.reason == "ORDER_IN_LIST"
    await world.check()


async def test_nothing_is_changed_while_trading_is_halted(world):
    await world.engine.parts.control.tighten(TradingState.HALTED, "a storm", CALLER)
    with pytest.raises(FailedPrecondition) as refused:
        await change(world)
    assert refused.value.reason == "TRADING_HALTED"
    await world.check()


async def test_an_order_that_is_not_there_and_a_wish_that_makes_no_sense(world):
    with pytest.raises(NotFound):
        await change(world, Change(request_id="x", new_request_id="new", quantity=D(1)))
    with pytest.raises(InvalidRequest):
        await change(world, Change(request_id="old", new_request_id="new", stop_price=D(9000)))
    assert replaces(world) == 0
    await world.check()


# ---- the same again ---------------------------------------------------------------------------


async def test_the_same_request_again_is_answered_and_not_sent(world):
    first = await change(world)
    again = await change(world)
    assert again.replayed
    assert again.order == first.order
    assert (again.replaced.request_id, again.replaced.state) == ("old", CANCELED)
    assert replaces(world) == 1
    await world.check()


async def test_a_repetition_in_a_later_life_is_answered_and_not_sent(world):
    world.venue.fates["replace"].append(Fate.REPLY_LOST)
    await change(world)
    await world.become(new=ACCEPTED, old=CANCELED)
    await world.kill()
    await world.ready()
    again = await change(world)
    assert (again.replayed, again.order.state) == (True, ACCEPTED)
    assert replaces(world) == 1
    await world.check()


async def test_a_denied_change_is_denied_again(world):
    wish = Change(request_id="old", new_request_id="new", quantity=D("0.2"))
    first = await change(world, wish)
    again = await change(world, wish)
    assert (again.replayed, again.order) == (True, first.order)
    assert replaces(world) == 0
    await world.check()


async def test_an_id_that_another_request_has_is_refused(world):
    await change(world)
    with pytest.raises(AlreadyExists):
        await change(
            world,
            Change(request_id="new", new_request_id="new", limit_price=D(9960)),
            digest="other",
        )
    with pytest.raises(AlreadyExists):
        await change(
            world,
            Change(request_id="new", new_request_id="old", limit_price=D(9960)),
            digest="other",
        )
    assert replaces(world) == 1
    await world.check()


async def test_a_caller_who_leaves_stops_nothing(world):
    world.venue.fates["replace"].append(Fate.HELD)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await change(world)
    world.venue.gate.set()
    await world.become(new=ACCEPTED, old=CANCELED)
    await world.check()


# ---- fills that race with it ------------------------------------------------------------------


async def test_an_order_that_began_to_execute_meanwhile_is_kept(world):
    world.venue.on_arrival = lambda: world.venue.execute("old", "0.004", told=False)
    changed = await change(world)
    world.venue.on_arrival = lambda: None
    assert changed.order.state is REJECTED
    await world.become(old=PART)
    assert world.book.order("old").cumulative_quantity == D("0.004")
    assert world.book.order("old").replaced_by == ""
    assert world.venue.open_ids() == ["old"]
    await world.check()


async def test_an_order_that_filled_meanwhile_is_not_placed_again(world):
    world.venue.on_arrival = lambda: world.venue.execute("old", "0.01", told=False)
    changed = await change(world)
    world.venue.on_arrival = lambda: None
    assert changed.order.state is REJECTED
    await world.become(old=FILLED)
    assert world.venue.open_ids() == []
    await world.check()


async def test_an_order_that_filled_while_its_change_was_lost_ends_filled(world):
    world.venue.fates["replace"].append(Fate.REQUEST_LOST)
    await change(world)
    world.venue.execute("old", "0.01")
    await world.become(old=FILLED)
    world.clock.pass_fence()
    await world.become(new=REJECTED)
    await world.check()


async def test_what_is_left_of_an_order_is_placed_anew(world):
    world.venue.execute("old", "0.004")
    changed = await change(world)
    assert changed.order.quantity == D("0.006")
    assert (changed.replaced.state, changed.replaced.cumulative_quantity) == (CANCELED, D("0.004"))
    await world.check()


async def test_the_last_fill_of_the_old_order_may_be_heard_after_its_end(world):
    world.venue.execute("old", "0.002")
    world.venue.on_arrival = lambda: world.venue.execute("old", "0.003", told=False)
    await change(world)
    world.venue.on_arrival = lambda: None
    await world.become(old=CANCELED, new=ACCEPTED)
    await world.until(lambda: world.book.order("old").cumulative_quantity == D("0.005"))
    await world.check()


@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.REPLY_LOST])
async def test_the_new_order_may_execute_before_its_reply_comes(world, fate):
    world.venue.fates["replace"].append(fate)
    world.venue.on_taken = lambda _: world.venue.execute("new", "0.01")
    await change(world)
    await world.become(new=FILLED, old=CANCELED)
    await world.check()


# ---- a cancel meanwhile -----------------------------------------------------------------------


async def test_a_cancel_passes_while_a_change_is_in_doubt(world):
    world.venue.fates["replace"].append(Fate.REQUEST_LOST)
    await change(world)
    cancelled = await world.engine.parts.cancellation.cancel("old", CALLER, 5)
    assert cancelled.cancelled
    world.clock.pass_fence()
    await world.become(old=CANCELED, new=REJECTED)
    await world.check()


# ---- another life -----------------------------------------------------------------------------


async def killed_during(world, fate, wish=DEARER):
    """The process dies while its request has met `fate`; nobody has heard an answer."""
    world.venue.fates["replace"].append(fate)
    task = asyncio.create_task(change(world, wish))
    await world.until(lambda: replaces(world) == 1)
    await asyncio.sleep(0.005)
    task.cancel()
    await world.kill()
    await world.start()


async def test_killed_when_it_was_on_disk_and_had_not_left_both_are_as_they_were(world):
    await killed_during(world, Fate.STUCK_BEFORE)
    await world.stays(new=UNKNOWN, old=PENDING)
    world.clock.pass_fence()
    await world.become(new=REJECTED, old=ACCEPTED)
    assert replaces(world) == 1
    await world.check()


async def test_killed_before_the_reply_came_the_next_life_finds_both_halves(world):
    await killed_during(world, Fate.STUCK_AFTER)
    await world.become(new=ACCEPTED, old=CANCELED)
    assert replaces(world) == 1
    assert (await change(world)).replayed
    await world.check()


async def test_killed_again_and_again_while_in_doubt(world):
    await killed_during(world, Fate.STUCK_BEFORE)
    for _ in range(2):
        await world.kill()
        await world.start()
        await world.stays(new=UNKNOWN, old=PENDING)
    world.clock.pass_fence()
    await world.become(new=REJECTED, old=ACCEPTED)
    await world.check()


async def test_an_impatient_caller_is_told_how_it_stands(world):
    world.venue.fates["replace"].append(Fate.HELD)
    changed = await change(world, timeout_s=0)
    assert (changed.order.state, changed.replaced.state) == (OrderState.SUBMITTED, PENDING)
    world.venue.gate.set()
    await world.become(new=ACCEPTED, old=CANCELED)
    assert (await change(world)).order.state is ACCEPTED
    await world.check()


async def test_what_filled_while_nobody_lived_is_found(world):
    world.venue.fates["replace"].append(Fate.STUCK_AFTER)
    task = asyncio.create_task(change(world))
    await world.until(lambda: world.venue.open_ids() == ["new"])
    task.cancel()
    await world.kill()
    world.venue.execute("new", "0.01", told=False)
    await world.start()
    await world.become(new=FILLED, old=CANCELED)
    await world.check()
