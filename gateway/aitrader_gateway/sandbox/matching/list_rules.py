"""Which orders may be bound to each other, at which prices.

Semantics: Binance Spot API, "Order lists".
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Final

from aitrader_server.domain.words import STOP_TYPES, OrderType, Side

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.model import ListRequest, OrderRequest, Refusal
from aitrader_gateway.sandbox.matching.orders import upward
from aitrader_gateway.sandbox.matching.words import Contingency

_WORKING_TYPES: Final = frozenset({OrderType.LIMIT, OrderType.LIMIT_MAKER})
_LEG_TYPES: Final = STOP_TYPES | {OrderType.LIMIT_MAKER}
_SIDES: Final = {Side.BUY: "buy", Side.SELL: "sell"}


def excluding(request: ListRequest) -> tuple[OrderRequest, ...]:
    """The orders of a list of which one at most may execute, the one above the market first."""
    if request.contingency is Contingency.OCO:
        return request.orders
    pending = request.orders[1:]
    return pending if len(pending) > 1 else ()


def check_types(request: ListRequest) -> Refusal | None:
    """Whether the types of the orders fit their places in the list."""
    return next(_bad_types(request), None)


def prices_fit(legs: tuple[OrderRequest, ...], last: Decimal | None) -> bool:
    """Whether the legs lie above and below `last`, and above each other."""
    above, below = (_trigger_price(leg) for leg in legs)
    ladder = [price for price in (above, last, below) if price is not None]
    return all(high > low for high, low in pairwise(ladder))


def _bad_types(request: ListRequest) -> Iterator[Refusal]:
    if request.contingency is Contingency.OTO:
        working = request.orders[0]
        if working.order_type not in _WORKING_TYPES:
            yield Refusal(-1130, "Data sent for parameter 'workingType' is not valid.")
        if any(each.quote_quantity is not None for each in request.orders):
            yield refusals.surplus("quoteOrderQty")
    legs = excluding(request)
    if not legs:
        return
    if any(leg.order_type not in _LEG_TYPES for leg in legs):
        yield Refusal(-1158, "Order type not supported in OCO.")
    if all(leg.order_type is OrderType.LIMIT_MAKER for leg in legs):
        yield Refusal(-1168, "At least one OCO order must be contingent.")
    for leg, above in zip(legs, (True, False), strict=True):
        if _belongs_above(leg) != above:
            yield _misplaced(leg)


def _belongs_above(leg: OrderRequest) -> bool:
    """A limit rests on its own side of the market; a stop waits where the price will come to."""
    if leg.order_type is OrderType.LIMIT_MAKER:
        return leg.side is Side.SELL
    return upward(leg)


def _misplaced(leg: OrderRequest) -> Refusal:
    side = _SIDES[leg.side]
    sells = leg.side is Side.SELL
    if leg.order_type is OrderType.LIMIT_MAKER:
        code, what, above = (-1166 if sells else -1165), "limit", sells
    elif leg.order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT):
        code, what, above = (-1197 if sells else -1196), "stop loss", not sells
    else:
        code, what, above = (-1199 if sells else -1198), "take profit", sells
    place = "above" if above else "below"
    return Refusal(code, f"A {what} order in a {side} OCO must be {place}.")


def _trigger_price(leg: OrderRequest) -> Decimal | None:
    """Where the leg begins to execute; None for one that trails from wherever it is."""
    return leg.price if leg.order_type is OrderType.LIMIT_MAKER else leg.stop_price
