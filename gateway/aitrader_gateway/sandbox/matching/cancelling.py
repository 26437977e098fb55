"""Ends open orders because their owner says so; one order of a list takes the others with it."""

from collections.abc import Iterator
from typing import Final

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.contingency import finish, list_of, open_members
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import end, withdraw
from aitrader_gateway.sandbox.matching.list_register import executes
from aitrader_gateway.sandbox.matching.model import (
    Canceled,
    CanceledList,
    Order,
    OrderList,
    Refusal,
)
from aitrader_gateway.sandbox.matching.words import (
    CancelRestriction,
    OrderStatus,
    SymbolStatus,
)

_TAKES_CANCELS: Final = frozenset({SymbolStatus.TRADING, SymbolStatus.CANCEL_ONLY})
_ONLY: Final = {
    CancelRestriction.ONLY_NEW: OrderStatus.NEW,
    CancelRestriction.ONLY_PARTIALLY_FILLED: OrderStatus.PARTIALLY_FILLED,
}


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
) -> Canceled | CanceledList | Refusal:
    """Ends one order, or the list that it belongs to."""
    refusal = _check_market(floor, symbol)
    if refusal is not None:
        return refusal
    order = floor.accounts[account].register.find(symbol, order_id, client_order_id)
    if order is None or order.ended:
        return refusals.UNKNOWN_ORDER
    if order.status is not _ONLY.get(restriction, order.status):
        return refusals.CANCEL_RESTRICTED
    return _cancel(floor, order, new_client_order_id, at_ns)


def cancel_all(
    floor: Floor, account: str, symbol: str, at_ns: int
) -> tuple[Canceled | CanceledList, ...] | Refusal:
    """Ends every open order of one symbol, the oldest first."""
    refusal = _check_market(floor, symbol)
    if refusal is not None:
        return refusal
    canceled = tuple(_cancel_each(floor, account, symbol, at_ns))
    return canceled or refusals.UNKNOWN_ORDER


def cancel_list(
    floor: Floor,
    account: str,
    symbol: str,
    *,
    list_id: int | None,
    list_client_order_id: str,
    new_client_order_id: str,
    at_ns: int,
) -> CanceledList | Refusal:
    """Ends every open order of one list."""
    refusal = _check_market(floor, symbol)
    if refusal is not None:
        return refusal
    order_list = floor.accounts[account].lists.find(list_id, list_client_order_id)
    if order_list is None or order_list.request.symbol != symbol or not executes(order_list):
        return refusals.UNKNOWN_ORDER
    return _end_list(floor, order_list, new_client_order_id, at_ns)


def _check_market(floor: Floor, symbol: str) -> Refusal | None:
    market = floor.markets.get(symbol)
    if market is None:
        return refusals.INVALID_SYMBOL
    return None if market.status in _TAKES_CANCELS else refusals.CANCEL_CLOSED


def _cancel_each(
    floor: Floor, account: str, symbol: str, at_ns: int
) -> Iterator[Canceled | CanceledList]:
    register = floor.accounts[account].register
    for number in [order.number for order in register.open_orders(symbol)]:
        order = register.order(symbol, number)
        # Its list may have taken it along.
        if order is not None and not order.ended:
            yield _cancel(floor, order, "", at_ns)


def _cancel(
    floor: Floor, order: Order, new_client_order_id: str, at_ns: int
) -> Canceled | CanceledList:
    order_list = list_of(floor, order)
    if order_list is None:
        return _end_order(floor, order, new_client_order_id, at_ns)
    return _end_list(floor, order_list, new_client_order_id, at_ns)


def _end_list(
    floor: Floor, order_list: OrderList, new_client_order_id: str, at_ns: int
) -> CanceledList:
    done = finish(floor, order_list, at_ns)
    orders = open_members(floor, order_list)
    canceled = tuple(_end_order(floor, each, new_client_order_id, at_ns) for each in orders)
    return CanceledList(list=done, orders=canceled)


def _end_order(floor: Floor, order: Order, new_client_order_id: str, at_ns: int) -> Canceled:
    """A cancel that its owner gave no id gets one."""
    own_id = new_client_order_id or f"cancel-{floor.next_execution}"
    withdraw(floor, order, at_ns)
    order = end(floor, order, OrderStatus.CANCELED, at_ns, client_order_id=own_id)
    return Canceled(order=order, client_order_id=own_id)
