"""Changes of open orders: smaller in place, or one order in the place of another."""

import asyncio
from decimal import Decimal
from typing import assert_never

import msgspec

from aitrader_server.domain.events import (
    Event,
    OrderDenied,
    OrderInitialized,
    OrderReplaceRefused,
    OrderReplaceRequested,
    OrderSubmitted,
)
from aitrader_server.domain.money import ZERO, trimmed
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.risk.checks import assess
from aitrader_server.domain.risk.context import Breaches
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import (
    Acknowledged,
    Ambiguous,
    AmendOutcome,
    ApprovedReplacement,
    Refused,
    Replaced,
    Replacement,
    ReplaceOutcome,
)
from aitrader_server.domain.words import OrderState, OrderType, TradingState
from aitrader_server.engine.admission import Admission
from aitrader_server.engine.archive import Archive
from aitrader_server.engine.cancellation import Cancellation
from aitrader_server.engine.commands import Caller, Change, Changed
from aitrader_server.engine.departures import NOT_SENT, Departures
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.ports import Broker, Clock
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.resolver import Resolver
from aitrader_server.engine.submission import STOPPED, Submission
from aitrader_server.engine.tally import RISK, VENUE
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import AiTraderError, FailedPrecondition, InvalidRequest, NotFound

AMENDABLE = frozenset({OrderType.LIMIT, OrderType.LIMIT_MAKER})


