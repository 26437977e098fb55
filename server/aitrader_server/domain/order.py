"""The life of one order: a table of transitions and the one function that applies it.

States follow FIX OrdStatus. What the table does not list is refused, as a value: the caller counts
it and asks the venue again.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from aitrader_server.domain.events import (
    OrderAccepted,
    OrderAmended,
    OrderAnswered,
    OrderApprovalRequested,
    OrderApproved,
    OrderCanceled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderCompleted,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderInitialized,
    OrderLost,
    OrderRejected,
    OrderReplaceRefused,
    OrderReplaceRequested,
    OrderSubmitted,
    OrderTriggered,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.terms import Attempt, Breach, Fill, OrderSpec
from aitrader_server.domain.words import TERMINAL_STATES, OrderState


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the journal knows it; quantities in base, `cumulative_quote` in quote asset.

    `waits` while the first order of its list has not filled. `replaced_by` is the order that is to
    take its place, empty for an amendment. `approve_by_ns` is 0 for an order that nobody else had
    to approve.
    """

    spec: OrderSpec
    base: str
    quote: str
    state: OrderState
    created_at_ns: int
    updated_at_ns: int
    trace_id: str
    reserve_price: Decimal
    limits_version: int
    venue_order_id: str = ""
    quantity: Decimal | None = None
    cumulative_quantity: Decimal = ZERO
    cumulative_quote: Decimal = ZERO
    reported_quantity: Decimal = ZERO
    fills: tuple[Fill, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    breaches: tuple[Breach, ...] = ()
    waits: bool = False
    replaced_by: str = ""
    approve_by_ns: int = 0
    approved_by: str = ""

    @property
    def request_id(self) -> str:
        return self.spec.request_id

    @property
    def terminal(self) -> bool:
        """No more is expected; a late fill is still booked."""
        return self.state in TERMINAL_STATES

    @property
    def leaves_quantity(self) -> Decimal:
        """Base asset that may still execute; zero once terminal or while unknown to the venue."""
        if self.quantity is None or self.state in TERMINAL_STATES:
            return ZERO
        return max(self.quantity - self.cumulative_quantity, ZERO)

    @property
    def average_price(self) -> Decimal | None:
        """Quote per base over all fills."""
        if not self.cumulative_quantity:
            return None
        return self.cumulative_quote / self.cumulative_quantity

    @property
    def gap(self) -> Decimal:
        """Base asset that the venue reported as executed and we have not booked yet."""
        return max(self.reported_quantity - self.cumulative_quantity, ZERO)


class NotAdmitted(msgspec.Struct, frozen=True):
    """The table has no such transition."""

    state: OrderState
    kind: str


_OPEN = (OrderState.ACCEPTED, OrderState.TRIGGERED, OrderState.PARTIALLY_FILLED)
_SENT = (OrderState.SUBMITTED, OrderState.UNKNOWN)
_WORKING = (*_SENT, *_OPEN, OrderState.PENDING_REPLACE, OrderState.PENDING_CANCEL)
# The proof of absence was wrong: the venue has the order after all.
_DISPROVED = (OrderState.REJECTED, OrderState.LOST)
_ENDED_WITH_FILLS = (OrderState.CANCELED, OrderState.EXPIRED, OrderState.FILLED)

# Which states admit which event; the state that follows is computed where it depends on amounts.
ADMITTED: dict[type[OrderEvent], frozenset[OrderState]] = {
    OrderDenied: frozenset({OrderState.INITIALIZED, OrderState.PENDING_APPROVAL}),
    OrderApprovalRequested: frozenset({OrderState.INITIALIZED}),
    OrderApproved: frozenset({OrderState.PENDING_APPROVAL}),
    # Again when the venue proved that it did not take the attempt before.
    OrderSubmitted: frozenset(
        {OrderState.INITIALIZED, OrderState.PENDING_APPROVAL, OrderState.SUBMITTED}
    ),
    OrderUnknown: frozenset({OrderState.SUBMITTED}),
    OrderAccepted: frozenset({*_SENT, *_DISPROVED}),
    OrderTriggered: frozenset(
        {*_SENT, OrderState.ACCEPTED, OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE}
    ),
    OrderFilled: frozenset({*_WORKING, *_DISPROVED, *_ENDED_WITH_FILLS}),
    OrderGapFound: frozenset({*_WORKING, *_DISPROVED, *_ENDED_WITH_FILLS}),
    OrderCompleted: frozenset(_WORKING),
    OrderCancelRequested: frozenset(_OPEN),
    OrderCancelRefused: frozenset({OrderState.PENDING_CANCEL}),
    OrderReplaceRequested: frozenset(_OPEN),
    OrderReplaceRefused: frozenset({OrderState.PENDING_REPLACE}),
    OrderAmended: frozenset({*_OPEN, OrderState.PENDING_REPLACE, OrderState.PENDING_CANCEL}),
    OrderCanceled: frozenset({*_WORKING, *_DISPROVED, OrderState.PENDING_APPROVAL}),
    OrderExpired: frozenset({*_WORKING, *_DISPROVED, OrderState.PENDING_APPROVAL}),
    OrderRejected: frozenset(_SENT),
    OrderLost: frozenset({*_WORKING} - {OrderState.SUBMITTED}),
    OrderAnswered: frozenset(OrderState),
    ReportIgnored: frozenset(OrderState),
}


def initialize(event: OrderInitialized, *, at_ns: int, trace_id: str) -> Order:
    """The order that an intent starts."""
    return Order(
        spec=event.spec,
        base=event.base,
        quote=event.quote,
        state=OrderState.INITIALIZED,
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
        trace_id=trace_id,
        reserve_price=event.reserve_price,
        limits_version=event.limits_version,
        quantity=event.spec.quantity,
        waits=event.spec.place is not None and event.spec.place.waits,
    )


def release(order: Order) -> Order:
    """`order` once the first of its list has filled: it works like any other."""
    return msgspec.structs.replace(order, waits=False)


def apply(order: Order, event: OrderEvent, at_ns: int) -> Order | NotAdmitted:
    """`order` after `event`; NotAdmitted leaves everything as it was."""
    if order.state not in ADMITTED[type(event)]:
        return NotAdmitted(order.state, type(event).__name__)
    return _ADVANCE[type(event)](order, event, at_ns)


def _denied(order: Order, event: OrderDenied, at_ns: int) -> Order:
    return _with(
        order,
        at_ns,
        state=OrderState.DENIED,
        breaches=event.breaches,
        reason=event.breaches[0].message,
    )


def _approval_requested(order: Order, event: OrderApprovalRequested, at_ns: int) -> Order:
    return _with(
        order,
        at_ns,
        state=OrderState.PENDING_APPROVAL,
        reason=event.reason,
        approve_by_ns=event.expires_at_ns,
    )


def _approved(order: Order, event: OrderApproved, at_ns: int) -> Order:
    price = order.reserve_price if event.reserve_price is None else event.reserve_price
    return _with(order, at_ns, reason="", approved_by=event.actor, reserve_price=price)


def _submitted(order: Order, event: OrderSubmitted, at_ns: int) -> Order:
    attempts = (*order.attempts, event.attempt)
    return _with(order, at_ns, state=OrderState.SUBMITTED, attempts=attempts)


def _unknown(order: Order, event: OrderUnknown, at_ns: int) -> Order:
    return _with(order, at_ns, state=OrderState.UNKNOWN, reason=event.cause)


def _accepted(order: Order, event: OrderAccepted, at_ns: int) -> Order:
    return _with(
        order,
        at_ns,
        state=OrderState.ACCEPTED,
        venue_order_id=event.venue_order_id,
        quantity=event.quantity or order.quantity,
        reason="",
    )


def _triggered(order: Order, event: OrderTriggered, at_ns: int) -> Order:
    pending = order.state in (OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE)
    return _with(
        order,
        at_ns,
        state=order.state if pending else OrderState.TRIGGERED,
        venue_order_id=event.venue_order_id,
    )


def _gap_found(order: Order, event: OrderGapFound, at_ns: int) -> Order:
    return _with(
        order,
        at_ns,
        venue_order_id=event.venue_order_id,
        reported_quantity=max(order.reported_quantity, event.reported_quantity),
    )


def _completed(order: Order, event: OrderCompleted, at_ns: int) -> Order:
    all_booked = order.cumulative_quantity >= event.quantity
    return _with(
        order,
        at_ns,
        state=OrderState.FILLED if all_booked else order.state,
        venue_order_id=event.venue_order_id,
        quantity=event.quantity,
        reported_quantity=max(order.reported_quantity, event.quantity),
        reason="" if all_booked else order.reason,
    )


def _cancel_requested(order: Order, _: OrderCancelRequested, at_ns: int) -> Order:
    return _with(order, at_ns, state=OrderState.PENDING_CANCEL)


def _works_on(order: Order, event: OrderCancelRefused | OrderReplaceRefused, at_ns: int) -> Order:
    return _with(order, at_ns, state=_open_state(order), reason=event.reason, replaced_by="")


def _replace_requested(order: Order, event: OrderReplaceRequested, at_ns: int) -> Order:
    return _with(order, at_ns, state=OrderState.PENDING_REPLACE, replaced_by=event.by)


def _amended(order: Order, event: OrderAmended, at_ns: int) -> Order:
    if order.cumulative_quantity >= event.quantity:
        state = OrderState.FILLED
    elif order.state is OrderState.PENDING_REPLACE and not order.replaced_by:
        state = _open_state(order)
    else:
        # Made smaller before, and told late: what is to take its place is still under way.
        state = order.state
    return _with(order, at_ns, state=state, quantity=event.quantity, reason="")


def _open_state(order: Order) -> OrderState:
    return OrderState.PARTIALLY_FILLED if order.fills else OrderState.ACCEPTED


def _ended(order: Order, event: OrderCanceled | OrderExpired, at_ns: int) -> Order:
    state = OrderState.CANCELED if isinstance(event, OrderCanceled) else OrderState.EXPIRED
    return _with(
        order, at_ns, state=state, reason=event.reason, venue_order_id=event.venue_order_id
    )


def _rejected(order: Order, event: OrderRejected, at_ns: int) -> Order:
    return _with(order, at_ns, state=OrderState.REJECTED, reason=f"{event.code}: {event.reason}")


def _lost(order: Order, event: OrderLost, at_ns: int) -> Order:
    reason = f"settled as absent by {event.actor}: {event.evidence}"
    return _with(order, at_ns, state=OrderState.LOST, reason=reason)


def _unchanged(order: Order, _: OrderEvent, at_ns: int) -> Order:
    return _with(order, at_ns)


def _with(order: Order, at_ns: int, **changes: object) -> Order:
    return msgspec.structs.replace(order, updated_at_ns=at_ns, **changes)


def _filled(order: Order, event: OrderFilled, at_ns: int) -> Order:
    fill = event.fill
    cumulative = order.cumulative_quantity + fill.quantity
    state = order.state
    if state not in (OrderState.CANCELED, OrderState.EXPIRED):
        if order.quantity is not None and cumulative >= order.quantity:
            state = OrderState.FILLED
        elif state not in (OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE):
            state = OrderState.PARTIALLY_FILLED
    return _with(
        order,
        at_ns,
        state=state,
        venue_order_id=event.venue_order_id,
        cumulative_quantity=cumulative,
        cumulative_quote=order.cumulative_quote + fill.quantity * fill.price,
        reported_quantity=max(order.reported_quantity, cumulative),
        fills=(*order.fills, fill),
        reason="" if state is OrderState.FILLED else order.reason,
    )


_ADVANCE: dict[type[OrderEvent], Callable[[Order, Any, int], Order]] = {
    OrderDenied: _denied,
    OrderApprovalRequested: _approval_requested,
    OrderApproved: _approved,
    OrderSubmitted: _submitted,
    OrderUnknown: _unknown,
    OrderAccepted: _accepted,
    OrderTriggered: _triggered,
    OrderFilled: _filled,
    OrderGapFound: _gap_found,
    OrderCompleted: _completed,
    OrderCancelRequested: _cancel_requested,
    OrderCancelRefused: _works_on,
    OrderReplaceRequested: _replace_requested,
    OrderReplaceRefused: _works_on,
    OrderAmended: _amended,
    OrderCanceled: _ended,
    OrderExpired: _ended,
    OrderRejected: _rejected,
    OrderLost: _lost,
    OrderAnswered: _unchanged,
    ReportIgnored: _unchanged,
}
