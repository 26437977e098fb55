"""Group B: whether the order makes sense for its instrument at all."""

import re

from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, amounts, breach
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import PRICED_TYPES, STOP_TYPES, OrderType, Side

SIDES = frozenset(Side)
CLIENT_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,36}\Z")


def invalid_client_order_id(c: RiskContext) -> Breaches:
    """INVALID_CLIENT_ORDER_ID: the venue takes 1 to 36 letters, digits, `-` and `_`."""
    if CLIENT_ORDER_ID.match(c.spec.request_id):
        return NONE
    return breach(
        "INVALID_CLIENT_ORDER_ID",
        "request_id must be 1 to 36 letters, digits, hyphens, underscores",
    )


def duplicate_client_order_id(c: RiskContext) -> Breaches:
    """DUPLICATE_CLIENT_ORDER_ID: the id names another order already."""
    if c.approved or not c.book.taken(c.spec.request_id):
        return NONE
    return breach("DUPLICATE_CLIENT_ORDER_ID", f"request_id {c.spec.request_id} is taken")


def symbol_not_trading(c: RiskContext) -> Breaches:
    """SYMBOL_NOT_TRADING: the venue has paused it."""
    if c.instrument.trading:
        return NONE
    return breach("SYMBOL_NOT_TRADING", f"{c.instrument.symbol} is not trading at the venue")


def symbol_not_permitted(c: RiskContext) -> Breaches:
    """SYMBOL_NOT_PERMITTED: not among the symbols that the limits name."""
    permitted = c.limits.symbols
    if not permitted or c.spec.symbol in permitted:
        return NONE
    return breach(
        "SYMBOL_NOT_PERMITTED",
        f"{c.spec.symbol} may not be traded; permitted: {', '.join(permitted)}",
    )


def unsupported_order_type(c: RiskContext) -> Breaches:
    """UNSUPPORTED_ORDER_TYPE: the venue does not offer it for this symbol."""
    if c.spec.order_type in c.instrument.order_types:
        return NONE
    offered = ", ".join(sorted(c.instrument.order_types))
    return breach(
        "UNSUPPORTED_ORDER_TYPE",
        f"{c.spec.order_type} is not offered for {c.spec.symbol}; offered: {offered}",
    )


def unsupported_time_in_force(c: RiskContext) -> Breaches:
    """UNSUPPORTED_TIME_IN_FORCE: the venue does not offer it for this symbol."""
    if c.spec.time_in_force in c.instrument.times_in_force:
        return NONE
    return breach(
        "UNSUPPORTED_TIME_IN_FORCE",
        f"{c.spec.time_in_force} is not offered for {c.spec.symbol}",
    )


def invalid_order_side(c: RiskContext) -> Breaches:
    """INVALID_ORDER_SIDE: neither a purchase nor a sale."""
    if c.spec.side in SIDES:
        return NONE
    return breach("INVALID_ORDER_SIDE", "side must be BUY or SELL")


def non_finite_input(c: RiskContext) -> Breaches:
    """NON_FINITE_INPUT: NaN, infinity, zero or less where an amount is needed."""
    bad = [name for name, amount in amounts(c.spec) if not (amount.is_finite() and amount > 0)]
    if not bad:
        return NONE
    return breach("NON_FINITE_INPUT", f"{', '.join(bad)} must be a number above zero")


def shape_problem(spec: OrderSpec) -> tuple[str, str] | None:
    """(field, what to do) when the order type and the given fields do not belong together.

    Source: Binance Spot API, mandatory parameters by order type.
    """
    priced, stopped = spec.order_type in PRICED_TYPES, spec.order_type in STOP_TYPES
    kind = spec.order_type
    rules = (
        (priced and spec.limit_price is None, "limit_price", "need limit_price"),
        (not priced and spec.limit_price is not None, "limit_price", "take no limit_price"),
        (
            stopped and spec.stop_price is None and not spec.trailing_delta_bips,
            "stop_price",
            "need stop_price or trailing_delta_bips",
        ),
        (not stopped and spec.stop_price is not None, "stop_price", "take no stop_price"),
        (
            spec.quote_quantity is not None and kind is not OrderType.MARKET,
            "quote_quantity",
            "take quantity; quote_quantity is for MARKET",
        ),
        (
            (spec.quantity is None) == (spec.quote_quantity is None),
            "quantity",
            "take exactly one of quantity and quote_quantity",
        ),
        (
            bool(spec.trailing_delta_bips) and not stopped,
            "trailing_delta_bips",
            "cannot trail: only STOP_LOSS and TAKE_PROFIT orders, limit or not, do",
        ),
        (
            spec.iceberg_quantity is not None and not priced,
            "iceberg_quantity",
            "cannot be icebergs",
        ),
    )
    for broken, field, what in rules:
        if broken:
            return field, f"{kind} orders {what}"
    return None


VALIDITY = (
    invalid_client_order_id,
    duplicate_client_order_id,
    symbol_not_trading,
    symbol_not_permitted,
    unsupported_order_type,
    unsupported_time_in_force,
    invalid_order_side,
    non_finite_input,
)
