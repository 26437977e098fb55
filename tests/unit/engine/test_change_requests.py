"""Which changes of an order leave at all, and which are answered without."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.events import TradingStateChanged
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side, TradingState
from aitrader_server.engine.commands import Change
from aitrader_server.errors import AlreadyExists, FailedPrecondition, InvalidRequest, NotFound
from engine_lives import limit, listed
from fateful_venue import SYMBOL, Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, CANCELED, FILLED = OrderState.ACCEPTED, OrderState.CANCELED, OrderState.FILLED
REJECTED, UNKNOWN, DENIED = OrderState.REJECTED, OrderState.UNKNOWN, OrderState.DENIED
DEARER = Change(request_id="old", new_request_id="new", limit_price=D(9950))


async def change(world, wish=DEARER, **given):
    return await world.change(wish, **given)


def replaces(world):
    return [call for call, _ in world.venue.sent].count("replace")


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
    assert "stopped before it left" in changed.order.reason
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


async def test_an_order_whose_quantity_nobody_knows_is_not_changed(world):
    world.venue.fates["submit"].append(Fate.STUCK_BEFORE)
    amount = {"order_type": OrderType.MARKET, "quantity": None, "quote_quantity": D(50)}
    await world.place(limit("spent", limit_price=None, **amount), timeout_s=0)
    world.engine.on_report(
        VenueReport(
            request_id="spent", symbol=SYMBOL, venue_order_id="9", status=VenueStatus.ACCEPTED
        )
    )
    assert world.state("spent") is ACCEPTED
    with pytest.raises(InvalidRequest, match="quantity is not known yet"):
        await change(world, Change(request_id="spent", new_request_id="new", quantity=D(1)))
    assert replaces(world) == 0


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
