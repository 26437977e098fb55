"""The symbol's filters that need no more than the order and a price to judge it.

Semantics: Binance Spot API, "Filters".
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO, is_multiple
from aitrader_server.domain.words import OrderType

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.model import OrderRequest, Refusal
from aitrader_gateway.sandbox.matching.orders import upward


def check_filters(
    request: OrderRequest, instrument: Instrument, quantity: Decimal, reference: Decimal | None
) -> Refusal | None:
    """`quantity` is the order's base quantity; without `reference` what needs one is left out."""
    name = next(_failures(request, instrument, quantity, reference), None)
    return None if name is None else refusals.static_failure(name)


def check_amended(
    request: OrderRequest, instrument: Instrument, quantity: Decimal, reference: Decimal | None
) -> Refusal | None:
    """What a new quantity may break of an order that has been accepted."""
    name = next(_size_failures(request, instrument, quantity), None)
    if name is None and not _notional_fits(request, instrument, quantity, reference):
        name = "NOTIONAL"
    return None if name is None else refusals.static_failure(name)


def _failures(
    request: OrderRequest, instrument: Instrument, quantity: Decimal, reference: Decimal | None
) -> Iterator[str]:
    if not all(
        _within(price, instrument.min_price, instrument.max_price)
        and is_multiple(price, instrument.tick_size)
        for price in (request.price, request.stop_price)
        if price is not None
    ):
        yield "PRICE_FILTER"
    if request.price is not None and reference is not None:
        low, high = instrument.price_band(request.side, reference)
        if not _within(request.price, low, high):
            yield "PERCENT_PRICE_BY_SIDE"
    yield from _size_failures(request, instrument, quantity)
    if not _notional_fits(request, instrument, quantity, reference):
        yield "NOTIONAL"
    if request.iceberg_quantity and instrument.iceberg_parts_max:
        parts = (quantity / request.iceberg_quantity).to_integral_value(ROUND_CEILING)
        if parts > instrument.iceberg_parts_max:
            yield "ICEBERG_PARTS"
    if request.trailing_delta and not _trails_within(request, instrument):
        yield "TRAILING_DELTA"


def _size_failures(
    request: OrderRequest, instrument: Instrument, quantity: Decimal
) -> Iterator[str]:
    """Which filters on sizes a base quantity fails."""
    lot = instrument.min_quantity, instrument.max_quantity
    if not all(
        _within(amount, *lot) and is_multiple(amount, instrument.step_size)
        for amount in (quantity, request.iceberg_quantity or quantity)
    ):
        yield "LOT_SIZE"
    if request.order_type is OrderType.MARKET and not (
        _within(quantity, instrument.market_min_quantity, instrument.market_max_quantity)
        and is_multiple(quantity, instrument.market_step_size)
    ):
        yield "MARKET_LOT_SIZE"


def _notional_fits(
    request: OrderRequest, instrument: Instrument, quantity: Decimal, reference: Decimal | None
) -> bool:
    """Whether the order's value lies within its bounds; `reference` prices a market order."""
    price = request.price or request.stop_price
    if price is not None:
        return _within(price * quantity, instrument.min_notional, instrument.max_notional)
    if reference is None:
        return True
    low = instrument.min_notional if instrument.min_notional_applies_to_market else ZERO
    high = instrument.max_notional if instrument.max_notional_applies_to_market else ZERO
    return _within(request.quote_quantity or reference * quantity, low, high)


def _trails_within(request: OrderRequest, instrument: Instrument) -> bool:
    if upward(request):
        low, high = instrument.min_trailing_above_bips, instrument.max_trailing_above_bips
    else:
        low, high = instrument.min_trailing_below_bips, instrument.max_trailing_below_bips
    return request.trailing_delta >= low and not (high and request.trailing_delta > high)


def _within(value: Decimal, low: Decimal, high: Decimal) -> bool:
    """Whether `low <= value <= high`; a zero bound is none."""
    return value >= low and not (high and value > high)
