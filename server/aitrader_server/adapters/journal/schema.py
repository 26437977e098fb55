"""The journal file: its tables, its versions and the bytes of a row."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import apsw
import msgspec

from aitrader_server.engine.ports import Record
from aitrader_server.errors import JournalError

# Step n takes a file from version n-1 to n. Released steps never change; new ones are added.
MIGRATIONS = (
    """
    CREATE TABLE event (
        sequence INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        kind TEXT NOT NULL,
        intent TEXT NOT NULL,
        symbol TEXT NOT NULL,
        trace_id TEXT NOT NULL,
        state TEXT NOT NULL,
        cumulative_quantity TEXT NOT NULL,
        once TEXT UNIQUE,
        payload BLOB NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX event_intent ON event (intent) WHERE intent <> '';
    """,
    """
    CREATE TABLE snapshot (
        sequence INTEGER PRIMARY KEY,
        state BLOB NOT NULL,
        crc INTEGER NOT NULL
    ) STRICT;
    """,
)

_COLUMNS = (
    "sequence, epoch, at_ns, kind, intent, symbol, trace_id, state, cumulative_quantity, "
    "once, payload, crc"
)
INSERT_EVENT = f"INSERT INTO event ({_COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 -- constants only
SELECT_AFTER = f"SELECT {_COLUMNS} FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"  # noqa: S608 -- constants only
SELECT_INTENT = f"SELECT {_COLUMNS} FROM event WHERE intent = ? AND intent <> '' ORDER BY sequence"  # noqa: S608 -- constants only

# In the order of the columns, of the types that the STRICT table enforces.
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
            f"record {row[0]} of the journal does not match its checksum: the file was damaged; "
            "restore it from a copy"
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


def migrate(connection: apsw.Connection) -> None:
    """Brings the file to the newest version in one transaction; refuses a newer file."""
    version = int(connection.pragma("user_version"))
    newest = len(MIGRATIONS)
    if version > newest:
        raise JournalError(
            f"the journal has schema version {version}, this program knows up to {newest}: "
            "start the newer program that wrote it"
        )
    if version == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    for step in MIGRATIONS[version:]:
        connection.execute(step)
    connection.pragma("user_version", newest)
    connection.execute("COMMIT")
