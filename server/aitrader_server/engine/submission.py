"""From an intent to an answer: admit, journal, send, report.

The caller's patience never reaches the send: it runs in a task that the engine owns, and a caller
who leaves early finds the order under its id.
"""

from collections.abc import Sequence
from functools import partial
from typing import assert_never

from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    Event,
    OrderApprovalRequested,
    OrderApproved,
    OrderDenied,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
)
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.risk.context import Breaches
from aitrader_server.domain.risk.pace import APPROVAL_REQUIRED
from aitrader_server.domain.state import Intent
from aitrader_server.domain.terms import Attempt, DecisionRecord, OrderSpec
from aitrader_server.domain.venue import (
    Acknowledged,
    AcknowledgedList,
    Ambiguous,
    Approved,
    ApprovedList,
    ListOutcome,
    Mistimed,
    Refused,
    SubmitOutcome,
)
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.admission import Admission, assess_each
from aitrader_server.engine.archive import Archive
from aitrader_server.engine.commands import Caller, Placed
from aitrader_server.engine.departures import NOT_SENT, Departures
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.ports import Broker, Clock
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.tally import RISK, VENUE
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import AlreadyExists, Overloaded

STOPPED = "trading was stopped before it left; it may be placed again under a new id"
NS_PER_S = 1_000_000_000


