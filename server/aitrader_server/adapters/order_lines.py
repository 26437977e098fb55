"""One line in the log for whatever becomes of an order, once it is durable."""

import logging
import re
from decimal import Decimal
from typing import Any, Final, get_args

from aitrader_server.adapters.logs import log_later
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    AnyEvent,
    OrderAnswered,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderInitialized,
    OrderLost,
    OrderRejected,
    OrderSubmitted,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.money import trimmed
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import decode_event
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.bus import EventBus
from aitrader_server.engine.ports import Record

LOGGER: Final = __name__
KINDS: Final = tuple(
    kind
    for kind in get_args(AnyEvent)
    # What the caller was told is in the answer already.
    if issubclass(kind, OrderEvent) and kind is not OrderAnswered
)
WARNINGS: Final = frozenset(
    kind.__name__ for kind in (OrderDenied, OrderRejected, OrderUnknown, OrderLost, ReportIgnored)
)
SHOWN: Final = ("actor", "after", "cause", "code", "evidence", "quantity", "reason", "reported")
SHOWN_OF_SPEC: Final = ("order_type", "quantity", "quote_quantity", "limit_price", "stop_price")
SHOWN_OF_FILL: Final = ("trade_id", "quantity", "price", "fee", "fee_asset")
# `OrderCancelRequested` is said as "order cancel requested".
SAID: Final = {
    kind.__name__: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower() for kind in KINDS
}


class OrderLines:
    """Costs the event loop one object an event; the thread that writes logs does the rest."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._unknown = {o.request_id for o in book.working() if o.state is OrderState.UNKNOWN}

    def listen(self, bus: EventBus) -> None:
        """Logs what is journalled from now on."""
        for kind in KINDS:
            bus.listen(kind.__name__, self._on_record)

    def _on_record(self, record: Record) -> None:
        resolved = self._resolves(record)
        level = logging.WARNING if record.kind in WARNINGS else logging.INFO
        order = self._book.order(record.intent)
        log_later(LOGGER, level, OrderLine(record, order, resolved=resolved))

    def _resolves(self, record: Record) -> bool:
        """Whether the outcome of an order was unknown and no longer is."""
        if record.state == OrderState.UNKNOWN:
            self._unknown.add(record.intent)
            return False
        was_unknown = record.intent in self._unknown
        self._unknown.discard(record.intent)
        return was_unknown


class OrderLine:
    """What one record says; amounts as text, and nothing of what was signed."""

    __slots__ = ("_order", "_record", "_resolved")

    def __init__(self, record: Record, order: Order | None, *, resolved: bool) -> None:
        self._record = record
        self._order = order
        self._resolved = resolved

    def fields(self) -> dict[str, Any]:
        """Without those that are empty."""
        record, order = self._record, self._order
        told: dict[str, Any] = {
            "event": SAID[record.kind],
            "trace_id": record.trace_id,
            "request_id": record.intent,
            "symbol": record.symbol,
            "state": record.state,
            "filled": record.cumulative_quantity,
            "sequence": record.sequence,
            "resolved": self._resolved,
        }
        if order is not None:
            told["side"] = order.spec.side
            told["strategy"] = order.spec.strategy
            told["venue_order_id"] = order.venue_order_id
            if order.trace_id != record.trace_id:
                told["order_trace_id"] = order.trace_id
        event = decode_event(record.payload)
        assert isinstance(event, OrderEvent), record.kind
        told |= {"source": event.source, **_details(event)}
        return {key: value for key, value in told.items() if value}


def _details(event: OrderEvent) -> dict[str, Any]:
    """What only an event of this kind tells."""
    told = _plain(event, SHOWN)
    match event:
        case OrderInitialized(spec=spec):
            told |= _plain(spec, SHOWN_OF_SPEC)
        case OrderDenied(breaches=breaches):
            told["reasons"] = [breach.code for breach in breaches]
            told["why"] = [breach.message for breach in breaches]
        case OrderSubmitted(attempt=attempt):
            told["attempt"] = attempt.number
        case OrderFilled(fill=fill):
            told |= _plain(fill, SHOWN_OF_FILL)
    return told


def _plain(source: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(source, name, "") for name in names}
    return {
        name: trimmed(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
    }
