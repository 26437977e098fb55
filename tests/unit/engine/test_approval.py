"""Orders that a second person must let go: who may, how long, and what becomes of them."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.events import OrderApproved
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side, TradingState
from aitrader_server.engine.commands import Caller, Change
from aitrader_server.engine.submission import STOPPED
from aitrader_server.errors import FailedPrecondition, NotFound
from engine_lives import World, limit, listed
from fateful_venue import Fate
from small_engine import CALLER

D = Decimal
PENDING, ACCEPTED = OrderState.PENDING_APPROVAL, OrderState.ACCEPTED
DENIED, REJECTED = OrderState.DENIED, OrderState.REJECTED
CANCELED, EXPIRED = OrderState.CANCELED, OrderState.EXPIRED
BOB = Caller(name="bob", trace_id="b" * 32)
CAROL = Caller(name="carol", trace_id="c" * 32)
TTL_S = 300
# 99 USDT, of the 1000 that the account has.
BOUND = D(99)


@pytest.fixture
async def world():
    """Orders from 99 USDT on wait for a second person; `large` is one."""
    world = World()
    await world.ready()
    await world.limit_to(approval_notional=BOUND, approval_ttl_s=TTL_S)
    await world.place(limit("large"))
    yield world
    await world.engine.stop()


async def approve(world, caller=BOB, request_id="large", timeout_s=5):
    return await world.engine.parts.approval.approve(request_id, "fine", caller, timeout_s)


async def refused(world, caller=BOB, request_id="large"):
    with pytest.raises(FailedPrecondition) as why:
        await approve(world, caller, request_id)
    return why.value.reason


def codes(order):
    return [breach.code for breach in order.breaches]


async def test_what_is_approved_is_reserved_as_it_is_worth_then(world):
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    bought = limit("market", order_type=OrderType.MARKET, limit_price=None)
    await world.place(bought)
    assert world.book.exposure.of("BTCUSDT").notional == D("99") + D("0.01") * D(10_001) * D("1.01")
    world.quotes.last = D(12_000)
    await approve(world, request_id="market")
    assert world.book.exposure.of("BTCUSDT").notional == D("99") + D("0.01") * D(12_001) * D("1.01")


# ---- while it waits ----------------------------------------------------------------------------


async def test_that_it_waits_is_the_first_answer_and_stays_it(world):
    assert world.state("large") is PENDING
    assert world.venue.sent == []
    for _ in range(2):
        again = await world.place(limit("large"))
        assert (again.replayed, again.order.state) == (True, PENDING)
        assert "99 >= 99 USDT: a second person must approve it" in again.order.reason
    await approve(world)
    again = await world.place(limit("large"))
    assert (again.replayed, again.order.state) == (True, PENDING)
    assert world.venue.sent == [("submit", "large")]
    await world.check()


async def test_smaller_orders_and_what_reduces_do_not_wait(world):
    small = await world.place(limit("small", limit_price=D(9_899)))
    sale = limit("sale", side=Side.SELL, quantity=D("0.05"), limit_price=D(10_100))
    assert small.order.state is ACCEPTED
    assert (await world.place(sale)).order.state is ACCEPTED


async def test_what_it_would_spend_is_kept_for_it(world):
    await world.place(limit("more", quantity=D("0.08"), limit_price=D(9_900)))
    assert world.state("more") is PENDING
    # 1000 less 99 and 792 leaves 109.
    await world.limit_to(approval_notional=None)
    over = await world.place(limit("over", quantity=D("0.0111")))
    assert codes(over.order) == ["INSUFFICIENT_BALANCE"]
    assert (await world.place(limit("fits", quantity=D("0.011")))).order.state is ACCEPTED


async def test_it_is_no_order_of_the_day_until_it_is_sent(world):
    conduct = world.book.state.conduct
    assert (world.book.state.day.usage.orders, conduct.sent_ns) == (0, [])
    await approve(world)
    assert (world.book.state.day.usage.orders, len(conduct.sent_ns)) == (1, 1)


async def test_what_other_controls_deny_does_not_wait(world):
    far = await world.place(limit("far", quantity=D("0.02"), limit_price=D(5_000)))
    assert far.order.state is DENIED
    assert codes(far.order) == ["PRICE_COLLAR", "APPROVAL_REQUIRED"]


async def test_a_check_shows_that_it_would_wait(world):
    check = world.engine.parts.rehearsal.check
    (found,) = check(limit("any")).breaches
    assert (found.code, found.limit, found.value) == ("APPROVAL_REQUIRED", "99", "99.00")
    assert check(limit("any", limit_price=D(9_899))).breaches == ()


async def test_lists_cannot_wait(world):
    pair = {"side": Side.SELL, "quantity": D("0.01")}
    entry = limit("entry", order_type=OrderType.LIMIT)
    protection = limit(
        "protection", **pair, order_type=OrderType.STOP_LOSS, limit_price=None, stop_price=D(9_000)
    )
    placed = await world.place(*listed(Contingency.OTO, entry, protection))
    assert codes(placed.order) == ["APPROVAL_REQUIRED"]
    assert "place it as one" in placed.order.reason
    assert codes(placed.legs[0]) == ["LIST_DENIED"]
    assert world.venue.sent == []


async def test_an_order_in_anothers_place_cannot_wait(world):
    await world.place(limit("old", limit_price=D(9_800)))
    wish = Change(request_id="old", new_request_id="new", limit_price=D(9_900))
    changed = await world.change(wish)
    assert codes(changed.order) == ["APPROVAL_REQUIRED"]
    assert world.state("old") is ACCEPTED
    # Smaller in place takes nobody's place.
    smaller = Change(request_id="old", new_request_id="n", quantity=D("0.005"))
    assert (await world.change(smaller)).order.quantity == D("0.005")


async def test_it_cannot_be_changed_while_it_waits(world):
    wish = Change(request_id="large", new_request_id="new", limit_price=D(9_901))
    with pytest.raises(FailedPrecondition) as why:
        await world.change(wish)
    assert why.value.reason == "ORDER_NOT_OPEN"


# ---- who may let it go -------------------------------------------------------------------------


async def test_another_person_sends_it(world):
    order = await approve(world)
    assert (order.state, order.approved_by, order.reason) == (ACCEPTED, "bob", "")
    assert world.venue.open_ids() == ["large"]
    (event,) = await world.told(OrderApproved)
    assert (event.actor, event.reason) == ("bob", "fine")
    await world.check()


async def test_whoever_placed_it_cannot_let_it_go(world):
    assert await refused(world, CALLER) == "SAME_PERSON"
    assert world.state("large") is PENDING
    assert world.venue.sent == []


async def test_who_asks_twice_is_answered_twice(world):
    first = await approve(world)
    assert await approve(world) == first
    assert len(await world.told(OrderApproved)) == 1
    assert world.venue.sent == [("submit", "large")]


async def test_only_one_person_lets_it_go(world):
    asked = [approve(world, caller) for caller in (BOB, CAROL, BOB)]
    first, second, again = await asyncio.gather(*asked, return_exceptions=True)
    assert first.approved_by == "bob"
    assert isinstance(second, FailedPrecondition)
    assert again.approved_by == "bob"
    assert await refused(world, CAROL) == "NOT_PENDING_APPROVAL"
    assert world.venue.sent == [("submit", "large")]
    await world.check()


async def test_nobody_lets_go_what_is_not_there_or_never_waited(world):
    with pytest.raises(NotFound):
        await approve(world, request_id="nobody")
    await world.place(limit("small", limit_price=D(9_899)))
    assert await refused(world, request_id="small") == "NOT_PENDING_APPROVAL"


async def test_an_answer_that_takes_long_is_given_as_the_order_stands(world):
    world.venue.fates["submit"].append(Fate.HELD)
    order = await approve(world, timeout_s=0.02)
    assert (order.state, order.approved_by) == (OrderState.SUBMITTED, "bob")
    world.venue.gate.set()
    await world.become(large=ACCEPTED)
    await world.check()


# ---- what is judged anew -----------------------------------------------------------------------


async def halt(world):
    await world.engine.parts.control.tighten(TradingState.HALTED, "drill", CALLER)


async def market_moved(world):
    world.quotes.last = D(11_100)


async def prices_are_old(world):
    world.quotes.age_ms = 5_001


async def limits_are_lower(world):
    await world.limit_to(max_order_notional=D(98))


async def symbol_is_not_permitted(world):
    await world.limit_to(symbols=("ETHUSDT",))


async def another_was_sent(world):
    await world.limit_to(max_orders_per_day=1)
    await world.place(limit("other", limit_price=D(9_899)))


BROKEN = {
    "TRADING_HALTED": halt,
    "PRICE_COLLAR": market_moved,
    "STALE_MARKET_DATA": prices_are_old,
    "MAX_ORDER_NOTIONAL": limits_are_lower,
    "SYMBOL_NOT_PERMITTED": symbol_is_not_permitted,
    "MAX_ORDERS_PER_DAY": another_was_sent,
}


@pytest.mark.parametrize("code", BROKEN)
async def test_what_has_come_to_break_a_limit_is_denied(world, code):
    await BROKEN[code](world)
    order = await approve(world)
    assert (order.state, order.approved_by, codes(order)) == (DENIED, "bob", [code])
    assert ("submit", "large") not in world.venue.sent
    assert await approve(world) == order
    assert await refused(world, CAROL) == "NOT_PENDING_APPROVAL"
    await world.check()


@pytest.mark.parametrize("bound", [D(1), None])
async def test_how_much_needs_approval_is_asked_when_it_is_placed(world, bound):
    await world.limit_to(approval_notional=bound)
    assert world.state("large") is PENDING
    assert (await approve(world)).state is ACCEPTED


async def test_its_own_reserve_is_no_reason_to_deny_it(world):
    await world.place(limit("rest", quantity=D("0.091")))
    assert world.state("rest") is PENDING
    assert (await approve(world, request_id="rest")).state is ACCEPTED
    assert (await approve(world)).state is ACCEPTED
    await world.check()


async def test_a_halt_before_it_leaves_keeps_it_here(world):
    def once():
        world.venue.on_prepare = lambda: None
        halting = world.engine.parts.control.halt("drill", CALLER, 5)
        asyncio.get_running_loop().call_soon(lambda: world.engine.tasks.spawn(halting))

    world.venue.on_prepare = once
    order = await approve(world)
    assert (order.state, order.reason) == (REJECTED, f"NOT_SENT: {STOPPED}")
    assert world.venue.sent == []
    await world.check()


# ---- how else it ends --------------------------------------------------------------------------


@pytest.mark.parametrize("seen_by", ["the sentinel", "who would approve it"])
async def test_it_ends_by_itself_when_nobody_approves_it_in_time(world, seen_by):
    world.clock.advance(TTL_S - 1)
    world.engine.parts.sentinel.look()
    assert world.state("large") is PENDING
    world.clock.advance(1)
    if seen_by == "the sentinel":
        world.engine.parts.sentinel.look()
        assert world.state("large") is EXPIRED
    assert await refused(world) == "NOT_PENDING_APPROVAL"
    order = world.book.order("large")
    assert (order.state, order.reason) == (
        EXPIRED,
        "nobody approved it in time; place it again under a new id",
    )
    assert world.book.exposure.reserved["USDT"] == 0
    assert world.venue.sent == []
    await world.check()


@pytest.mark.parametrize("way", ["cancel", "cancel_all"])
async def test_whoever_placed_it_may_withdraw_it(world, way):
    cancellation = world.engine.parts.cancellation
    name = "large" if way == "cancel" else "BTCUSDT"
    await getattr(cancellation, way)(name, CALLER, 5)
    order = world.book.order("large")
    assert (order.state, order.reason) == (
        CANCELED,
        "withdrawn by tester before anybody approved it",
    )
    assert await refused(world) == "NOT_PENDING_APPROVAL"
    assert world.venue.sent == []
    await world.check()


async def test_what_was_approved_and_not_answered_is_cancelled_once_it_is_there(world):
    world.venue.fates["submit"].append(Fate.HELD)
    await approve(world, timeout_s=0.02)
    cancelling = asyncio.get_running_loop().create_task(
        world.engine.parts.cancellation.cancel("large", CALLER, 5)
    )
    await world.stays(large=OrderState.SUBMITTED)
    world.venue.gate.set()
    assert (await cancelling).cancelled
    assert world.venue.sent == [("submit", "large"), ("cancel", "large")]
    await world.check()


async def test_a_restart_keeps_it_waiting_as_long_as_before(world):
    world.clock.advance(TTL_S // 2)
    await world.kill()
    await world.ready()
    await world.stays(large=PENDING)
    assert await world.engine.parts.reconciler.refresh_orders()
    await world.stays(large=PENDING)
    assert await refused(world, CALLER) == "SAME_PERSON"
    order = await approve(world)
    assert (order.state, order.approved_by) == (ACCEPTED, "bob")
    await world.kill()
    await world.ready()
    assert world.book.order("large").approved_by == "bob"
    await world.check()


async def test_it_ends_in_time_though_the_engine_was_away(world):
    await world.kill()
    world.clock.advance(TTL_S)
    await world.ready()
    world.engine.parts.sentinel.look()
    await world.become(large=EXPIRED)


@pytest.mark.parametrize(
    ("fate", "state"), [(Fate.STUCK_BEFORE, REJECTED), (Fate.STUCK_AFTER, ACCEPTED)]
)
async def test_who_approves_it_and_dies_sends_it_once_at_most(world, fate, state):
    world.venue.fates["submit"].append(fate)
    approving = asyncio.get_running_loop().create_task(approve(world))
    await world.until(lambda: world.venue.sent != [])
    await world.kill()
    approving.cancel()
    world.clock.pass_fence()
    await world.ready()
    await world.become(large=state)
    assert world.venue.sent == [("submit", "large")]
    assert (await approve(world)).state is state
    await world.check()
