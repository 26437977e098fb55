"""The second memory of the limits: written after every change, missed at once, and believed."""

import asyncio
import time
from decimal import Decimal
from functools import partial

import msgspec
import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.adapters.limits_store.memory import MemoryLimitsStore
from aitrader_server.domain.remembered import decode_remembered
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side, TradingState
from aitrader_server.engine.commands import Caller, StrategyChange
from aitrader_server.engine.limits_keeper import CONFIRM_LIMIT_S
from aitrader_server.errors import ConfigError, JournalError, LimitsStoreError
from small_engine import CALLER, BreakableJournal, build, fail, ready

KEY = "aitrader:limits:a:paper/paper"
UNWRITABLE = ["LIMITS_STORE_UNWRITABLE"]
HALTED = TradingState.HALTED
RISK_OFFICER = Caller(name="risk officer", trace_id="b" * 32)


class Steered(MemoryLimitsStore):
    """Fails with `trouble` once that is set, and answers nothing while it `hangs`."""

    def __init__(self, shelf):
        super().__init__(shelf)
        self.trouble = None
        self.hangs = False
        self.closed = False

    async def open(self, key):
        await self._answer()
        return await super().open(key)

    async def save(self, document, sequence):
        await self._answer()
        await super().save(document, sequence)

    async def holds(self):
        await self._answer()
        return await super().holds()

    async def close(self):
        self.closed = True

    async def _answer(self):
        while self.hangs:
            await asyncio.sleep(0.01)
        if self.trouble is not None:
            raise self.trouble


class SlowJournal(BreakableJournal):
    """Writes nothing while it is `held`, and may fail then."""

    held = False

    async def open(self, on_commit, on_failure):
        self.fail = on_failure
        return await super().open(on_commit, on_failure)

    def append(self, records):
        if not self.held:
            super().append(records)


class Lives:
    """One engine after the other at one paper venue, with its journal and its shelf."""

    def __init__(self, folder):
        self._folder = folder
        self.shelf = {}
        self.journal = SlowJournal()
        self.store = Steered(self.shelf)
        self.troubles = []
        self.engine = None

    async def start(self, **settings):
        self.engine = build(
            self._folder,
            self.journal,
            lambda what, error: self.troubles.append(f"{what}: {error}"),
            limits_store=self.store,
            **settings,
        )
        return await ready(self.engine)

    async def restart(self, *, journal=None, trouble=None, **settings):
        """Another life, on another journal if one is given."""
        await self.engine.stop()
        self.journal = self.journal if journal is None else journal
        self.store = Steered(self.shelf)
        self.store.trouble = trouble
        return await self.start(**settings)

    @property
    def state(self):
        return self.engine.book.state

    def remembered(self):
        return decode_remembered(self.shelf[KEY].document)

    async def place(self, request_id, side=Side.BUY, price="99000", quantity="0.001", **given):
        spec = OrderSpec(
            request_id=request_id,
            symbol="BTCUSDT",
            side=side,
            order_type=OrderType.LIMIT,
            quantity=Decimal(quantity),
            limit_price=Decimal(price),
            **given,
        )
        placed = await self.engine.parts.submission.place(
            spec, digest=request_id, caller=CALLER, timeout_s=5
        )
        return [breach.code for breach in placed.order.breaches]

    async def old_copy(self):
        """A journal that has what this one has now."""
        records = await self.journal.read(0, 10_000)
        copy = SlowJournal()
        await copy.open(lambda sequence: None, fail)
        copy.append(records)
        await copy.close()
        return copy

    async def kinds(self):
        records = await self.journal.read(0, 10_000)
        return [record.kind for record in records]


async def until(true, timeout_s=10):
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
async def lives(tmp_path):
    lives = Lives(tmp_path)
    await lives.start()
    yield lives
    await lives.engine.stop()


def gate(lives):
    return lives.engine.parts.gatekeeper.limits_store_trouble


async def test_every_change_is_remembered(lives):
    assert await lives.place("one", strategy="s") == []
    await until(lambda: lives.remembered().day.usage.orders == 1)
    await lives.engine.parts.control.tighten(HALTED, "lunch", RISK_OFFICER)
    await until(lambda: lives.remembered().trading.state is HALTED)
    kept = lives.remembered()
    assert (kept.account, kept.venue) == ("a", "paper/paper")
    assert kept.day.by_strategy["s"].orders == 1
    assert (kept.trading.reason, kept.trading.actor) == ("lunch", "risk officer")
    assert kept.sequence == lives.state.sequence


async def test_what_changed_just_before_the_end_is_remembered(lives):
    await lives.engine.parts.control.tighten(HALTED, "lunch", RISK_OFFICER)
    await lives.engine.stop()
    assert lives.remembered().trading.state is HALTED
    assert lives.store.closed
    await lives.start()


