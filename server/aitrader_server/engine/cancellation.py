"""Cancels pass every control; what a venue answers to them proves little until it is asked."""

import asyncio

from aitrader_server.domain.events import (
    OrderCanceled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderLost,
)
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.venue import (
    Absent,
    Acknowledged,
    Ambiguous,
    CancelOutcome,
    Refused,
    VenueStatus,
)
from aitrader_server.domain.words import OrderState, Side
from aitrader_server.engine.archive import Archive
from aitrader_server.engine.commands import Caller, Cancelled
from aitrader_server.engine.ports import Broker
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.resolver import Resolver
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import FailedPrecondition, NotFound

CONCURRENT_CANCELS_MAX = 8
TAKE_OVER = Caller(name="restart", trace_id="")


class Cancellation:
    """One conversation per cancel: whoever asks meanwhile waits for the same one."""

    def __init__(
        self,
        *,
        writer: Writer,
        broker: Broker,
        reports: Reports,
        archive: Archive,
        resolver: Resolver,
        tasks: TaskSet,
        answer_timeout_s: float,
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._reports = reports
        self._archive = archive
        self._resolver = resolver
        self._tasks = tasks
        self._answer_timeout_s = answer_timeout_s
        self._running: dict[str, asyncio.Task[None]] = {}

    async def cancel(self, order_id: str, caller: Caller, timeout_s: float) -> Cancelled:
        """Asks the venue to cancel; after `timeout_s` the order is answered as it stands.

        Raises NotFound for an id that names no order.
        """
        kept = await self._archive.find(order_id)
        if kept is None:
            raise NotFound(f"there is no order {order_id}", reason="UNKNOWN_ORDER")
        order = kept.order
        if self._writer.failure is not None:
            return await self._cancel_unrecorded(order)
        if not order.terminal:
            await asyncio.wait({self._start(order, caller)}, timeout=timeout_s)
        # It may have ended and left memory meanwhile.
        kept = await self._archive.find(order.request_id) or kept
        await self._writer.settle()
        return _outcome(kept.order)

    async def cancel_all(self, symbol: str, caller: Caller, timeout_s: float) -> list[Cancelled]:
        """Cancels every working order, of one symbol or of all when `symbol` is empty.

        A caller who leaves early stops none of it.
        """
        chosen = [o for o in self._writer.book.working() if symbol in ("", o.spec.symbol)]
        return await asyncio.shield(self._tasks.spawn(self._cancel_each(chosen, caller, timeout_s)))

    async def cancel_entries(self, caller: Caller, timeout_s: float) -> list[Cancelled]:
        """Cancels what may open or grow a position; on spot, purchases. What protects stays."""
        chosen = [o for o in self._writer.book.working() if o.spec.side is Side.BUY]
        return await asyncio.shield(self._tasks.spawn(self._cancel_each(chosen, caller, timeout_s)))

    async def _cancel_each(
        self, orders: list[Order], caller: Caller, timeout_s: float
    ) -> list[Cancelled]:
        gate = asyncio.Semaphore(CONCURRENT_CANCELS_MAX)

        async def cancel_one(order: Order) -> Cancelled:
            async with gate:
                return await self.cancel(order.request_id, caller, timeout_s)

        return list(await asyncio.gather(*(cancel_one(order) for order in orders)))

    async def settle_absent(self, request_id: str, evidence: str, caller: Caller) -> Order:
        """An operator's word that the venue does not have an order, though it may have had it.

        Raises NotFound, or FailedPrecondition when the order has ended, is just being sent, or is
        open by our books and not denied by the venue.
        """
        order = self._losable(request_id)
        if order.state is not OrderState.UNKNOWN:
            found = await self._broker.query(order.spec.symbol, request_id, order.venue_order_id)
            if not isinstance(found, Absent):
                raise FailedPrecondition(
                    f"the venue does not deny order {request_id}: cancel it instead",
                    reason="ORDER_NOT_ABSENT",
                )
        event = OrderLost(request_id=request_id, evidence=evidence, actor=caller.name)
        self._reports.apply(self._losable(request_id), (event,))
        return await self._durable(request_id)

    async def settle_present(self, request_id: str) -> Order:
        """An operator's word that the venue has the order: it is asked again."""
        self._known(request_id)
        await self._resolver.ask(request_id)
        return await self._durable(request_id)

    async def _durable(self, request_id: str) -> Order:
        """The order as it is now, once that is on disk."""
        order = self._known(request_id)
        await self._writer.settle()
        return order

    def _known(self, request_id: str) -> Order:
        order = self._writer.book.order(request_id)
        if order is None:
            raise NotFound(f"there is no order {request_id}", reason="UNKNOWN_ORDER")
        return order

    def _losable(self, request_id: str) -> Order:
        order = self._known(request_id)
        if order.state not in ADMITTED[OrderLost]:
            raise FailedPrecondition(
                f"order {request_id} is {order.state}: only UNKNOWN and open orders are settled "
                "by hand",
                reason="ORDER_NOT_UNKNOWN",
            )
        return order

    def take_over(self) -> None:
        """After a start: asks again for every cancel whose answer the last life did not see."""
        for order in self._writer.book.working():
            if order.state is OrderState.PENDING_CANCEL:
                self._start(order, TAKE_OVER)

    def _start(self, order: Order, caller: Caller) -> asyncio.Task[None]:
        running = self._running.get(order.request_id)
        if running is None:
            running = self._tasks.spawn(self._cancel(order.request_id, caller))
            self._running[order.request_id] = running
            running.add_done_callback(lambda _: self._running.pop(order.request_id, None))
        return running

    async def _cancel_unrecorded(self, order: Order) -> Cancelled:
        """A lost disk keeps no order at the venue: the cancel goes out, and its answer is told.

        `order` is answered as it was booked last; the next start books what came of it.
        """
        if order.terminal:
            return _outcome(order)
        outcome = await self._broker.cancel(
            order.spec.symbol, order.request_id, order.venue_order_id
        )
        cancelled = (
            isinstance(outcome, Acknowledged) and outcome.report.status is VenueStatus.CANCELED
        )
        return Cancelled(order=order, cancelled=cancelled, error="" if cancelled else _why(outcome))

    async def _cancel(self, request_id: str, caller: Caller) -> None:
        book = self._writer.book
        order = book.order(request_id)
        if order is not None and order.state is OrderState.SUBMITTED:
            # Its reply is under way: the venue could not find yet what is to be cancelled.
            await self._reports.wait_answered(request_id, self._answer_timeout_s)
        order = book.order(request_id)
        if order is None or order.terminal:
            return
        if order.state is OrderState.PENDING_APPROVAL:
            reason = f"withdrawn by {caller.name} before anybody approved it"
            event = OrderCanceled(request_id=request_id, venue_order_id="", reason=reason)
            self._reports.apply(order, (event,))
            return
        if order.state in ADMITTED[OrderCancelRequested]:
            self._reports.apply(
                order, (OrderCancelRequested(request_id=request_id, actor=caller.name),)
            )
            await self._writer.settle()
        try:
            order = book.order(request_id) or order
            outcome = await self._broker.cancel(order.spec.symbol, request_id, order.venue_order_id)
        except Exception:
            await self._conclude(request_id, Ambiguous("the venue adapter failed"))
            raise
        await self._conclude(request_id, outcome)

    async def _conclude(self, request_id: str, outcome: CancelOutcome) -> None:
        """Takes in what came of a cancel; without a confirmation the venue is asked."""
        if isinstance(outcome, Acknowledged):
            self._reports.on_report(outcome.report, "reply", answers=True)
        book = self._writer.book
        order = book.order(request_id)
        if order is not None and not order.terminal:
            await self._resolver.ask(request_id)
            order = book.order(request_id)
        if order is None or isinstance(outcome, Acknowledged):
            return
        if order.state is OrderState.PENDING_CANCEL:
            event = OrderCancelRefused(request_id=request_id, reason=_why(outcome))
            self._reports.apply(order, (event,))


def _why(outcome: CancelOutcome) -> str:
    """What the venue said, or why it could not be heard."""
    if isinstance(outcome, Acknowledged):
        return f"the order is {outcome.report.status} at the venue"
    return outcome.reason if isinstance(outcome, Refused) else outcome.cause


def _outcome(order: Order) -> Cancelled:
    cancelled = order.state is OrderState.CANCELED
    error = "" if cancelled else f"the order is {order.state}"
    if not cancelled and order.reason:
        error += f": {order.reason}"
    return Cancelled(order=order, cancelled=cancelled, error=error)
