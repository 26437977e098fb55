"""What one order of a list means for the others.

Of two orders that exclude each other (OCO) the first in the list holds the lock of both until one
starts to work. An order that waits for another (OTO) locks nothing until then.
"""

import msgspec

from aitrader_gateway.sandbox.matching.floor import Floor, Released
from aitrader_gateway.sandbox.matching.life import end, withdraw
from aitrader_gateway.sandbox.matching.list_register import executes
from aitrader_gateway.sandbox.matching.model import NO_LIST, Order, OrderList
from aitrader_gateway.sandbox.matching.orders import remaining_lock
from aitrader_gateway.sandbox.matching.words import (
    Contingency,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
)


def list_of(floor: Floor, order: Order) -> OrderList | None:
    """The list that the order belongs to."""
    if order.list_number == NO_LIST:
        return None
    found = floor.accounts[order.account].lists.find(order.list_number, "")
    assert found is not None
    return found


def open_members(floor: Floor, order_list: OrderList) -> list[Order]:
    """The orders of a list that have not ended; one that is forgotten has."""
    register, symbol = floor.accounts[order_list.account].register, order_list.request.symbol
    orders = (register.order(symbol, number) for number in order_list.orders)
    return [order for order in orders if order is not None and not order.ended]


def excluded_by(floor: Floor, order: Order) -> Order | None:
    """The open order that cannot execute once `order` does."""
    order_list = list_of(floor, order)
    if order_list is None:
        return None
    legs = order_list.orders
    if order_list.request.contingency is Contingency.OTO:
        legs = legs[1:]
    if order.number not in legs:
        return None
    members = open_members(floor, order_list)
    others = (each for each in members if each.number in legs and each.number != order.number)
    return next(others, None)


def start(floor: Floor, order: Order, at_ns: int) -> Order:
    """An order begins to work or to execute: what it excludes expires and leaves it the money."""
    other = excluded_by(floor, order)
    if other is None:
        return order
    shared = order.locked + other.locked
    withdraw(floor, other, at_ns)
    end(floor, other, OrderStatus.EXPIRED, at_ns, expiry=ExpiryReason.OCO_TRIGGER)
    locked = remaining_lock(order, order.leaves_quantity, shared)
    return floor.change(order, at_ns, locked=locked)


def conclude(floor: Floor, order: Order, at_ns: int) -> None:
    """An order ended: what waits for it is released or expires, and the list may be done."""
    order_list = list_of(floor, order)
    if order_list is None or not executes(order_list):
        return
    waiting = open_members(floor, order_list)
    if order.number == order_list.orders[0] and waiting:
        # Legs that exclude each other never wait: the other one has expired by now.
        assert order_list.request.contingency is Contingency.OTO
        if order.status is OrderStatus.FILLED:
            floor.due.append(Released(order.account, order_list.number))
            return
        for pending in waiting:
            reason = ExpiryReason.OTO_PHASE_ONE_EXPIRED
            end(floor, pending, OrderStatus.EXPIRED, at_ns, expiry=reason)
    if not open_members(floor, order_list):
        finish(floor, order_list, at_ns)


def finish(floor: Floor, order_list: OrderList, at_ns: int) -> OrderList:
    """Says that nothing more comes of a list."""
    done = msgspec.structs.replace(
        order_list,
        status_type=ListStatusType.ALL_DONE,
        order_status=ListOrderStatus.ALL_DONE,
        updated_at_ns=at_ns,
    )
    floor.accounts[order_list.account].lists.put(done)
    floor.tell_list(done, at_ns)
    return done
