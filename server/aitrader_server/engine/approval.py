"""A second person lets an order go, or nobody does and it ends by itself."""

from aitrader_server.domain.events import OrderApproved, OrderExpired
from aitrader_server.domain.order import Order
from aitrader_server.domain.risk.checks import assess
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.admission import Admission
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.ports import Clock
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.submission import Submission
from aitrader_server.engine.tally import RISK
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import FailedPrecondition, NotFound


class Approval:
    """Judges an order anew when it is approved: the market has moved since it was asked for."""

    def __init__(
        self,
        *,
        writer: Writer,
        clock: Clock,
        admission: Admission,
        submission: Submission,
        reports: Reports,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._admission = admission
        self._submission = submission
        self._reports = reports

    async def approve(
        self, request_id: str, reason: str, caller: Caller, timeout_s: float
    ) -> Order:
        """Sends the order, or denies it if it has come to break a limit.

        After `timeout_s` it is answered as it stands. Asked again by the same person, it is
        answered again. Raises NotFound, or FailedPrecondition for an order that does not wait for
        approval and for the person who placed it.
        """
        order = self._pending(request_id, caller)
        if order.state is OrderState.PENDING_APPROVAL:
            with self._writer.tally.timing(RISK, caller.trace_id):
                context = self._admission.context(order.spec, replaces=order, approved=True)
                breaches = assess(context)
            approved = OrderApproved(
                request_id=request_id,
                actor=caller.name,
                reason=reason,
                reserve_price=context.price,
            )
            self._submission.release(order, approved, breaches, caller)
            await self._reports.wait_answered(request_id, timeout_s)
        order = self._writer.book.order(request_id) or order
        await self._writer.settle()
        return order

    def expire(self) -> None:
        """Ends what nobody approved in time."""
        now_ns = self._clock.now_ns()
        book = self._writer.book
        for request_id in tuple(book.exposure.pending):
            order = book.state.orders[request_id]
            if order.approve_by_ns <= now_ns:
                event = OrderExpired(
                    request_id=request_id,
                    venue_order_id="",
                    reason="nobody approved it in time; place it again under a new id",
                )
                self._reports.apply(order, (event,))

    def _pending(self, request_id: str, caller: Caller) -> Order:
        self.expire()
        order = self._writer.book.order(request_id)
        if order is None:
            raise NotFound(f"there is no order {request_id}", reason="UNKNOWN_ORDER")
        if order.approved_by == caller.name:
            return order
        if order.state is not OrderState.PENDING_APPROVAL:
            raise FailedPrecondition(
                f"order {request_id} is {order.state}: it does not wait for approval",
                reason="NOT_PENDING_APPROVAL",
            )
        if self._writer.book.state.intents[request_id].actor == caller.name:
            raise FailedPrecondition(
                f"{caller.name} placed order {request_id}: somebody else must approve it",
                reason="SAME_PERSON",
            )
        return order
