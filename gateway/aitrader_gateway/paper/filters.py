"""What the venue refuses before its engine sees it, in Binance's codes and words.

Parameters come before filters. Semantics: Binance Spot API, "Filters" and "Error codes".
"""

import re
from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import Final

from aitrader_server.domain.events import OrderSpec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO, is_multiple
from aitrader_server.domain.venue import Refused
from aitrader_server.domain.words import PRICED_TYPES, STOP_TYPES, OrderType, TimeInForce

_CLIENT_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,36}")
_ICEBERG_TYPES: Final = PRICED_TYPES - {OrderType.LIMIT_MAKER}


def check_parameters(spec: OrderSpec, instrument: Instrument) -> Refused | None:
    """Whether the parameters fit the order type."""
    return next(_bad_parameters(spec, instrument), None)


def check_filters(
    spec: OrderSpec, instrument: Instrument, quantity: Decimal, last: Decimal | None
) -> Refused | None:
    """Whether price, size and value lie within the symbol's filters.

    `quantity` is the order's base quantity; `last` prices market orders and the price band, and
    without it both are left out.
    """
    name = next(_failed_filters(spec, instrument, quantity, last), None)
    return None if name is None else Refused("-1013", f"Filter failure: {name}")


def _bad_parameters(spec: OrderSpec, instrument: Instrument) -> Iterator[Refused]:
    kind = spec.order_type
    if not _CLIENT_ID.fullmatch(spec.request_id):
        yield Refused(
            "-1100",
            "Illegal characters found in parameter 'newClientOrderId'; "
            "legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
        )
    if not instrument.trading:
        yield Refused("-1013", "Market is closed.")
    if kind not in instrument.order_types:
        yield Refused("-1116", "Invalid orderType.")
    if kind in PRICED_TYPES and spec.time_in_force not in instrument.times_in_force:
        yield Refused("-1115", "Invalid timeInForce.")
    yield from _missing_or_surplus(spec)
    for name, amount in (
        ("quantity", spec.quantity),
        ("quoteOrderQty", spec.quote_quantity),
        ("price", spec.limit_price),
        ("stopPrice", spec.stop_price),
    ):
        if amount is not None and not amount > ZERO:
            yield Refused("-1013", f"Invalid {name}.")
    if spec.trailing_delta_bips:
        yield Refused("-1013", "Filter failure: TRAILING_DELTA")


def _missing_or_surplus(spec: OrderSpec) -> Iterator[Refused]:
    kind = spec.order_type
    by_quote = kind is OrderType.MARKET and spec.quantity is None
    for name, needed, amount in (
        ("quantity", not by_quote, spec.quantity),
        ("quoteOrderQty", by_quote, spec.quote_quantity),
        ("price", kind in PRICED_TYPES, spec.limit_price),
        ("stopPrice", kind in STOP_TYPES, spec.stop_price),
    ):
        if needed and amount is None:
            yield Refused(
                "-1102",
                f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
            )
        if amount is not None and not needed:
            yield Refused("-1106", f"Parameter '{name}' sent when not required.")
    if kind is OrderType.LIMIT_MAKER and spec.time_in_force is not TimeInForce.GTC:
        yield Refused("-1106", "Parameter 'timeInForce' sent when not required.")
    if spec.iceberg_quantity is not None and (
        kind not in _ICEBERG_TYPES or spec.time_in_force is not TimeInForce.GTC
    ):
        yield Refused("-1106", "Parameter 'icebergQty' sent when not required.")


def _failed_filters(
    spec: OrderSpec, instrument: Instrument, quantity: Decimal, last: Decimal | None
) -> Iterator[str]:
    prices = [price for price in (spec.limit_price, spec.stop_price) if price is not None]
    if not all(
        _within(price, instrument.min_price, instrument.max_price)
        and is_multiple(price, instrument.tick_size)
        for price in prices
    ):
        yield "PRICE_FILTER"
    if spec.limit_price is not None and last is not None:
        low, high = instrument.price_band(spec.side, last)
        if not _within(spec.limit_price, low, high):
            yield "PERCENT_PRICE_BY_SIDE"
    if not (
        _within(quantity, instrument.min_quantity, instrument.max_quantity)
        and is_multiple(quantity, instrument.step_size)
    ):
        yield "LOT_SIZE"
    if spec.order_type is OrderType.MARKET and not (
        _within(quantity, instrument.market_min_quantity, instrument.market_max_quantity)
        and is_multiple(quantity, instrument.market_step_size)
    ):
        yield "MARKET_LOT_SIZE"
    if not _notional_fits(spec, instrument, quantity, last):
        yield "NOTIONAL"
    if spec.iceberg_quantity and instrument.iceberg_parts_max:
        parts = (quantity / spec.iceberg_quantity).to_integral_value(ROUND_CEILING)
        if parts > instrument.iceberg_parts_max:
            yield "ICEBERG_PARTS"


def _notional_fits(
    spec: OrderSpec, instrument: Instrument, quantity: Decimal, last: Decimal | None
) -> bool:
    price = spec.limit_price or spec.stop_price
    if price is not None:
        return _within(price * quantity, instrument.min_notional, instrument.max_notional)
    if last is None:
        return True
    low = instrument.min_notional if instrument.min_notional_applies_to_market else ZERO
    high = instrument.max_notional if instrument.max_notional_applies_to_market else ZERO
    return _within(spec.quote_quantity or last * quantity, low, high)


def _within(value: Decimal, low: Decimal, high: Decimal) -> bool:
    """Whether `low <= value <= high`; a zero bound is none."""
    return value >= low and not (high and value > high)
