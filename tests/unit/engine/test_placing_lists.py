"""Orders placed together: the venue takes all or none, whatever becomes of the request."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.events import TradingStateChanged
from aitrader_server.domain.order_list import LIST_DENIED
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side, TradingState
from aitrader_server.errors import AlreadyExists, InvalidRequest
from engine_lives import World, limit, listed
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, CANCELED, FILLED = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.FILLED
REJECTED, UNKNOWN, DENIED = OrderState.REJECTED, OrderState.UNKNOWN, OrderState.DENIED
EXPIRED = OrderState.EXPIRED
ALL = ("buy", "target", "stop")
BUY = limit("buy")
TARGET = limit("target", side=Side.SELL, order_type=OrderType.LIMIT_MAKER, limit_price=D(10_500))
STOP = limit(
    "stop",
    side=Side.SELL,
    order_type=OrderType.STOP_LOSS_LIMIT,
    stop_price=D(9600),
    limit_price=D(9550),
)
BRACKET = listed(Contingency.OTOCO, BUY, TARGET, STOP)
PAIR = listed(Contingency.OCO, TARGET, STOP)
CHAIN = listed(Contingency.OTO, BUY, TARGET)


@pytest.fixture(params=[False, True], ids=["silent stream", "stream first"])
async def world(request):
    world = World()
    await world.ready()
    world.venue.streams = request.param
    yield world
    await world.engine.stop()


def sends(world):
    return world.venue.sent.count(("submit_list", "buy"))


def states(placed):
    return [order.state for order in (placed.order, *placed.legs)]


async def become(world, state):
    await world.become(buy=state, target=state, stop=state)


# ---- what the venue answers -------------------------------------------------------------------


@pytest.mark.parametrize("specs", [BRACKET, PAIR, CHAIN])
async def test_all_are_taken_with_one_request(world, specs):
    placed = await world.place(*specs)
    assert states(placed) == [ACCEPTED] * len(specs)
    assert [leg.request_id for leg in placed.legs] == [of.request_id for of in specs[1:]]
    assert world.venue.open_ids() == [of.request_id for of in specs]
    attempts = {world.book.order(of.request_id).attempts for of in specs}
    assert len(attempts) == 1
    await world.check()


async def test_none_is_taken_when_the_venue_refuses(world):
    world.venue.fates["submit_list"].append(Fate.REFUSED)
    placed = await world.place(*BRACKET)
    assert states(placed) == [REJECTED] * 3
    assert {world.book.order(one).reason for one in ALL} == {"-2010: the venue would not"}
    assert world.venue.orders == []
    await world.check()


async def test_what_waits_works_once_the_first_has_filled(world):
    await world.place(*BRACKET)
    assert [world.book.order(one).waits for one in ALL] == [False, True, True]
    world.venue.execute("buy", "0.004")
    assert world.book.order("stop").waits
    world.venue.execute("buy", "0.006")
    assert not world.book.order("stop").waits
    assert world.book.exposure.reserved["BTC"] == D("0.01")
    await world.check()
    world.venue.execute("target", "0.01")
    assert (world.state("target"), world.state("stop")) == (FILLED, EXPIRED)
    await world.check()


async def test_one_execution_ends_the_other_of_a_pair(world):
    await world.place(*PAIR)
    assert world.book.exposure.reserved["BTC"] == D("0.01")
    world.venue.execute("stop", "0.003")
    assert world.state("target") is EXPIRED
    assert world.book.exposure.reserved["BTC"] == D("0.007")
    await world.check()


# ---- a lost reply -----------------------------------------------------------------------------


async def test_a_lost_reply_to_what_happened_is_found_out_order_by_order(world):
    world.venue.fates["submit_list"].append(Fate.REPLY_LOST)
    await world.place(*BRACKET)
    await become(world, ACCEPTED)
    assert sends(world) == 1
    await world.check()


async def test_what_never_arrived_is_believed_only_after_its_fence(world):
    world.venue.fates["submit_list"].append(Fate.REQUEST_LOST)
    assert states(await world.place(*BRACKET)) == [UNKNOWN] * 3
    await world.stays(buy=UNKNOWN, target=UNKNOWN, stop=UNKNOWN)
    assert world.book.exposure.reserved["USDT"] == D(99)
    world.clock.pass_fence()
    await become(world, REJECTED)
    assert sends(world) == 1
    await world.check()


async def test_what_arrives_late_is_found_out(world):
    world.venue.fates["submit_list"].append(Fate.LATE)
    await world.place(*BRACKET)
    await world.stays(buy=UNKNOWN, target=UNKNOWN, stop=UNKNOWN)
    world.venue.arrive()
    await become(world, ACCEPTED)
    await world.check()


async def test_each_order_of_a_list_is_settled_by_what_the_venue_says_of_it(world):
    world.venue.fates["submit_list"].append(Fate.REPLY_LOST)
    world.venue.streams = False
    world.venue.hidden = {"target"}
    await world.place(*BRACKET)
    await world.become(buy=ACCEPTED, stop=ACCEPTED)
    await world.stays(target=UNKNOWN)
    world.venue.hidden = set()
    await world.become(target=ACCEPTED)
    await world.check()


async def test_the_first_may_fill_before_anything_is_known_of_the_others(world):
    world.venue.fates["submit_list"].append(Fate.REPLY_LOST)
    world.venue.streams = False
    world.venue.hidden = {"target", "stop"}
    await world.place(*BRACKET)
    await world.until(lambda: bool(world.venue.orders))
    world.venue.execute("buy", "0.01")
    await world.become(buy=FILLED, target=UNKNOWN, stop=UNKNOWN)
    assert not world.book.order("stop").waits
    assert world.book.exposure.reserved["BTC"] == D("0.01")
    world.venue.hidden = set()
    await world.become(target=ACCEPTED, stop=ACCEPTED)
    await world.check()


async def test_an_order_taken_for_absent_comes_back_when_the_venue_speaks_of_it(world):
    world.venue.fates["submit_list"].append(Fate.REPLY_LOST)
    world.venue.streams = False
    world.venue.hidden = {"target", "stop"}
    await world.place(*BRACKET)
    world.clock.pass_fence()
    await world.become(buy=ACCEPTED, target=REJECTED, stop=REJECTED)
    # A venue whose two records both lack what works there keeps us from any promise but this one.
    world.venue.on_change = lambda: None
    world.venue.execute("buy", "0.01")
    world.venue.hidden = set()
    for one in ("target", "stop"):
        world.venue.tell(world.venue.the(one).report())
    await world.become(buy=FILLED, target=ACCEPTED, stop=ACCEPTED)
    assert not world.book.order("stop").waits
    assert world.book.exposure.reserved["BTC"] == D("0.01")


@pytest.mark.parametrize("fate", [Fate.BROKEN_BEFORE, Fate.BROKEN_AFTER])
async def test_an_adapter_that_fails_proves_nothing(world, fate):
    world.venue.fates["submit_list"].append(fate)
    await world.place(*BRACKET)
    world.clock.pass_fence()
    await become(world, ACCEPTED if fate is Fate.BROKEN_AFTER else REJECTED)
    assert [type(error) for error in world.troubles] == [AdapterBug]
    await world.check()


# ---- what stops it before it leaves -----------------------------------------------------------


async def test_one_that_is_denied_denies_all(world):
    fine, target, stop = BRACKET
    crooked = msgspec.structs.replace(target, limit_price=D("10500.001"))
    placed = await world.place(fine, crooked, stop)
    assert states(placed) == [DENIED] * 3
    codes = [order.breaches[0].code for order in (placed.order, *placed.legs)]
    assert codes == [LIST_DENIED, "PRICE_FILTER", LIST_DENIED]
    assert world.venue.sent == []
    await world.check()


async def test_a_list_is_counted_whole(world):
    await world.engine.parts.control.change_limits(
        Limits(max_open_orders=3), version=0, reason="a test", caller=CALLER
    )
    await world.place(limit("one"), digest="o")
    denied = await world.place(*BRACKET)
    assert states(denied) == [DENIED] * 3
    assert denied.legs[1].breaches[0].code == "MAX_OPEN_ORDERS"
    await world.engine.parts.cancellation.cancel("one", CALLER, 5)
    again = (msgspec.structs.replace(of, request_id=f"{of.request_id}-2") for of in BRACKET)
    assert states(await world.place(*listed(Contingency.OTOCO, *again))) == [ACCEPTED] * 3
    await world.check()


async def test_a_halt_before_it_left_rejects_all(world):
    def halt():
        halted = TradingStateChanged(
            trading_state=TradingState.HALTED, reason="a storm", actor="ann"
        )
        world.engine.writer.commit([halted], trace_id="")

    world.venue.on_prepare = lambda: asyncio.get_running_loop().call_soon(halt)
    assert states(await world.place(*BRACKET)) == [REJECTED] * 3
    assert world.venue.sent == []
    await world.check()


@pytest.mark.parametrize("taken", ["buy", "target", "stop"])
async def test_an_id_that_is_taken_keeps_all_back(world, taken):
    await world.place(limit(taken), digest="earlier")
    with pytest.raises(AlreadyExists):
        await world.place(*BRACKET)
    assert [one for one in ALL if world.book.order(one) is not None] == [taken]
    assert sends(world) == 0
    await world.check()


async def test_orders_that_do_not_go_together_are_not_taken_on(world):
    with pytest.raises(InvalidRequest) as refused:
        await world.place(*listed(Contingency.OCO, TARGET, BUY))
    assert (refused.value.field, refused.value.reason) == ("legs", "ORDER_LIST")
    assert world.book.order("target") is None
    await world.check()


# ---- the same again ---------------------------------------------------------------------------


async def test_the_same_request_again_is_answered_with_its_legs_and_not_sent(world):
    first = await world.place(*BRACKET)
    world.venue.execute("buy", "0.01")
    again = await world.place(*BRACKET)
    assert again.replayed
    assert (again.order, again.legs) == (first.order, first.legs)
    assert sends(world) == 1
    await world.check()


async def test_a_denied_list_is_denied_again(world):
    fine, target, stop = BRACKET
    crooked = (fine, target, msgspec.structs.replace(stop, limit_price=D("9550.001")))
    first = await world.place(*crooked)
    again = await world.place(*crooked)
    assert again.replayed
    assert (again.order, again.legs) == (first.order, first.legs)
    with pytest.raises(AlreadyExists):
        await world.place(*BRACKET, digest="other")
    await world.check()


async def test_a_list_that_left_memory_is_answered_from_the_journal(world):
    await world.kill()
    await world.start(ended_orders_max=1)
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    first = await world.place(*BRACKET)
    world.venue.execute("buy", "0.01")
    world.venue.execute("target", "0.01")
    for number in range(3):
        await world.place(limit(f"later-{number}"), digest=f"l{number}")
        await world.engine.parts.cancellation.cancel(f"later-{number}", CALLER, 5)
    assert [one for one in ALL if world.book.order(one) is not None] == []
    again = await world.place(*BRACKET)
    assert again.replayed
    assert (again.order, again.legs) == (first.order, first.legs)
    assert sends(world) == 1
    target = await world.engine.parts.archive.find("target")
    assert not target.order.waits


async def test_a_leg_that_ended_before_the_first_had_filled_waited_to_its_end(world):
    await world.kill()
    await world.start(ended_orders_max=1)
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    await world.place(*BRACKET)
    await world.engine.parts.cancellation.cancel("buy", CALLER, 5)
    assert await world.engine.parts.reconciler.refresh_orders()
    for number in range(3):
        await world.place(limit(f"later-{number}"), digest=f"l{number}")
        await world.engine.parts.cancellation.cancel(f"later-{number}", CALLER, 5)
    assert world.book.order("target") is None
    target = await world.engine.parts.archive.find("target")
    assert target.order.waits


async def test_an_impatient_caller_is_told_how_they_stand(world):
    world.venue.fates["submit_list"].append(Fate.HELD)
    placed = await world.place(*BRACKET, timeout_s=0)
    assert states(placed) == [OrderState.SUBMITTED] * 3
    world.venue.gate.set()
    await become(world, ACCEPTED)
    assert states(await world.place(*BRACKET)) == [ACCEPTED] * 3
    await world.check()


# ---- cancels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("one", ALL)
async def test_the_cancel_of_one_ends_all(world, one):
    await world.place(*BRACKET)
    assert (await world.engine.parts.cancellation.cancel(one, CALLER, 5)).cancelled
    # What the venue ended with it is heard on the stream, or found by the next look.
    await world.engine.parts.reconciler.refresh_orders()
    await become(world, CANCELED)
    assert [call for call, _ in world.venue.sent].count("cancel") == 1
    await world.check()


async def test_cancelling_all_ends_a_list(world):
    await world.place(*BRACKET)
    await world.place(limit("other"), digest="o")
    cancelled = await world.engine.parts.cancellation.cancel_all("", CALLER, 5)
    assert {one.order.request_id for one in cancelled} == {*ALL, "other"}
    assert all(one.cancelled for one in cancelled)
    await world.check()


async def test_a_cancel_of_a_list_in_doubt_waits_for_no_answer(world):
    world.venue.fates["submit_list"].append(Fate.REPLY_LOST)
    world.venue.streams = False
    world.venue.hidden = set(ALL)
    await world.place(*BRACKET)
    await world.engine.parts.cancellation.cancel("buy", CALLER, 5)
    world.venue.hidden = set()
    await become(world, ACCEPTED)
    assert (await world.engine.parts.cancellation.cancel("buy", CALLER, 5)).cancelled
    await world.engine.parts.reconciler.refresh_orders()
    await become(world, CANCELED)
    await world.check()


# ---- another life -----------------------------------------------------------------------------


async def killed_during(world, fate):
    world.venue.fates["submit_list"].append(fate)
    task = asyncio.create_task(world.place(*BRACKET))
    await world.until(lambda: len(world.venue.sent) == len(BRACKET))
    await asyncio.sleep(0.005)
    task.cancel()
    await world.kill()


async def test_killed_when_it_was_on_disk_and_had_not_left(world):
    await killed_during(world, Fate.STUCK_BEFORE)
    await world.start()
    await world.stays(buy=UNKNOWN, target=UNKNOWN, stop=UNKNOWN)
    world.clock.pass_fence()
    await become(world, REJECTED)
    assert (await world.place(*BRACKET)).replayed
    await world.check()


async def test_killed_before_the_reply_came(world):
    await killed_during(world, Fate.STUCK_AFTER)
    await world.start()
    await become(world, ACCEPTED)
    assert (await world.place(*BRACKET)).replayed
    await world.check()


async def test_killed_and_the_first_filled_meanwhile(world):
    await killed_during(world, Fate.STUCK_AFTER)
    world.venue.execute("buy", "0.01", told=False)
    await world.start()
    await world.become(buy=FILLED, target=ACCEPTED, stop=ACCEPTED)
    assert not world.book.order("stop").waits
    await world.check()


async def test_a_next_life_knows_what_waits(world):
    await world.place(*BRACKET)
    await world.kill()
    await world.ready()
    assert [world.book.order(one).waits for one in ALL] == [False, True, True]
    await world.check()
    world.venue.execute("buy", "0.01")
    await world.check()
