"""Bugs planted on purpose, each a real engine's: the suite is worth what it catches of them."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from aitrader_server.adapters.journal.queued import QueuedJournal
from aitrader_server.adapters.journal.storage import Store
from aitrader_server.domain.events import OrderRejected
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import Day
from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import (
    Absent,
    Acknowledged,
    AcknowledgedList,
    Ambiguous,
    Approved,
    ApprovedList,
    ListOutcome,
    Refused,
    SubmitOutcome,
    VenueReport,
)
from aitrader_server.domain.words import OrderState, TradingState
from aitrader_server.engine.admission import Admission
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.engine import Engine, Parts
from aitrader_server.engine.ports import Record
from aitrader_server.engine.reconciler import Reconciler
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.resolver import Resolver
from aitrader_server.engine.submission import Submission
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import JournalError

from simulation.broker import SimBroker
from simulation.disks import Disk, SimLane, SqliteDisk
from simulation.loop import Deadlock
from simulation.oracle import Broken, Oracle, Witness
from simulation.run import run
from simulation.stage import Cast


def with_part(kind: type[Any]) -> type[Engine]:
    """An engine one of whose parts is of the subclass `kind`."""

    class Sabotaged(Engine):
        def _build(self, instruments: Any) -> Parts:
            parts = super()._build(instruments)
            reachable = (
                parts.submission,
                parts.submission._admission,
                parts.reconciler,
                parts.cancellation,
                self._reports,
                parts.reconciler._resolver,
            )
            part = next(part for part in reachable if type(part) is kind.__base__)
            part.__class__ = kind
            return parts

    return Sabotaged


async def _submit(part: Submission, approved: ApprovedList) -> SubmitOutcome | ListOutcome:
    """Sends one order, or several together."""
    if len(approved.specs) == 1:
        return await part._broker.submit(Approved(approved.specs[0], approved.attempt))
    return await part._broker.submit_list(approved)


def _take(
    part: Submission, specs: Sequence[OrderSpec], outcome: SubmitOutcome | ListOutcome
) -> None:
    """Takes in what came of it, as the engine does."""
    match outcome:
        case Acknowledged(report=report):
            part._reports.on_report(report, "reply", answers=True)
        case AcknowledgedList(reports=reports):
            for report in reports:
                part._reports.on_report(report, "reply", answers=True)
        case Ambiguous():
            part._doubt_each(specs, outcome)
        case Refused(code=code, reason=reason):
            part._reject_each(specs, code, reason)


class SendsAgain(Submission):
    """Takes no reply for no order."""

    async def _send(self, specs: tuple[OrderSpec, ...], approved: ApprovedList) -> None:
        outcome = await _submit(self, approved)
        if isinstance(outcome, Ambiguous):
            outcome = await _submit(self, ApprovedList(specs, self._prepare(specs)))
        _take(self, specs, outcome)


class SendsFirst(Submission):
    """Sends while the disk still writes."""

    def _admit(self, specs: Any, *args: Any) -> None:
        super()._admit(specs, *args)
        order = self._book.state.orders[specs[0].request_id]
        if order.attempts:
            self._dispatch(specs, ApprovedList(specs, order.attempts[-1]))


class HaltsTooLate(Submission):
    """Looks at the trading state when an order is taken on, and not again before it leaves."""

    async def _send(self, specs: tuple[OrderSpec, ...], approved: ApprovedList) -> None:
        _take(self, specs, await _submit(self, approved))


class TakesReplaysForNew(Submission):
    """Places an order again when it is asked for again."""

    async def replay(self, request_id: str, digest: str, timeout_s: float) -> None:
        return None


class CountsAcceptedOnly(Admission):
    """Limits the orders that the venue confirmed, not those under way."""

    def context(self, spec: Any, **given: Any) -> Any:
        context = super().context(spec, **given)
        orders = self._writer.book.state.orders
        exposure = type(context.exposure).__new__(type(context.exposure))
        vars(exposure).update(vars(context.exposure))
        exposure.working = {
            request_id: None
            for request_id in context.exposure.working
            if orders[request_id].state not in (OrderState.SUBMITTED, OrderState.UNKNOWN)
        }
        context.exposure = exposure
        return context


class AnswersWhatItSees(Submission):
    """Waits for the disk, then answers with what has come since."""

    async def answer(self, request_id: str, timeout_s: float) -> Order:
        await super().answer(request_id, timeout_s)
        state = self._book.state
        return state.answers.get(request_id) or state.orders[request_id]


class BooksTwice(Reports):
    """Does not know an execution again."""

    def on_report(self, report: VenueReport, source: str, *, answers: bool = False) -> None:
        order = self._writer.book.order(report.request_id)
        if order is None:
            return
        forgetful = msgspec.structs.replace(order, fills=())
        events = observe(forgetful, report)
        self.apply(order, events, answers=answers)


class ClosesTheBooks(Reports):
    """Lets nothing change an order that has ended."""

    def on_report(self, report: VenueReport, source: str, *, answers: bool = False) -> None:
        order = self._writer.book.order(report.request_id)
        if order is None or not order.terminal:
            super().on_report(report, source, answers=answers)


class GivesUp(Resolver):
    """Takes an order without a trace for one that never was, when it has waited long enough."""

    async def ask(self, request_id: str) -> bool:
        answered = await super().ask(request_id)
        order = self._writer.book.state.orders[request_id]
        waited_ns = self._clock.now_ns() - order.created_at_ns
        if order.state is OrderState.UNKNOWN and waited_ns > 1_000_000_000:
            event = OrderRejected(request_id=request_id, code="TIMEOUT", reason="no answer")
            self._reports.apply(order, (event,), answers=True)
        return answered


class IgnoresTheFence(Resolver):
    """Believes two absences while the order may still be under way."""

    async def ask(self, request_id: str) -> bool:
        order = self._writer.book.state.orders[request_id]
        outcome = await self._broker.query(order.spec.symbol, request_id, order.venue_order_id)
        if isinstance(outcome, Acknowledged):
            await self._take(outcome.report, "query")
        elif isinstance(outcome, Absent) and order.state is OrderState.UNKNOWN:
            await self._confirm_absence(order)
        return isinstance(outcome, Acknowledged)


class ReadsOnce(Resolver):
    """Believes one absence, if it comes after the fence."""

    async def _confirm_absence(self, order: Order) -> bool:
        order = self._writer.book.order(order.request_id) or order
        if order.state is OrderState.UNKNOWN:
            event = OrderRejected(
                request_id=order.request_id, code="NEVER_LANDED", reason="one read said so"
            )
            self._reports.apply(order, (event,), answers=True)
        return True


class ForgetsWhatWasSent(Reconciler):
    """Starts as if nothing had been under way."""

    def take_over(self) -> None:
        pass


class RejectsWhatWasSent(Reconciler):
    """Starts by declaring that what was under way never arrived."""

    def take_over(self) -> None:
        for order in self._writer.book.working():
            if order.state is OrderState.SUBMITTED:
                event = OrderRejected(
                    request_id=order.request_id, code="RESTART", reason="the engine restarted"
                )
                self._reports.apply(order, (event,), answers=True)


class BooksAtFirstSight(Reconciler):
    """Books a difference of balances without asking what explains it."""

    async def audit_balances(self, reason: str) -> Any:
        differences = await self._differences(reason)
        if differences:
            self._writer.commit(differences, trace_id="")
        return differences if differences is None else {}


class ReconnectsOnly(Engine):
    """Takes a stream that is back for one that never was away."""

    def on_stream(self, *, up: bool, detail: str) -> None:
        self.parts.gatekeeper.stream_up = up


class SwallowsTheFirstCancel(Cancellation):
    """Believes that a cancel without a reply has worked."""

    async def _cancel(self, request_id: str, caller: Any) -> None:
        order = self._known(request_id)
        outcome = await self._broker.cancel(order.spec.symbol, request_id, order.venue_order_id)
        order = self._known(request_id)
        if isinstance(outcome, Acknowledged):
            self._reports.on_report(outcome.report, "reply", answers=True)
        elif isinstance(outcome, Ambiguous) and order.venue_order_id and not order.terminal:
            report = VenueReport(
                request_id=request_id,
                symbol=order.spec.symbol,
                venue_order_id=order.venue_order_id,
                status="CANCELED",  # type: ignore[arg-type]  # equal to the word
                cumulative_quantity=order.cumulative_quantity,
            )
            self._reports.on_report(report, "reply", answers=True)


class _ResettingWriter(Writer):
    async def open(self, version: str) -> None:
        await super().open(version)
        self.book.state.day = Day()


class ResetsTheDay(Engine):
    """Begins the day's counters anew at each start."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.writer.__class__ = _ResettingWriter


