"""Operations that place, cancel and amend single orders."""

from functools import partial
from typing import Final

from aitrader_server.domain.words import OrderType

from aitrader_gateway.sandbox.api.desk import Desk, members
from aitrader_gateway.sandbox.api.table import (
    Body,
    Call,
    Operation,
    Security,
    always,
    weighs,
)
from aitrader_gateway.sandbox.api.tickets import (
    ORDER_PARAMETERS,
    SYMBOL_PARAMETER,
    read_order,
)
from aitrader_gateway.sandbox.matching.model import Canceled, CanceledList, Refusal
from aitrader_gateway.sandbox.matching.words import CancelRestriction
from aitrader_gateway.sandbox.parameters import (
    CLIENT_ID,
    DECIMAL,
    FLAG,
    NUMBER,
    RESTRICTION,
    Parameter,
    ResponseType,
    Values,
    either,
)
from aitrader_gateway.sandbox.wire import account as account_wire
from aitrader_gateway.sandbox.wire import orders as wire
from aitrader_gateway.sandbox.wire.scalars import TimeUnit

IDENTITY: Final = (
    SYMBOL_PARAMETER,
    Parameter("orderId", NUMBER),
    Parameter("origClientOrderId", CLIENT_ID),
)
NEITHER_ID: Final = either("origClientOrderId", "orderId")
_NO_ROUTING: Final = Refusal(-2010, "SOR is not supported for this symbol.")


def response_type(values: Values) -> ResponseType:
    """How fully a new order is told: as was asked, else by its type."""
    asked = values.word("newOrderRespType", ResponseType)
    if asked is not None:
        return asked
    told = values.word("type", OrderType) in {OrderType.MARKET, OrderType.LIMIT}
    return ResponseType.FULL if told else ResponseType.ACK


def canceled_body(outcome: Canceled | CanceledList, unit: TimeUnit) -> Body:
    """A cancelled order, or the whole list that it took along."""
    if isinstance(outcome, CanceledList):
        return wire.canceled_list(outcome, unit)
    return wire.canceled(outcome, unit)


def identified(values: Values) -> bool:
    """Whether the request says which order it means."""
    return "orderId" in values or "origClientOrderId" in values


def _place(desk: Desk, call: Call) -> Body | Refusal:
    order = read_order(desk, call.values)
    if isinstance(order, Refusal):
        return order
    outcome = desk.venue.run(lambda exchange, at_ns: exchange.place(call.account, order, at_ns))
    if isinstance(outcome, Refusal):
        return outcome
    return wire.placed(outcome, response_type(call.values), call.unit)


def _test(desk: Desk, call: Call) -> Body | Refusal:
    order = read_order(desk, call.values)
    if isinstance(order, Refusal):
        return order
    exchange = desk.venue.exchange
    refusal = exchange.check(call.account, order)
    if refusal is not None:
        return refusal
    if call.values.flag("computeCommissionRates"):
        return account_wire.order_commission(exchange.fees(call.account))
    return {}


def _cancel(desk: Desk, call: Call) -> Body | Refusal:
    values = call.values
    if not identified(values):
        return NEITHER_ID
    outcome = desk.venue.run(
        lambda exchange, at_ns: exchange.cancel(
            call.account,
            values.text("symbol"),
            order_id=values.number("orderId"),
            client_order_id=values.text("origClientOrderId"),
            new_client_order_id=desk.given_id(values, "newClientOrderId"),
            restriction=values.word("cancelRestrictions", CancelRestriction)
            or CancelRestriction.NONE,
            at_ns=at_ns,
        )
    )
    return outcome if isinstance(outcome, Refusal) else canceled_body(outcome, call.unit)


def _cancel_all(desk: Desk, call: Call) -> Body | Refusal:
    symbol = call.values.text("symbol")
    outcome = desk.venue.run(
        lambda exchange, at_ns: exchange.cancel_all(call.account, symbol, at_ns)
    )
    if isinstance(outcome, Refusal):
        return outcome
    return [canceled_body(item, call.unit) for item in outcome]


def _amend(desk: Desk, call: Call) -> Body | Refusal:
    values, exchange = call.values, desk.venue.exchange
    quantity = values.decimal("newQty")
    assert quantity is not None
    if not identified(values):
        return NEITHER_ID
    outcome = desk.venue.run(
        lambda exchange, at_ns: exchange.amend(
            call.account,
            values.text("symbol"),
            order_id=values.number("orderId"),
            client_order_id=values.text("origClientOrderId"),
            new_client_order_id=desk.given_id(values, "newClientOrderId"),
            new_quantity=quantity,
            at_ns=at_ns,
        )
    )
    if isinstance(outcome, Refusal):
        return outcome
    order = outcome.order
    order_list = exchange.order_list(call.account, list_id=order.list_number)
    orders = [] if order_list is None else members(desk, order_list)
    return wire.amended(outcome, order_list, orders, call.unit)


def _test_weight(values: Values) -> int:
    return 20 if values.flag("computeCommissionRates") else 1


def operations(desk: Desk) -> tuple[Operation, ...]:
    """What the table offers for single orders."""
    new_id = Parameter("newClientOrderId", CLIENT_ID)
    computed = Parameter("computeCommissionRates", FLAG)
    trade = partial(Operation, security=Security.TRADE)

    return (
        trade(
            name="order.place",
            handler=partial(_place, desk),
            weight=weighs(1),
            parameters=ORDER_PARAMETERS,
            orders=1,
            free=True,
        ),
        trade(
            name="order.test",
            handler=partial(_test, desk),
            weight=_test_weight,
            parameters=(*ORDER_PARAMETERS, computed),
        ),
        trade(
            name="order.cancel",
            handler=partial(_cancel, desk),
            weight=weighs(1),
            parameters=(*IDENTITY, new_id, Parameter("cancelRestrictions", RESTRICTION)),
            free=True,
        ),
        trade(
            name="openOrders.cancelAll",
            handler=partial(_cancel_all, desk),
            weight=weighs(1),
            parameters=(SYMBOL_PARAMETER,),
            free=True,
        ),
        trade(
            name="order.amend.keepPriority",
            handler=partial(_amend, desk),
            weight=weighs(4),
            parameters=(*IDENTITY, new_id, Parameter("newQty", DECIMAL, required=True)),
        ),
        trade(
            name="sor.order.place",
            handler=always(_NO_ROUTING),
            weight=weighs(1),
            parameters=ORDER_PARAMETERS,
            orders=1,
            free=True,
        ),
        trade(
            name="sor.order.test",
            handler=always(_NO_ROUTING),
            weight=_test_weight,
            parameters=(*ORDER_PARAMETERS, computed),
        ),
    )
