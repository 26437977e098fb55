"""From an intent to an answer: admit, journal, send, report.

The caller's patience never reaches the send: it runs in a task that the engine owns, and a caller
who leaves early finds the order under its id.
"""

from collections.abc import Mapping

from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    DecisionRecord,
    OrderDenied,
    OrderInitialized,
    OrderRejected,
    OrderSpec,
    OrderSubmitted,
    OrderUnknown,
)
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import ADMITTED, Order, initialize
from aitrader_server.domain.risk.checks import assess
from aitrader_server.domain.risk.context import RiskContext
from aitrader_server.domain.risk.validity import shape_problem
from aitrader_server.domain.state import Intent
from aitrader_server.domain.venue import Acknowledged, Ambiguous, Approved, Refused
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.archive import Archive
from aitrader_server.engine.commands import Caller, Checked, Placed
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.engine.ports import Broker, Clock, QuoteSource
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import AlreadyExists, InvalidRequest, Overloaded, Unavailable


class Submission:
    """The only way by which an order reaches a venue."""

    def __init__(
        self,
        *,
        writer: Writer,
        broker: Broker,
        quotes: QuoteSource,
        clock: Clock,
        instruments: Mapping[str, Instrument],
        account: AccountBook,
        gatekeeper: Gatekeeper,
        reports: Reports,
        archive: Archive,
        tasks: TaskSet,
        pending_records_max: int,
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._quotes = quotes
        self._clock = clock
        self._instruments = instruments
        self._account = account
        self._gatekeeper = gatekeeper
        self._reports = reports
        self._archive = archive
        self._tasks = tasks
        self._pending_records_max = pending_records_max

    async def place(
        self,
        spec: OrderSpec,
        *,
        digest: str,
        caller: Caller,
        timeout_s: float,
        decision: DecisionRecord | None = None,
    ) -> Placed:
        """Places an order, or answers for the one that the same request placed before.

        After `timeout_s` the order is answered as it stands. Raises AlreadyExists when the id
        belongs to another request, InvalidRequest when the order makes no sense, Overloaded and
        JournalError when nothing was journalled.
        """
        earlier = await self.replay(spec.request_id, digest, timeout_s)
        if earlier is not None:
            return earlier
        self._admit(spec, digest, caller, decision)
        order = await self._answer(spec.request_id, timeout_s)
        return Placed(order, replayed=False, decision=decision)

    async def replay(self, request_id: str, digest: str, timeout_s: float) -> Placed | None:
        """The answer to the same request if it was taken on before. Raises AlreadyExists."""
        intent = self._book.state.intents.get(request_id)
        if intent is None and request_id in self._book.state.archived:
            kept = await self._archive.load(request_id)
            _check_digest(request_id, kept.intent, digest)
            return Placed(kept.answer or kept.order, True, kept.intent.decision)
        if intent is None:
            return None
        _check_digest(request_id, intent, digest)
        return Placed(await self._answer(request_id, timeout_s), True, intent.decision)

    def check(self, spec: OrderSpec) -> Checked:
        """Every breach that the order would meet now."""
        context = self._context(spec)
        return Checked(assess(context), self._book.state.limits_version)

    async def rehearse(self, spec: OrderSpec, caller: Caller) -> Placed:
        """Everything up to the venue's test endpoint; nothing is journalled or sent.

        The order is answered as DENIED, REJECTED or INITIALIZED. Raises Unavailable when the venue
        did not answer.
        """
        if self._book.taken(spec.request_id):
            raise AlreadyExists(f"request_id {spec.request_id} is taken; use a new one")
        context = self._context(spec)
        opened = self._opened(context, "", caller, None)
        now_ns = self._clock.now_ns()
        rehearsal = Book()
        rehearsal.evolve(opened, at_ns=now_ns, trace_id=caller.trace_id)
        if breaches := assess(context):
            denied = OrderDenied(request_id=spec.request_id, breaches=breaches)
            rehearsal.evolve(denied, at_ns=now_ns, trace_id=caller.trace_id)
            return Placed(rehearsal.state.orders[spec.request_id], replayed=False)
        order = initialize(opened, at_ns=now_ns, trace_id=caller.trace_id)
        outcome = await self._broker.test(spec)
        if isinstance(outcome, Ambiguous):
            raise Unavailable(
                f"the venue's test endpoint did not answer: {outcome.cause}",
                reason="VENUE_UNREADABLE",
            )
        if isinstance(outcome, Refused):
            attempt = self._broker.prepare(spec, 1, now_ns)
            for event in (
                OrderSubmitted(request_id=spec.request_id, attempt=attempt),
                OrderRejected(request_id=spec.request_id, code=outcome.code, reason=outcome.reason),
            ):
                order = rehearsal.evolve(event, at_ns=now_ns, trace_id=caller.trace_id) or order
        return Placed(order, replayed=False)

    @property
    def _book(self) -> Book:
        return self._writer.book

    def _context(self, spec: OrderSpec) -> RiskContext:
        instrument = find_instrument(self._instruments, spec.symbol)
        if (problem := shape_problem(spec)) is not None:
            field, what = problem
            raise InvalidRequest(what, field=field, reason="ORDER_SHAPE")
        account = self._account.view()
        return RiskContext(
            spec=spec,
            book=self._book,
            instrument=instrument,
            quote=self._quotes.quote(spec.symbol),
            gates=self._gatekeeper.gates(),
            account=account,
            now_ns=self._clock.now_ns(),
        )

    def _admit(
        self, spec: OrderSpec, digest: str, caller: Caller, decision: DecisionRecord | None
    ) -> None:
        """Journals the intent with its denial, or with the attempt that is then sent."""
        if self._writer.pending_records >= self._pending_records_max:
            raise Overloaded("too many orders wait for the disk; try again", retry_after_s=0.1)
        context = self._context(spec)
        opened = self._opened(context, digest, caller, decision)
        request_id = spec.request_id
        if breaches := assess(context):
            denied = OrderDenied(request_id=request_id, breaches=breaches, answers=True)
            self._writer.commit(
                [opened, denied],
                trace_id=caller.trace_id,
                then=lambda: self._reports.durable(request_id),
            )
            return
        attempt = self._broker.prepare(spec, 1, self._clock.now_ns())
        approved = Approved(spec, attempt)
        self._writer.commit(
            [opened, OrderSubmitted(request_id=request_id, attempt=attempt)],
            trace_id=caller.trace_id,
            then=lambda: self._tasks.spawn(self._send(approved)),
        )

    def _opened(
        self,
        context: RiskContext,
        digest: str,
        caller: Caller,
        decision: DecisionRecord | None,
    ) -> OrderInitialized:
        return OrderInitialized(
            request_id=context.spec.request_id,
            spec=context.spec,
            base=context.instrument.base,
            quote=context.instrument.quote,
            reserve_price=context.price or ZERO,
            limits_version=self._book.state.limits_version,
            digest=digest,
            actor=caller.name,
            decision=decision,
            equity=context.account.equity or ZERO,
            day_pnl=context.account.day_pnl or ZERO,
        )

    async def _send(self, approved: Approved) -> None:
        """Sends a journalled attempt once and takes in what comes of it."""
        request_id = approved.spec.request_id
        if self._writer.failure is not None:
            return  # A lost disk halts: the next start finds that the venue never had it.
        if self._book.state.trading.state is TradingState.HALTED:
            self._reports.apply(
                self._book.state.orders[request_id],
                (
                    OrderRejected(
                        request_id=request_id, code="NOT_SENT", reason="halted before it left"
                    ),
                ),
                answers=True,
            )
            return
        try:
            outcome = await self._broker.submit(approved)
        except Exception:
            # A bug of the adapter proves nothing: the order may have left all the same.
            self._doubt(self._book.state.orders[request_id], Ambiguous("the venue adapter failed"))
            raise
        if isinstance(outcome, Acknowledged):
            self._reports.on_report(outcome.report, answers=True)
            return
        order = self._book.state.orders[request_id]
        if isinstance(outcome, Refused):
            event = OrderRejected(request_id=request_id, code=outcome.code, reason=outcome.reason)
            admitted = order.state in ADMITTED[OrderRejected]
            self._reports.apply(order, (event,) if admitted else (), answers=True)
            return
        self._doubt(order, outcome)

    def _doubt(self, order: Order, outcome: Ambiguous) -> None:
        """Keeps the worst case reserved and has the venue asked."""
        event = OrderUnknown(request_id=order.request_id, cause=outcome.cause)
        admitted = order.state in ADMITTED[OrderUnknown]
        self._reports.apply(order, (event,) if admitted else (), answers=True)
        self._reports.on_doubt(order.request_id)

    async def _answer(self, request_id: str, timeout_s: float) -> Order:
        """The first answer once it is durable, or the order as it stands after `timeout_s`."""
        state = self._book.state
        if not self._reports.told(request_id):
            await self._reports.wait_answered(request_id, timeout_s)
        # What is told is chosen before the wait: later changes would not be durable after it.
        answer = state.answers.get(request_id) or state.orders[request_id]
        await self._writer.settle()
        return answer


def _check_digest(request_id: str, intent: Intent, digest: str) -> None:
    """Raises AlreadyExists unless the id belongs to this very request."""
    if intent.digest != digest:
        raise AlreadyExists(f"request_id {request_id} belongs to a different order; use a new one")
