"""Operations that look up orders, trades, amendments and prevented matches."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from aitrader_gateway.sandbox.api.desk import INVALID_SYMBOL, Desk
from aitrader_gateway.sandbox.api.orders import IDENTITY, NEITHER_ID, identified
from aitrader_gateway.sandbox.api.spans import LIMIT, SPAN, cut, too_long
from aitrader_gateway.sandbox.api.table import Body, Call, Operation, Security, always, weighs
from aitrader_gateway.sandbox.api.tickets import SYMBOL_PARAMETER
from aitrader_gateway.sandbox.matching.model import Order, Refusal
from aitrader_gateway.sandbox.parameters import NUMBER, SYMBOL, Parameter, Values, either
from aitrader_gateway.sandbox.wire import orders as wire

_NO_SUCH_ORDER: Final = Refusal(-2013, "Order does not exist.")
_BAD_COMBINATION: Final = Refusal(-1128, "Combination of optional parameters invalid.")
# What may be asked of trades together, besides the symbol and the limit.
_TRADE_COMBINATIONS: Final[tuple[frozenset[str], ...]] = (
    frozenset(),
    frozenset({"orderId"}),
    frozenset({"startTime"}),
    frozenset({"endTime"}),
    frozenset({"fromId"}),
    frozenset({"startTime", "endTime"}),
    frozenset({"orderId", "fromId"}),
)


def _orders(desk: Desk, call: Call, symbol: str) -> Sequence[Order]:
    exchange = desk.venue.exchange
    if call.lags:
        return desk.past.orders(exchange, call.account, symbol, call.as_of_ns)
    return exchange.orders(call.account, symbol)


def _order(desk: Desk, call: Call, symbol: str) -> Order | None:
    number = call.values.number("orderId")
    client_id = call.values.text("origClientOrderId")
    exchange = desk.venue.exchange
    order = exchange.order(
        call.account,
        symbol,
        order_id=number,
        client_order_id="" if number is not None else client_id,
    )
    if order is not None and call.lags:
        order = desk.past.order(order, call.as_of_ns)
    if order is None or (client_id and order.client_order_id != client_id):
        return None
    return order


def _status(desk: Desk, call: Call) -> Body | Refusal:
    symbol = desk.symbol(call.values)
    if isinstance(symbol, Refusal):
        return symbol
    if not identified(call.values):
        return NEITHER_ID
    order = _order(desk, call, symbol)
    return _NO_SUCH_ORDER if order is None else wire.queried(order, call.unit)


def _open(desk: Desk, call: Call) -> Body | Refusal:
    exchange = desk.venue.exchange
    symbol = call.values.text("symbol")
    if symbol and symbol not in exchange.listings:
        return INVALID_SYMBOL
    if call.lags:
        symbols = [symbol] if symbol else list(exchange.listings)
        then = (order for name in symbols for order in _orders(desk, call, name))
        found: Sequence[Order] = [order for order in then if not order.ended]
    else:
        found = exchange.open_orders(call.account, symbol)
    return [wire.queried(order, call.unit) for order in found]


def _all(desk: Desk, call: Call) -> Body | Refusal:
    symbol = desk.symbol(call.values)
    if isinstance(symbol, Refusal):
        return symbol
    refusal = too_long(call.values)
    if refusal is not None:
        return refusal
    rows = cut(
        _orders(desk, call, symbol),
        call.values,
        number=lambda order: order.number,
        at_ns=lambda order: order.created_at_ns,
        from_name="orderId",
    )
    return [wire.queried(order, call.unit) for order in rows]


def _trades(desk: Desk, call: Call) -> Body | Refusal:
    values = call.values
    symbol = desk.symbol(values)
    if isinstance(symbol, Refusal):
        return symbol
    names = ("orderId", "startTime", "endTime", "fromId")
    if frozenset(name for name in names if name in values) not in _TRADE_COMBINATIONS:
        return _BAD_COMBINATION
    refusal = too_long(values)
    if refusal is not None:
        return refusal
    order = values.number("orderId")
    known = [
        trade
        for trade in desk.venue.exchange.trades(call.account, symbol)
        if trade.at_ns <= call.as_of_ns and order in {None, trade.order_number}
    ]
    rows = cut(known, values, number=lambda trade: trade.number, at_ns=lambda trade: trade.at_ns)
    return [wire.traded(trade, call.unit) for trade in rows]


def _amendments(desk: Desk, call: Call) -> Body | Refusal:
    symbol = desk.symbol(call.values)
    if isinstance(symbol, Refusal):
        return symbol
    number = call.values.number("orderId")
    assert number is not None
    rows = cut(
        desk.venue.exchange.amendments(call.account, symbol, number),
        call.values,
        number=lambda amendment: amendment.execution,
        at_ns=lambda amendment: amendment.at_ns,
        from_name="fromExecutionId",
    )
    return [wire.amendment_record(amendment, call.unit) for amendment in rows]


def _prevented(desk: Desk, call: Call) -> Body | Refusal:
    values = call.values
    symbol = desk.symbol(values)
    if isinstance(symbol, Refusal):
        return symbol
    match, order = values.number("preventedMatchId"), values.number("orderId")
    if match is None and order is None:
        return either("preventedMatchId", "orderId")
    known = [
        item
        for item in desk.venue.exchange.prevented(call.account, symbol)
        if match in {None, item.number}
        and (order is None or order in {item.taker_order, item.maker_order})
    ]
    rows = cut(
        known,
        values,
        number=lambda item: item.number,
        at_ns=lambda item: item.at_ns,
        from_name="fromPreventedMatchId",
    )
    return [wire.prevented(item, call.unit) for item in rows]


def _open_weight(values: Values) -> int:
    return 6 if "symbol" in values else 80


def _trades_weight(values: Values) -> int:
    return 5 if "orderId" in values else 20


def _prevented_weight(values: Values) -> int:
    return 2 if "preventedMatchId" in values else 20


def operations(desk: Desk) -> tuple[Operation, ...]:
    """What the table offers for looking things up."""
    query = partial(Operation, security=Security.SIGNED)
    order = Parameter("orderId", NUMBER)
    return (
        query(
            name="order.status",
            handler=partial(_status, desk),
            weight=weighs(4),
            parameters=IDENTITY,
            lagging=True,
        ),
        query(
            name="openOrders.status",
            handler=partial(_open, desk),
            weight=_open_weight,
            parameters=(Parameter("symbol", SYMBOL),),
            lagging=True,
        ),
        query(
            name="allOrders",
            handler=partial(_all, desk),
            weight=weighs(20),
            parameters=(SYMBOL_PARAMETER, order, *SPAN, LIMIT),
            lagging=True,
        ),
        query(
            name="myTrades",
            handler=partial(_trades, desk),
            weight=_trades_weight,
            parameters=(SYMBOL_PARAMETER, order, *SPAN, Parameter("fromId", NUMBER), LIMIT),
            lagging=True,
        ),
        query(
            name="order.amendments",
            handler=partial(_amendments, desk),
            weight=weighs(4),
            parameters=(
                SYMBOL_PARAMETER,
                msgspec.structs.replace(order, required=True),
                Parameter("fromExecutionId", NUMBER),
                LIMIT,
            ),
        ),
        query(
            name="myAllocations",
            # Only orders routed over several books have any, and this venue routes none.
            handler=always([]),
            weight=weighs(20),
            parameters=(
                SYMBOL_PARAMETER,
                order,
                *SPAN,
                Parameter("fromAllocationId", NUMBER),
                LIMIT,
            ),
        ),
        query(
            name="myPreventedMatches",
            handler=partial(_prevented, desk),
            weight=_prevented_weight,
            parameters=(
                SYMBOL_PARAMETER,
                Parameter("preventedMatchId", NUMBER),
                order,
                Parameter("fromPreventedMatchId", NUMBER),
                LIMIT,
            ),
        ),
    )
