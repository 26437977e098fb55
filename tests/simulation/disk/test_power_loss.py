"""What was acknowledged outlives the power; and the proof notices when it does not."""

import pytest
from aitrader_server.adapters.journal.store import SqliteStore
from evidence.power_loss import LIVES, RUNG

from simulation.disk.crash_vfs import CrashDisk
from simulation.disk.lives import Forgotten, live

SABOTEUR_SEEDS = 20


@pytest.mark.timeout(600)
def test_no_power_cut_loses_an_acknowledged_record(tally):
    tally(RUNG.climbed())


def _synchronous(level: int):
    def open_store(disk: CrashDisk) -> SqliteStore:
        store = SqliteStore("/journal.db", vfs=disk.vfs, wal_pages_max=12)
        store._connection.pragma("synchronous", level)
        return store

    return open_store


def _deaf(disk: CrashDisk) -> SqliteStore:
    disk.ignores_sync = True
    return SqliteStore("/journal.db", vfs=disk.vfs, wal_pages_max=12)


class _TrustingStore(SqliteStore):
    def _make_visible_durable(self) -> None:
        """Takes what it can read for durable."""


class _PiecemealStore(SqliteStore):
    def commit(self, records):
        for record in records:
            super().commit([record])


SABOTEURS = {
    "synchronous=NORMAL": {"open_store": _synchronous(1)},
    "synchronous=OFF": {"open_store": _synchronous(0)},
    "a disk that ignores fsync": {"open_store": _deaf},
    "acknowledging before the commit": {"acknowledges_early": True},
    "a start that trusts an unsynced log": {
        "open_store": lambda disk: _TrustingStore("/journal.db", vfs=disk.vfs, wal_pages_max=12)
    },
    "a batch written record by record": {
        "open_store": lambda disk: _PiecemealStore("/journal.db", vfs=disk.vfs, wal_pages_max=12)
    },
}


def _is_caught(seed: int, saboteur) -> bool:
    try:
        live(seed, lives=LIVES, **saboteur)
    except Forgotten:
        return True
    return False


@pytest.mark.parametrize("saboteur", SABOTEURS.values(), ids=SABOTEURS)
def test_a_planted_bug_is_found(saboteur):
    assert any(_is_caught(seed, saboteur) for seed in range(SABOTEUR_SEEDS))


def test_the_same_seed_does_the_same():
    def tell(seed: int) -> str:
        with pytest.raises(Forgotten) as told:
            live(seed, lives=200, acknowledges_early=True)
        return str(told.value)

    assert tell(3) == tell(3)
    assert "live(3)" in tell(3)