class Replacing:
    """One change of an order at a time, carried through whoever waits for it."""

    def __init__(
        self,
        *,
        writer: Writer,
        broker: Broker,
        clock: Clock,
        admission: Admission,
        submission: Submission,
        gatekeeper: Gatekeeper,
        departures: Departures,
        reports: Reports,
        resolver: Resolver,
        cancellation: Cancellation,
        archive: Archive,
        tasks: TaskSet,
        interval_s: float,
    ) -> None:
        self._writer = writer
        self._broker = broker
        self._clock = clock
        self._admission = admission
        self._submission = submission
        self._gatekeeper = gatekeeper
        self._departures = departures
        self._reports = reports
        self._resolver = resolver
        self._cancellation = cancellation
        self._archive = archive
        self._tasks = tasks
        self._interval_s = interval_s
        # Orders that are cancelled so that others take their place: their state shows it late.
        self._under_change: set[str] = set()

    def take_over(self) -> None:
        """After a start: finds out what became of the changes that the last life had sent."""
        for order in self._writer.book.working():
            if order.state is OrderState.PENDING_REPLACE:
                # An amendment's own fence is not kept: the venue's word is awaited as long as any.
                self._tasks.spawn(self._settle(order.request_id, self._fence_ns(order)))

    async def change(
        self, change: Change, *, digest: str, caller: Caller, timeout_s: float
    ) -> Changed:
        """Amends or replaces an open order; after `timeout_s` both are answered as they stand.

        Raises NotFound, AlreadyExists when the new id belongs to another request, InvalidRequest,
        and FailedPrecondition when the order is not open or the venue keeps it as it was.
        """
        earlier = await self._submission.replay(change.new_request_id, digest, timeout_s)
        if earlier is not None:
            kept = await self._archive.find(change.request_id)
            replaced = None if kept is None else kept.order
            return Changed(order=earlier.order, replaced=replaced, replayed=True)
        order = await self._changeable(change.request_id)
        if _changes_nothing(order, change):
            await self._writer.settle()
            return Changed(order=order, replaced=None, replayed=True)
        if _amends(order, change):
            return await self._amend(order, change, caller, timeout_s)
        spec = _replacing(order, change)
        self._submission.make_room()
        with self._writer.tally.timing(RISK, caller.trace_id):
            context = self._admission.context(spec, replaces=order)
            breaches = assess(context)
        opened = self._admission.opened(context, digest, caller, None)
        if breaches:
            return await self._deny(order, opened, breaches, caller, timeout_s)
        if not order.cumulative_quantity:
            return await self._replace(order, opened, caller, timeout_s)
        self._under_change.add(order.request_id)
        work = self._tasks.spawn(self._replace_rest(order, opened, caller, timeout_s))
        work.add_done_callback(lambda _: self._under_change.discard(order.request_id))
        changed: Changed | AiTraderError = await asyncio.shield(work)
        if isinstance(changed, AiTraderError):
            raise changed
        return changed

    async def _deny(
        self,
        order: Order,
        opened: OrderInitialized,
        breaches: Breaches,
        caller: Caller,
        timeout_s: float,
    ) -> Changed:
        """The new order is denied, and the old one is left alone."""
        request_id = opened.request_id
        denied = OrderDenied(request_id=request_id, breaches=breaches, answers=True)
        events: list[Event] = [opened, denied]
        self._writer.commit(events, trace_id=caller.trace_id)
        answer = await self._submission.answer(request_id, timeout_s)
        return Changed(order=answer, replaced=order)

    async def _changeable(self, order_id: str) -> Order:
        kept = await self._archive.find(order_id)
        if kept is None:
            raise NotFound(f"there is no order {order_id}", reason="UNKNOWN_ORDER")
        order = kept.order
        if order.request_id in self._under_change:
            raise FailedPrecondition(
                f"order {order.request_id} is being changed already", reason="ORDER_NOT_OPEN"
            )
        if order.state not in ADMITTED[OrderReplaceRequested]:
            raise FailedPrecondition(
                f"order {order.request_id} is {order.state}: only an open order can be changed",
                reason="ORDER_NOT_OPEN",
            )
        if order.spec.place is not None:
            raise FailedPrecondition(
                f"order {order.request_id} belongs to a list: cancel that and place another",
                reason="ORDER_IN_LIST",
            )
        if self._writer.book.state.trading.state is TradingState.HALTED:
            raise FailedPrecondition(
                "trading is halted: cancel the order instead, or resume", reason="TRADING_HALTED"
            )
        return order

    async def _amend(
        self, order: Order, change: Change, caller: Caller, timeout_s: float
    ) -> Changed:
        request_id, quantity = order.request_id, change.quantity
        assert quantity is not None
        requested = OrderReplaceRequested(
            request_id=request_id, quantity=quantity, actor=caller.name
        )
        self._reports.apply(order, (requested,))
        pending = self._writer.book.state.orders[request_id]
        work = self._tasks.spawn(self._send_amendment(pending, quantity))
        await asyncio.wait({work}, timeout=timeout_s)
        amended = self._writer.book.order(request_id) or order
        await self._writer.settle()
        if amended.state is not OrderState.PENDING_REPLACE and amended.quantity != quantity:
            raise FailedPrecondition(
                f"order {request_id} was not changed: {amended.reason or amended.state}",
                reason="NOT_CHANGED",
            )
        return Changed(order=amended, replaced=None)

    async def _send_amendment(self, order: Order, quantity: Decimal) -> None:
        request_id = order.request_id
        await self._writer.settle()
        try:
            outcome: AmendOutcome = await self._broker.amend(
                order.spec.symbol, request_id, order.venue_order_id, quantity
            )
        except Exception:
            self._tasks.spawn(self._settle(request_id, self._fence_ns(order)))
            raise
        match outcome:
            case Acknowledged(report=report):
                self._reports.on_report(report, "reply")
            case Refused(reason=reason):
                self._refuse(request_id, reason)
                await self._resolver.ask(request_id)
            case Ambiguous(fence_at_ns=fence_at_ns):
                await self._settle(request_id, fence_at_ns)
            case _:
                assert_never(outcome)

    async def _replace(
        self, order: Order, opened: OrderInitialized, caller: Caller, timeout_s: float
    ) -> Changed:
        """Has the venue do both at once, provided that the order has executed nothing till then."""
        spec = opened.spec
        replacement = Replacement(
            request_id=order.request_id,
            venue_order_id=order.venue_order_id,
            spec=spec,
        )
        attempt = self._broker.prepare_replacement(replacement, self._clock.now_ns())
        events: list[Event] = [
            opened,
            OrderSubmitted(request_id=spec.request_id, attempt=attempt),
            OrderReplaceRequested(
                request_id=order.request_id, by=spec.request_id, actor=caller.name
            ),
        ]
        approved = ApprovedReplacement(replacement, attempt)
        self._writer.commit(
            events,
            trace_id=caller.trace_id,
            then=lambda: self._tasks.spawn(self._send_replacement(approved, caller.trace_id)),
        )
        placed = await self._submission.answer(spec.request_id, timeout_s)
        replaced = self._writer.book.order(order.request_id) or order
        await self._writer.settle()
        return Changed(order=placed, replaced=replaced)

    async def _replace_rest(
        self, order: Order, opened: OrderInitialized, caller: Caller, timeout_s: float
    ) -> Changed | AiTraderError:
        """Cancels an order that executes, and places what it then turns out to have left.

        The venue could do both at once, but not without placing again what executes meanwhile.
        A caller who leaves early stops none of it: an error is a value here.
        """
        spec = opened.spec
        assert spec.quantity is not None
        wanted = order.cumulative_quantity + spec.quantity
        cancelled = await self._cancellation.cancel(order.request_id, caller, timeout_s)
        order = cancelled.order
        if not cancelled.cancelled:
            return _unchanged(f"order {order.request_id} is {order.state}: look at it first")
        left = wanted - order.reported_quantity
        if left <= ZERO:
            executed = trimmed(order.reported_quantity)
            return _unchanged(f"order {order.request_id} was cancelled with {executed} executed")
        try:
            placed = await self._submission.place(
                msgspec.structs.replace(spec, quantity=_unpadded(left)),
                digest=opened.digest,
                caller=caller,
                timeout_s=timeout_s,
            )
        except AiTraderError as error:
            return error
        return Changed(order=placed.order, replaced=order)

    async def _send_replacement(self, approved: ApprovedReplacement, trace_id: str) -> None:
        old, new = approved.replacement.request_id, approved.replacement.spec.request_id
        if self._writer.failure is not None:
            return
        if not self._gatekeeper.may_send((approved.replacement.spec,)):
            self._submission.reject(new, NOT_SENT, STOPPED)
            self._refuse(old, "trading was stopped before the change left")
            return
        try:
            with self._departures.leaving(), self._writer.tally.timing(VENUE, trace_id):
                outcome: ReplaceOutcome = await self._broker.replace(approved)
        except Exception:
            self._submission.doubt(new, Ambiguous("the venue adapter failed"))
            self._tasks.spawn(self._settle(old, approved.attempt.fence_at_ns))
            raise
        match outcome:
            case Replaced(canceled=canceled, placed=placed):
                self._reports.on_report(canceled, "reply")
                if isinstance(placed, Refused):
                    self._submission.reject(new, placed.code, placed.reason)
                else:
                    self._reports.on_report(placed, "reply", answers=True)
            case Refused(code=code, reason=reason):
                self._submission.reject(new, code, reason)
                self._refuse(old, reason)
                await self._resolver.ask(old)
            case Ambiguous():
                self._submission.doubt(new, outcome)
                await self._settle(old, approved.attempt.fence_at_ns)
            case _:
                assert_never(outcome)

    async def _settle(self, request_id: str, fence_at_ns: int) -> None:
        """Asks until the venue has said what the order is now, or can no longer change it."""
        while True:
            asked_ns = self._clock.now_ns()
            heard = await self._resolver.ask(request_id)
            order = self._writer.book.order(request_id)
            if order is None or order.state is not OrderState.PENDING_REPLACE:
                return
            if heard and asked_ns > fence_at_ns:
                self._refuse(request_id, "the venue kept the order as it was")
                return
            await asyncio.sleep(self._interval_s)

    def _refuse(self, request_id: str, reason: str) -> None:
        order = self._writer.book.order(request_id)
        if order is not None and order.state is OrderState.PENDING_REPLACE:
            event = OrderReplaceRefused(request_id=request_id, reason=reason)
            self._reports.apply(order, (event,))

    def _fence_ns(self, order: Order) -> int:
        """When the venue can no longer act on a change whose sending a dead process began."""
        successor = self._writer.book.order(order.replaced_by)
        if successor is not None and successor.attempts:
            return successor.attempts[-1].fence_at_ns
        attempt = order.attempts[-1]
        return order.updated_at_ns + attempt.fence_at_ns - attempt.signed_at_ns


