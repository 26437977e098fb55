"""Group C: the venue's own filters, applied before the venue has to.

Semantics: Binance Spot API, "Filters". A zero bound means that the venue sets none.
"""

from decimal import ROUND_CEILING, Decimal

from aitrader_server.domain.money import ZERO, floor_to_step, is_multiple, round_to_step, trimmed
from aitrader_server.domain.risk.context import NONE, Breaches, RiskContext, bound_broken, breach
from aitrader_server.domain.words import STOP_TYPES, OrderType, Side


def price_filter(c: RiskContext) -> Breaches:
    """PRICE_FILTER: range and tick of limit and stop price, quote per base."""
    i = c.instrument
    for name, price in (("limit_price", c.spec.limit_price), ("stop_price", c.spec.stop_price)):
        if price is None:
            continue
        if (broken := bound_broken(price, i.min_price, i.max_price)) is not None:
            most, bound = broken
            return breach(
                "PRICE_FILTER", f"{name} must be {most} {trimmed(bound)}", limit=bound, value=price
            )
        if not is_multiple(price, i.tick_size):
            nearest = trimmed(round_to_step(price, i.tick_size))
            return breach(
                "PRICE_FILTER",
                f"{name} must be a multiple of {trimmed(i.tick_size)}, e.g. {nearest}",
                limit=i.tick_size,
                value=price,
            )
    return NONE


def percent_price_by_side(c: RiskContext) -> Breaches:
    """PERCENT_PRICE_BY_SIDE: distance of the limit price from the market, quote per base."""
    price, quote = c.spec.limit_price, c.quote
    if price is None or quote is None:
        return NONE
    broken = bound_broken(price, *c.instrument.price_band(c.spec.side, quote.last))
    if broken is None:
        return NONE
    most, bound = broken
    return breach(
        "PERCENT_PRICE_BY_SIDE",
        f"limit_price must be {most} {trimmed(bound)} to {c.spec.side} now",
        limit=bound,
        value=price,
    )


def _lot(code: str, name: str, quantity: Decimal, grid: tuple[Decimal, ...]) -> Breaches:
    """`grid` is least, most and step, base asset."""
    low, high, step = grid
    if (broken := bound_broken(quantity, low, high)) is not None:
        most, bound = broken
        return breach(code, f"{name} must be {most} {trimmed(bound)}", limit=bound, value=quantity)
    if not is_multiple(quantity, step):
        down = trimmed(floor_to_step(quantity, step))
        return breach(
            code,
            f"{name} must be a multiple of {trimmed(step)}, e.g. {down}",
            limit=step,
            value=quantity,
        )
    return NONE


def lot_size(c: RiskContext) -> Breaches:
    """LOT_SIZE: range and step of quantity and iceberg quantity, base asset."""
    i = c.instrument
    grid = (i.min_quantity, i.max_quantity, i.step_size)
    found = NONE
    if c.spec.quantity is not None:
        found = _lot("LOT_SIZE", "quantity", c.spec.quantity, grid)
    if not found and c.spec.iceberg_quantity is not None:
        found = _lot("LOT_SIZE", "iceberg_quantity", c.spec.iceberg_quantity, grid)
    return found


def market_lot_size(c: RiskContext) -> Breaches:
    """MARKET_LOT_SIZE: range and step of a market order's quantity, base asset."""
    i = c.instrument
    if c.spec.order_type is not OrderType.MARKET or c.spec.quantity is None:
        return NONE
    grid = (i.market_min_quantity, i.market_max_quantity, i.market_step_size)
    return _lot("MARKET_LOT_SIZE", "quantity", c.spec.quantity, grid)


