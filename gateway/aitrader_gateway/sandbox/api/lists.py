"""Operations that place, cancel and look up order lists."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from aitrader_gateway.sandbox.api.desk import Desk, members
from aitrader_gateway.sandbox.api.list_tickets import (
    OCO_PARAMETERS,
    OLDER_OCO_PARAMETERS,
    OPO_PARAMETERS,
    OPOCO_PARAMETERS,
    OTO_PARAMETERS,
    OTOCO_PARAMETERS,
    Orders,
    read_oco,
    read_older_oco,
    read_oto,
    read_otoco,
)
from aitrader_gateway.sandbox.api.spans import LIMIT, SPAN, cut, too_long
from aitrader_gateway.sandbox.api.table import (
    Body,
    Call,
    Operation,
    Security,
    always,
    weighs,
)
from aitrader_gateway.sandbox.api.tickets import SYMBOL_PARAMETER
from aitrader_gateway.sandbox.matching.model import ListRequest, OrderList, Refusal
from aitrader_gateway.sandbox.matching.words import Contingency, ListOrderStatus
from aitrader_gateway.sandbox.parameters import (
    CLIENT_ID,
    NUMBER,
    Parameter,
    ResponseType,
    Values,
    either,
)
from aitrader_gateway.sandbox.wire import orders as wire

_NO_OPO: Final = Refusal(-2010, "OPO orders are not supported for this symbol.")
_NO_SUCH_LIST: Final = Refusal(-2018, "Order list does not exist.")
_BAD_COMBINATION: Final = Refusal(-1128, "Combination of optional parameters invalid.")
_LIST_NUMBER: Final = Parameter("orderListId", NUMBER)

Reader = Callable[[Desk, Values], Orders | Refusal]


def _place(desk: Desk, contingency: Contingency, reader: Reader, call: Call) -> Body | Refusal:
    orders = reader(desk, call.values)
    if isinstance(orders, Refusal):
        return orders
    request = ListRequest(
        symbol=call.values.text("symbol"),
        contingency=contingency,
        list_client_order_id=desk.given_id(call.values, "listClientOrderId"),
        orders=orders,
    )
    outcome = desk.venue.run(
        lambda exchange, at_ns: exchange.place_list(call.account, request, at_ns)
    )
    if isinstance(outcome, Refusal):
        return outcome
    response = call.values.word("newOrderRespType", ResponseType) or ResponseType.RESULT
    return wire.placed_list(outcome, response, call.unit)


def _cancel(desk: Desk, call: Call) -> Body | Refusal:
    values = call.values
    if "orderListId" not in values and "listClientOrderId" not in values:
        return either("orderListId", "listClientOrderId")
    outcome = desk.venue.run(
        lambda exchange, at_ns: exchange.cancel_list(
            call.account,
            values.text("symbol"),
            list_id=values.number("orderListId"),
            list_client_order_id=values.text("listClientOrderId"),
            new_client_order_id=desk.given_id(values, "newClientOrderId"),
            at_ns=at_ns,
        )
    )
    if isinstance(outcome, Refusal):
        return outcome
    return wire.canceled_list(outcome, call.unit)


def _lists(desk: Desk, call: Call) -> Sequence[OrderList]:
    exchange = desk.venue.exchange
    if call.lags:
        return desk.past.lists(exchange, call.account, call.as_of_ns)
    return exchange.order_lists(call.account)


def _told(desk: Desk, call: Call, order_list: OrderList) -> Body:
    return wire.listed(order_list, members(desk, order_list), call.unit)


def _status(desk: Desk, call: Call) -> Body | Refusal:
    number = call.values.number("orderListId")
    client_id = call.values.text("origClientOrderId")
    if number is None and not client_id:
        return either("orderListId", "origClientOrderId")
    for order_list in reversed(_lists(desk, call)):
        if number is not None and order_list.number != number:
            continue
        if client_id and order_list.list_client_order_id != client_id:
            continue
        return _told(desk, call, order_list)
    return _NO_SUCH_LIST


def _open(desk: Desk, call: Call) -> Body:
    return [
        _told(desk, call, order_list)
        for order_list in _lists(desk, call)
        if order_list.order_status is ListOrderStatus.EXECUTING
    ]


def _all(desk: Desk, call: Call) -> Body | Refusal:
    values = call.values
    if "fromId" in values and ("startTime" in values or "endTime" in values):
        return _BAD_COMBINATION
    refusal = too_long(values)
    if refusal is not None:
        return refusal
    rows = cut(
        _lists(desk, call),
        values,
        number=lambda item: item.number,
        at_ns=lambda item: item.created_at_ns,
    )
    return [_told(desk, call, item) for item in rows]


def operations(desk: Desk) -> tuple[Operation, ...]:
    """What the table offers for order lists."""
    trade = partial(Operation, security=Security.TRADE, weight=weighs(1), free=True)
    query = partial(Operation, security=Security.SIGNED, lagging=True)
    oco, oto = Contingency.OCO, Contingency.OTO
    placed = (
        ("orderList.place", oco, read_older_oco, OLDER_OCO_PARAMETERS, 2),
        ("orderList.place.oco", oco, read_oco, OCO_PARAMETERS, 2),
        ("orderList.place.oto", oto, read_oto, OTO_PARAMETERS, 2),
        ("orderList.place.otoco", oto, read_otoco, OTOCO_PARAMETERS, 3),
    )
    refused = (
        ("orderList.place.opo", OPO_PARAMETERS, 2),
        ("orderList.place.opoco", OPOCO_PARAMETERS, 3),
    )
    return (
        *(
            trade(
                name=name,
                handler=partial(_place, desk, contingency, reader),
                parameters=parameters,
                orders=orders,
            )
            for name, contingency, reader, parameters, orders in placed
        ),
        *(
            trade(name=name, handler=always(_NO_OPO), parameters=parameters, orders=orders)
            for name, parameters, orders in refused
        ),
        trade(
            name="orderList.cancel",
            handler=partial(_cancel, desk),
            parameters=(
                SYMBOL_PARAMETER,
                _LIST_NUMBER,
                Parameter("listClientOrderId", CLIENT_ID),
                Parameter("newClientOrderId", CLIENT_ID),
            ),
        ),
        query(
            name="orderList.status",
            handler=partial(_status, desk),
            weight=weighs(4),
            parameters=(_LIST_NUMBER, Parameter("origClientOrderId", CLIENT_ID)),
        ),
        query(name="openOrderLists.status", handler=partial(_open, desk), weight=weighs(6)),
        query(
            name="allOrderLists",
            handler=partial(_all, desk),
            weight=weighs(20),
            parameters=(Parameter("fromId", NUMBER), *SPAN, LIMIT),
        ),
    )
