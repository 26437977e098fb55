"""Journal records in the contract's words; a stream's once for all who follow it."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
import orjson
from aitrader.v1 import trading_pb2

from aitrader_server.domain.events import OrderFilled
from aitrader_server.domain.ledger import postings
from aitrader_server.domain.money import text, trimmed
from aitrader_server.domain.state import decode_event
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.ports import Record
from aitrader_server.rpc.convert.orders import fill_message
from aitrader_server.rpc.convert.words import ORDER_STATES, timestamp

SHARED_EVENTS_MAX = 4096


@lru_cache(maxsize=SHARED_EVENTS_MAX)
def event_response(record: Record) -> trading_pb2.StreamEventsResponse:
    """One event as it is streamed to everybody."""
    return trading_pb2.StreamEventsResponse(sequence=record.sequence, event=event_message(record))


def event_message(record: Record) -> trading_pb2.Event:
    """One event as everybody sees it."""
    event = decode_event(record.payload)
    message = trading_pb2.Event(
        sequence=record.sequence,
        epoch=record.epoch,
        occurred_at=timestamp(record.at_ns),
        kind=record.kind,
        request_id=record.intent,
        symbol=record.symbol,
        trace_id=record.trace_id,
        state=ORDER_STATES.to_wire(OrderState(record.state) if record.state else None),
        cumulative_quantity=record.cumulative_quantity,
        detail=_detail(event),
    )
    if isinstance(event, OrderFilled):
        message.fill.CopyFrom(fill_message(event.fill))
    return message


def ledger_message(record: Record) -> trading_pb2.LedgerEntry | None:
    """What the event booked; None when it moved nothing."""
    entry = postings(decode_event(record.payload))
    if not entry:
        return None
    return trading_pb2.LedgerEntry(
        sequence=record.sequence,
        postings=[
            trading_pb2.Posting(account=p.account, asset=p.asset, amount=trimmed(p.amount))
            for p in entry
        ],
    )


def _detail(event: Any) -> str:
    """The event's fields as JSON, amounts in plain notation."""
    fields = msgspec.to_builtins(event, builtin_types=(Decimal,))
    return orjson.dumps(fields, default=text).decode()
