"""Order lists read from parameters: OCO in its present and its older spelling, OTO and OTOCO."""

from decimal import Decimal
from typing import Final

from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.api.tickets import (
    ANSWER_PARAMETERS,
    SYMBOL_PARAMETER,
    leg_parameters,
    named,
    read_leg,
)
from aitrader_gateway.sandbox.matching.model import OrderRequest, Refusal
from aitrader_gateway.sandbox.parameters import (
    CLIENT_ID,
    DECIMAL,
    NUMBER,
    ORDER_TYPE,
    SIDE,
    STRATEGY_TYPE,
    TIME_IN_FORCE,
    Parameter,
    Values,
)

Orders = tuple[OrderRequest, ...]
_STOPS: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})
_TAKES: Final = frozenset({OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})
_LEG_TYPES: Final = frozenset({OrderType.LIMIT_MAKER, *_STOPS, *_TAKES})
_BAD_LEG: Final = Refusal(-1158, "Order type not supported in OCO.")
_BAD_WORKING: Final = Refusal(-1130, "Data sent for parameter 'workingType' is not valid.")

_COMMON: Final = (
    SYMBOL_PARAMETER,
    Parameter("listClientOrderId", CLIENT_ID),
    *ANSWER_PARAMETERS,
)
_WORKING: Final = (
    *_COMMON,
    Parameter("workingType", ORDER_TYPE, required=True),
    Parameter("workingSide", SIDE, required=True),
    Parameter("workingQuantity", DECIMAL, required=True),
    *leg_parameters("working"),
)


def _pair_parameters(above: str, below: str) -> tuple[Parameter, ...]:
    return (
        Parameter(named(above, "type"), ORDER_TYPE, required=True),
        *leg_parameters(above),
        Parameter(named(below, "type"), ORDER_TYPE, required=True),
        *leg_parameters(below),
    )


_PENDING: Final = (
    *_WORKING,
    Parameter("pendingType", ORDER_TYPE, required=True),
    Parameter("pendingSide", SIDE, required=True),
    *leg_parameters("pending"),
)
_PENDING_PAIR: Final = (
    *_WORKING,
    Parameter("pendingSide", SIDE, required=True),
    *_pair_parameters("pendingAbove", "pendingBelow"),
)
_PENDING_QUANTITY: Final = Parameter("pendingQuantity", DECIMAL, required=True)

OCO_PARAMETERS: Final = (
    *_COMMON,
    Parameter("side", SIDE, required=True),
    Parameter("quantity", DECIMAL, required=True),
    *_pair_parameters("above", "below"),
)
OTO_PARAMETERS: Final = (*_PENDING, _PENDING_QUANTITY)
OTOCO_PARAMETERS: Final = (*_PENDING_PAIR, _PENDING_QUANTITY)
# One pays for another: the pending order sells what the working one bought.
OPO_PARAMETERS: Final = _PENDING
OPOCO_PARAMETERS: Final = _PENDING_PAIR
OLDER_OCO_PARAMETERS: Final = (
    *_COMMON,
    Parameter("side", SIDE, required=True),
    Parameter("quantity", DECIMAL, required=True),
    Parameter("limitClientOrderId", CLIENT_ID),
    Parameter("price", DECIMAL, required=True),
    Parameter("limitStrategyId", NUMBER),
    Parameter("limitStrategyType", STRATEGY_TYPE),
    Parameter("limitIcebergQty", DECIMAL),
    Parameter("trailingDelta", NUMBER),
    Parameter("stopClientOrderId", CLIENT_ID),
    Parameter("stopPrice", DECIMAL, required=True),
    Parameter("stopStrategyId", NUMBER),
    Parameter("stopStrategyType", STRATEGY_TYPE),
    Parameter("stopLimitPrice", DECIMAL),
    Parameter("stopIcebergQty", DECIMAL),
    Parameter("stopLimitTimeInForce", TIME_IN_FORCE),
)


def misplaced(side: Side, above: OrderType, below: OrderType) -> Refusal | None:
    """Why two orders cannot exclude each other: each type belongs on one side of the market."""
    if not {above, below} <= _LEG_TYPES:
        return _BAD_LEG
    if above is below is OrderType.LIMIT_MAKER:
        return Refusal(-1168, "At least one OCO order must be contingent.")
    buys = side is Side.BUY
    # Where the stop goes, a limit or a profit taken cannot go, and the other way round.
    stop_leg, other_leg = (above, below) if buys else (below, above)
    word, there, elsewhere = ("buy", "above", "below") if buys else ("sell", "below", "above")
    refusals = (
        (stop_leg is OrderType.LIMIT_MAKER, -1165 if buys else -1166, "limit", elsewhere),
        (other_leg in _STOPS, -1196 if buys else -1197, "stop loss", there),
        (stop_leg in _TAKES, -1198 if buys else -1199, "take profit", elsewhere),
    )
    for wrong, code, what, where in refusals:
        if wrong:
            return Refusal(code, f"A {what} order in a {word} OCO must be {where}.")
    return None


