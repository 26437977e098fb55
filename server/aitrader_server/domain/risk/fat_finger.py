"""Group D: orders that are probably mistakes."""

from aitrader_server.domain.money import trimmed
from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, breach
from aitrader_server.domain.words import PRICED_TYPES, OrderType

NS_PER_MS = 1_000_000


def max_order_notional(c: RiskContext) -> Breaches:
    """MAX_ORDER_NOTIONAL: worst-case value of the order, quote asset; by account, symbol, strategy.

    A sale below the market executes at the market.
    """
    value = c.market_value
    for scope in c.scopes:
        bound = scope.limits.max_order_notional
        if bound is not None and value is not None and value > bound:
            return breach(
                "MAX_ORDER_NOTIONAL",
                f"{trimmed(value)} > {trimmed(bound)} {c.instrument.quote}{scope.whose}; "
                "lower the quantity or raise risk.max_order_notional",
                limit=bound,
                value=value,
            )
    return NONE


def max_order_quantity(c: RiskContext) -> Breaches:
    """MAX_ORDER_QUANTITY: size of the order, base asset; by account, symbol, strategy."""
    value = c.quantity
    for scope in c.scopes:
        bound = scope.limits.max_order_quantity
        if bound is not None and value is not None and value > bound:
            return breach(
                "MAX_ORDER_QUANTITY",
                f"{trimmed(value)} > {trimmed(bound)} {c.instrument.base}{scope.whose}; "
                "lower the quantity or raise risk.max_order_quantity",
                limit=bound,
                value=value,
            )
    return NONE


def price_collar(c: RiskContext) -> Breaches:
    """PRICE_COLLAR: distance of a limit price from the mid price, decimal fraction."""
    bound, price, quote = c.limits.price_collar, c.spec.limit_price, c.quote
    if bound is None or price is None or quote is None:
        return NONE
    distance = abs(price - quote.mid) / quote.mid
    if distance <= bound:
        return NONE
    return breach(
        "PRICE_COLLAR",
        f"limit_price {trimmed(price)} is {float(distance):.1%} away from the mid price "
        f"{trimmed(quote.mid)}, at most {float(bound):.1%} is allowed; move it closer",
        limit=bound,
        value=round(distance, 6),
    )


def market_order_slippage(c: RiskContext) -> Breaches:
    """MARKET_ORDER_SLIPPAGE: distance of the touch from the last trade, decimal fraction."""
    quote, bound = c.quote, c.limits.max_slippage
    if c.spec.order_type is not OrderType.MARKET or quote is None:
        return NONE
    distance = abs(quote.touch(c.spec.side) - quote.last) / quote.last
    if distance <= bound:
        return NONE
    return breach(
        "MARKET_ORDER_SLIPPAGE",
        f"the market is {float(distance):.1%} away from its last trade, "
        f"at most {float(bound):.1%} is allowed; use a limit order",
        limit=bound,
        value=round(distance, 6),
    )


def stale_market_data(c: RiskContext) -> Breaches:
    """STALE_MARKET_DATA: age of the quote, milliseconds; a missing quote is the stalest.

    A quote from the future is as far from now as one from the past.
    """
    bound = c.limits.max_quote_age_ms
    if c.quote is None:
        return breach(
            "STALE_MARKET_DATA",
            f"there is no usable quote for {c.spec.symbol}; try again once there is",
            limit=bound,
        )
    age_ms = abs(c.now_ns - c.quote.at_ns) // NS_PER_MS
    if age_ms <= bound:
        return NONE
    return breach(
        "STALE_MARKET_DATA",
        f"the quote is {age_ms} ms away from now, at most {bound} ms is allowed; check the feed",
        limit=bound,
        value=age_ms,
    )


def spread_too_wide(c: RiskContext) -> Breaches:
    """SPREAD_TOO_WIDE: spread that a market order would cross, fraction of the mid price."""
    bound, quote = c.limits.max_spread, c.quote
    if bound is None or quote is None or c.spec.order_type in PRICED_TYPES:
        return NONE
    if quote.spread <= bound:
        return NONE
    return breach(
        "SPREAD_TOO_WIDE",
        f"the spread is {float(quote.spread):.2%}, at most {float(bound):.2%} is crossed; "
        "use a limit order",
        limit=bound,
        value=round(quote.spread, 6),
    )


def repeated_order(c: RiskContext) -> Breaches:
    """REPEATED_ORDER: the same order again within a window, milliseconds.

    A reduce_only order may be repeated, as it is when a position is sold in equal parts.
    """
    window_ms, last_ns = c.limits.repeated_order_window_ms, c.last_same_ns
    if not window_ms or last_ns is None or (c.spec.reduce_only and c.reduces):
        return NONE
    age_ms = (c.now_ns - last_ns) // NS_PER_MS
    if age_ms >= window_ms:
        return NONE
    return breach(
        "REPEATED_ORDER",
        f"the same order was asked for {age_ms} ms ago, wait {window_ms} ms or change it",
        limit=window_ms,
        value=age_ms,
    )


FAT_FINGER = (
    max_order_notional,
    max_order_quantity,
    price_collar,
    market_order_slippage,
    stale_market_data,
    spread_too_wide,
    repeated_order,
)