def notional(c: RiskContext) -> Breaches:
    """NOTIONAL: least and most value, quote asset; market orders are valued at the last price."""
    i, spec = c.instrument, c.spec
    market = spec.order_type is OrderType.MARKET
    value = c.notional
    if market and spec.quantity is not None:
        value = None if c.quote is None else spec.quantity * c.quote.last
    if value is None:
        return NONE
    low = i.min_notional if not market or i.min_notional_applies_to_market else ZERO
    high = i.max_notional if not market or i.max_notional_applies_to_market else ZERO
    broken = bound_broken(value, low, high)
    if broken is None:
        return NONE
    most, bound = broken
    return breach(
        "NOTIONAL",
        f"the order is worth {trimmed(value)} {i.quote}, it must be {most} {trimmed(bound)}",
        limit=bound,
        value=value,
    )


def max_position(c: RiskContext) -> Breaches:
    """MAX_POSITION: what is held plus what open and new buys would add, base asset."""
    bound = c.instrument.max_position
    if not bound or c.spec.side is not Side.BUY or c.quantity is None:
        return NONE
    held = c.book.state.ledger.held(c.instrument.base)
    after = held + c.symbol_exposure.buy_quantity + c.quantity
    if after <= bound:
        return NONE
    return breach(
        "MAX_POSITION",
        f"the position could reach {trimmed(after)} {c.instrument.base}, "
        f"the venue allows {trimmed(bound)}; lower the quantity",
        limit=bound,
        value=after,
    )


def max_num_orders(c: RiskContext) -> Breaches:
    """MAX_NUM_ORDERS: orders working on the symbol, as a count."""
    bound, after = c.instrument.max_open_orders, c.symbol_exposure.orders + c.ahead + 1
    if not bound or after <= bound or c.spec.order_type is OrderType.MARKET:
        return NONE
    return breach(
        "MAX_NUM_ORDERS",
        f"the venue allows {bound} open orders on {c.spec.symbol}; cancel one first",
        limit=bound,
        value=after,
    )


def max_num_algo_orders(c: RiskContext) -> Breaches:
    """MAX_NUM_ALGO_ORDERS: stops and take-profits working on the symbol, as a count."""
    bound, after = c.instrument.max_stop_orders, c.symbol_exposure.stop_orders + 1
    if c.spec.order_type not in STOP_TYPES or not bound or after <= bound:
        return NONE
    return breach(
        "MAX_NUM_ALGO_ORDERS",
        f"the venue allows {bound} stop orders on {c.spec.symbol}; cancel one first",
        limit=bound,
        value=after,
    )


def trailing_delta(c: RiskContext) -> Breaches:
    """TRAILING_DELTA: trailing distance, basis points.

    Stop-loss buys and take-profit sells trail above the market, the other two below.
    """
    delta, i = c.spec.trailing_delta_bips, c.instrument
    if not delta:
        return NONE
    stop_loss = c.spec.order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
    if stop_loss == (c.spec.side is Side.BUY):
        low, high = i.min_trailing_above_bips, i.max_trailing_above_bips
    else:
        low, high = i.min_trailing_below_bips, i.max_trailing_below_bips
    if high and low <= delta <= high:
        return NONE
    return breach(
        "TRAILING_DELTA",
        f"trailing_delta_bips must lie from {low} to {high} here",
        limit=high if delta > high else low,
        value=delta,
    )


def iceberg_parts(c: RiskContext) -> Breaches:
    """ICEBERG_PARTS: parts that an iceberg shows one after the other, as a count."""
    bound, visible = c.instrument.iceberg_parts_max, c.spec.iceberg_quantity
    if visible is None or c.spec.quantity is None or not visible:
        return NONE
    parts = int((c.spec.quantity / visible).to_integral_value(ROUND_CEILING))
    if parts <= bound:
        return NONE
    return breach(
        "ICEBERG_PARTS",
        f"{parts} parts, at most {bound} are allowed; raise iceberg_quantity",
        limit=bound,
        value=parts,
    )


FILTERS = (
    price_filter,
    percent_price_by_side,
    lot_size,
    market_lot_size,
    notional,
    max_position,
    max_num_orders,
    max_num_algo_orders,
    trailing_delta,
    iceberg_parts,
)
