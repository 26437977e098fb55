"""From a venue's statement to the events that it adds to an order.

The same fact arrives several times: in the reply, on the account stream, in a query, in any order.
What is already known yields nothing, so that any order of arrival ends in the same state.
"""

from decimal import Decimal

from aitrader_server.domain.events import (
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderRejected,
    OrderTriggered,
    ReportIgnored,
)
from aitrader_server.domain.instrument import Instrument
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


def observe(order: Order, report: VenueReport, instrument: Instrument) -> tuple[OrderEvent, ...]:
    """Events that `report` adds to `order`, in the order in which they apply."""
    if order.venue_order_id and order.venue_order_id != report.venue_order_id:
        return (_ignored(order, f"{report.status} for venue order {report.venue_order_id}"),)
    events: list[OrderEvent] = []
    rank = STATE_RANK[order.state]
    request_id = order.request_id
    if rank < STATE_RANK[OrderState.ACCEPTED] and report.status is not VenueStatus.REJECTED:
        events.append(
            OrderAccepted(
                request_id=request_id,
                venue_order_id=report.venue_order_id,
                quantity=report.quantity,
            )
        )
        rank = STATE_RANK[OrderState.ACCEPTED]
    booked = _add_fills(order, report, instrument, events)
    if report.cumulative_quantity > max(booked, order.reported_quantity):
        events.append(
            OrderGapFound(
                request_id=request_id,
                venue_order_id=report.venue_order_id,
                reported_quantity=report.cumulative_quantity,
            )
        )
    ending = _ending(order, report, rank)
    if ending is not None:
        events.append(ending)
    return tuple(events)


def _add_fills(
    order: Order, report: VenueReport, instrument: Instrument, events: list[OrderEvent]
) -> Decimal:
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
                base=instrument.base,
                quote=instrument.quote,
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
        case VenueStatus.REJECTED if order.state in ADMITTED[OrderRejected]:
            return OrderRejected(request_id=request_id, code="VENUE", reason=report.reason)
        case VenueStatus.REJECTED if order.state is not OrderState.REJECTED:
            return _ignored(order, "REJECTED")
        case _:
            return None


def _ignored(order: Order, reported: str) -> ReportIgnored:
    return ReportIgnored(request_id=order.request_id, state=order.state, reported=reported)
