"""Makes an open order smaller without taking its place in the queue."""

from decimal import Decimal

import msgspec
from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.contingency import conclude, excluded_by, list_of
from aitrader_gateway.sandbox.matching.filters import check_amended
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import end, withdraw
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.model import Amendment, Order, Refusal
from aitrader_gateway.sandbox.matching.parameters import check_quantity
from aitrader_gateway.sandbox.matching.words import (
    ExecutionType,
    ExpiryReason,
    ListStatusType,
    OrderStatus,
    SymbolStatus,
)


def amend(
    floor: Floor,
    account: str,
    symbol: str,
    *,
    order_id: int | None,
    client_order_id: str,
    new_client_order_id: str,
    new_quantity: Decimal,
    at_ns: int,
) -> Amendment | Refusal:
    """Of two orders that exclude each other both become smaller."""
    market = floor.markets.get(symbol)
    if market is None:
        return refusals.INVALID_SYMBOL
    register = floor.accounts[account].register
    order = register.find(symbol, order_id, client_order_id)
    if order is None or order.ended:
        return refusals.AMEND_UNKNOWN
    name = new_client_order_id or f"amend-{floor.next_execution}"
    refusal = _refusal(market, order, new_quantity, at_ns)
    if refusal is None and name != order.client_order_id and register.is_open(name):
        refusal = refusals.AMEND_DUPLICATE
    if refusal is not None:
        return refusal
    other = excluded_by(floor, order)
    amendment = _shrink(floor, order, name, new_quantity, at_ns)
    if other is not None:
        _shrink(floor, other, other.client_order_id, new_quantity, at_ns)
    return amendment


def _refusal(market: Market, order: Order, new_quantity: Decimal, at_ns: int) -> Refusal | None:
    listing = market.listing
    if market.status is not SymbolStatus.TRADING:
        return refusals.AMEND_CLOSED
    refusal = check_quantity(new_quantity, listing)
    if refusal is not None:
        return refusal
    if new_quantity > order.quantity:
        return refusals.AMEND_INCREASES
    if new_quantity == order.quantity:
        return refusals.AMEND_CHANGES_NOTHING
    if 0 < listing.amends_max <= order.amends:
        return refusals.AMENDS_USED_UP
    reference = market.reference(at_ns)
    return check_amended(order.request, listing.instrument, new_quantity, reference)


def _shrink(floor: Floor, order: Order, name: str, new_quantity: Decimal, at_ns: int) -> Amendment:
    """An order that has executed as much already expires."""
    done = order.cumulative_quantity + order.prevented_quantity
    leaves = max(new_quantity - done, ZERO)
    if not leaves:
        withdraw(floor, order, at_ns)
    amended = floor.change(
        order,
        at_ns,
        client_order_id=name,
        quantity=done + leaves,
        locked=order.locked / order.leaves_quantity * leaves,
        amends=order.amends + 1,
    )
    order_list = list_of(floor, order)
    if order_list is not None and name != order.client_order_id:
        status = ListStatusType.UPDATED
        floor.tell_list(msgspec.structs.replace(order_list, status_type=status), at_ns)
    execution = floor.report(
        amended, ExecutionType.REPLACED, original_client_order_id=order.client_order_id
    )
    if not leaves:
        reason = ExpiryReason.EXCHANGE_CANCELED
        amended = end(floor, amended, OrderStatus.EXPIRED, at_ns, expiry=reason)
        conclude(floor, amended, at_ns)
    elif amended.live:
        floor.markets[order.symbol].book.shrink(amended)
        floor.tell_level(order.symbol, order.side, order.price, at_ns)
    amendment = Amendment(
        execution=execution,
        order=amended,
        original_client_order_id=order.client_order_id,
        original_quantity=order.quantity,
        new_quantity=new_quantity,
        at_ns=at_ns,
    )
    floor.accounts[order.account].register.book_amendment(amendment)
    return amendment