class _WakefulWriter(Writer):
    async def open(self, version: str) -> None:
        await super().open(version)
        trading = self.book.state.trading
        self.book.state.trading = msgspec.structs.replace(trading, state=TradingState.ACTIVE)


class ForgetsTheHalt(Engine):
    """Starts ready to trade, whatever was said before."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.writer.__class__ = _WakefulWriter


class OverlooksFees(SimBroker):
    """Reads executions without what they cost."""

    async def start(self, listener: Any) -> Any:
        return await super().start(_Feeless(listener))

    async def submit(self, approved: Approved) -> SubmitOutcome:
        outcome = await super().submit(approved)
        if isinstance(outcome, Acknowledged):
            return Acknowledged(_without_fees(outcome.report))
        return outcome

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        fills = await super().trades(symbol, venue_order_id)
        return None if fills is None else [_without_fee(fill) for fill in fills]


class _Feeless:
    def __init__(self, listener: Any) -> None:
        self._listener = listener
        self.on_stream = listener.on_stream
        self.on_external = listener.on_external

    def on_report(self, report: VenueReport) -> None:
        self._listener.on_report(_without_fees(report))


def _without_fees(report: VenueReport) -> VenueReport:
    fills = tuple(_without_fee(fill) for fill in report.fills)
    return msgspec.structs.replace(report, fills=fills)


def _without_fee(fill: Fill) -> Fill:
    return msgspec.structs.replace(fill, fee=Decimal(0))


class SignsLate(SimBroker):
    """Makes the signature when the bytes leave, so that the journal's fence is too early."""

    async def submit(self, approved: Approved) -> SubmitOutcome:
        await asyncio.sleep(self._chance.choice((0.0, 0.0, 9.0)))
        attempt = msgspec.structs.replace(approved.attempt, signed_at_ns=self._clock.now_ns())
        return await super().submit(Approved(approved.spec, attempt))


