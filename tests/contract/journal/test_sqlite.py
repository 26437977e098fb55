"""What only a journal on a disk can get wrong."""

import asyncio
import os
import subprocess
import sys
from functools import partial

import apsw
import pytest
from aitrader_server.adapters.journal.schema import MIGRATIONS
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.engine.ports import Snapshot
from aitrader_server.errors import JournalError, Overloaded
from simulation.disk.crash_vfs import CrashDisk
from simulation.disk.lives import open_store
from simulation.disk.records import record, records


@pytest.fixture
def filled(folder):
    """Five records, the fourth and fifth of intent a, and a snapshot at 5."""
    store = SqliteStore.open(folder)
    store.commit([*records(1, 3), record(4, intent="a"), record(5, intent="a")])
    store.save_snapshot(Snapshot(sequence=5, state=b"{}"))
    store.close()
    return folder


def _edit(folder, statement: str) -> None:
    connection = apsw.Connection(str(folder / "journal.db"))
    connection.execute(statement)
    connection.close()


def test_says_and_reads_back_how_it_writes(folder):
    store = SqliteStore.open(folder)
    settings = [
        store._connection.pragma(name) for name in ("synchronous", "journal_mode", "locking_mode")
    ]
    store.close()
    assert settings == [2, "wal", "exclusive"]


def test_refuses_a_place_that_cannot_be_durable():
    with pytest.raises(JournalError, match="keeps journal_mode memory, not wal"):
        SqliteStore(":memory:")


def test_a_file_that_cannot_be_opened_says_what_to_do(folder):
    (folder / "journal.db").mkdir(parents=True)
    with pytest.raises(JournalError, match=r"journal\.db: .*make it writable"):
        SqliteStore.open(folder)


def test_makes_a_private_folder(tmp_path):
    SqliteStore.open(tmp_path / "a" / "state").close()
    assert (tmp_path / "a" / "state").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_used_says_what_to_do(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(JournalError, match=r"cannot use the state folder .*make it writable"):
        SqliteStore.open(tmp_path / "state")


def test_names_the_process_that_holds_the_folder(folder):
    program = (
        "import sys, pathlib; from aitrader_server.adapters.journal.store import SqliteStore;"
        "store = SqliteStore.open(pathlib.Path(sys.argv[1])); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(JournalError, match=rf"another engine \(pid {holder.pid}\) holds"):
            SqliteStore.open(folder)
        holder.kill()
        holder.wait()
        SqliteStore.open(folder).close()
    assert (folder / "lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE event SET payload = CAST('{}' AS BLOB) WHERE sequence = 4",
        "UPDATE event SET cumulative_quantity = '5.0' WHERE sequence = 4",
        "UPDATE event SET once = 'x' WHERE sequence = 4",
    ],
)
async def test_names_the_damaged_record(filled, make_on, watcher, damage):
    _edit(filled, damage)
    journal = make_on(partial(SqliteStore.open, filled))
    await watcher.open(journal)
    for read in (journal.read(0, 10), journal.read_intent("a")):
        with pytest.raises(JournalError, match=r"record 4 .* checksum"):
            await read
    assert len(await journal.read(0, 3)) == 3


async def test_names_the_missing_record(filled, make_on, watcher):
    _edit(filled, "DELETE FROM event WHERE sequence = 2")
    journal = make_on(partial(SqliteStore.open, filled))
    await watcher.open(journal)
    with pytest.raises(JournalError, match="record 2 is missing"):
        await journal.read(0, 10)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE snapshot SET state = CAST('{1}' AS BLOB)", "snapshot at 5 .* checksum"),
        ("DELETE FROM event WHERE sequence = 5", "snapshot at 5 .* last record 4: records were"),
    ],
)
async def test_does_not_start_from_a_wrong_snapshot(filled, make_on, watcher, damage, message):
    _edit(filled, damage)
    journal = make_on(partial(SqliteStore.open, filled))
    with pytest.raises(JournalError, match=message):
        await watcher.open(journal)
    SqliteStore.open(filled).close()


async def test_a_failed_open_says_why_and_lets_go(folder, make_on, watcher):
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"not a database" * 100)
    for _ in range(2):
        with pytest.raises(JournalError, match="damaged: restore it from a copy"):
            await watcher.open(make_on(partial(SqliteStore.open, folder)))


