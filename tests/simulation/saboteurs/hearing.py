"""Bugs on the way in: what the venue says is lost, doubled or believed too soon."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from aitrader_server.domain.events import OrderCanceled, OrderRejected
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import (
    Absent,
    Acknowledged,
    Ambiguous,
    Approved,
    SubmitOutcome,
    VenueReport,
    VenueStatus,
)
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.reconciler import Reconciler
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.resolver import Resolver

from simulation.broker import SimBroker
from simulation.saboteurs.planting import with_part
from simulation.stage import Cast
from simulation.world import Faults


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


class EndsWhatTriggers(Reports):
    """Takes a stop that goes live for one that is done."""

    def on_report(self, report: VenueReport, source: str, *, answers: bool = False) -> None:
        if report.status is VenueStatus.TRIGGERED:
            report = msgspec.structs.replace(report, status=VenueStatus.EXPIRED)
        super().on_report(report, source, answers=answers)


class CancelsWhole(Reports):
    """Takes what was cancelled for never executed."""

    def on_report(self, report: VenueReport, source: str, *, answers: bool = False) -> None:
        order = self._writer.book.order(report.request_id)
        if report.status is VenueStatus.CANCELED and order is not None:
            booked = order.cumulative_quantity
            report = msgspec.structs.replace(report, fills=(), cumulative_quantity=booked)
        super().on_report(report, source, answers=answers)


class TrustsItsClock(Gatekeeper):
    """Judges how long ago something was by a clock that has been set."""

    @property
    def clocks_agree(self) -> bool:
        return True


class EndsWhatIsNotOpen(Reconciler):
    """Takes an order that is not among the open ones for cancelled."""

    async def refresh_orders(self) -> bool:
        at_venue = await self._broker.open_orders()
        if at_venue is None:
            return False
        there = {report.request_id for report in at_venue}
        for order in self._writer.book.working():
            if order.venue_order_id and order.request_id not in there:
                event = OrderCanceled(
                    request_id=order.request_id, venue_order_id=order.venue_order_id
                )
                if order.state in ADMITTED[OrderCanceled]:
                    self._reports.apply(order, (event,), answers=True)
        return await super().refresh_orders()


class OpensAtOnce(Reconciler):
    """Lets orders through after a start, and looks at nothing."""

    async def reconcile(self, reason: str = "") -> None:
        await self._differences(reason)
        self._gatekeeper.reconciling = False


# What shows it comes together in few runs of themselves.
SET_CLOCKS = Faults(clock_step_per_s=0.5, reply_lost=0.4, matching_slow=0.5, absent_at_first=0.5)

HEARING = {
    "an execution is booked at each report": Cast(engine=with_part(BooksTwice)),
    "late executions of ended orders are dropped": Cast(engine=with_part(ClosesTheBooks)),
    "an order of unknown outcome times out": Cast(engine=with_part(GivesUp)),
    "absence is believed before the fence": Cast(engine=with_part(IgnoresTheFence)),
    "absence is believed after one read": Cast(engine=with_part(ReadsOnce)),
    "absence is judged by a clock that was set": Cast(
        engine=with_part(TrustsItsClock), faults=SET_CLOCKS
    ),
    "a balance difference is booked at first sight": Cast(engine=with_part(BooksAtFirstSight)),
    "a stream that is back is not caught up with": Cast(engine=ReconnectsOnly),
    "a cancel without a reply is believed": Cast(engine=with_part(SwallowsTheFirstCancel)),
    "fees are overlooked": Cast(broker=OverlooksFees),
    "a stop that triggers counts as ended": Cast(engine=with_part(EndsWhatTriggers)),
    "a cancel drops what has executed": Cast(engine=with_part(CancelsWhole)),
    "an order that is not open counts as cancelled": Cast(engine=with_part(EndsWhatIsNotOpen)),
    "a start lets orders through before it looks": Cast(engine=with_part(OpensAtOnce)),
}
