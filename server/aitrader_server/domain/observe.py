"""From a venue's statement to the events that it adds to an order.

The same fact arrives several times: in the reply, on the account stream, in a query, in any order.
What is already known yields nothing, so that any order of arrival ends in the same state.
"""

from decimal import Decimal

from aitrader_server.domain.events import (
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderCompleted,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderRejected,
    OrderTriggered,
    ReportIgnored,
)
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderState

# How far along an order is: an older statement never undoes a newer one.
STATE_RANK: dict[OrderState, int] = {
    OrderState.INITIALIZED: 0,
    OrderState.DENIED: 9,
    OrderState.PENDING_APPROVAL: 0,
    OrderState.SUBMITTED: 1,
    OrderState.UNKNOWN: 1,
    # A proof of absence ranks below any sign of life from the venue.
    OrderState.REJECTED: 1,
    OrderState.LOST: 1,
    OrderState.ACCEPTED: 2,
    OrderState.TRIGGERED: 3,
    OrderState.PARTIALLY_FILLED: 4,
    OrderState.PENDING_REPLACE: 4,
    OrderState.PENDING_CANCEL: 4,
    OrderState.CANCELED: 9,
    OrderState.EXPIRED: 9,
    OrderState.FILLED: 9,
}

# The venue's clock may be behind ours: its records may be older than our signature.
RECORD_MARGIN_NS = 60_000_000_000

# A venue that speaks of these means another order under the same id.
NEVER_SENT = frozenset({OrderState.INITIALIZED, OrderState.PENDING_APPROVAL, OrderState.DENIED})


def observe(order: Order, report: VenueReport) -> tuple[OrderEvent, ...]:
    """Events that `report` adds to `order`, in the order in which they apply.

    Total: whatever a venue says, every event is admitted by the state that those before it leave.
    """
    if order.state in NEVER_SENT:
        return (_ignored(order, f"{report.status} for an order that was never sent"),)
    if order.venue_order_id and order.venue_order_id != report.venue_order_id:
        return (_ignored(order, f"{report.status} for venue order {report.venue_order_id}"),)
    events: list[OrderEvent] = []
    request_id = order.request_id
    rank, total = _add_terms(order, report, events)
    before_fills = len(events)
    booked = _add_fills(order, report, events)
    if len(events) > before_fills:
        rank = max(rank, STATE_RANK[OrderState.PARTIALLY_FILLED])
    if total is not None and booked >= total:
        rank = STATE_RANK[OrderState.FILLED]
    if report.cumulative_quantity > max(booked, order.reported_quantity):
        events.append(
            OrderGapFound(
                request_id=request_id,
                venue_order_id=report.venue_order_id,
                reported_quantity=report.cumulative_quantity,
            )
        )
    match report.status:
        case VenueStatus.FILLED:
            ending = _completion(order, report, rank, total, booked)
        case VenueStatus.REJECTED:
            ending = _refusal(order, report)
        case _:
            ending = _ending(order, report, rank)
    if ending is not None:
        events.append(ending)
    return tuple(events)


def is_anothers(order: Order, report: VenueReport) -> bool:
    """Whether `report` is about somebody else's order, which has the id of ours, too.

    Ours was never sent, or has another of the venue's ids, or was sent when that was there.
    """
    if order.state in NEVER_SENT:
        return True
    if order.venue_order_id:
        return order.venue_order_id != report.venue_order_id
    return 0 < report.created_at_ns < order.attempts[0].signed_at_ns - RECORD_MARGIN_NS


def _add_terms(
    order: Order, report: VenueReport, events: list[OrderEvent]
) -> tuple[int, Decimal | None]:
    """Appends what is new of the order's being there and of its size; returns its rank and size."""
    rank, total = STATE_RANK[order.state], order.quantity
    if rank < STATE_RANK[OrderState.ACCEPTED] and not _refuses(report):
        accepted = OrderAccepted(
            request_id=order.request_id,
            venue_order_id=report.venue_order_id,
            quantity=report.quantity,
        )
        events.append(accepted)
        return STATE_RANK[OrderState.ACCEPTED], report.quantity or total
    if _amends(order, report):
        assert report.quantity is not None
        events.append(OrderAmended(request_id=order.request_id, quantity=report.quantity))
        return rank, report.quantity
    return rank, total


