"""Requests that make orders, said in words and decimals."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from aitrader.v1 import trading_pb2

from aitrader_clients.amounts import wire

SideWord: TypeAlias = Literal["buy", "sell"]
OrderTypeWord: TypeAlias = Literal[
    "market",
    "limit",
    "limit_maker",
    "stop_loss",
    "stop_loss_limit",
    "take_profit",
    "take_profit_limit",
]
TimeInForceWord: TypeAlias = Literal["gtc", "ioc", "fok"]
SelfTradePreventionWord: TypeAlias = Literal[
    "none", "expire_taker", "expire_maker", "expire_both", "decrement", "transfer"
]
ContingencyWord: TypeAlias = Literal["oco", "oto", "otoco"]


class Leg(NamedTuple):
    """An order that is placed together with another.

    `side` is the other's for OCO and the opposite otherwise, `quantity` the other's, unless given;
    `order_type` follows from the prices, a lone stop being taken for a stop loss.
    """

    order_type: OrderTypeWord | None = None
    limit_price: Decimal | int | None = None
    stop_price: Decimal | int | None = None
    quantity: Decimal | int | None = None
    side: SideWord | None = None
    trailing_delta_bips: int = 0
    iceberg_quantity: Decimal | int | None = None
    time_in_force: TimeInForceWord | None = None
    request_id: str = ""


def implied_order_type(limit_price: object, stop_price: object) -> OrderTypeWord:
    """Return the type that the given prices mean; a stop is taken for a stop loss."""
    if stop_price is not None:
        return "stop_loss" if limit_price is None else "stop_loss_limit"
    return "market" if limit_price is None else "limit"


def place_request(
    *,
    symbol: str,
    side: SideWord,
    quantity: Decimal | int | None = None,
    quote_quantity: Decimal | int | None = None,
    limit_price: Decimal | int | None = None,
    stop_price: Decimal | int | None = None,
    order_type: OrderTypeWord | None = None,
    trailing_delta_bips: int = 0,
    iceberg_quantity: Decimal | int | None = None,
    time_in_force: TimeInForceWord | None = None,
    self_trade_prevention: SelfTradePreventionWord | None = None,
    reduce_only: bool = False,
    strategy: str = "",
    request_id: str = "",
    dry_run: bool = False,
    contingency: ContingencyWord | None = None,
    legs: Sequence[Leg] = (),
) -> trading_pb2.PlaceOrderRequest:
    """Return the contract's request for an order, or for several that depend on each other."""
    kind = order_type or implied_order_type(limit_price, stop_price)
    prevention = self_trade_prevention or "unspecified"
    return trading_pb2.PlaceOrderRequest(
        symbol=symbol,
        side=f"SIDE_{side.upper()}",
        order_type=f"ORDER_TYPE_{kind.upper()}",
        quantity=wire(quantity),
        quote_quantity=wire(quote_quantity),
        limit_price=wire(limit_price),
        stop_price=wire(stop_price),
        trailing_delta_bips=trailing_delta_bips,
        iceberg_quantity=wire(iceberg_quantity),
        time_in_force=f"TIME_IN_FORCE_{(time_in_force or 'unspecified').upper()}",
        self_trade_prevention=f"SELF_TRADE_PREVENTION_{prevention.upper()}",
        reduce_only=reduce_only,
        strategy=strategy,
        request_id=request_id,
        dry_run=dry_run,
        contingency=f"CONTINGENCY_{(contingency or 'unspecified').upper()}",
        legs=map(_leg, legs),
    )


def _leg(leg: Leg) -> trading_pb2.OrderLeg:
    kind = leg.order_type or implied_order_type(leg.limit_price, leg.stop_price)
    return trading_pb2.OrderLeg(
        side=f"SIDE_{(leg.side or 'unspecified').upper()}",
        order_type=f"ORDER_TYPE_{kind.upper()}",
        quantity=wire(leg.quantity),
        limit_price=wire(leg.limit_price),
        stop_price=wire(leg.stop_price),
        trailing_delta_bips=leg.trailing_delta_bips,
        iceberg_quantity=wire(leg.iceberg_quantity),
        time_in_force=f"TIME_IN_FORCE_{(leg.time_in_force or 'unspecified').upper()}",
        request_id=leg.request_id,
    )
