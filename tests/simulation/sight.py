"""What can be seen from outside when an order is signed."""

from collections.abc import Mapping
from typing import NamedTuple

from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import STOP_TYPES, Side

# Orders that the venue takes in ten seconds, of which a fifth is kept back.
ORDERS_MAX = 50


class Sight(NamedTuple):
    """What could be seen from outside when an order was signed, at the loop's `at_s`.

    `open_orders` is what the venue has or may get, `orders` how many of its budget are used, and
    `crosses` an order of ours that it would meet.
    """

    at_s: float
    quotes: Mapping[str, Quote | None]
    open_orders: int
    banned: bool
    orders: int
    crosses: str = ""


def crossed(spec: OrderSpec, quote: Quote | None, resting: list[OrderSpec], replaced: str) -> str:
    """Which of our orders at the venue `spec` would meet at once, if not the one it replaces.

    Of those that begin to rest by themselves we may not have heard.
    """
    if spec.order_type in STOP_TYPES or quote is None or _waits(spec):
        return ""
    buys = spec.side is Side.BUY
    price = spec.limit_price or (quote.ask if buys else quote.bid)
    for order in resting:
        known = order.order_type not in STOP_TYPES and not _waits(order)
        if not known or order.side is spec.side or order.request_id == replaced:
            continue
        assert order.limit_price is not None
        if order.limit_price <= price if buys else order.limit_price >= price:
            return order.request_id
    return ""


def _waits(spec: OrderSpec) -> bool:
    return spec.place is not None and spec.place.waits