def test_migrates_a_file_of_version_1(folder):
    SqliteStore.open(folder).close()
    (folder / "journal.db").unlink()
    old = apsw.Connection(str(folder / "journal.db"))
    old.execute(MIGRATIONS[0])
    old.pragma("user_version", 1)
    old.close()
    store = SqliteStore.open(folder)
    store.commit([record(1)])
    store.save_snapshot(Snapshot(sequence=1, state=b"{}"))
    assert store._connection.pragma("user_version") == len(MIGRATIONS)
    store.close()


def test_refuses_a_newer_file(filled):
    _edit(filled, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(JournalError, match="start the newer program"):
        SqliteStore.open(filled)


async def test_a_cancelled_open_that_fails_is_only_cancelled(folder, make_on, watcher):
    (folder / "journal.db").mkdir(parents=True)
    opening = asyncio.create_task(watcher.open(make_on(partial(SqliteStore.open, folder))))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening


async def test_a_record_that_cannot_be_stored_fails_the_journal(folder, make_on, watcher):
    journal = make_on(partial(SqliteStore.open, folder))
    await watcher.open(journal)
    journal.append([record(1, epoch=2**70)])
    await watcher.failed()
    assert "a write failed by a bug: OverflowError" in watcher.failures[0].message


async def test_what_waits_for_a_failed_open_is_refused(folder, make_on, watcher):
    (folder / "journal.db").mkdir(parents=True)
    journal = make_on(partial(SqliteStore.open, folder))
    opening = asyncio.create_task(watcher.open(journal))
    await asyncio.sleep(0)
    reading = asyncio.create_task(journal.read(0, 1))
    assert all(
        isinstance(error, JournalError)
        for error in await asyncio.gather(opening, reading, return_exceptions=True)
    )


@pytest.mark.parametrize("kind", ["write", "sync"])
async def test_a_disk_that_fails_is_told_once_and_written_no_more(make_on, watcher, kind):
    disk = CrashDisk()
    journal = make_on(partial(open_store, disk))
    await watcher.open(journal)
    journal.append(records(1, 3))
    await watcher.durable(3)

    def fail(operation: str, _number: int) -> None:
        if operation == kind:
            raise apsw.FullError if kind == "write" else apsw.IOError

    disk.before_io = fail
    for sequence in range(4, 10):
        journal.append([record(sequence)])
    await watcher.failed()
    assert ("free space" if kind == "write" else "check it") in watcher.failures[0].message
    operations: list[str] = []
    disk.before_io = lambda operation, _number: operations.append(operation)
    with pytest.raises(JournalError, match="failed"):
        journal.append([record(10)])
    assert [r.sequence for r in await journal.read(0, 10)] == [1, 2, 3]
    await asyncio.sleep(0)
    assert watcher.committed[-1] == 3
    assert len(watcher.failures) == 1
    await journal.close()
    assert set(operations) <= {"read"}


def test_after_a_write_that_failed_the_file_takes_no_other():
    disk = CrashDisk()
    store = open_store(disk)
    store.commit([record(1)])

    def fail(operation: str, _number: int) -> None:
        if operation == "sync":
            raise apsw.IOError

    disk.before_io = fail
    with pytest.raises(JournalError, match="check it"):
        store.commit([record(2)])
    disk.before_io = lambda _operation, _number: None
    for write in (
        lambda: store.commit([record(2)]),
        lambda: store.save_snapshot(Snapshot(sequence=1, state=b"{}")),
    ):
        with pytest.raises(JournalError, match="refused a write before: restart the engine"):
            write()
    assert [r.sequence for r in store.read(0, 10)] == [1]
    store.close()


async def test_refuses_more_than_its_queue_holds(folder, watcher):
    journal = SqliteJournal(partial(SqliteStore.open, folder), queue_records_max=10)
    await watcher.open(journal)
    journal.append(records(1, 8))
    with pytest.raises(Overloaded, match="8 records wait"):
        journal.append(records(9, 11))
    await watcher.durable(8)
    journal.append(records(9, 11))
    await watcher.durable(11)


async def test_a_cancelled_open_lets_go_of_the_folder(folder, make_on, watcher):
    opening = asyncio.create_task(watcher.open(make_on(partial(SqliteStore.open, folder))))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await watcher.open(make_on(partial(SqliteStore.open, folder)))
