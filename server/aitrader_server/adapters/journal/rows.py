"""The fields of a record as a row, and the checksum that tells when they were damaged."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import msgspec

from aitrader_server.engine.ports import Record
from aitrader_server.errors import JournalError

COLUMNS = (
    "sequence, epoch, at_ns, kind, intent, symbol, trace_id, state, cumulative_quantity, "
    "once, payload, crc"
)

# In the order of the columns, of the types that the table enforces.
EventRow = tuple[Any, ...]

_encoder = msgspec.msgpack.Encoder()


def checksum(fields: Sequence[object]) -> int:
    """CRC-32 over the MessagePack array of `fields`, so that no two rows share their bytes."""
    return crc32(_encoder.encode(fields))


def encode_event(record: Record) -> EventRow:
    fields = (
        record.sequence,
        record.epoch,
        record.at_ns,
        record.kind,
        record.intent,
        record.symbol,
        record.trace_id,
        record.state,
        record.cumulative_quantity,
        record.once or None,
        record.payload,
    )
    return (*fields, checksum(fields))


def decode_event(row: EventRow) -> Record:
    """Raises JournalError, naming the sequence, when the row is not what was written."""
    if checksum(row[:-1]) != row[-1]:
        raise JournalError(
            f"record {row[0]} of the journal does not match its checksum: it was damaged; "
            "restore the journal from a copy"
        )
    return Record(
        sequence=row[0],
        epoch=row[1],
        at_ns=row[2],
        kind=row[3],
        intent=row[4],
        symbol=row[5],
        trace_id=row[6],
        state=row[7],
        cumulative_quantity=row[8],
        once=row[9] or "",
        payload=row[10],
    )


def decode_page(rows: Sequence[EventRow], after_sequence: int, place: str) -> list[Record]:
    """All of `rows` as records; raises JournalError unless they count on without a gap."""
    records = [decode_event(row) for row in rows]
    for expected, record in enumerate(records, start=after_sequence + 1):
        if record.sequence != expected:
            raise JournalError(f"record {expected} is missing from {place}: restore it from a copy")
    return records


def verify_snapshot(row: EventRow, last_sequence: int, place: str) -> None:
    """Raises JournalError unless `row`, of sequence, state and crc, is whole and covered."""
    sequence, state, crc = row
    if checksum((sequence, state)) != crc:
        raise JournalError(
            f"the snapshot at {sequence} in {place} does not match its checksum: "
            "it was damaged; restore the journal from a copy"
        )
    if sequence > last_sequence:
        raise JournalError(
            f"the snapshot at {sequence} in {place} is newer than the last record "
            f"{last_sequence}: records were lost; restore the journal from a copy"
        )
