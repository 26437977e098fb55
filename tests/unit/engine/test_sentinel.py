"""What stops trading by itself: by which code, how far, what it cancels, and how it ends."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import NamedTuple

import pytest
from aitrader_server.domain.events import TradingStateChanged
from aitrader_server.domain.risk.tripwires import ACTORS, Automatic
from aitrader_server.domain.words import OrderState, Side, TradingState
from aitrader_server.errors import FailedPrecondition
from engine_lives import World, limit
from fateful_venue import Fate
from small_engine import CALLER

D = Decimal
ACTIVE, REDUCING, HALTED = TradingState
CANCELED, ACCEPTED, UNKNOWN = OrderState.CANCELED, OrderState.ACCEPTED, OrderState.UNKNOWN
MINUTE_S = 60
SALE = {"side": Side.SELL, "limit_price": D(10_100)}


class Cause(NamedTuple):
    """How something comes to pass and passes again; `moved_by` names where it moves trading."""

    happen: Callable[[World], Awaitable[object]]
    pass_by: Callable[[World], object]
    moves_to: TradingState
    moved_by: str


async def no_heartbeats(world):
    world.engine.parts.gatekeeper.dead_man.lose("the heartbeat file is missing")


async def refusals(world):
    await world.limit_to(max_rejects_per_minute=2)
    world.venue.fates["submit"].extend([Fate.REFUSED, Fate.REFUSED])
    await world.place(limit("no-1"))
    await world.place(limit("no-2"))


async def doubt(world):
    await world.limit_to(max_unknown_orders=1)
    world.venue.reachable = False
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    await world.place(limit("doubted", **SALE))


def end_doubt(world):
    world.venue.reachable = True
    return world.become(doubted=ACCEPTED)


async def ban(world):
    world.venue.banned_until_ns = world.clock.now_ns() + MINUTE_S * 10**9


def fall_by(**limits):
    """The account, 2000 USDT, comes to be worth 1800 under `limits`."""

    async def fall(world):
        await world.limit_to(**{"daily_loss_limit": None} | limits)
        world.quotes.last = D(8_000)

    return fall


def rise(world):
    world.quotes.last = D(10_000)


async def losing_sale(world, number=1):
    await world.limit_to(max_consecutive_losses=1)
    for request_id, price, side in (("in", 10_000, Side.BUY), ("out", 9_950, Side.SELL)):
        of = limit(f"{request_id}-{number}", side=side, limit_price=D(price))
        await world.place(of)
        world.venue.execute(of.request_id, "0.01")


def a_minute(world):
    world.clock.advance(MINUTE_S)


async def burn(world):
    world.engine.parts.gatekeeper.burnt_objective = "order_acceptance"


def recover(world):
    world.engine.parts.gatekeeper.burnt_objective = ""


CAUSES = {
    "DEAD_MAN_EXPIRED": Cause(
        no_heartbeats,
        lambda world: world.engine.parts.gatekeeper.dead_man.beat(),
        HALTED,
        "dead_man",
    ),
    "DAILY_LOSS_LIMIT": Cause(fall_by(daily_loss_limit=D("0.1")), rise, HALTED, "losses"),
    "ROLLING_24H_LOSS_LIMIT": Cause(
        fall_by(rolling_24h_loss_limit=D("0.1")), rise, HALTED, "losses"
    ),
    "MAX_DRAWDOWN": Cause(fall_by(max_drawdown=D("0.1")), rise, HALTED, "losses"),
    "CONSECUTIVE_LOSSES": Cause(losing_sale, lambda world: None, HALTED, "losses"),
    "REJECT_STORM": Cause(refusals, a_minute, REDUCING, "rejects"),
    "UNRESOLVED_ORDERS_EXCEEDED": Cause(doubt, end_doubt, REDUCING, "unknown_orders"),
    "VENUE_BANNED": Cause(ban, a_minute, REDUCING, "ban"),
    "ERROR_BUDGET_BURNT": Cause(burn, recover, REDUCING, "error_budget"),
}
# Nothing denies for them: where they move trading is all that they do.
WITHOUT_A_CONTROL = {"REJECT_STORM", "ERROR_BUDGET_BURNT"}
COUNTED_ANEW = {"MAX_DRAWDOWN", "CONSECUTIVE_LOSSES"}
every_cause = pytest.mark.parametrize("code", CAUSES)


@pytest.fixture
async def world():
    world = World()
    await begin(world)
    yield world
    await world.engine.stop()


async def begin(world, stall_limit_s=None, **automatic):
    """An engine that hears heartbeats and looks; a purchase and a sale of its own are open."""
    moves = Automatic(**{"error_budget": REDUCING} | automatic)
    await world.start(dead_man_limit_s=600, stall_limit_s=stall_limit_s, automatic=moves)
    world.engine.parts.gatekeeper.dead_man.beat()
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    look(world)
    if not world.book.working():
        await world.place(limit("buy"))
        await world.place(limit("sale", **SALE))


def look(world):
    world.engine.parts.sentinel.look()


def trading(world):
    record = world.book.state.trading
    return record.state, record.actor


async def resume(world):
    return await world.engine.parts.control.resume("looked", CALLER)


async def refused_to_resume(world):
    with pytest.raises(FailedPrecondition) as refused:
        await resume(world)
    assert refused.value.reason == "RESUME_CAUSE_STANDS"
    return refused.value.message


async def passes_by(world, code):
    done = CAUSES[code].pass_by(world)
    if done is not None:
        await done


# ---- what it does ------------------------------------------------------------------------------


def test_every_actor_has_a_cause():
    assert set(CAUSES) == ACTORS


@every_cause
async def test_trading_moves_where_it_is_configured_to_and_entries_are_cancelled(world, code):
    cause = CAUSES[code]
    await cause.happen(world)
    look(world)
    assert trading(world) == (cause.moves_to, code)
    assert world.book.state.trading.reason
    await world.become(buy=CANCELED)
    await world.stays(sale=ACCEPTED)


@every_cause
@pytest.mark.parametrize("wanted", TradingState)
async def test_where_it_moves_trading_is_a_choice(code, wanted):
    world = World()
    await begin(world, **{CAUSES[code].moved_by: wanted})
    await CAUSES[code].happen(world)
    look(world)
    look(world)
    moved = [(event.trading_state, event.actor) for event in await world.told(TradingStateChanged)]
    assert moved == ([] if wanted is ACTIVE else [(wanted, code)])
    await world.stays(sale=ACCEPTED, buy=ACCEPTED if wanted is ACTIVE else CANCELED)
    # Its control denies wherever trading is.
    checked = world.engine.parts.rehearsal.check(limit("any", limit_price=world.quotes.last))
    denying = {breach.code for breach in checked.breaches}
    assert (
        code in denying
        or (code in WITHOUT_A_CONTROL and wanted is ACTIVE)
        or denying
        & {
            "TRADING_HALTED",
            "TRADING_STATE_REDUCING",
        }
    )
    await world.engine.stop()


@every_cause
async def test_a_state_as_strict_keeps_its_reason(world, code):
    await CAUSES[code].happen(world)
    record = await world.engine.parts.control.tighten(HALTED, "lunch", CALLER)
    look(world)
    assert world.book.state.trading == record


async def test_the_stricter_of_two_causes_moves_trading_further(world):
    await ban(world)
    look(world)
    assert trading(world) == (REDUCING, "VENUE_BANNED")
    await no_heartbeats(world)
    look(world)
    assert trading(world) == (HALTED, "DEAD_MAN_EXPIRED")
    assert len(await world.told(TradingStateChanged)) == 2


async def test_nothing_is_said_twice(world):
    await ban(world)
    for _ in range(5):
        look(world)
    assert len(await world.told(TradingStateChanged)) == 1


async def test_an_order_that_waits_for_approval_is_an_entry(world):
    await world.limit_to(approval_notional=D(1))
    await world.place(limit("large", limit_price=D(9_910)))
    await ban(world)
    look(world)
    await world.become(large=CANCELED, buy=CANCELED, sale=ACCEPTED)


@pytest.mark.parametrize("fate", [Fate.REQUEST_LOST, Fate.REFUSED])
async def test_what_could_not_be_cancelled_is_tried_again(world, fate):
    world.venue.fates["cancel"].extend([fate] * 100)
    await ban(world)
    look(world)
    await world.until(lambda: ("cancel", "buy") in world.venue.sent)
    await world.stays(buy=ACCEPTED)
    world.venue.fates["cancel"].clear()
    look(world)
    await world.become(buy=CANCELED, sale=ACCEPTED)


async def test_what_cannot_be_cancelled_is_tried_ever_less_often(world):
    world.venue.fates["cancel"].extend([Fate.REFUSED] * 100)
    await ban(world)
    for _ in range(30):
        look(world)
        await world.stays(buy=ACCEPTED)
    assert 2 <= world.venue.sent.count(("cancel", "buy")) <= 4


async def test_a_look_that_fails_is_told_and_the_next_one_looks_again(world):
    world.venue.banned_until_ns = None
    await world.until(lambda: world.troubles)
    assert isinstance(world.troubles.pop(), TypeError)
    await ban(world)
    await world.until(lambda: trading(world) == (REDUCING, "VENUE_BANNED"))


async def test_while_every_look_fails_nothing_leaves(world):
    await world.kill()
    await begin(world, stall_limit_s=2.5)
    world.venue.banned_until_ns = None
    gatekeeper = world.engine.parts.gatekeeper
    await world.until(lambda: gatekeeper.dead_man.why.startswith("the engine stood still"))
    assert not gatekeeper.may_send(())
    world.venue.banned_until_ns = 0
    await world.until(lambda: trading(world) == (HALTED, "DEAD_MAN_EXPIRED"))


async def test_entries_are_cancelled_one_conversation_at_a_time(world):
    world.venue.fates["cancel"].append(Fate.HELD)
    await ban(world)
    look(world)
    await world.until(lambda: ("cancel", "buy") in world.venue.sent)
    look(world)
    await world.stays(sale=ACCEPTED)
    assert world.venue.sent.count(("cancel", "buy")) == 1
    world.venue.gate.set()
    await world.become(buy=CANCELED)


async def test_the_next_life_goes_on_cancelling(world):
    world.venue.fates["cancel"].append(Fate.STUCK_BEFORE)
    await ban(world)
    look(world)
    await world.until(lambda: ("cancel", "buy") in world.venue.sent)
    await world.kill()
    world.venue.banned_until_ns = 0
    await begin(world)
    assert trading(world) == (REDUCING, "VENUE_BANNED")
    await world.become(buy=CANCELED, sale=ACCEPTED)


@pytest.mark.parametrize("actor", ["LIMITS_STORE_UNWRITABLE", "VENUE_RESET"])
async def test_what_halts_in_any_case_takes_entries_back_as_well(world, actor):
    moved = TradingStateChanged(trading_state=HALTED, reason="a storm", actor=actor)
    world.engine.writer.commit([moved], trace_id="")
    look(world)
    await world.become(buy=CANCELED, sale=ACCEPTED)


# ---- how it ends -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code in CAUSES if code not in COUNTED_ANEW])
async def test_nobody_resumes_while_the_cause_stands(world, code):
    await CAUSES[code].happen(world)
    look(world)
    reason = world.book.state.trading.reason
    assert reason in await refused_to_resume(world)
    await passes_by(world, code)
    assert (await resume(world)).state is ACTIVE
    look(world)
    assert trading(world) == (ACTIVE, CALLER.name)


async def test_every_cause_that_stands_is_named(world):
    await ban(world)
    await no_heartbeats(world)
    look(world)
    why = await refused_to_resume(world)
    assert "the venue banned this address" in why
    assert "the heartbeat file is missing; send a heartbeat first" in why


@pytest.mark.parametrize("code", sorted(COUNTED_ANEW))
async def test_who_resumes_after_losses_begins_to_count_anew(world, code):
    await CAUSES[code].happen(world)
    look(world)
    assert trading(world) == (HALTED, code)
    assert (await resume(world)).state is ACTIVE
    look(world)
    assert trading(world) == (ACTIVE, CALLER.name)
    await world.kill()
    await begin(world)
    assert trading(world) == (ACTIVE, CALLER.name)
    # And is stopped again by as much again.
    if code == "MAX_DRAWDOWN":
        world.quotes.last = D(6_250)
        look(world)
        assert trading(world) == (ACTIVE, CALLER.name)
        world.quotes.last = D(6_200)
    else:
        world.quotes.last = D(10_000)
        await losing_sale(world, 2)
    look(world)
    assert trading(world) == (HALTED, code)


async def test_a_missed_heartbeat_halts_again_whoever_resumed(world):
    dead_man = world.engine.parts.gatekeeper.dead_man
    for _ in range(2):
        dead_man.lose("the heartbeat file is missing")
        look(world)
        assert trading(world) == (HALTED, "DEAD_MAN_EXPIRED")
        dead_man.beat()
        await resume(world)
