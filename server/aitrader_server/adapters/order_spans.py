"""A span for each order at the venue: from its sending to the first that is known of it."""

from typing import Final

from aitrader_server.adapters.order_lines import KINDS
from aitrader_server.domain.events import OrderCancelRequested, OrderSubmitted
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.bus import EventBus
from aitrader_server.engine.ports import IdFactory, Record
from aitrader_server.spans import Span, Spans

ORDERS_MAX: Final = 10_000
SENT: Final = OrderSubmitted.__name__
# Says what we want, not what the venue did.
_OURS: Final = OrderCancelRequested.__name__
_FAILED: Final = frozenset({OrderState.REJECTED, OrderState.UNKNOWN})


class OrderSpans:
    """Of traces that are kept, by the times of durable records."""

    def __init__(self, spans: Spans, ids: IdFactory) -> None:
        self._spans = spans
        self._ids = ids
        self._sent_ns: dict[str, int] = {}

    def listen(self, bus: EventBus) -> None:
        """Tells of what is journalled from now on."""
        for kind in KINDS:
            if kind.__name__ != _OURS:
                bus.listen(kind.__name__, self._on_record)

    def _on_record(self, record: Record) -> None:
        sent_ns = self._sent_ns.pop(record.intent, None)
        parent = self._spans.span_of(record.trace_id)
        if parent is None:
            return
        if sent_ns is not None:
            self._spans.take(self._span(record, sent_ns, parent))
        if record.kind == SENT and len(self._sent_ns) < ORDERS_MAX:
            self._sent_ns[record.intent] = record.at_ns

    def _span(self, record: Record, sent_ns: int, parent: str) -> Span:
        return Span(
            name="order at the venue",
            trace_id=record.trace_id,
            span_id=self._ids.trace_id()[:16],
            parent_span_id=parent,
            begun_ns=sent_ns,
            ended_ns=record.at_ns,
            attributes={
                "aitrader.request_id": record.intent,
                "aitrader.symbol": record.symbol,
                "aitrader.event": record.kind,
            },
            error=record.state if record.state in _FAILED else "",
        )
