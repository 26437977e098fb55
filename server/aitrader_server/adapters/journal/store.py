"""The journal in one SQLite file, written so that an acknowledged record outlives the power."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import apsw

from aitrader_server.adapters.journal.folder import FolderLock
from aitrader_server.adapters.journal.rows import (
    checksum,
    decode_event,
    decode_page,
    encode_event,
    verify_snapshot,
)
from aitrader_server.adapters.journal.schema import (
    INSERT_EVENT,
    SELECT_AFTER,
    SELECT_INTENT,
    migrate,
)
from aitrader_server.adapters.journal.storage import verify_continues, verify_covered
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import JournalError

_FILE = "journal.db"
# What each setting must read back as; the lock must come before WAL to need no shared memory.
_SETTINGS = (("locking_mode", "exclusive"), ("synchronous", 2), ("journal_mode", "wal"))
# 4 MB: short enough that moving it into the file stalls the next commit by milliseconds only.
WAL_PAGES_MAX = 1_000


class SqliteStore:
    """One exclusive connection in WAL mode; each commit is one transaction and one fsync.

    After a failed write every later one is refused: what a failed fsync left on the disk is
    unknown, and a second try may succeed without writing. Reads go on.
    """

    def __init__(
        self, database: str, *, vfs: str | None = None, wal_pages_max: int = WAL_PAGES_MAX
    ) -> None:
        self._database = database
        self._wal_pages = 0
        self._wal_pages_max = wal_pages_max
        self._lock: FolderLock | None = None
        self._failed = False
        with self._explained():
            self._connection = apsw.Connection(database, vfs=vfs)
        try:
            with self._explained():
                self._prepare()
        except BaseException:
            self._connection.close(True)
            raise

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens `journal.db` in `folder`, making both when missing, as the only process."""
        lock = FolderLock(folder)
        try:
            store = cls(str(folder / _FILE))
        except BaseException:
            lock.release()
            raise
        store._lock = lock
        return store

    def latest_snapshot(self) -> Snapshot | None:
        with self._explained():
            row = self._connection.execute(
                "SELECT sequence, state, crc FROM snapshot ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return None
        verify_snapshot(row, self._last_sequence, self._database)
        sequence, state, _ = row
        return Snapshot(sequence=sequence, state=state)

    def commit(self, records: Sequence[Record]) -> None:
        verify_continues(records, self._last_sequence)
        with self._transaction():
            self._connection.executemany(INSERT_EVENT, map(encode_event, records))
        self._last_sequence += len(records)

    def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        with self._explained():
            rows = self._connection.execute(SELECT_AFTER, (after_sequence, limit)).fetchall()
        return decode_page(rows, after_sequence, self._database)

    def read_intent(self, intent: str) -> Sequence[Record]:
        with self._explained():
            rows = self._connection.execute(SELECT_INTENT, (intent,)).fetchall()
        return [decode_event(row) for row in rows]

    def save_snapshot(self, snapshot: Snapshot) -> None:
        verify_covered(snapshot, self._last_sequence)
        crc = checksum((snapshot.sequence, snapshot.state))
        with self._transaction():
            self._connection.execute("DELETE FROM snapshot")
            self._connection.execute(
                "INSERT INTO snapshot (sequence, state, crc) VALUES (?, ?, ?)",
                (snapshot.sequence, snapshot.state, crc),
            )

    def checkpoint_when_due(self) -> None:
        # SQLite's own automatic checkpoint would hide a failed fsync.
        if self._wal_pages < self._wal_pages_max:
            return
        self._wal_pages = 0
        with self._writing():
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def close(self) -> None:
        try:
            with self._explained():
                self._connection.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _prepare(self) -> None:
        for name, expected in _SETTINGS:
            self._connection.pragma(name, expected)
            actual = self._connection.pragma(name)
            if actual != expected:
                raise JournalError(f"{self._database} keeps {name} {actual}, not {expected}")
        self._connection.set_wal_hook(self._note_wal_pages)
        migrate(self._connection)
        self._make_visible_durable()
        last = self._connection.execute("SELECT max(sequence) FROM event").fetchone()
        self._last_sequence = 0 if last is None or last[0] is None else int(last[0])

    def _make_visible_durable(self) -> None:
        """Syncs what a killed predecessor wrote and did not sync: it can be read already."""
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _note_wal_pages(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._failed:
            raise JournalError(f"{self._database} refused a write before: restart the engine")
        try:
            with self._explained():
                yield
        except BaseException:
            self._failed = True
            # Recovery is the next start's work: this process writes nothing more.
            self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns SQLite's errors into ours, with what to do about them."""
        try:
            yield
        except apsw.Error as error:
            raise JournalError(f"{self._database}: {error}{_advice(error)}") from error


_ADVICE: tuple[tuple[tuple[type[apsw.Error], ...], str], ...] = (
    ((apsw.BusyError, apsw.LockedError), "; another process holds it: stop it first"),
    ((apsw.FullError,), "; free space on its disk, then restart the engine"),
    ((apsw.IOError,), "; the disk failed: check it, then restart the engine"),
    ((apsw.CorruptError, apsw.NotADBError), "; the file was damaged: restore it from a copy"),
    (
        (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError),
        "; make it writable for this user",
    ),
)


def _advice(error: apsw.Error) -> str:
    if getattr(error, "extendedresult", 0) == apsw.SQLITE_CONSTRAINT_UNIQUE:
        return "; a record with this `once` key is there already"
    return next((text for errors, text in _ADVICE if isinstance(error, errors)), "")
