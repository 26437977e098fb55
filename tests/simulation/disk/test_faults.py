"""A disk that fails one operation: the journal stops there, and keeps what it acknowledged."""

from random import Random

import apsw
import pytest
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.errors import JournalError

from simulation.disk.crash_vfs import CrashDisk
from simulation.disk.lives import open_store
from simulation.disk.records import record

OPERATIONS = 120
FAULTS = {
    "full": (apsw.FullError, ("write", "create")),
    "write error": (apsw.IOError, ("write", "truncate", "delete")),
    "failed fsync": (apsw.IOError, ("sync",)),
    "read error": (apsw.IOError, ("read",)),
}


class Fault:
    """Fails the first operation of `kinds` from number `at` on."""

    def __init__(self, error: type[apsw.Error], kinds: tuple[str, ...], at: int) -> None:
        self._error = error
        self._kinds = kinds
        self._at = at
        self.struck = False

    def __call__(self, kind: str, number: int) -> None:
        if not self.struck and number >= self._at and kind in self._kinds:
            self.struck = True
            raise self._error


@pytest.mark.parametrize(("error", "kinds"), FAULTS.values(), ids=FAULTS)
def test_one_failed_operation_loses_nothing_acknowledged(error, kinds):
    struck = 0
    for number in range(1, OPERATIONS):
        disk = CrashDisk()
        store = open_store(disk)
        disk.before_io = fault = Fault(error, kinds, disk.io_count + number)
        acknowledged = _acknowledged(store, disk)
        struck += fault.struck
        disk.lose_power(Random(number))
        found = open_store(disk).read(0, 1_000)
        assert len(found) >= acknowledged, f"operation {number}"
    assert struck > OPERATIONS // 4


def _acknowledged(store: SqliteStore, disk: CrashDisk) -> int:
    acknowledged = 0
    for sequence in range(1, 41):
        try:
            store.commit([record(sequence)])
            acknowledged = sequence
            store.checkpoint_when_due()
        except JournalError:
            written = disk.io_count
            with pytest.raises(JournalError, match="refused a write before"):
                store.commit([record(acknowledged + 1)])
            assert disk.io_count == written
            break
    return acknowledged


def test_a_full_disk_says_what_to_do():
    disk = CrashDisk()
    store = open_store(disk)

    def full(kind: str, _number: int) -> None:
        if kind == "write":
            raise apsw.FullError

    disk.before_io = full
    with pytest.raises(JournalError, match="free space on its disk, then restart"):
        store.commit([record(1)])
    disk.before_io = lambda _kind, _number: None
    store.close()


def test_the_disk_admits_one_engine():
    disk = CrashDisk()
    store = open_store(disk)
    with pytest.raises(JournalError, match="another process holds it"):
        open_store(disk)
    store.close()
    open_store(disk).close()
