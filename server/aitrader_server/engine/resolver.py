"""Asks the venue about orders whose truth is in doubt, until evidence settles them.

An order of unknown outcome ends by a record at the venue, by two independent reads that both began
after its fence (by clocks that agree) and found nothing, or by an operator. Time alone ends
nothing, and nothing is sent again.
"""

import asyncio

import msgspec

from aitrader_server.domain.events import OrderRecalled, OrderRejected
from aitrader_server.domain.observe import RECORD_MARGIN_NS, is_anothers, observe
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.state import encode_kept
from aitrader_server.domain.venue import Absent, Acknowledged, VenueReport
from aitrader_server.domain.words import IN_FLIGHT_STATES, OrderState
from aitrader_server.engine.archive import Archive
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.ports import Broker, Clock
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer


class Resolver:
    """At most one conversation with the venue per order."""

    def __init__(
        self,
        *,
        writer: Writer,
        broker: Broker,
        clock: Clock,
        reports: Reports,
        archive: Archive,
        gatekeeper: Gatekeeper,
        tasks: TaskSet,
        interval_s: float,
        interval_s_max: float,
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._clock = clock
        self._reports = reports
        self._archive = archive
        self._gatekeeper = gatekeeper
        self._tasks = tasks
        self._interval_s = interval_s
        self._interval_s_max = interval_s_max
        self._watched: set[str] = set()

    def watch(self, request_id: str) -> None:
        """Asks about an order in the background until it is settled."""
        if request_id not in self._watched:
            self._watched.add(request_id)
            self._tasks.spawn(self._watch(request_id))

    async def ask(self, request_id: str) -> bool:
        """Asks once and applies the answer; False when the venue gave none that proves anything.

        An order that has ended and left memory meanwhile, here as at every wait, is settled.
        """
        order = self._writer.book.order(request_id)
        if order is None:
            return True
        begun_ns, agree = self._clock.now_ns(), self._gatekeeper.clocks_agree
        spec = order.spec
        outcome = await self._broker.query(spec.symbol, request_id, order.venue_order_id)
        absent = isinstance(outcome, Absent)
        if isinstance(outcome, Acknowledged):
            absent = is_anothers(order, outcome.report)
            if not absent:
                await self._take(outcome.report, "query")
                return True
        # The broker may have found out by asking that a clock was set: both looks count.
        agree = agree and self._gatekeeper.clocks_agree
        if absent and agree and _fenced(order, begun_ns):
            return await self._confirm_absence(order)
        return False

    async def recall(self, report: VenueReport) -> None:
        """Brings an archived order back if `report` says anything new of it, and applies it."""
        kept = await self._archive.load(report.request_id)
        if is_anothers(kept.order, report):
            self._reports.on_foreign(report)
            return
        book = self._writer.book
        if observe(kept.order, report) and (report.request_id in book.state.archived):
            event = OrderRecalled(request_id=report.request_id, kept=encode_kept(kept))
            self._writer.commit([event], trace_id=kept.order.trace_id)
        if book.order(report.request_id) is not None:
            self._reports.on_report(report, "stream")

    async def _watch(self, request_id: str) -> None:
        interval_s = self._interval_s
        while True:
            try:
                await self.ask(request_id)
            except Exception as error:  # noqa: BLE001 -- told, and the order is still in doubt
                self._tasks.on_crash(error)
            order = self._writer.book.order(request_id)
            if order is None or (order.state not in IN_FLIGHT_STATES and not order.gap):
                break
            await asyncio.sleep(interval_s)
            interval_s = min(interval_s * 2, self._interval_s_max)
        self._watched.discard(request_id)

    async def _take(self, report: VenueReport, source: str) -> None:
        """Applies a report, with the order's executions when it speaks of some that we lack."""
        order = self._writer.book.order(report.request_id)
        if order is not None and report.cumulative_quantity > order.cumulative_quantity:
            fills = await self._broker.trades(report.symbol, report.venue_order_id)
            if fills is not None:
                report = msgspec.structs.replace(report, fills=tuple(fills))
        self._reports.on_report(report, source, answers=True)

    async def _confirm_absence(self, order: Order) -> bool:
        """The second, independent read; both found nothing: the order never landed."""
        spec = order.spec
        since_ns = order.attempts[0].signed_at_ns - RECORD_MARGIN_NS
        outcome = await self._broker.query_history(spec.symbol, order.request_id, since_ns)
        if isinstance(outcome, Acknowledged):
            await self._take(outcome.report, "history")
            return True
        now = self._writer.book.order(order.request_id)
        if isinstance(outcome, Absent) and now is not None and now.state in ADMITTED[OrderRejected]:
            event = OrderRejected(
                request_id=now.request_id,
                code="NEVER_LANDED",
                reason="two reads after the fence found no trace of it; try again under a new id",
                source="history",
            )
            self._reports.apply(now, (event,), answers=True)
        return isinstance(outcome, Absent)


def _fenced(order: Order, at_ns: int) -> bool:
    """Whether the venue could no longer admit any attempt at `at_ns`."""
    return order.state is OrderState.UNKNOWN and all(
        attempt.fence_at_ns < at_ns for attempt in order.attempts
    )
