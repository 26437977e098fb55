"""What others do on the account is seen, booked, and a reason to hold back until acknowledged."""

import asyncio
from decimal import Decimal

import pytest
from aitrader_server.domain.words import OrderState, Side
from aitrader_server.errors import FailedPrecondition
from engine_lives import RECORD_LAG_S, World, limit
from small_engine import CALLER

D = Decimal
ALIEN = limit("alien", quantity=D("0.001"))


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


async def look(world):
    assert await world.engine.parts.reconciler.refresh_orders()


def restricted(world):
    return list(world.book.state.restrictions)


async def codes(world, spec, digest="d"):
    placed = await world.place(spec, digest=digest)
    return [breach.code for breach in placed.order.breaches]


async def test_an_order_of_somebody_else_restricts_its_symbol_once(world):
    world.venue.take(ALIEN, foreign=True)
    await look(world)
    assert restricted(world) == ["BTCUSDT"]
    assert [report.request_id for report in world.engine.parts.external.open_orders] == ["alien"]
    assert "alien" in world.book.state.restrictions["BTCUSDT"].reason
    sequence = world.book.state.sequence
    await look(world)
    assert world.book.state.sequence == sequence
    await world.check()


async def test_only_what_reduces_passes_until_somebody_acknowledges(world):
    world.venue.take(ALIEN, foreign=True)
    await look(world)
    sale = limit("sale", side=Side.SELL, limit_price=D(10_100))
    assert await codes(world, sale) == []
    assert await codes(world, limit("buy")) == ["TRADING_STATE_REDUCING"]
    await world.engine.parts.control.release("BTCUSDT", "it was me", CALLER)
    assert await codes(world, limit("buy-2")) == []
    # What was acknowledged is not held against the symbol again.
    await look(world)
    assert restricted(world) == []
    with pytest.raises(FailedPrecondition) as refused:
        await world.engine.parts.control.release("BTCUSDT", "again", CALLER)
    assert refused.value.reason == "SYMBOL_NOT_RESTRICTED"
    await world.check()


async def test_another_order_of_somebody_else_restricts_again(world):
    world.venue.take(ALIEN, foreign=True)
    await look(world)
    await world.engine.parts.control.release("BTCUSDT", "it was me", CALLER)
    world.venue.take(limit("alien-2"), foreign=True)
    await look(world)
    assert "alien-2" in world.book.state.restrictions["BTCUSDT"].reason


async def test_a_restriction_outlives_its_engine_and_so_does_its_end(world):
    world.venue.take(ALIEN, foreign=True)
    await look(world)
    await world.kill()
    await world.ready()
    assert restricted(world) == ["BTCUSDT"]
    await world.engine.parts.control.release("BTCUSDT", "it was me", CALLER)
    await world.kill()
    await world.ready()
    assert restricted(world) == []
    await world.check()


async def test_a_trade_of_somebody_else_on_the_stream_is_booked_at_once(world):
    world.venue.take(ALIEN, foreign=True)
    world.venue.execute("alien", "0.001")
    await world.until(lambda: world.book.state.ledger.held("BTC") == D("0.101"))
    assert restricted(world) == ["BTCUSDT"]
    await world.check()


@pytest.mark.parametrize(("asset", "found"), [("BTC", ["BTCUSDT"]), ("USDT", [])])
async def test_a_deposit_is_booked_and_restricts_what_it_could_have_traded(world, asset, found):
    world.venue.balances[asset] += D("0.5")
    world.engine.on_external("a deposit")
    await world.until(lambda: world.book.state.ledger.held(asset) == world.venue.balances[asset])
    assert restricted(world) == found
    await world.check()


async def test_a_late_word_on_an_order_of_ours_restricts_nothing(world):
    await world.place(limit("mine"))
    await world.engine.parts.cancellation.cancel("mine", CALLER, 5)
    assert world.state("mine") is OrderState.CANCELED
    world.venue.tell(world.venue.the("mine").report())
    await look(world)
    assert restricted(world) == []
    await world.check()


async def test_records_that_lag_behind_an_execution_of_ours_tell_of_nobody(world):
    await world.place(limit("mine"))
    world.venue.remembered = dict(world.venue.balances)
    world.venue.execute("mine", "0.01")
    asyncio.get_running_loop().call_later(RECORD_LAG_S / 2, world.venue.remembered.clear)
    assert (await world.engine.sync()).external == {}
    assert restricted(world) == []
    await world.check()


async def test_executions_alike_on_lagging_records_tell_of_nobody(world):
    """Each time the records lack the latest execution, which is as large as the one before."""
    await world.place(limit("mine"))
    world.venue.remembered = dict(world.venue.balances)
    world.venue.execute("mine", "0.005")
    audit = asyncio.create_task(world.engine.sync())
    await asyncio.sleep(RECORD_LAG_S / 2)
    world.venue.remembered = dict(world.venue.balances)
    world.venue.execute("mine", "0.005")
    assert (await audit).external == {}
    world.venue.remembered = {}
    assert restricted(world) == []
    await world.check()


async def test_much_activity_of_others_is_looked_at_together(world):
    report = world.venue.take(ALIEN, foreign=True)
    before = world.venue.account_reads
    for _ in range(100):
        world.venue.tell(report)
    await asyncio.sleep(2 * RECORD_LAG_S)
    assert world.venue.account_reads - before <= 4
    # Whatever comes later is looked at again.
    world.venue.execute("alien", "0.001")
    await world.until(lambda: world.book.state.ledger.held("BTC") == D("0.101"))
    await world.check()