class _HastyJournal(QueuedJournal):
    def append(self, records: Sequence[Record]) -> None:
        super().append(records)
        self._on_commit(records[-1].sequence)

    def _committed(self, sequence: int, count: int) -> None:
        self._queue_records -= count


def _hasty(open_store: Callable[[], Store], chance: Random, oracle: Oracle) -> QueuedJournal:
    """Acknowledges what waits for the disk."""
    return _HastyJournal(lambda: Witness(open_store(), oracle), SimLane(chance))


def _synchronous_normal(disk: Disk) -> Store:
    """Leaves the fsync to the next checkpoint."""
    store = disk.open_store()
    if isinstance(disk, SqliteDisk):
        store._connection.pragma("synchronous", 1)  # type: ignore[attr-defined]  # SQLite's own
    return store


# So many seeds, from where its search begins, may pass before a planted bug is found.
SEEDS_MAX = 120
# What a planted bug comes to: a promise broken, a second booking refused, a run without an end.
FOUND = (Broken, JournalError, Deadlock)


def found_by(name: str) -> int | None:
    """The first seed that finds the saboteur of that name."""
    cast = SABOTEURS[name]
    return next((seed for seed in range(SEEDS_MAX) if _is_found(seed, cast)), None)


def _is_found(seed: int, cast: Cast) -> bool:
    try:
        run(seed, cast)
    except FOUND:
        return True
    return False


# By name, who plays the part.
SABOTEURS: dict[str, Cast] = {
    "an order without a reply is sent again": Cast(engine=with_part(SendsAgain)),
    "an order leaves before its record is durable": Cast(engine=with_part(SendsFirst)),
    "a halt is not looked at before sending": Cast(engine=with_part(HaltsTooLate)),
    "a repeated request is a new order": Cast(engine=with_part(TakesReplaysForNew)),
    "orders under way do not count": Cast(engine=with_part(CountsAcceptedOnly)),
    "answers are read after the wait": Cast(engine=with_part(AnswersWhatItSees)),
    "an execution is booked at each report": Cast(engine=with_part(BooksTwice)),
    "late executions of ended orders are dropped": Cast(engine=with_part(ClosesTheBooks)),
    "an order of unknown outcome times out": Cast(engine=with_part(GivesUp)),
    "absence is believed before the fence": Cast(engine=with_part(IgnoresTheFence)),
    "absence is believed after one read": Cast(engine=with_part(ReadsOnce)),
    "a restart forgets what was sent": Cast(engine=with_part(ForgetsWhatWasSent)),
    "a restart rejects what was sent": Cast(engine=with_part(RejectsWhatWasSent)),
    "a balance difference is booked at first sight": Cast(engine=with_part(BooksAtFirstSight)),
    "a stream that is back is not caught up with": Cast(engine=ReconnectsOnly),
    "a cancel without a reply is believed": Cast(engine=with_part(SwallowsTheFirstCancel)),
    "the day's counters begin anew at a restart": Cast(engine=ResetsTheDay),
    "a restart ends a halt": Cast(engine=ForgetsTheHalt),
    "fees are overlooked": Cast(broker=OverlooksFees),
    "an order is signed when it leaves": Cast(broker=SignsLate),
    "records are acknowledged before the disk has them": Cast(open_journal=_hasty),
    "synchronous=NORMAL": Cast(open_store=_synchronous_normal),
}