def _unchanged(why: str) -> FailedPrecondition:
    return FailedPrecondition(f"nothing was placed: {why}", reason="NOT_CHANGED")


def _changes_nothing(order: Order, change: Change) -> bool:
    """Whether the order is as wished already: it would only lose its place in the queue."""
    spec = order.spec
    return (
        change.quantity in (None, order.quantity)
        and change.limit_price in (None, spec.limit_price)
        and change.stop_price in (None, spec.stop_price)
    )


def _amends(order: Order, change: Change) -> bool:
    """Whether the change is a lower quantity and nothing else, of an order that can shrink."""
    return (
        order.spec.order_type in AMENDABLE
        and order.spec.iceberg_quantity is None
        and change.limit_price in (None, order.spec.limit_price)
        and change.stop_price in (None, order.spec.stop_price)
        and change.quantity is not None
        and order.quantity is not None
        and order.cumulative_quantity < change.quantity < order.quantity
    )


def _unpadded(quantity: Decimal) -> Decimal:
    """What arithmetic made, without the zeros that a venue had padded its amounts with."""
    return Decimal(trimmed(quantity))


def _replacing(order: Order, change: Change) -> OrderSpec:
    """The order that is to take the place of `order`, for what is then left to execute.

    Raises InvalidRequest when that is nothing, or not known.
    """
    if order.quantity is None:
        raise InvalidRequest("the order's quantity is not known yet", field="quantity")
    quantity = (change.quantity or order.quantity) - order.cumulative_quantity
    if quantity <= ZERO:
        raise InvalidRequest(
            f"{trimmed(order.cumulative_quantity)} has executed, which counts: "
            "give a larger quantity, or cancel the order",
            field="quantity",
        )
    spec = order.spec
    return msgspec.structs.replace(
        spec,
        request_id=change.new_request_id,
        quantity=_unpadded(quantity),
        quote_quantity=None,
        limit_price=change.limit_price or spec.limit_price,
        stop_price=change.stop_price or spec.stop_price,
    )
