"""What the journal shows of an attempt, in words for people."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from aitrader.v1 import trading_pb2

from aitrader_server.domain.events import (
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderCancelRefused,
    OrderCompleted,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderLost,
    OrderRejected,
    OrderReplaceRefused,
    OrderSubmitted,
    OrderTriggered,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.money import trimmed
from aitrader_server.domain.state import decode_event
from aitrader_server.domain.terms import Fill
from aitrader_server.engine.ports import Record
from aitrader_server.rpc.convert.words import timestamp

# Who found it when no statement of the venue did.
_SOURCES: dict[type[OrderEvent], str] = {OrderLost: "operator"}
_FINDINGS: dict[type[OrderEvent], Callable[[Any], str]] = {
    OrderUnknown: lambda event: f"outcome unknown: {event.cause}",
    OrderAccepted: lambda event: f"the venue has it as order {event.venue_order_id}",
    OrderTriggered: lambda _: "the stop went live",
    OrderFilled: lambda event: _trade(event.fill),
    OrderGapFound: lambda event: (
        f"{trimmed(event.reported_quantity)} executed, not all of the trades are known"
    ),
    OrderCompleted: lambda event: f"complete with {trimmed(event.quantity)} executed",
    OrderCancelRefused: lambda event: f"not cancelled: {event.reason}",
    OrderReplaceRefused: lambda event: f"not changed: {event.reason}",
    OrderAmended: lambda event: f"works with {trimmed(event.quantity)}",
    OrderCanceled: lambda event: "cancelled" + (f": {event.reason}" if event.reason else ""),
    OrderExpired: lambda event: "expired" + (f": {event.reason}" if event.reason else ""),
    OrderRejected: lambda event: f"{event.code}: {event.reason}",
    OrderLost: lambda event: f"settled as absent by {event.actor}: {event.evidence}",
    ReportIgnored: lambda event: f"reported {event.reported}, which {event.state} does not admit",
}


def _trade(fill: Fill) -> str:
    return f"trade {fill.trade_id}: {trimmed(fill.quantity)} at {trimmed(fill.price)}"


def evidence_messages(records: Sequence[Record], number: int) -> list[trading_pb2.Evidence]:
    """What was learned after attempt `number` was journalled and before the next one was."""
    return list(_evidence(records, number))


def _evidence(records: Sequence[Record], number: int) -> Iterator[trading_pb2.Evidence]:
    current = 0
    for record in records:
        event = decode_event(record.payload)
        if isinstance(event, OrderSubmitted):
            if event.after and current == number:
                yield trading_pb2.Evidence(
                    at=timestamp(record.at_ns), source="reply", finding=event.after
                )
            current = event.attempt.number
        finding = _FINDINGS.get(type(event)) if isinstance(event, OrderEvent) else None
        if finding is None or current != number:
            continue
        assert isinstance(event, OrderEvent)
        yield trading_pb2.Evidence(
            at=timestamp(record.at_ns),
            source=event.source or _SOURCES.get(type(event), "engine"),
            finding=finding(event),
        )
