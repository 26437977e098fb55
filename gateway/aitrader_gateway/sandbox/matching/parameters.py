"""Whether an order's parameters belong together and are written finely enough, but no finer."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import PRICED_TYPES, OrderType, TimeInForce

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.model import Listing, OrderRequest, Refusal
from aitrader_gateway.sandbox.matching.orders import conditional, priced

_TIMED_TYPES: Final = PRICED_TYPES - {OrderType.LIMIT_MAKER}
_LEAST_STRATEGY_TYPE: Final = 1_000_000
# The venue counts in units of eight decimals that fit 63 bits.
_QUANTITY_MAX: Final = Decimal(2**63 - 1).scaleb(-8)


def check_parameters(request: OrderRequest, listing: Listing) -> Refusal | None:
    """Semantics: Binance Spot API, "New order"."""
    return next(_bad_parameters(request, listing), None)


def check_quantity(quantity: Decimal, listing: Listing) -> Refusal | None:
    """Whether a base quantity is above zero and written no finer than the asset."""
    return next(_bad_amount("quantity", quantity, listing.base_precision), None)


def _bad_parameters(request: OrderRequest, listing: Listing) -> Iterator[Refusal]:
    kind = request.order_type
    if kind not in listing.instrument.order_types:
        yield refusals.unsupported(kind)
    yield from _missing_or_surplus(request)
    if request.time_in_force and request.time_in_force not in listing.instrument.times_in_force:
        yield Refusal(-1115, "Invalid timeInForce.")
    yield from _bad_amounts(request, listing)
    if (request.iceberg_quantity or ZERO) > (request.quantity or ZERO):
        yield refusals.ICEBERG_EXCEEDS
    if request.strategy_type is not None and request.strategy_type < _LEAST_STRATEGY_TYPE:
        yield refusals.BAD_STRATEGY_TYPE
    if request.prevention is not None and request.prevention not in listing.preventions:
        yield refusals.PREVENTION_NOT_ALLOWED


def _missing_or_surplus(request: OrderRequest) -> Iterator[Refusal]:
    stop, market = conditional(request), request.order_type is OrderType.MARKET
    timed = request.order_type in _TIMED_TYPES
    for name, needed, given in (
        ("timeInForce", timed, request.time_in_force is not None),
        ("quantity", not market, request.quantity is not None),
        ("price", priced(request), request.price is not None),
    ):
        if needed and not given:
            yield refusals.missing(name)
    if market and request.quantity is None and request.quote_quantity is None:
        yield refusals.neither("quantity", "quoteOrderQty")
    if stop and request.stop_price is None and not request.trailing_delta:
        yield refusals.neither("stopPrice", "trailingDelta")
    by_quote = market and request.quantity is None
    for name, allowed, given in (
        ("timeInForce", timed, request.time_in_force is not None),
        ("quoteOrderQty", by_quote, request.quote_quantity is not None),
        ("price", priced(request), request.price is not None),
        ("stopPrice", stop, request.stop_price is not None),
        ("trailingDelta", stop, bool(request.trailing_delta)),
        ("icebergQty", _may_hide(request), bool(request.iceberg_quantity)),
    ):
        if given and not allowed:
            yield refusals.surplus(name)


def _may_hide(request: OrderRequest) -> bool:
    """An iceberg must be able to rest."""
    return priced(request) and request.time_in_force in (None, TimeInForce.GTC)


def _bad_amounts(request: OrderRequest, listing: Listing) -> Iterator[Refusal]:
    base, quote = listing.base_precision, listing.quote_precision
    for name, amount, decimals in (
        ("quantity", request.quantity, base),
        # Zero stands for an order that shows itself whole.
        ("icebergQty", request.iceberg_quantity or None, base),
        ("quoteOrderQty", request.quote_quantity, quote),
        ("price", request.price, quote),
        ("stopPrice", request.stop_price, quote),
    ):
        if amount is not None:
            yield from _bad_amount(name, amount, decimals)
    if request.quantity is not None and request.quantity > _QUANTITY_MAX:
        yield refusals.TOO_LARGE


def _bad_amount(name: str, amount: Decimal, decimals: int) -> Iterator[Refusal]:
    if amount != round(amount, decimals):
        yield refusals.too_precise(name)
    if amount <= ZERO:
        yield refusals.not_positive(name)
