"""How an order begins, and how it ends."""

from decimal import Decimal

from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.model import NO_LIST, Order, OrderRequest
from aitrader_gateway.sandbox.matching.orders import conditional
from aitrader_gateway.sandbox.matching.words import ExecutionType, ExpiryReason, OrderStatus


def begin(
    floor: Floor,
    account: str,
    request: OrderRequest,
    at_ns: int,
    *,
    quantity: Decimal,
    locked: Decimal,
    list_number: int = NO_LIST,
    pending: bool = False,
) -> Order:
    """Takes on an accepted order and says so; a `pending` one waits for another to fill."""
    live = not pending and not conditional(request)
    order = Order(
        account=account,
        number=floor.next_order,
        request=request,
        client_order_id=request.client_order_id,
        quantity=quantity,
        status=OrderStatus.PENDING_NEW if pending else OrderStatus.NEW,
        live=live,
        locked=locked,
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
        prevention=floor.markets[request.symbol].prevention(request),
        price=request.price or ZERO,
        stop_price=request.stop_price or ZERO,
        list_number=list_number,
        working_at_ns=at_ns if live else -1,
    )
    floor.next_order += 1
    floor.add(order)
    floor.report(order, ExecutionType.NEW)
    return order


def withdraw(floor: Floor, order: Order, at_ns: int) -> None:
    """Takes an open order out of the book or from among the stops, before it changes."""
    market = floor.markets[order.symbol]
    if order.live:
        market.book.remove(order)
        floor.tell_level(order.symbol, order.side, order.price, at_ns)
    elif order.status is not OrderStatus.PENDING_NEW:
        market.stops.remove(order)


def end(
    floor: Floor,
    order: Order,
    status: OrderStatus,
    at_ns: int,
    *,
    expiry: ExpiryReason = ExpiryReason.NONE,
    client_order_id: str = "",
    reject_reason: str = "NONE",
) -> Order:
    """Gives back what the order locked, and says how it ended."""
    order = floor.change(order, at_ns, status=status, locked=ZERO, expiry=expiry)
    floor.report(
        order,
        ExecutionType(status),
        client_order_id=client_order_id,
        original_client_order_id=order.client_order_id if client_order_id else "",
        reject_reason=reject_reason,
    )
    return order