async def test_a_store_that_fails_lets_only_cancels_and_reductions_pass(lives):
    assert await lives.place("open") == []
    assert await lives.place("bought", price="110000") == []
    await until(lambda: lives.engine.book.order("bought").state is OrderState.FILLED)
    lives.store.trouble = LimitsStoreError("the disk is full")
    began_s = time.monotonic()
    await until(lambda: gate(lives))
    assert time.monotonic() - began_s < 3 * CONFIRM_LIMIT_S
    assert await lives.place("denied") == UNWRITABLE
    denied = lives.engine.book.order("denied").breaches[0]
    assert "the disk is full" in denied.message
    assert await lives.place("sold", side=Side.SELL, price="101000", quantity="0.0005") == []
    assert (await lives.engine.parts.cancellation.cancel("open", CALLER, 5)).cancelled
    assert len(lives.troubles) == 1

    lives.store.trouble = None
    await until(lambda: not gate(lives))
    assert await lives.place("again") == []
    await until(lambda: lives.remembered().day.usage.orders == 4)

    lives.store.trouble = LimitsStoreError("the disk is full")
    await until(lambda: len(lives.troubles) == 2)


async def test_a_store_that_hangs_closes_the_gate_and_delays_nothing(lives):
    lives.store.hangs = True
    await until(lambda: gate(lives))
    began_s = time.monotonic()
    assert await lives.place("denied") == UNWRITABLE
    assert time.monotonic() - began_s < 2
    assert "nothing was confirmed for 1 s" in gate(lives)
    lives.store.hangs = False
    await until(lambda: not gate(lives))


async def test_a_loop_that_stood_still_blames_no_store(lives):
    await until(lambda: lives.remembered().sequence == lives.state.sequence)
    time.sleep(1.5 * CONFIRM_LIMIT_S)  # noqa: ASYNC251 - as a busy machine does
    assert not gate(lives)
    assert await lives.place("at-once") == []


async def test_a_store_that_lost_everything_is_told_again(lives):
    await lives.place("one")
    await until(lambda: lives.remembered().day.usage.orders == 1)
    lives.shelf.clear()
    await until(lambda: KEY in lives.shelf and lives.shelf[KEY].document is not None)
    assert lives.remembered().day.usage.orders == 1


async def test_a_journal_that_was_lost_takes_no_memory_along(lives):
    parts = lives.engine.parts
    assert await lives.place("one", strategy="s", price="110000") == []
    await until(lambda: lives.engine.book.order("one").state is OrderState.FILLED)
    await parts.control.change_strategy("s", StrategyChange(enabled=False), RISK_OFFICER)
    tight = msgspec.structs.replace(lives.state.limits, max_orders_per_day=7)
    version = await parts.control.change_limits(
        tight, version=0, reason="calm", caller=RISK_OFFICER
    )
    await parts.control.tighten(HALTED, "a loss", RISK_OFFICER)
    day, conduct = lives.state.day, lives.state.conduct

    await lives.restart(journal=MemoryJournal())

    state = lives.state
    assert state.day.start_equity == day.start_equity
    assert (state.day.usage, state.day.by_strategy) == (day.usage, day.by_strategy)
    assert state.conduct.sent_ns == conduct.sent_ns
    assert state.conduct.marks[0] == conduct.marks[0]
    assert state.conduct.executions == {"s": 1}
    assert (state.limits, state.limits_version, state.limits_actor) == (
        tight, version, "risk officer",
    )  # fmt: skip
    assert not state.strategies["s"].enabled
    assert (state.trading.state, state.trading.reason, state.trading.actor) == (
        HALTED, "a loss", "risk officer",
    )  # fmt: skip
    assert await lives.place("two") == ["TRADING_HALTED"]

    await lives.restart()
    assert (await lives.kinds()).count("UsageRestored") == 1, "the journal knows it now"


async def test_an_account_whose_balances_are_not_read_yet_has_lost_nothing(lives):
    await until(lambda: lives.remembered().day.start_equity)
    await lives.engine.stop()
    lives.store = Steered(lives.shelf)
    engine = build(lives._folder, MemoryJournal(), limits_store=lives.store)
    lives.engine = engine
    await engine.start()
    assert engine.book.state.day.start_equity, "the day is remembered"
    assert engine.parts.account.price("BTC") is not None
    engine.parts.sentinel.look()
    assert engine.parts.account.view().day_pnl is None
    await until(lambda: not engine.parts.gatekeeper.reconciling)
    engine.parts.sentinel.look()
    assert engine.book.state.trading.state is TradingState.ACTIVE


