"""Orders read from parameters.

A single order and each leg of a list are spelled alike but for a prefix: `price`, `abovePrice`,
`pendingBelowPrice`. Whether an order has what its type needs is for the engine to say; of a leg it
is said here, because only here the names are known that its caller used.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

from aitrader_gateway.sandbox.api.desk import Desk
from aitrader_gateway.sandbox.matching.model import OrderRequest, Refusal
from aitrader_gateway.sandbox.parameters import (
    CLIENT_ID,
    DECIMAL,
    NUMBER,
    ORDER_TYPE,
    PREVENTION,
    RESPONSE_TYPE,
    SIDE,
    STRATEGY_TYPE,
    SYMBOL,
    TEXT,
    TIME_IN_FORCE,
    Parameter,
    Values,
    either,
    mandatory,
    not_required,
)

_PEGS: Final = ("pegPriceType", "pegOffsetType", "pegOffsetValue")
_STOPS: Final = ("stopPrice", "trailingDelta")
_NO_PEGS: Final = Refusal(-2010, "Pegged orders are not supported for this symbol.")

# What each type must be given besides a quantity, and what it may be given.
_NEEDS: Final[Mapping[OrderType, tuple[str, ...]]] = {
    OrderType.LIMIT: ("timeInForce", "price"),
    OrderType.MARKET: (),
    OrderType.STOP_LOSS: (),
    OrderType.STOP_LOSS_LIMIT: ("timeInForce", "price"),
    OrderType.TAKE_PROFIT: (),
    OrderType.TAKE_PROFIT_LIMIT: ("timeInForce", "price"),
    OrderType.LIMIT_MAKER: ("price",),
}
_TAKES: Final[Mapping[OrderType, tuple[str, ...]]] = {
    OrderType.LIMIT: ("icebergQty",),
    OrderType.MARKET: (),
    OrderType.STOP_LOSS: _STOPS,
    OrderType.STOP_LOSS_LIMIT: (*_STOPS, "icebergQty"),
    OrderType.TAKE_PROFIT: _STOPS,
    OrderType.TAKE_PROFIT_LIMIT: (*_STOPS, "icebergQty"),
    OrderType.LIMIT_MAKER: ("icebergQty",),
}
_CONDITIONAL: Final = ("timeInForce", "price", *_STOPS, "icebergQty")

SYMBOL_PARAMETER: Final = Parameter("symbol", SYMBOL, required=True)
ANSWER_PARAMETERS: Final = (
    Parameter("newOrderRespType", RESPONSE_TYPE),
    Parameter("selfTradePreventionMode", PREVENTION),
)


def named(prefix: str, name: str) -> str:
    """A parameter's name with the prefix of its leg."""
    return prefix + name[0].upper() + name[1:] if prefix else name


def leg_parameters(prefix: str, *, id_name: str = "clientOrderId") -> tuple[Parameter, ...]:
    """What says how one order is to be executed; its side and quantity are declared elsewhere."""
    kinds = {
        id_name: CLIENT_ID,
        "timeInForce": TIME_IN_FORCE,
        "price": DECIMAL,
        "stopPrice": DECIMAL,
        "trailingDelta": NUMBER,
        "icebergQty": DECIMAL,
        "strategyId": NUMBER,
        "strategyType": STRATEGY_TYPE,
        **dict.fromkeys(_PEGS, TEXT),
    }
    return tuple(Parameter(named(prefix, name), kind) for name, kind in kinds.items())


ORDER_PARAMETERS: Final = (
    SYMBOL_PARAMETER,
    Parameter("side", SIDE, required=True),
    Parameter("type", ORDER_TYPE, required=True),
    Parameter("quantity", DECIMAL),
    Parameter("quoteOrderQty", DECIMAL),
    *leg_parameters("", id_name="newClientOrderId"),
    *ANSWER_PARAMETERS,
)


def read_order(desk: Desk, values: Values) -> OrderRequest | Refusal:
    """The order of a request for a single one."""
    kind = values.word("type", OrderType)
    side = values.word("side", Side)
    assert kind is not None
    assert side is not None
    if any(name in values for name in _PEGS):
        return _NO_PEGS
    client_order_id = desk.given_id(values, "newClientOrderId")
    order = _order(
        values,
        "",
        kind=kind,
        side=side,
        client_order_id=client_order_id,
        quantity=values.decimal("quantity"),
    )
    return msgspec.structs.replace(order, quote_quantity=values.decimal("quoteOrderQty"))


def read_leg(
    desk: Desk,
    values: Values,
    prefix: str,
    *,
    kind: OrderType,
    side: Side,
    quantity: Decimal | None,
) -> OrderRequest | Refusal:
    """The order of a list whose parameters carry `prefix`."""
    refusal = _misfit(values, prefix, kind)
    if refusal is not None:
        return refusal
    client_order_id = desk.given_id(values, named(prefix, "clientOrderId"))
    return _order(
        values,
        prefix,
        kind=kind,
        side=side,
        client_order_id=client_order_id,
        quantity=quantity,
    )


def _order(
    values: Values,
    prefix: str,
    *,
    kind: OrderType,
    side: Side,
    client_order_id: str,
    quantity: Decimal | None,
) -> OrderRequest:
    return OrderRequest(
        symbol=values.text("symbol"),
        side=side,
        order_type=kind,
        client_order_id=client_order_id,
        quantity=quantity,
        price=values.decimal(named(prefix, "price")),
        stop_price=values.decimal(named(prefix, "stopPrice")),
        trailing_delta=values.number(named(prefix, "trailingDelta")) or 0,
        iceberg_quantity=values.decimal(named(prefix, "icebergQty")),
        time_in_force=values.word(named(prefix, "timeInForce"), TimeInForce),
        prevention=values.word("selfTradePreventionMode", SelfTradePrevention),
        strategy_id=values.number(named(prefix, "strategyId")),
        strategy_type=values.number(named(prefix, "strategyType")),
    )


def _misfit(values: Values, prefix: str, kind: OrderType) -> Refusal | None:
    """What the order lacks for its type, or has too much."""
    for name in _NEEDS[kind]:
        if named(prefix, name) not in values:
            return mandatory(named(prefix, name))
    stops = [named(prefix, name) for name in _STOPS]
    if _TAKES[kind][:2] == _STOPS and not any(name in values for name in stops):
        return either(*stops)
    for name in _CONDITIONAL:
        if named(prefix, name) in values and name not in (*_NEEDS[kind], *_TAKES[kind]):
            return not_required(named(prefix, name))
    if any(named(prefix, name) in values for name in _PEGS):
        return _NO_PEGS
    iceberg = named(prefix, "icebergQty")
    in_force = named(prefix, "timeInForce")
    if iceberg in values and values.word(in_force, TimeInForce) not in {None, TimeInForce.GTC}:
        return Refusal(-1160, f"Parameter '{iceberg}' is not supported if '{in_force}' is not GTC.")
    return None