class Submission:
    """The only way by which orders reach a venue, one alone or a list together."""

    def __init__(
        self,
        *,
        writer: Writer,
        broker: Broker,
        clock: Clock,
        admission: Admission,
        gatekeeper: Gatekeeper,
        departures: Departures,
        reports: Reports,
        archive: Archive,
        tasks: TaskSet,
        pending_records_max: int,
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._clock = clock
        self._admission = admission
        self._gatekeeper = gatekeeper
        self._departures = departures
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
        legs: tuple[OrderSpec, ...] = (),
        decision: DecisionRecord | None = None,
        decided_s: float = 0.0,
    ) -> Placed:
        """Places an order with its `legs`, or answers for those that the same request placed.

        After `timeout_s` the order is answered as it stands; `decided_s` went into the `decision`
        before. Raises AlreadyExists when an id
        belongs to another request, InvalidRequest when the order makes no sense, Overloaded and
        JournalError when nothing was journalled.
        """
        earlier = await self.replay(spec.request_id, digest, timeout_s)
        if earlier is not None:
            return earlier
        self._writer.tally.waited(caller, decided_s)
        self._admit((spec, *legs), digest, caller, decision)
        order = await self.answer(spec.request_id, timeout_s)
        others = await self._legs(order, timeout_s)
        return Placed(order, replayed=False, decision=decision, legs=others)

    async def replay(self, request_id: str, digest: str, timeout_s: float) -> Placed | None:
        """The answer to the same request if it was taken on before. Raises AlreadyExists."""
        intent = self._book.state.intents.get(request_id)
        if intent is None and request_id in self._book.state.archived:
            kept = await self._archive.load(request_id)
            _check_digest(request_id, kept.intent, digest)
            answer = kept.answer or kept.order
            legs = await self._legs(answer, timeout_s)
            return Placed(answer, True, kept.intent.decision, legs)
        if intent is None:
            return None
        _check_digest(request_id, intent, digest)
        order = await self.answer(request_id, timeout_s)
        return Placed(order, True, intent.decision, await self._legs(order, timeout_s))

    def make_room(self) -> None:
        """Raises Overloaded while too much waits for the disk."""
        if self._writer.pending_records >= self._pending_records_max:
            raise Overloaded("too many orders wait for the disk; try again", retry_after_s=0.1)

    async def answer(self, request_id: str, timeout_s: float) -> Order:
        """The first answer once it is durable, or the order as it stands after `timeout_s`."""
        if not self._reports.told(request_id):
            await self._reports.wait_answered(request_id, timeout_s)
        if self._book.order(request_id) is None:
            kept = await self._archive.load(request_id)
            return kept.answer or kept.order
        # What is told is chosen before the wait: later changes would not be durable after it.
        state = self._book.state
        answer = state.answers.get(request_id) or state.orders[request_id]
        await self._writer.settle()
        return answer

    @property
    def _book(self) -> Book:
        return self._writer.book

    async def _legs(self, order: Order, timeout_s: float) -> tuple[Order, ...]:
        """The orders that were placed together with the first of their list."""
        place = order.spec.place
        if place is None or place.index:
            return ()
        return tuple([await self._leg(other, timeout_s) for other in place.members[1:]])

    async def _leg(self, request_id: str, timeout_s: float) -> Order:
        if request_id in self._book.state.archived:
            kept = await self._archive.load(request_id)
            return kept.answer or kept.order
        return await self.answer(request_id, timeout_s)

    def _admit(
        self,
        specs: tuple[OrderSpec, ...],
        digest: str,
        caller: Caller,
        decision: DecisionRecord | None,
    ) -> None:
        """Journals the intents: denied, waiting for a second person, or with their attempt."""
        self.make_room()
        with self._writer.tally.timing(RISK, caller.trace_id):
            contexts = self._admission.contexts(specs)
            for leg in specs[1:]:
                if self._book.taken(leg.request_id):
                    raise AlreadyExists(f"request_id {leg.request_id} is taken; use a new one")
            each = assess_each(contexts)
        events: list[Event] = [
            self._admission.opened(context, digest, caller, decision) for context in contexts
        ]
        if not any(each):
            self._let_go(specs, events, caller)
            return
        if len(specs) == 1 and [breach.code for breach in each[0]] == [APPROVAL_REQUIRED]:
            events.append(self._approval_request(spec=specs[0], why=each[0][0].message))
        else:
            events += (
                OrderDenied(request_id=spec.request_id, breaches=breaches, answers=True)
                for spec, breaches in zip(specs, each, strict=True)
            )
        then = partial(self._all_durable, specs)
        self._writer.commit(events, trace_id=caller.trace_id, then=then)

    def release(
        self, order: Order, approved: OrderApproved, breaches: Breaches, caller: Caller
    ) -> None:
        """Sends an order that a second person approved, or denies it for its `breaches`."""
        events: list[Event] = [approved]
        if not breaches:
            self._let_go((order.spec,), events, caller)
            return
        events.append(OrderDenied(request_id=order.request_id, breaches=breaches))
        then = partial(self._reports.durable, order.request_id)
        self._writer.commit(events, trace_id=caller.trace_id, then=then)

    def _let_go(self, specs: tuple[OrderSpec, ...], events: list[Event], caller: Caller) -> None:
        """Journals `events` with the one attempt at all of `specs`, which is then sent."""
        attempt = self._prepare(specs)
        events += (OrderSubmitted(request_id=spec.request_id, attempt=attempt) for spec in specs)
        then = partial(self._dispatch, specs, ApprovedList(specs, attempt), caller.trace_id)
        self._writer.commit(events, trace_id=caller.trace_id, then=then)

    def _approval_request(self, spec: OrderSpec, why: str) -> OrderApprovalRequested:
        ttl_ns = self._book.state.limits.approval_ttl_s * NS_PER_S
        return OrderApprovalRequested(
            request_id=spec.request_id,
            reason=why,
            expires_at_ns=self._clock.now_ns() + ttl_ns,
            answers=True,
        )

    def _prepare(self, specs: tuple[OrderSpec, ...]) -> Attempt:
        now_ns = self._clock.now_ns()
        if len(specs) == 1:
            return self._broker.prepare(specs[0], 1, now_ns)
        return self._broker.prepare_list(specs, now_ns)

    def _dispatch(
        self, specs: tuple[OrderSpec, ...], approved: ApprovedList, trace_id: str
    ) -> None:
        self._tasks.spawn(self._send(specs, approved, trace_id))

    def _all_durable(self, specs: Sequence[OrderSpec]) -> None:
        for spec in specs:
            self._reports.durable(spec.request_id)

    async def _send(
        self, specs: tuple[OrderSpec, ...], approved: ApprovedList, trace_id: str
    ) -> None:
        """Sends a journalled attempt once and takes in what comes of it."""
        if self._writer.failure is not None:
            return  # A lost disk halts: the next start finds that the venue never had it.
        if not self._gatekeeper.may_send(specs):
            self._reject_each(specs, NOT_SENT, STOPPED)
            return
        outcome: SubmitOutcome | ListOutcome
        try:
            with self._departures.leaving(), self._writer.tally.timing(VENUE, trace_id):
                if len(specs) == 1:
                    outcome = await self._broker.submit(Approved(specs[0], approved.attempt))
                else:
                    outcome = await self._broker.submit_list(approved)
        except Exception:
            # A bug of the adapter proves nothing: the order may have left all the same.
            self._doubt_each(specs, Ambiguous("the venue adapter failed"))
            raise
        self._take(specs, approved.attempt, outcome)

    def _take(
        self,
        specs: tuple[OrderSpec, ...],
        attempt: Attempt,
        outcome: SubmitOutcome | ListOutcome,
    ) -> None:
        match outcome:
            case Acknowledged(report=report):
                self._reports.on_report(report, "reply", answers=True)
            case AcknowledgedList(reports=reports):
                for report in reports:
                    self._reports.on_report(report, "reply", answers=True)
            case Mistimed() if self._sign_again(specs, attempt, outcome):
                pass
            case Refused(code=code, reason=reason):
                self._reject_each(specs, code, reason)
            case Ambiguous():
                self._doubt_each(specs, outcome)
            case _:
                assert_never(outcome)

    def _sign_again(
        self, specs: tuple[OrderSpec, ...], attempt: Attempt, refusal: Mistimed
    ) -> bool:
        """Journals and sends a second attempt of an order that the venue found ill-timed.

        Only once, and not of lists; False when it is not to be tried.
        """
        order = self._book.state.orders[specs[0].request_id]
        if len(specs) > 1 or attempt.number > 1 or order.state is not OrderState.SUBMITTED:
            return False
        again = self._broker.prepare(specs[0], attempt.number + 1, self._clock.now_ns())
        after = f"{refusal.code}: {refusal.reason}"
        self._writer.commit(
            [OrderSubmitted(request_id=order.request_id, attempt=again, after=after)],
            trace_id=order.trace_id,
            then=partial(self._dispatch, specs, ApprovedList(specs, again), order.trace_id),
        )
        return True

    def _reject_each(self, specs: Sequence[OrderSpec], code: str, reason: str) -> None:
        for spec in specs:
            self.reject(spec.request_id, code, reason)

    def reject(self, request_id: str, code: str, reason: str) -> None:
        """Ends an order that the venue proved not to have taken, unless it has spoken of it."""
        order = self._book.order(request_id)
        if order is None:
            return  # It has ended by what else was heard of it, and left memory.
        source = "" if code == NOT_SENT else "reply"
        event = OrderRejected(request_id=request_id, code=code, reason=reason, source=source)
        admitted = order.state in ADMITTED[OrderRejected]
        self._reports.apply(order, (event,) if admitted else (), answers=True)

    def _doubt_each(self, specs: Sequence[OrderSpec], outcome: Ambiguous) -> None:
        for spec in specs:
            self.doubt(spec.request_id, outcome)

    def doubt(self, request_id: str, outcome: Ambiguous) -> None:
        """Keeps the worst case reserved and has the venue asked."""
        order = self._book.order(request_id)
        if order is None:
            return  # As in `reject`.
        event = OrderUnknown(request_id=request_id, cause=outcome.cause)
        admitted = order.state in ADMITTED[OrderUnknown]
        self._reports.apply(order, (event,) if admitted else (), answers=True)
        self._reports.on_doubt(request_id)


def _check_digest(request_id: str, intent: Intent, digest: str) -> None:
    """Raises AlreadyExists unless the id belongs to this very request."""
    if intent.digest != digest:
        raise AlreadyExists(f"request_id {request_id} belongs to a different order; use a new one")
