"""The journal in PostgreSQL, written by whoever leads, and by nobody else."""

import time
from collections.abc import Sequence

from aitrader_server.adapters.journal.postgres_schema import (
    BEAT,
    INSERT_EVENTS,
    MIGRATIONS,
    REPLACE_SNAPSHOT,
    SELECT_AFTER,
    SELECT_INTENT,
    SELECT_LAST,
    SELECT_SNAPSHOT,
    WHO,
)
from aitrader_server.adapters.journal.postgres_session import PostgresSession
from aitrader_server.adapters.journal.rows import (
    checksum,
    decode_event,
    decode_page,
    encode_event,
    verify_snapshot,
)
from aitrader_server.adapters.journal.storage import verify_continues, verify_covered
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import ConfigError, JournalError


class PostgresStore:
    """Leads from its making to its first failure; each commit is one statement and one fsync.

    `epoch` counts leaders. A lost connection took the lock along, so nothing is tried twice. Raises
    ConfigError when a newer program has written here.
    """

    def __init__(self, session: PostgresSession, *, epoch: int, beat_s: float) -> None:
        self._session = session
        self._epoch = epoch
        self._beat_s = beat_s
        self._beaten_s = time.monotonic()
        self._failed = False
        _migrate(session)
        self._last_sequence = int(session.value(SELECT_LAST))

    def latest_snapshot(self) -> Snapshot | None:
        rows = self._session.rows(SELECT_SNAPSHOT)
        if not rows:
            return None
        row = tuple(rows[0])
        verify_snapshot(row, self._last_sequence, self._session.place)
        return Snapshot(sequence=row[0], state=row[1])

    def commit(self, records: Sequence[Record]) -> None:
        verify_continues(records, self._last_sequence)
        columns = zip(*map(encode_event, records), strict=True)
        self._write(INSERT_EVENTS, *map(list, columns))
        self._last_sequence += len(records)

    def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        rows = [tuple(row) for row in self._session.rows(SELECT_AFTER, after_sequence, limit)]
        return decode_page(rows, after_sequence, self._session.place)

    def read_intent(self, intent: str) -> Sequence[Record]:
        return [decode_event(tuple(row)) for row in self._session.rows(SELECT_INTENT, intent)]

    def save_snapshot(self, snapshot: Snapshot) -> None:
        verify_covered(snapshot, self._last_sequence)
        crc = checksum((snapshot.sequence, snapshot.state))
        self._write(REPLACE_SNAPSHOT, snapshot.sequence, snapshot.state, crc)

    def checkpoint_when_due(self) -> None:
        """Tells the standbys that the leader lives; every write tells them too."""
        if time.monotonic() - self._beaten_s >= self._beat_s:
            self._write(BEAT)

    def close(self) -> None:
        self._session.close()

    def _write(self, statement: str, *arguments: object) -> None:
        """Runs `statement`, which returns a row if we still lead and nothing if not."""
        if self._failed:
            raise JournalError(f"{self._session.place} refused a write before: restart the engine")
        try:
            self._verify_leads(self._session.value(statement, self._epoch, *arguments))
        except BaseException:
            self._failed = True
            raise
        self._beaten_s = time.monotonic()

    def _verify_leads(self, found: object) -> None:
        if found is None:
            epoch, host, pid, _ = self._session.rows(WHO)[0]
            raise JournalError(f"another engine took over: epoch {epoch}, pid {pid} on {host}")


def _migrate(session: PostgresSession) -> None:
    """Brings the tables to the newest version in one transaction; refuses newer ones."""
    version, newest = int(session.value("SELECT schema_version FROM leader")), len(MIGRATIONS)
    if version > newest:
        problem = (
            f"journal.url: {session.place} has schema version {version}, this program knows up to "
            f"{newest}: start the newer program that wrote it"
        )
        raise ConfigError((problem,))
    if version < newest:
        said = f"UPDATE leader SET schema_version = {newest}"  # noqa: S608 -- a number
        session.script(";".join((*MIGRATIONS[version:], said)))