def _pair(
    desk: Desk, values: Values, prefixes: tuple[str, str], side: Side, quantity: Decimal
) -> Orders | Refusal:
    """Two orders that exclude each other, the one above the market first."""
    kinds = [values.word(named(prefix, "type"), OrderType) for prefix in prefixes]
    above, below = kinds
    assert above is not None
    assert below is not None
    refusal = misplaced(side, above, below)
    if refusal is not None:
        return refusal
    legs: list[OrderRequest] = []
    for prefix, kind in zip(prefixes, (above, below), strict=True):
        leg = read_leg(desk, values, prefix, kind=kind, side=side, quantity=quantity)
        if isinstance(leg, Refusal):
            return leg
        legs.append(leg)
    return tuple(legs)


def read_oco(desk: Desk, values: Values) -> Orders | Refusal:
    side, quantity = values.word("side", Side), values.decimal("quantity")
    assert side is not None
    assert quantity is not None
    return _pair(desk, values, ("above", "below"), side, quantity)


def _working(desk: Desk, values: Values) -> OrderRequest | Refusal:
    kind, side = values.word("workingType", OrderType), values.word("workingSide", Side)
    assert kind is not None
    assert side is not None
    if kind not in {OrderType.LIMIT, OrderType.LIMIT_MAKER}:
        return _BAD_WORKING
    quantity = values.decimal("workingQuantity")
    return read_leg(desk, values, "working", kind=kind, side=side, quantity=quantity)


def read_oto(desk: Desk, values: Values) -> Orders | Refusal:
    working = _working(desk, values)
    if isinstance(working, Refusal):
        return working
    kind, side = values.word("pendingType", OrderType), values.word("pendingSide", Side)
    assert kind is not None
    assert side is not None
    quantity = values.decimal("pendingQuantity")
    pending = read_leg(desk, values, "pending", kind=kind, side=side, quantity=quantity)
    return pending if isinstance(pending, Refusal) else (working, pending)


def read_otoco(desk: Desk, values: Values) -> Orders | Refusal:
    working = _working(desk, values)
    if isinstance(working, Refusal):
        return working
    side, quantity = values.word("pendingSide", Side), values.decimal("pendingQuantity")
    assert side is not None
    assert quantity is not None
    pair = _pair(desk, values, ("pendingAbove", "pendingBelow"), side, quantity)
    return pair if isinstance(pair, Refusal) else (working, *pair)


def read_older_oco(desk: Desk, values: Values) -> Orders | Refusal:
    """A limit order and a stop, whose places follow from the side."""
    side, prevention = (
        values.word("side", Side),
        values.word("selfTradePreventionMode", SelfTradePrevention),
    )
    assert side is not None
    limit = OrderRequest(
        symbol=values.text("symbol"),
        side=side,
        order_type=OrderType.LIMIT_MAKER,
        client_order_id=desk.given_id(values, "limitClientOrderId"),
        quantity=values.decimal("quantity"),
        price=values.decimal("price"),
        iceberg_quantity=values.decimal("limitIcebergQty"),
        prevention=prevention,
        strategy_id=values.number("limitStrategyId"),
        strategy_type=values.number("limitStrategyType"),
    )
    limited = "stopLimitPrice" in values
    stop = OrderRequest(
        symbol=values.text("symbol"),
        side=side,
        order_type=OrderType.STOP_LOSS_LIMIT if limited else OrderType.STOP_LOSS,
        client_order_id=desk.given_id(values, "stopClientOrderId"),
        quantity=values.decimal("quantity"),
        price=values.decimal("stopLimitPrice"),
        stop_price=values.decimal("stopPrice"),
        trailing_delta=values.number("trailingDelta") or 0,
        iceberg_quantity=values.decimal("stopIcebergQty"),
        time_in_force=values.word("stopLimitTimeInForce", TimeInForce),
        prevention=prevention,
        strategy_id=values.number("stopStrategyId"),
        strategy_type=values.number("stopStrategyType"),
    )
    return (stop, limit) if side is Side.BUY else (limit, stop)
