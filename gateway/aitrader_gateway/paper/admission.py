"""Whether the venue takes an order, and what it then locks."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from aitrader_server.domain.events import OrderSpec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import floor_to_step
from aitrader_server.domain.venue import Refused
from aitrader_server.domain.words import STOP_TYPES, OrderType, Side

from aitrader_gateway.paper.balances import Balances
from aitrader_gateway.paper.book import Book
from aitrader_gateway.paper.filters import check_filters, check_parameters
from aitrader_gateway.paper.orders import paid_asset
from aitrader_gateway.paper.register import OrderRegister

DUPLICATE: Final = Refused("-2010", "Duplicate order sent.")
INSUFFICIENT_BALANCE: Final = Refused(
    "-2010", "Account has insufficient balance for requested action."
)
NO_PRICE: Final = Refused("-2010", "There is no price for this symbol.")
WOULD_TAKE: Final = Refused("-2010", "Order would immediately match and take.")
WOULD_TRIGGER: Final = Refused("-2010", "Order would trigger immediately.")


class Admitted(NamedTuple):
    """The order's base quantity, and what it locks of the asset that it pays with."""

    quantity: Decimal
    locked: Decimal


class Desk(NamedTuple):
    """What an order of one symbol is judged against."""

    instrument: Instrument
    book: Book
    balances: Balances
    register: OrderRegister


def admit(spec: OrderSpec, desk: Desk) -> Admitted | Refused:
    """Parameters first, then filters, then what only the matching engine knows."""
    instrument, book = desk.instrument, desk.book
    if (refusal := check_parameters(spec, instrument)) is not None:
        return refusal
    quantity = spec.quantity
    if quantity is None:
        assert spec.quote_quantity is not None
        quantity = book.size_of(spec.side, spec.quote_quantity)
    if quantity is None:
        return NO_PRICE
    last = None if book.quote is None else book.quote.last
    refusal = check_filters(spec, instrument, quantity, last)
    refusal = refusal or next(_engine_refusals(spec, desk, quantity), None)
    if refusal is not None:
        return refusal
    # On the step's own grid, whatever zeros the caller wrote.
    quantity = floor_to_step(quantity, instrument.step_size)
    locked = _worst_cost(spec, quantity, book)
    if locked > desk.balances.available(paid_asset(spec, instrument)):
        return INSUFFICIENT_BALANCE
    return Admitted(quantity, locked)


def _engine_refusals(spec: OrderSpec, desk: Desk, quantity: Decimal) -> Iterator[Refused]:
    stop = spec.order_type in STOP_TYPES
    if desk.register.is_open(spec.request_id):
        yield DUPLICATE
    for name in _exceeded_counts(spec, desk, quantity):
        yield Refused("-2010", f"Filter failure: {name}")
    if stop and desk.book.would_trigger(spec):
        yield WOULD_TRIGGER
    if spec.order_type is OrderType.LIMIT_MAKER and desk.book.reaches(spec):
        yield WOULD_TAKE


def _exceeded_counts(spec: OrderSpec, desk: Desk, quantity: Decimal) -> Iterator[str]:
    instrument, book = desk.instrument, desk.book
    if instrument.max_position and spec.side is Side.BUY:
        buying = (
            order.leaves_quantity
            for order in desk.register.open_orders()
            if order.spec.symbol == spec.symbol and order.spec.side is Side.BUY
        )
        position = desk.balances.total(instrument.base) + sum(buying, quantity)
        if position > instrument.max_position:
            yield "MAX_POSITION"
    if spec.order_type is OrderType.MARKET:
        return
    if 0 < instrument.max_open_orders <= book.order_count:
        yield "MAX_NUM_ORDERS"
    if spec.order_type in STOP_TYPES and 0 < instrument.max_stop_orders <= book.stop_count:
        yield "MAX_NUM_ALGO_ORDERS"


def _worst_cost(spec: OrderSpec, quantity: Decimal, book: Book) -> Decimal:
    """Exact for a market order, which executes at once; a stop is priced at its stop price."""
    if spec.side is Side.SELL:
        return quantity
    price = spec.limit_price or spec.stop_price
    return book.cost(quantity) if price is None else price * quantity
