"""Counts what becomes of orders and times how they got there, as durable records pass by."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from aitrader_server.domain.events import (
    OrderAccepted,
    OrderCanceled,
    OrderCompleted,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderLost,
    OrderRejected,
    OrderSubmitted,
    OrderTriggered,
    OrderUnknown,
)
from aitrader_server.domain.order_list import LIST_DENIED
from aitrader_server.domain.state import decode_event
from aitrader_server.engine.commands import Caller
from aitrader_server.engine.departures import NOT_SENT
from aitrader_server.engine.ports import Metrics, Record

RISK: Final = "risk"
VENUE: Final = "venue"
_STAGE_SECONDS: Final = "aitrader_order_stage_seconds"
_STAGE_LABELS: Final = {
    stage: {"stage": stage} for stage in ("queue", RISK, "journal", VENUE, "ack", "ledger")
}
_NO_LABELS: Final[dict[str, str]] = {}
# By these the venue shows that it took an order.
_TAKEN: Final = (
    OrderAccepted,
    OrderTriggered,
    OrderFilled,
    OrderGapFound,
    OrderCompleted,
    OrderCanceled,
    OrderExpired,
)


class Denial(msgspec.Struct, frozen=True):
    """An order that a control denied; `reason` is the first breach's code."""

    reason: str
    symbol: str
    trace_id: str


class Timing:
    """One stage of one order, from its entry to its exit."""

    __slots__ = ("_begun_s", "_metrics", "_now_s", "_stage", "_trace_id")

    def __init__(
        self, metrics: Metrics, now_s: Callable[[], float], stage: str, trace_id: str
    ) -> None:
        self._metrics = metrics
        self._now_s = now_s
        self._stage = stage
        self._trace_id = trace_id

    def __enter__(self) -> None:
        self._begun_s = self._now_s()

    def __exit__(self, *_: object) -> None:
        seconds = self._now_s() - self._begun_s
        self._metrics.observe(_STAGE_SECONDS, seconds, _STAGE_LABELS[self._stage], self._trace_id)


class Tally:
    """Only orders whose fate is open are remembered: those that the book holds as well.

    All times are by the stopwatch `now_s`.
    """

    def __init__(self, metrics: Metrics, now_s: Callable[[], float]) -> None:
        self._metrics = metrics
        self.now_s = now_s
        self.last_denial: Denial | None = None
        # When the intent to send each order was committed: of those that the venue has said
        # nothing of yet, and of those whose outcome is unknown.
        self._sent_s: dict[str, float] = {}
        self._doubted_s: dict[str, float] = {}
        # When an execution was first heard of that has not been booked yet.
        self._gap_s: dict[str, float] = {}
        self._kinds: dict[str, dict[str, str]] = {}
        self._readers: dict[str, Callable[[Record, float, float], None]] = {
            kind.__name__: self._taken for kind in _TAKEN
        } | {
            OrderSubmitted.__name__: self._sent,
            OrderDenied.__name__: self._denied,
            OrderUnknown.__name__: self._unknown,
            OrderRejected.__name__: self._rejected,
            OrderLost.__name__: self._lost,
            OrderGapFound.__name__: self._gap,
            OrderFilled.__name__: self._filled,
        }

    def durable(self, records: Sequence[Record], begun_s: float) -> None:
        """Takes in what was committed at `begun_s` and is on disk now."""
        now_s = self.now_s()
        last = records[-1]
        if last.intent:
            self._time("journal", now_s - begun_s, last.trace_id)
        for record in records:
            kind = self._kinds.get(record.kind)
            if kind is None:
                kind = self._kinds[record.kind] = {"kind": record.kind}
            self._metrics.count("aitrader_events_total", kind, record.trace_id)
            read = self._readers.get(record.kind)
            if read is not None:
                read(record, begun_s, now_s)

    def waited(self, caller: Caller, decided_s: float) -> None:
        """An order of `caller` is about to be judged; `decided_s` went into deciding on it."""
        if caller.arrived_s is not None:
            waited_s = max(self.now_s() - caller.arrived_s - decided_s, 0.0)
            self._time("queue", waited_s, caller.trace_id)

    def timing(self, stage: str, trace_id: str) -> "Timing":
        """Times what is done within it, however it ends."""
        return Timing(self._metrics, self.now_s, stage, trace_id)

    def lost_stream(self) -> None:
        """The venue's account stream broke off."""
        self._metrics.count("aitrader_stream_gaps_total", _NO_LABELS)

    def compared(self, outcome: str) -> None:
        """Books and venue were compared: clean, mended, or undecided."""
        self._metrics.count("aitrader_reconciliations_total", {"outcome": outcome})

    def _sent(self, record: Record, begun_s: float, _: float) -> None:
        # A second attempt is an answer's delay, not a second order.
        self._sent_s.setdefault(record.intent, begun_s)

    def _taken(self, record: Record, _: float, now_s: float) -> None:
        self._answered(record, "accepted", now_s)

    def _rejected(self, record: Record, _: float, now_s: float) -> None:
        # What proves that an order never arrived is not the venue's word on it.
        self._doubted_s.pop(record.intent, None)
        event = decode_event(record.payload)
        assert isinstance(event, OrderRejected), "a record is of the kind that it says"
        if event.code == NOT_SENT:
            self._sent_s.pop(record.intent, None)
            self._count_outcome("not_sent", record.trace_id)
        else:
            self._answered(record, "rejected", now_s)

    def _unknown(self, record: Record, _: float, __: float) -> None:
        sent_s = self._sent_s.pop(record.intent, None)
        if sent_s is not None:
            self._doubted_s[record.intent] = sent_s
        self._count_outcome("unknown", record.trace_id)

    def _lost(self, record: Record, _: float, __: float) -> None:
        self._doubted_s.pop(record.intent, None)

    def _gap(self, record: Record, begun_s: float, now_s: float) -> None:
        self._gap_s.setdefault(record.intent, begun_s)
        self._taken(record, begun_s, now_s)

    def _filled(self, record: Record, begun_s: float, now_s: float) -> None:
        heard_s = self._gap_s.pop(record.intent, begun_s)
        self._time("ledger", now_s - heard_s, record.trace_id)
        self._taken(record, begun_s, now_s)

    def _denied(self, record: Record, _: float, __: float) -> None:
        event = decode_event(record.payload)
        assert isinstance(event, OrderDenied), "a record is of the kind that it says"
        for breach in event.breaches:
            labels = {"reason": breach.code}
            self._metrics.count("aitrader_orders_denied_total", labels, record.trace_id)
        reason = event.breaches[0].code
        # The rest of a list fell with one of it, which says why.
        if reason != LIST_DENIED:
            self.last_denial = Denial(reason, record.symbol, record.trace_id)

    def _answered(self, record: Record, outcome: str, now_s: float) -> None:
        """The venue's first word on an order; it may have been asked for."""
        sent_s = self._sent_s.pop(record.intent, None)
        if sent_s is not None:
            self._count_outcome(outcome, record.trace_id)
        else:
            sent_s = self._doubted_s.pop(record.intent, None)
        if sent_s is not None:
            self._time("ack", now_s - sent_s, record.trace_id)

    def _count_outcome(self, outcome: str, trace_id: str) -> None:
        self._metrics.count("aitrader_order_outcomes_total", {"outcome": outcome}, trace_id)

    def _time(self, stage: str, seconds: float, trace_id: str) -> None:
        self._metrics.observe(_STAGE_SECONDS, seconds, _STAGE_LABELS[stage], trace_id)
