"""The engine: its start, its stop, what it hears and what it does on its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aitrader_server.domain.book import Book
from aitrader_server.domain.events import EngineStopped, LimitsChanged, TradingStateChanged
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.observe import is_anothers
from aitrader_server.domain.venue import VenueReport
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.assembly import Parts, Ports, assemble
from aitrader_server.engine.bus import EventBus
from aitrader_server.engine.commands import Synced
from aitrader_server.engine.control import LOST_DISK, SEVERITY
from aitrader_server.engine.limits_keeper import LimitsKeeper
from aitrader_server.engine.reconciler import FORGOTTEN, RECONCILIATION
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.engine.tally import Tally
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import ConfigError, JournalError, Unavailable

CONFIGURATION = "configuration"


class Engine:
    """One account at one venue under one journal.

    `on_trouble(what, error)` hears of everything that nobody waits for: a crashed task, a failed
    model, a lost disk.
    """

    def __init__(
        self,
        ports: Ports,
        settings: EngineSettings,
        on_trouble: Callable[[str, BaseException], None],
    ) -> None:
        self.ports = ports
        self.settings = settings
        self._on_trouble = on_trouble
        self.tasks = TaskSet(lambda error: on_trouble("a background task crashed", error))
        self.bus = EventBus(settings.subscriber_queue_size_max)
        self.writer = Writer(
            journal=ports.journal,
            clock=ports.clock,
            ids=ports.ids,
            bus=self.bus,
            tasks=self.tasks,
            tally=Tally(ports.metrics, ports.stopwatch),
            ended_orders_max=settings.ended_orders_max,
            snapshot_every_events=settings.snapshot_every_events,
            on_failure=self._on_journal_failure,
        )
        self._limits_keeper = self._keeper()
        self.started_ns = 0
        self._parts: Parts | None = None
        self._reports: Reports | None = None
        self._stream = (True, "")

    @property
    def parts(self) -> Parts:
        """The parts of a started engine; raises Unavailable before."""
        if self._parts is None:
            raise Unavailable("the engine is starting; try again in a moment", reason="STARTING")
        return self._parts

    @property
    def book(self) -> Book:
        """The state, to be read between two awaits."""
        return self.writer.book

    async def start(self) -> None:
        """Folds the journal, connects the venue and begins to reconcile in the background."""
        await self.writer.open(self.settings.version)
        self._check_account()
        if self._limits_keeper is not None:
            await self._limits_keeper.start()
            self.tasks.spawn(self._limits_keeper.keep())
        self._adopt_configuration()
        await self._heed_last_words()
        instruments = await self.ports.broker.start(self)
        self._check_symbols(instruments)
        self._parts = self._build(instruments)
        self.started_ns = self.ports.clock.now_ns()
        self._parts.reconciler.take_over()
        self._parts.cancellation.take_over()
        self._parts.replacing.take_over()
        forgotten = self._limits_keeper is not None and self._limits_keeper.restored
        self.tasks.spawn(
            self._parts.reconciler.reconcile(FORGOTTEN if forgotten else RECONCILIATION)
        )
        settings = self.settings
        self.tasks.spawn(self._audit(settings.audit_orders_interval_s, self._audit_orders))
        self.tasks.spawn(self._audit(settings.audit_balances_interval_s, self._audit_balances))
        self.tasks.spawn(self._parts.sentinel.watch())

    async def stop(self) -> None:
        """Ends in good order: the venue first, then what runs, then the journal."""
        await self.ports.broker.stop()
        await self.tasks.cancel()
        if self._limits_keeper is not None:
            await self._limits_keeper.stop()
        try:
            if self.writer.failure is None:
                self.writer.commit([EngineStopped(reason="stopped")], trace_id="")
            await self.writer.close()
        finally:
            # What was to be said may have been cut off above, or the disk is lost only now.
            await self._leave_last_words()

    async def sync(self) -> Synced:
        """Asks the venue for the account and books differences.

        Raises Unavailable when the venue cannot be read.
        """
        parts = self.parts
        external = await parts.reconciler.audit_balances("sync")
        snapshot = await parts.reconciler.read_account()
        if snapshot is None:
            raise Unavailable("the venue could not be read; try again", reason="VENUE_UNREADABLE")
        held = self.book.state.ledger.held
        synced = Synced(
            free=snapshot.free,
            locked=snapshot.locked,
            positions={s: held(i.base) for s, i in sorted(parts.instruments.items())},
            external=external or {},
            at_ns=snapshot.at_ns,
        )
        await self.writer.settle()
        return synced

    def on_report(self, report: VenueReport) -> None:
        """One statement of the venue's account stream."""
        if self._reports is None or self.writer.failure is not None:
            return
        order = self.book.order(report.request_id)
        if order is not None and is_anothers(order, report):
            self._on_foreign(report)
        else:
            self._reports.on_report(report, "stream")

    def on_stream(self, *, up: bool, detail: str) -> None:
        """The account stream was lost, or is back: then everything it missed is asked for."""
        if self._parts is None:
            self._stream = (up, detail)
            return
        gatekeeper = self._parts.gatekeeper
        if gatekeeper.stream_up and not up:
            self.writer.tally.lost_stream()
        gatekeeper.stream_up, gatekeeper.stream_detail = up, detail
        if up:
            self.tasks.spawn(self._parts.reconciler.reconcile())

    def on_external(self, detail: str) -> None:
        """The account changed by something other than an order: the balances are compared now."""
        if self._parts is not None and not self._parts.gatekeeper.reconciling:
            self.tasks.spawn(self._parts.reconciler.look_again(detail))

    def _on_foreign(self, report: VenueReport) -> None:
        """Somebody else trades on the account: what it changed is booked without delay."""
        self.parts.external.on_report(report)
        self.on_external(f"trades of others in {report.symbol}")

    def _keeper(self) -> LimitsKeeper | None:
        """Of the second memory beside the journal, if there is one."""
        if self.ports.limits_store is None:
            return None
        return LimitsKeeper(
            writer=self.writer,
            store=self.ports.limits_store,
            account=self.settings.account,
            venue=self._venue,
            on_restored=self._adopt_configuration,
            on_trouble=self._on_trouble,
        )

    def _build(self, instruments: Mapping[str, Instrument]) -> Parts:
        parts = assemble(
            self.ports,
            self.settings,
            writer=self.writer,
            tasks=self.tasks,
            instruments=instruments,
            venue=self._venue,
            limits_keeper=self._limits_keeper,
            on_foreign=self._on_foreign,
            on_trouble=self._on_trouble,
        )
        self._reports = parts.reports
        gatekeeper = parts.gatekeeper
        gatekeeper.stream_up, gatekeeper.stream_detail = self._stream
        return parts

    def _check_account(self) -> None:
        """A journal tells of one account at one venue, and of no other. Raises ConfigError."""
        state, wanted = self.book.state, (self.settings.account, self._venue)
        if state.account and (state.account, state.venue) != wanted:
            raise ConfigError(
                (
                    (
                        f"state: the journal belongs to account {state.account} at {state.venue}, "
                        f"not to {wanted[0]} at {wanted[1]}: choose another state folder "
                        "or database"
                    ),
                )
            )

    def _check_symbols(self, instruments: Mapping[str, Instrument]) -> None:
        """Every symbol counts in one money, and an order that works is followed to its end.

        Raises ConfigError.
        """
        problems = tuple(
            f"execution.symbols: keep {order.spec.symbol} until order {order.request_id} has ended"
            for order in self.book.working()
            if order.spec.symbol not in instruments
        )
        quote_asset = self.settings.quote_asset
        problems += tuple(
            f"execution.symbols: {symbol} is priced in {instrument.quote}, "
            f"and execution.quote_asset is {quote_asset}: limits would compare different money"
            for symbol, instrument in instruments.items()
            if instrument.quote != quote_asset
        )
        if problems:
            raise ConfigError(problems)

    @property
    def _venue(self) -> str:
        return f"{self.ports.broker.name}/{self.ports.broker.environment}"

    def _adopt_configuration(self) -> None:
        """Takes the configured limits until an operator changes them, and the stricter state."""
        state, limits = self.book.state, self.settings.limits
        unchanged = state.limits_version and state.limits == limits
        if state.limits_actor in ("", CONFIGURATION) and not unchanged:
            event = LimitsChanged(
                limits=limits,
                version=state.limits_version + 1,
                actor=CONFIGURATION,
                reason="read at start",
            )
            self.writer.commit([event], trace_id="")
        self._tighten(self.settings.trading_state, "configured at start", CONFIGURATION)

    async def _heed_last_words(self) -> None:
        """A lost disk is a halt that survives: somebody has to have looked at it."""
        last_words = self.ports.last_words
        if last_words is None:
            return
        if reason := await last_words.read():
            self._tighten(TradingState.HALTED, reason, LOST_DISK)
            await self.writer.settle()
            await last_words.write("")

    async def _leave_last_words(self) -> None:
        """Tells the next life that this one has lost its disk, if it has."""
        last_words, failure = self.ports.last_words, self.writer.failure
        if last_words is not None and failure is not None:
            await last_words.write(str(failure))

    def _tighten(self, wanted: TradingState, reason: str, actor: str) -> None:
        if SEVERITY.index(wanted) > SEVERITY.index(self.book.state.trading.state):
            changed = TradingStateChanged(trading_state=wanted, reason=reason, actor=actor)
            self.writer.commit([changed], trace_id="")

    async def _audit(self, interval_s: float, look: Callable[[], Awaitable[object]]) -> None:
        """Looks every `interval_s`; one look that fails is told of and ends nothing."""
        while True:
            await asyncio.sleep(interval_s)
            try:
                if self.writer.failure is None:
                    await look()
            except Exception as error:  # noqa: BLE001 -- told, and the next look may succeed
                self.tasks.on_crash(error)

    async def _audit_orders(self) -> None:
        reconciler = self.parts.reconciler
        if not await reconciler.refresh_orders():
            await reconciler.reconcile_if_wiped()
        await reconciler.reconcile_if_broken_off()

    async def _audit_balances(self) -> None:
        if not self.parts.gatekeeper.reconciling:
            await self.parts.reconciler.audit_balances("audit")

    def _on_journal_failure(self, error: JournalError) -> None:
        if self._reports is not None:
            self._reports.give_up()
        self.tasks.spawn(self._leave_last_words())
        self._on_trouble("the journal failed: trading has stopped", error)
