"""The journal file: its tables, its versions and its statements."""

import apsw

from aitrader_server.adapters.journal.rows import COLUMNS
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

INSERT_EVENT = f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 -- constants only
SELECT_AFTER = f"SELECT {COLUMNS} FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"  # noqa: S608 -- constants only
SELECT_INTENT = f"SELECT {COLUMNS} FROM event WHERE intent = ? AND intent <> '' ORDER BY sequence"  # noqa: S608 -- constants only


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