async def test_what_was_lost_since_an_old_copy_of_the_journal_stays_lost(lives):
    old = await lives.old_copy()
    for number in range(5):
        assert await lives.place(f"buy-{number}", price="110000", quantity="0.05") == []
        filled = partial(lives.engine.book.order, f"buy-{number}")
        await until(lambda filled=filled: filled().state is OrderState.FILLED)
    pnl = lives.engine.parts.account.pnl()
    fees = Decimal("0.25") * Decimal(100_000) * Decimal("0.001")
    assert pnl.equity - pnl.start_equity < -fees / 2

    await lives.restart(journal=old)

    assert (await lives.kinds()).count("BalanceAdjusted") == 2
    again = lives.engine.parts.account.pnl()
    assert again.start_equity == pnl.start_equity
    assert again.equity - again.start_equity < -fees / 2
    assert lives.state.day.usage.orders == 5


async def test_a_journal_that_is_there_has_the_last_word(lives):
    await lives.engine.parts.control.tighten(HALTED, "lunch", RISK_OFFICER)
    await until(lambda: lives.remembered().trading.state is HALTED)
    lives.store.trouble = LimitsStoreError("gone")
    await lives.engine.parts.control.resume("back", RISK_OFFICER)
    await lives.restart()
    assert lives.state.trading.state is TradingState.ACTIVE
    assert "UsageRestored" not in await lives.kinds()
    await until(lambda: lives.remembered().trading.state is TradingState.ACTIVE)


async def test_an_unreachable_store_keeps_the_gate_shut_from_the_start(lives):
    await lives.restart(trouble=LimitsStoreError("connection refused"))
    assert lives.troubles == [
        "the limits store does not take what it must remember: connection refused"
    ]
    assert await lives.place("early") == UNWRITABLE
    lives.store.trouble = None
    await until(lambda: not gate(lives))
    assert await lives.place("later") == []


async def test_a_memory_that_comes_late_is_believed_all_the_same(lives):
    await lives.place("one")
    await lives.engine.parts.control.tighten(HALTED, "a loss", RISK_OFFICER)
    baseline = lives.state.day.start_equity
    limits = msgspec.structs.replace(lives.state.limits, max_orders_per_day=7)
    await lives.restart(
        journal=MemoryJournal(), trouble=LimitsStoreError("connection refused"), limits=limits
    )
    assert lives.state.trading.state is TradingState.ACTIVE
    assert lives.state.day.usage.orders == 0
    lives.store.trouble = None
    await until(lambda: not gate(lives))
    assert lives.state.trading.state is HALTED
    assert lives.state.day.usage.orders == 1
    assert lives.state.day.start_equity == baseline
    assert lives.state.limits == limits, "the configuration of now, not of then"


async def test_a_store_that_must_be_set_up_otherwise_stops_a_start(lives, tmp_path):
    store = Steered({})
    store.trouble = ConfigError(("limits_store.url: appendonly is no",))
    engine = build(tmp_path / "other", MemoryJournal(), limits_store=store)
    with pytest.raises(ConfigError, match="appendonly is no"):
        await engine.start()


async def test_a_store_that_is_set_up_otherwise_later_closes_the_gate(lives):
    await lives.restart(trouble=LimitsStoreError("connection refused"))
    lives.store.trouble = ConfigError(("limits_store.url: appendonly is no",))
    await until(lambda: gate(lives) == "limits_store.url: appendonly is no")


async def test_a_document_that_cannot_be_read_stops_a_start(lives, tmp_path):
    store = MemoryLimitsStore({})
    await store.open(KEY)
    await store.save(b'{"account": 5}', 1)
    engine = build(tmp_path / "other", MemoryJournal(), limits_store=store)
    with pytest.raises(ConfigError, match="cannot be read"):
        await engine.start()


async def test_of_two_engines_the_older_one_stops_taking_entries(lives):
    await MemoryLimitsStore(lives.shelf).open(KEY)
    await until(lambda: gate(lives))
    assert await lives.place("denied") == UNWRITABLE
    assert "another engine" in gate(lives)


async def test_without_its_journal_nothing_is_written(lives):
    lives.journal.broken = True
    with pytest.raises(JournalError):
        await lives.engine.parts.control.tighten(HALTED, "now", RISK_OFFICER)
    async with asyncio.timeout(5):
        await lives.engine._limits_keeper.keep()
    await lives.engine.stop()
    assert lives.remembered().trading.state is TradingState.ACTIVE
    lives.journal.broken = False
    await lives.start()


async def test_what_is_not_journalled_is_not_remembered(lives):
    lives.journal.held = True
    halting = asyncio.create_task(lives.engine.parts.control.tighten(HALTED, "now", RISK_OFFICER))
    await until(lambda: gate(lives))
    assert lives.state.trading.state is HALTED
    assert lives.remembered().trading.state is TradingState.ACTIVE
    lives.journal.fail(JournalError("no space left on device"))
    with pytest.raises(JournalError):
        await halting
    assert lives.remembered().trading.state is TradingState.ACTIVE
    assert lives.troubles == ["the journal failed: trading has stopped: no space left on device"]