def _amends(order: Order, report: VenueReport) -> bool:
    """Whether the order has been made smaller: the venue never enlarges one, so less is newer."""
    return (
        report.quantity is not None
        and order.quantity is not None
        and order.cumulative_quantity <= report.quantity < order.quantity
        and report.status is not VenueStatus.FILLED
        and order.state in ADMITTED[OrderAmended]
    )


def _refuses(report: VenueReport) -> bool:
    """Whether the venue says that it never took the order on; an execution says that it did."""
    executed = report.cumulative_quantity or report.fills
    return report.status is VenueStatus.REJECTED and not executed


def _add_fills(order: Order, report: VenueReport, events: list[OrderEvent]) -> Decimal:
    """Appends the executions that are new; returns what is booked with them, base asset."""
    known = {fill.trade_id for fill in order.fills}
    booked = order.cumulative_quantity
    for fill in report.fills:
        if fill.trade_id in known:
            continue
        known.add(fill.trade_id)
        booked += fill.quantity
        events.append(
            OrderFilled(
                request_id=order.request_id,
                venue_order_id=report.venue_order_id,
                symbol=order.spec.symbol,
                side=order.spec.side,
                base=order.base,
                quote=order.quote,
                fill=fill,
            )
        )
    return booked


def _ending(order: Order, report: VenueReport, rank: int) -> OrderEvent | None:
    """The change of state beyond acceptance and fills, if the report brings one."""
    request_id, venue_order_id = order.request_id, report.venue_order_id
    match report.status:
        case VenueStatus.CANCELED if rank < STATE_RANK[OrderState.CANCELED]:
            return OrderCanceled(
                request_id=request_id, venue_order_id=venue_order_id, reason=report.reason
            )
        case VenueStatus.EXPIRED if rank < STATE_RANK[OrderState.EXPIRED]:
            return OrderExpired(
                request_id=request_id, venue_order_id=venue_order_id, reason=report.reason
            )
        case VenueStatus.TRIGGERED if rank < STATE_RANK[OrderState.TRIGGERED]:
            return OrderTriggered(request_id=request_id, venue_order_id=venue_order_id)
        case _:
            return None


def _completion(
    order: Order, report: VenueReport, rank: int, total: Decimal | None, booked: Decimal
) -> OrderEvent | None:
    """What FILLED says beyond its executions: that no more come, however much was asked for."""
    if rank >= STATE_RANK[OrderState.FILLED]:
        return None
    executed = max(report.cumulative_quantity, booked)
    if not executed:
        return _ignored(order, "FILLED with nothing executed")
    if total is not None and executed >= total:
        return None
    return OrderCompleted(
        request_id=order.request_id, venue_order_id=report.venue_order_id, quantity=executed
    )


def _refusal(order: Order, report: VenueReport) -> OrderEvent | None:
    """What REJECTED says: that the venue never took it, or would not when its turn came.

    The latter is said of orders that waited for the first of their list.
    """
    if not _refuses(report):
        return _ignored(order, "REJECTED with executions")
    if order.state in ADMITTED[OrderRejected]:
        return OrderRejected(request_id=order.request_id, code="VENUE", reason=report.reason)
    if STATE_RANK[OrderState.ACCEPTED] <= STATE_RANK[order.state] < STATE_RANK[OrderState.EXPIRED]:
        return OrderExpired(
            request_id=order.request_id,
            venue_order_id=report.venue_order_id,
            reason=f"the venue refused it when its turn came: {report.reason or 'REJECTED'}",
        )
    if order.state is not OrderState.REJECTED:
        return _ignored(order, "REJECTED")
    return None


def _ignored(order: Order, reported: str) -> ReportIgnored:
    return ReportIgnored(request_id=order.request_id, state=order.state, reported=reported)
