"""Ends open orders because their owner says so."""

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import end, withdraw
from aitrader_gateway.sandbox.matching.model import Canceled, Order, Refusal
from aitrader_gateway.sandbox.matching.words import (
    CancelRestriction,
    OrderStatus,
    SymbolStatus,
)

_CANCELS = frozenset({SymbolStatus.TRADING, SymbolStatus.CANCEL_ONLY})
_MET_BY = {
    CancelRestriction.ONLY_NEW: OrderStatus.NEW,
    CancelRestriction.ONLY_PARTIALLY_FILLED: OrderStatus.PARTIALLY_FILLED,
}


def find_open(
    floor: Floor, account: str, symbol: str, order_id: int | None, client_order_id: str
) -> Order | Refusal:
    """The open order that a cancel names, in a market that takes cancels."""
    market = floor.markets.get(symbol)
    if market is None:
        return refusals.INVALID_SYMBOL
    if market.status not in _CANCELS:
        return refusals.CANCEL_CLOSED
    order = floor.accounts[account].register.find(symbol, order_id, client_order_id)
    if order is None or order.ended:
        return refusals.UNKNOWN_ORDER
    return order


def cancel(
    floor: Floor,
    account: str,
    symbol: str,
    *,
    order_id: int | None,
    client_order_id: str,
    new_client_order_id: str,
    restriction: CancelRestriction,
    at_ns: int,
) -> Canceled | Refusal:
    """Ends one order."""
    order = find_open(floor, account, symbol, order_id, client_order_id)
    if isinstance(order, Refusal):
        return order
    if order.status is not _MET_BY.get(restriction, order.status):
        return refusals.CANCEL_RESTRICTED
    return cancel_order(floor, order, new_client_order_id, at_ns)


def cancel_order(floor: Floor, order: Order, new_client_order_id: str, at_ns: int) -> Canceled:
    """Ends an open order; a cancel that its owner gave no id gets one."""
    own_id = new_client_order_id or f"cancel-{floor.next_execution}"
    withdraw(floor, order, at_ns)
    order = end(floor, order, OrderStatus.CANCELED, at_ns, client_order_id=own_id)
    return Canceled(order=order, client_order_id=own_id)
