"""A test system that was wiped begins a new life of its account; the real venue is never wiped."""

from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState, Side, TradingState
from engine_lives import FUNDS, World, limit
from fateful_venue import Fate
from small_engine import CALLER

D = Decimal
ACCEPTED, EXPIRED, FILLED = OrderState.ACCEPTED, OrderState.EXPIRED, OrderState.FILLED
# Longer than any venue's records lag behind.
LONG_S = 120


@pytest.fixture
async def world():
    """An engine with an open order and a filled one, both old enough to be witnesses."""
    world = World()
    await world.ready()
    await world.place(limit("done"))
    world.venue.execute("done", "0.01")
    await world.place(limit("open"))
    world.clock.advance(LONG_S)
    yield world
    await world.engine.stop()


async def restart(world):
    await world.kill()
    await world.start()


async def opened(world):
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)


async def test_a_wiped_venue_ends_what_worked_and_halts(world):
    before = world.engine.parts.account.view()
    world.venue.wipe({"USDT": "500", "BTC": "2"})
    await restart(world)
    await opened(world)
    assert (world.state("open"), world.book.order("open").reason) == (
        EXPIRED,
        "the venue was wiped",
    )
    assert world.state("done") is FILLED
    state = world.book.state
    assert (state.trading.state, state.trading.actor) == (TradingState.HALTED, "VENUE_RESET")
    assert state.venue_epoch == 2
    assert state.ledger.held("BTC") == 2
    # What came and went with the wipe is nobody's trade, profit or loss.
    assert (state.restrictions, state.positions) == ({}, {})
    after = world.engine.parts.account.view()
    assert after.equity == D(20_500)
    assert after.day_pnl == before.day_pnl


async def test_the_new_life_gives_ids_out_again_and_they_are_new_trades(world):
    assert world.venue.the("done").fills[0].trade_id == "1"
    world.venue.wipe(FUNDS)
    await restart(world)
    await opened(world)
    await world.engine.parts.control.resume("looked", CALLER)
    await world.place(limit("again"))
    assert world.venue.the("again").number == 1
    world.venue.execute("again", "0.01")
    assert world.venue.the("again").fills[0].trade_id == "1"
    assert world.state("again") is FILLED
    await world.engine.writer.settle()
    assert world.engine.writer.failure is None
    assert world.book.state.ledger.held("BTC") == D("0.11")


async def test_a_wipe_is_noticed_while_the_engine_lives(world):
    world.venue.wipe(FUNDS)
    world.engine.on_stream(up=False, detail="gone")
    world.engine.on_stream(up=True, detail="")
    await world.become(open=EXPIRED)
    await opened(world)
    assert world.book.state.venue_epoch == 2


async def test_a_halt_that_stood_before_the_wipe_keeps_its_reason(world):
    await world.engine.parts.control.tighten(TradingState.HALTED, "a storm", CALLER)
    world.venue.wipe(FUNDS)
    await restart(world)
    await opened(world)
    assert world.book.state.venue_epoch == 2
    assert (world.book.state.trading.reason, world.book.state.trading.actor) == (
        "a storm",
        CALLER.name,
    )


async def test_one_wipe_is_one_epoch(world):
    world.venue.wipe(FUNDS)
    for _ in range(3):
        await restart(world)
        await opened(world)
        world.clock.advance(LONG_S)
    assert world.book.state.venue_epoch == 2
    assert world.state("open") is EXPIRED


async def test_a_second_wipe_is_another_epoch(world):
    world.venue.wipe(FUNDS)
    await restart(world)
    await opened(world)
    await world.engine.parts.control.resume("looked", CALLER)
    world.clock.advance(1)
    await world.place(limit("second"))
    assert world.state("second") is ACCEPTED
    world.clock.advance(LONG_S)
    world.venue.wipe(FUNDS)
    await restart(world)
    await opened(world)
    assert world.book.state.venue_epoch == 3
    assert world.state("second") is EXPIRED


async def test_an_order_that_the_venue_knows_speaks_against_a_wipe(world):
    world.venue.hidden = {"open"}
    await restart(world)
    await world.stays(open=ACCEPTED)
    assert world.book.state.venue_epoch == 1
    assert world.engine.parts.gatekeeper.reconciling
    world.venue.hidden = set()
    await opened(world)
    await world.check()


async def test_a_venue_that_cannot_be_read_proves_nothing(world):
    world.venue.wipe(FUNDS)
    world.venue.reachable = False
    await restart(world)
    await world.stays(open=ACCEPTED)
    assert world.book.state.venue_epoch == 1
    world.venue.reachable = True
    await world.become(open=EXPIRED)


async def test_what_was_placed_a_moment_ago_proves_nothing():
    world = World()
    await world.ready()
    await world.place(limit("young"))
    world.venue.wipe(FUNDS)
    await restart(world)
    await world.stays(young=ACCEPTED)
    assert world.book.state.venue_epoch == 1
    world.clock.advance(LONG_S)
    await world.become(young=EXPIRED)
    await world.engine.stop()


async def test_the_real_venue_is_never_taken_for_wiped():
    world = World()
    world.venue.environment = "live"
    await world.ready()
    await world.place(limit("open"))
    world.clock.advance(LONG_S)
    world.venue.wipe(FUNDS)
    await restart(world)
    await world.stays(open=ACCEPTED)
    assert world.book.state.venue_epoch == 1
    assert world.engine.parts.gatekeeper.reconciling
    await world.engine.stop()


@pytest.mark.parametrize("fate", [Fate.HELD, Fate.LATE])
async def test_an_order_that_arrives_after_the_wipe_works_and_is_not_taken_for_ended(world, fate):
    """A sale passes while the account is reconciled; the new life of the venue takes it on."""
    world.venue.fates["submit"].append(fate)
    sale = limit("sale", side=Side.SELL, limit_price=D(10_100))
    await world.place(sale, timeout_s=0.02)
    world.venue.wipe(FUNDS)
    world.engine.on_stream(up=False, detail="gone")
    world.engine.on_stream(up=True, detail="")
    await world.become(open=EXPIRED)
    world.venue.gate.set()
    world.venue.arrive()
    await world.become(sale=ACCEPTED)
    assert [order.request_id for order in world.book.working()] == ["sale"]
    await opened(world)
    assert world.venue.open_ids() == ["sale"]
