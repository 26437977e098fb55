"""Orders and balances are compared now and then, whether or not the venue says anything."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.errors import JournalError, Unavailable
from engine_lives import FUNDS, RECORD_LAG_S, World, limit
from fateful_venue import AdapterBug, Fate
from small_engine import CALLER, BreakableJournal, build, ready

SHORT_S = 0.01
LONG_S = 120


class Counted:
    """The venue behind it; while it is `shut` the account cannot be read."""

    def __init__(self, broker):
        self._broker = broker
        self.reads = 0
        self.shut = False

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def open_orders(self):
        self.reads += 1
        return await self._broker.open_orders()

    async def account(self):
        self.reads += 1
        return None if self.shut else await self._broker.account()


@pytest.fixture
async def world():
    world = World()
    world.venue = Counted(world.venue)
    yield world
    await world.engine.stop()


async def opened(world):
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)


async def test_a_deposit_that_nobody_told_of_is_found(world):
    await world.start(audit_balances_interval_s=SHORT_S)
    await opened(world)
    world.venue.balances["BTC"] += Decimal("0.5")
    await world.until(lambda: world.book.state.ledger.held("BTC") == Decimal("0.6"))
    await world.check()


async def test_an_end_that_nobody_told_of_is_found(world):
    await world.start(audit_orders_interval_s=SHORT_S)
    await opened(world)
    await world.place(limit("a"))
    world.venue.cancel_there("a")
    await world.become(a=OrderState.CANCELED)
    await world.check()


async def test_a_wiped_venue_is_found_though_its_stream_stayed_up(world):
    await world.start(audit_orders_interval_s=SHORT_S)
    await opened(world)
    await world.place(limit("a"))
    world.clock.advance(LONG_S)
    world.venue.wipe(FUNDS)
    await world.become(a=OrderState.EXPIRED)
    await opened(world)
    assert world.book.state.venue_epoch == 2
    assert world.book.state.trading.state is TradingState.HALTED


async def test_a_venue_that_is_lost_for_a_while_is_not_taken_for_wiped(world):
    await world.start(audit_orders_interval_s=SHORT_S)
    await opened(world)
    await world.place(limit("a"))
    world.clock.advance(LONG_S)
    books, reads = world.venue._broker, world.venue.reads
    books.reachable = False
    await world.until(lambda: world.venue.reads > reads + 2)
    books.reachable = True
    assert world.book.state.venue_epoch == 1
    assert not world.engine.parts.gatekeeper.reconciling
    await world.check()


async def test_the_gate_stays_shut_while_the_account_cannot_be_read(world):
    world.venue.shut = True
    await world.start(audit_balances_interval_s=SHORT_S)
    await world.until(lambda: world.venue.reads > 4)
    # An audit that is due meanwhile leaves the account to the reconciliation.
    await asyncio.sleep(5 * SHORT_S)
    assert world.engine.parts.gatekeeper.reconciling
    assert world.troubles == []
    world.venue.shut = False
    await opened(world)
    await world.check()


async def test_a_difference_is_not_booked_when_the_venue_is_lost_in_between(world):
    await world.ready()
    world.venue.balances["BTC"] += Decimal("0.5")
    books = world.venue._broker
    lose = asyncio.get_running_loop().call_later
    lose(RECORD_LAG_S / 2, setattr, books, "reachable", False)
    with pytest.raises(Unavailable, match="could not be read"):
        await world.engine.sync()
    assert world.book.state.ledger.held("BTC") == Decimal("0.1")
    books.reachable = True
    assert (await world.engine.sync()).external == {"BTC": Decimal("0.5")}
    await world.check()


async def test_nothing_is_booked_while_an_order_is_on_its_way(world):
    await world.ready()
    world.venue.fates["submit"].append(Fate.HELD)
    await world.place(limit("a"), timeout_s=0)
    world.venue.balances["BTC"] += Decimal("0.5")
    assert (await world.engine.sync()).external == {}
    assert world.book.state.ledger.held("BTC") == Decimal("0.1")
    world.venue.gate.set()
    await world.become(a=OrderState.ACCEPTED)
    assert (await world.engine.sync()).external == {"BTC": Decimal("0.5")}
    await world.check()


async def audited_at_ns(world, *, after_s):
    """When the engine has last kept up with the venue, after an audit that many seconds later."""
    world.clock.advance(after_s)
    assert await world.engine.parts.reconciler.audit_balances("a test") is None
    return world.engine.parts.reconciler.kept_up_ns


async def test_orders_that_come_and_go_do_not_make_a_comparison_late(world):
    await world.ready()
    compared_ns = world.engine.parts.reconciler.compared_ns
    for name in ("a", "b"):
        world.venue.fates["submit"].append(Fate.HELD)
        await world.place(limit(name), timeout_s=0)
        assert await audited_at_ns(world, after_s=1) == world.clock.now_ns()
        world.venue.gate.set()
        await world.become(**{name: OrderState.ACCEPTED})
        world.venue.gate.clear()
    assert world.engine.parts.reconciler.compared_ns == compared_ns


async def test_an_order_that_moves_while_the_account_is_read_does_not_either(world):
    await world.ready()
    read = world.venue._broker.account

    async def account():
        await world.place(limit("a"))
        return await read()

    world.venue.account = account
    assert await audited_at_ns(world, after_s=1) == world.clock.now_ns()


async def test_an_order_that_stays_in_the_way_makes_a_comparison_late(world):
    await world.ready()
    world.venue.fates["submit"].append(Fate.HELD)
    await world.place(limit("a"), timeout_s=0)
    first_ns = await audited_at_ns(world, after_s=1)
    assert await audited_at_ns(world, after_s=1) == first_ns
    world.venue.gate.set()
    await world.become(a=OrderState.ACCEPTED)


async def test_an_account_that_cannot_be_read_makes_a_comparison_late(world):
    await world.ready()
    world.venue.shut = True
    kept_up_ns = world.engine.parts.reconciler.kept_up_ns
    assert await audited_at_ns(world, after_s=1) == kept_up_ns


async def test_each_notice_is_followed_by_a_look_however_long_after_the_last(world):
    await world.ready()
    await world.until(lambda: world.venue.reads > 0)
    running = len(world.engine.tasks)
    for _ in range(2):
        reads = world.venue.reads
        world.engine.on_external("a deposit")
        await world.until(lambda before=reads: world.venue.reads > before)
        await world.until(lambda: len(world.engine.tasks) == running)


async def test_what_could_not_be_written_down_is_not_asked_for(tmp_path):
    """The disk is lost as the engine starts: it looks at nothing on its own any more."""
    journal, troubles = BreakableJournal(), []
    await (await ready(build(tmp_path, journal))).stop()
    engine = build(
        tmp_path,
        journal,
        lambda what, _: troubles.append(what),
        audit_orders_interval_s=SHORT_S,
        audit_balances_interval_s=SHORT_S,
    )
    venue = Counted(engine.ports.broker)
    engine.ports = msgspec.structs.replace(engine.ports, broker=venue)
    await engine.start()
    journal.broken = True
    with pytest.raises(JournalError):
        await engine.parts.control.tighten(TradingState.HALTED, "a storm", CALLER)
    async with asyncio.timeout(5):
        while engine.parts.gatekeeper.reconciling:
            await asyncio.sleep(SHORT_S)
    reads = venue.reads
    await asyncio.sleep(5 * SHORT_S)
    assert venue.reads == reads
    assert troubles == ["the journal failed: trading has stopped"]
    await engine.stop()


# ---- what an adapter's bug ends ----------------------------------------------------------------


async def test_an_audit_that_fails_is_told_and_the_next_one_looks_again(world):
    await world.start(audit_orders_interval_s=SHORT_S, audit_balances_interval_s=LONG_S)
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    world.venue.fates["open_orders"].extend([Fate.BROKEN_BEFORE] * 2)
    await world.until(lambda: len(world.troubles) == 2)
    assert {type(error) for error in world.troubles} == {AdapterBug}
    order = (await world.place(limit("left"))).order
    world.venue.cancel_there("left")
    assert order.state is OrderState.ACCEPTED
    await world.become(left=OrderState.CANCELED)


async def test_a_reconciliation_that_failed_is_begun_again(world):
    world.venue.fates["open_orders"].append(Fate.BROKEN_BEFORE)
    await world.start(audit_orders_interval_s=SHORT_S, audit_balances_interval_s=LONG_S)
    await world.until(lambda: world.troubles)
    await world.until(lambda: not world.engine.parts.gatekeeper.reconciling)
    await world.check()


async def test_an_order_in_doubt_is_asked_about_again_after_an_answer_that_fails(world):
    await world.start(audit_orders_interval_s=LONG_S)
    await opened(world)
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    world.venue.fates["query"].append(Fate.BROKEN_BEFORE)
    await world.place(limit("doubted"))
    await world.become(doubted=OrderState.ACCEPTED)
    assert {type(error) for error in world.troubles} == {AdapterBug}
    await world.check()
