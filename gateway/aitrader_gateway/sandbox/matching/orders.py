"""What follows from an order's own terms."""

from decimal import Decimal
from typing import Final

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ONE, ZERO
from aitrader_server.domain.words import PRICED_TYPES, STOP_TYPES, OrderType, Side

from aitrader_gateway.sandbox.matching.model import Order, OrderRequest

ONE_BIP: Final = Decimal("0.0001")
_LOSS_TYPES: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})


def paid_asset(side: Side, instrument: Instrument) -> str:
    """The asset that an order of `side` locks and pays with."""
    return instrument.quote if side is Side.BUY else instrument.base


def priced(request: OrderRequest) -> bool:
    """Whether the order has a limit."""
    return request.order_type in PRICED_TYPES


def conditional(request: OrderRequest) -> bool:
    """Whether the order waits for a price before it works."""
    return request.order_type in STOP_TYPES


def upward(request: OrderRequest) -> bool:
    """Whether a stop waits for the price to rise to it."""
    return (request.side is Side.BUY) == (request.order_type in _LOSS_TYPES)


def cost(request: OrderRequest, quantity: Decimal, reference: Decimal | None) -> Decimal:
    """What an order for `quantity` locks of the asset that it pays with.

    A stop without a limit is priced at its stop price, or at its distance from `reference`, the
    last price; what it then lacks it must find when it is triggered.
    """
    if request.side is Side.SELL:
        return quantity
    price = request.price or request.stop_price
    if price is None:
        price = (reference or ZERO) * (ONE + ONE_BIP * request.trailing_delta)
    return price * quantity


def remaining_lock(order: Order, leaves: Decimal, unspent: Decimal) -> Decimal:
    """What stays locked when `leaves` is left; only its cost tells for a buy without a limit."""
    if order.side is Side.SELL:
        return leaves
    return order.price * leaves if order.price else unspent
