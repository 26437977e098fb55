"""One order in the place of another, whatever becomes of the request that asks for both."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState, OrderType
from aitrader_server.engine.commands import Change
from aitrader_server.errors import AlreadyExists, FailedPrecondition, InvalidRequest
from engine_lives import limit
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, CANCELED, FILLED = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.FILLED
REJECTED, UNKNOWN = OrderState.REJECTED, OrderState.UNKNOWN
PART, PENDING = OrderState.PARTIALLY_FILLED, OrderState.PENDING_REPLACE
DEARER = Change(request_id="old", new_request_id="new", limit_price=D(9950))


async def change(world, wish=DEARER, **given):
    return await world.change(wish, **given)


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


async def test_a_refusal_that_comes_after_the_news_of_the_fill_ends_nothing(world):
    world.venue.on_arrival = lambda: world.venue.execute("old", "0.01")
    changed = await change(world)
    world.venue.on_arrival = lambda: None
    assert (changed.order.state, changed.replaced.state) == (REJECTED, FILLED)
    await world.check()


async def test_more_than_was_wished_may_execute_before_the_cancel_arrives(world):
    world.venue.execute("old", "0.004")
    await world.become(old=PART)

    def execute_more():
        world.venue.on_arrival = lambda: None
        world.venue.execute("old", "0.003", told=False)

    world.venue.on_arrival = execute_more
    wish = Change(request_id="old", new_request_id="new", quantity=D("0.006"), limit_price=D(9950))
    with pytest.raises(FailedPrecondition, match=r"was cancelled with 0\.007 executed") as refused:
        await change(world, wish)
    assert refused.value.reason == "NOT_CHANGED"
    assert not world.book.taken("new")
    await world.become(old=CANCELED)
    await world.check()


async def test_nothing_takes_the_place_of_an_order_that_fills_before_its_cancel_arrives(world):
    world.venue.execute("old", "0.004")
    await world.become(old=PART)

    def execute_rest():
        world.venue.on_arrival = lambda: None
        world.venue.execute("old", "0.006", told=False)

    world.venue.on_arrival = execute_rest
    with pytest.raises(FailedPrecondition, match="old is FILLED: look at it first"):
        await change(world)
    assert not world.book.taken("new")
    assert world.venue.open_ids() == []
    await world.check()


async def test_an_id_that_was_taken_during_the_cancel_places_nothing_twice(world):
    world.venue.execute("old", "0.004")
    await world.become(old=PART)
    world.venue.fates["cancel"].append(Fate.HELD)
    changing = asyncio.create_task(change(world))
    await world.become(old=OrderState.PENDING_CANCEL)
    await world.place(limit("new", quantity=D("0.02")), digest="other")
    world.venue.gate.set()
    with pytest.raises(AlreadyExists, match="new belongs to a different order"):
        await changing
    assert (world.state("old"), world.venue.open_ids()) == (CANCELED, ["new"])
    assert world.venue.the("new").quantity == D("0.02")
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


async def test_a_quantity_counts_what_has_executed(world):
    world.venue.execute("old", "0.00400")
    await world.until(lambda: world.book.order("old").cumulative_quantity == D("0.004"))
    wish = Change(request_id="old", new_request_id="new", quantity=D("0.012"), limit_price=D(9_900))
    changed = await change(world, wish)
    assert str(changed.order.spec.quantity) == "0.008"
    await world.check()


@pytest.mark.parametrize("price", [None, D(9_900)])
async def test_less_than_has_executed_cannot_be_asked_for(world, price):
    world.venue.execute("old", "0.004")
    await world.until(lambda: world.book.order("old").cumulative_quantity == D("0.004"))
    wish = Change(request_id="old", new_request_id="new", quantity=D("0.004"), limit_price=price)
    with pytest.raises(InvalidRequest, match=r"0\.004 has executed"):
        await change(world, wish)
    assert world.state("old") is PART


async def test_the_last_fill_of_the_old_order_may_be_heard_after_its_end(world):
    world.venue.execute("old", "0.002")

    def execute_more():
        world.venue.on_arrival = lambda: None
        world.venue.execute("old", "0.003", told=False)

    world.venue.on_arrival = execute_more
    changed = await change(world)
    await world.become(old=CANCELED, new=ACCEPTED)
    # What executed on the way to the cancel is not placed a second time.
    assert changed.order.quantity == D("0.005")
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


async def test_what_is_left_of_an_order_is_placed_once_whoever_asks_at_once(world):
    world.venue.execute("old", "0.004")
    told = await asyncio.gather(
        change(world),
        change(world, Change(request_id="old", new_request_id="other", limit_price=D(9960))),
        return_exceptions=True,
    )
    assert told[0].order.state is ACCEPTED
    assert told[1].reason == "ORDER_NOT_OPEN"
    assert [world.venue.the(o).quantity for o in world.venue.open_ids()] == [D("0.006")]
    await world.check()
