"""An order made smaller in its place, whatever becomes of the request."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState, OrderType, TradingState
from aitrader_server.engine.commands import Change
from aitrader_server.errors import FailedPrecondition
from engine_lives import limit
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, CANCELED, FILLED = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.FILLED
PART, PENDING = OrderState.PARTIALLY_FILLED, OrderState.PENDING_REPLACE
LESS = Change(request_id="old", new_request_id="new", quantity=D("0.006"))


async def change(world, wish=LESS, **given):
    return await world.change(wish, **given)


def amends(world):
    return [call for call, _ in world.venue.sent].count("amend")


def quantity(world):
    return world.book.order("old").quantity


def number(world):
    """What an order keeps as long as it keeps its place in the queue."""
    return world.venue.the("old").number


async def test_the_order_keeps_its_id_and_its_place(world):
    before = number(world)
    changed = await change(world)
    assert (changed.order.request_id, changed.order.state) == ("old", ACCEPTED)
    assert (changed.order.quantity, changed.replaced) == (D("0.006"), None)
    assert world.book.exposure.reserved["USDT"] == D("59.4")
    assert (number(world), world.venue.open_ids()) == (before, ["old"])
    assert world.book.order("new") is None
    await world.check()


async def test_a_limit_price_that_is_named_and_not_changed_amends_too(world):
    wish = Change(
        request_id="old", new_request_id="new", quantity=D("0.006"), limit_price=D("9900.0")
    )
    assert (await change(world, wish)).order.request_id == "old"
    assert amends(world) == 1
    await world.check()


async def test_what_has_executed_counts(world):
    world.venue.execute("old", "0.004")
    changed = await change(world)
    assert (changed.order.state, changed.order.leaves_quantity) == (PART, D("0.002"))
    world.venue.execute("old", "0.002")
    assert world.state("old") is FILLED
    await world.check()


async def test_the_same_again_changes_nothing_and_keeps_its_place(world):
    await change(world)
    before = number(world)
    again = await change(world)
    assert (again.replayed, again.order.quantity, again.replaced) == (True, D("0.006"), None)
    other = Change(request_id="old", new_request_id="other", quantity=D("0.0060"))
    assert (await change(world, other)).replayed
    assert (number(world), amends(world)) == (before, 1)
    await world.check()


async def test_smaller_and_smaller(world):
    for size in ("0.009", "0.006", "0.001"):
        wish = Change(request_id="old", new_request_id="n", quantity=D(size))
        assert (await change(world, wish)).order.quantity == D(size)
    assert amends(world) == 3
    await world.check()


@pytest.mark.parametrize(
    "wish",
    [
        Change(request_id="old", new_request_id="new", quantity=D("0.011")),
        Change(request_id="old", new_request_id="new", quantity=D("0.006"), limit_price=D(9950)),
    ],
)
async def test_what_is_larger_or_dearer_is_another_order(world, wish):
    changed = await change(world, wish)
    assert (changed.order.request_id, changed.replaced.state) == ("new", CANCELED)
    assert amends(world) == 0
    await world.check()


@pytest.mark.parametrize(
    "terms",
    [
        {"order_type": OrderType.STOP_LOSS_LIMIT, "stop_price": D(10_100)},
        {"iceberg_quantity": D("0.005")},
    ],
)
async def test_an_order_that_cannot_shrink_is_replaced(world, terms):
    await world.place(limit("other", **terms))
    wish = Change(request_id="other", new_request_id="new", quantity=D("0.006"))
    changed = await change(world, wish)
    assert (changed.order.request_id, changed.order.quantity) == ("new", D("0.006"))
    assert amends(world) == 0
    await world.check()


async def test_a_refusal_keeps_the_order_as_it_was(world):
    world.venue.fates["amend"].append(Fate.REFUSED)
    with pytest.raises(FailedPrecondition, match="the venue would not") as refused:
        await change(world)
    assert refused.value.reason == "NOT_CHANGED"
    assert (world.state("old"), quantity(world)) == (ACCEPTED, D("0.01"))
    assert (await change(world)).order.quantity == D("0.006")
    await world.check()


async def test_a_lost_reply_to_what_happened_is_found_out(world):
    world.venue.fates["amend"].append(Fate.REPLY_LOST)
    assert (await change(world)).order.quantity == D("0.006")
    assert amends(world) == 1
    await world.check()


@pytest.mark.parametrize("fate", [Fate.REQUEST_LOST, Fate.REFUSED_UNHEARD])
async def test_what_never_happened_is_believed_only_after_the_fence(world, fate):
    world.venue.fates["amend"].append(fate)
    assert (await change(world, timeout_s=0.01)).order.state is PENDING
    await world.stays(old=PENDING)
    world.clock.pass_fence()
    await world.become(old=ACCEPTED)
    assert quantity(world) == D("0.01")
    assert amends(world) == 1
    await world.check()


async def test_a_caller_who_waits_hears_that_nothing_was_changed(world):
    world.venue.fates["amend"].append(Fate.REQUEST_LOST)
    task = asyncio.create_task(change(world))
    await world.until(lambda: amends(world) == 1)
    await world.stays(old=PENDING)
    world.clock.pass_fence()
    with pytest.raises(FailedPrecondition, match="kept the order as it was"):
        await task
    await world.check()


async def test_what_arrives_late_is_found_out(world):
    world.venue.fates["amend"].append(Fate.LATE)
    assert (await change(world, timeout_s=0)).order.state is PENDING
    await world.stays(old=PENDING)
    world.venue.arrive()
    await world.become(old=ACCEPTED)
    assert quantity(world) == D("0.006")
    await world.check()


async def test_a_venue_that_cannot_be_read_settles_nothing(world):
    world.venue.fates["amend"].append(Fate.REPLY_LOST)
    world.venue.streams = world.venue.reachable = False
    await change(world, timeout_s=0)
    await world.until(lambda: world.venue.the("old").quantity == D("0.006"))
    world.clock.pass_fence()
    await world.stays(old=PENDING)
    world.venue.reachable = True
    await world.become(old=ACCEPTED)
    assert quantity(world) == D("0.006")
    await world.check()


@pytest.mark.parametrize("fate", [Fate.BROKEN_BEFORE, Fate.BROKEN_AFTER])
async def test_an_adapter_that_fails_proves_nothing(world, fate):
    world.venue.fates["amend"].append(fate)
    await change(world, timeout_s=0)
    await world.until(lambda: world.troubles != [])
    world.clock.pass_fence()
    await world.become(old=ACCEPTED)
    assert quantity(world) == (D("0.006") if fate is Fate.BROKEN_AFTER else D("0.01"))
    assert [type(error) for error in world.troubles] == [AdapterBug]
    await world.check()


async def test_nothing_is_changed_while_trading_is_halted(world):
    await world.engine.parts.control.tighten(TradingState.HALTED, "a storm", CALLER)
    with pytest.raises(FailedPrecondition) as refused:
        await change(world)
    assert refused.value.reason == "TRADING_HALTED"
    assert (amends(world), world.state("old")) == (0, ACCEPTED)
    await world.check()


async def test_one_change_at_a_time(world):
    world.venue.fates["amend"].append(Fate.HELD)
    task = asyncio.create_task(change(world))
    await world.until(lambda: amends(world) == 1)
    with pytest.raises(FailedPrecondition) as refused:
        await change(world, Change(request_id="old", new_request_id="x", quantity=D("0.005")))
    assert refused.value.reason == "ORDER_NOT_OPEN"
    world.venue.gate.set()
    assert (await task).order.quantity == D("0.006")
    await world.check()


# ---- fills that race with it ------------------------------------------------------------------


@pytest.mark.parametrize("told", [False, True], ids=["silent fill", "fill on the stream"])
@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.REPLY_LOST])
async def test_a_fill_just_before_it(world, fate, told):
    world.venue.fates["amend"].append(fate)
    world.venue.on_arrival = lambda: world.venue.execute("old", "0.004", told=told)
    changed = await change(world)
    world.venue.on_arrival = lambda: None
    assert changed.order.quantity == D("0.006")
    await world.until(lambda: world.book.order("old").leaves_quantity == D("0.002"))
    assert world.state("old") is PART
    await world.check()


@pytest.mark.parametrize(
    ("executed", "state"), [("0.006", PART), ("0.007", PART), ("0.01", FILLED)]
)
@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.REFUSED_UNHEARD])
async def test_a_fill_that_leaves_nothing_to_take_away(world, fate, executed, state):
    world.venue.fates["amend"].append(fate)
    world.venue.on_arrival = lambda: world.venue.execute("old", executed, told=False)
    task = asyncio.create_task(change(world))
    await world.until(lambda: world.venue.the("old").executed == D(executed))
    world.venue.on_arrival = lambda: None
    world.clock.pass_fence()
    with pytest.raises(FailedPrecondition):
        await task
    assert (world.state("old"), quantity(world)) == (state, D("0.01"))
    assert world.book.order("old").cumulative_quantity == D(executed)
    await world.check()


async def test_a_smaller_order_fills_before_its_reply_comes(world):
    world.venue.fates["amend"].append(Fate.REPLY_LOST)
    world.venue.reachable = False
    await change(world, timeout_s=0)
    await world.until(lambda: world.venue.the("old").quantity == D("0.006"))
    world.venue.execute("old", "0.006")
    world.venue.reachable = True
    await world.become(old=FILLED)
    assert quantity(world) == D("0.006")
    await world.check()


async def test_a_cancel_passes_while_a_change_is_in_doubt(world):
    world.venue.fates["amend"].append(Fate.REQUEST_LOST)
    await change(world, timeout_s=0)
    assert (await world.engine.parts.cancellation.cancel("old", CALLER, 5)).cancelled
    await world.check()


# ---- another life -----------------------------------------------------------------------------


async def killed_during(world, fate):
    world.venue.fates["amend"].append(fate)
    task = asyncio.create_task(change(world))
    await world.until(lambda: amends(world) == 1)
    await asyncio.sleep(0.005)
    task.cancel()
    await world.kill()
    await world.start()


async def test_killed_when_it_was_on_disk_and_had_not_left(world):
    await killed_during(world, Fate.STUCK_BEFORE)
    await world.stays(old=PENDING)
    world.clock.pass_fence()
    await world.become(old=ACCEPTED)
    assert (quantity(world), amends(world)) == (D("0.01"), 1)
    await world.check()


async def test_killed_before_the_reply_came(world):
    await killed_during(world, Fate.STUCK_AFTER)
    await world.become(old=ACCEPTED)
    assert (quantity(world), amends(world)) == (D("0.006"), 1)
    again = await change(world)
    assert (again.replayed, amends(world)) == (True, 1)
    await world.check()
