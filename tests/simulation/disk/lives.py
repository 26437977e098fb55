"""Runs a journal through power cuts and kills, and checks after each what it remembers."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import JournalError

from simulation.disk.crash_vfs import CrashDisk, PowerLoss
from simulation.disk.records import record

OpenStore = Callable[[CrashDisk], SqliteStore]


class Forgotten(AssertionError):
    """A journal broke its word; the message names the seed that replays it."""


def open_store(disk: CrashDisk) -> SqliteStore:
    # Few pages, so that checkpoints happen in every life.
    return SqliteStore("/journal.db", vfs=disk.vfs, wal_pages_max=12)


class Lives:
    """One disk, many starts; each life writes batches until it is cut off.

    `acknowledged` are the records that must be there; `in_doubt` the batch whose commit did not
    return: it must be there whole or not at all.
    """

    def __init__(self, seed: int, open_store: OpenStore, *, acknowledges_early: bool) -> None:
        self._seed = seed
        self._chance = Random(seed)
        self._open_store = open_store
        self._acknowledges_early = acknowledges_early
        self._disk = CrashDisk()
        self._life = 0
        self._acknowledged: list[Record] = []
        self._in_doubt: list[Record] = []
        self._snapshot = 0

    def run(self, lives: int) -> None:
        for _ in range(lives):
            self._life += 1
            self._disk.before_io = self._cut_off()
            with suppress(PowerLoss):
                self._live()
            if self._chance.random() < 0.3:
                self._disk.kill()
            else:
                self._disk.lose_power(self._chance)
        self.switch_on()
        self._remember(self._open_store(self._disk))

    def switch_on(self) -> None:
        """From here on the power stays."""
        self._disk.before_io = lambda _kind, _number: None

    def forgotten(self, what: str) -> Forgotten:
        replay = f"from simulation.disk.lives import live; live({self._seed})"
        return Forgotten(f"life {self._life}: {what}; PYTHONPATH=tests python -c '{replay}'")

    def _cut_off(self) -> Callable[[str, int], None]:
        """At any operation, or at a sync: when all is written and nothing is durable."""
        number = self._disk.io_count + self._chance.randint(1, self._chance.choice((20, 120)))
        at_sync = self._chance.random() < 0.5

        def before_io(kind: str, io_number: int) -> None:
            late = io_number > number + 100
            if late or (io_number >= number and at_sync == (kind == "sync")):
                raise PowerLoss

        return before_io

    def _live(self) -> None:
        store = self._open_store(self._disk)
        self._remember(store)
        while True:
            self._in_doubt = self._batch()
            if self._acknowledges_early:
                self._acknowledged += self._in_doubt
                store.commit(self._in_doubt)
            else:
                store.commit(self._in_doubt)
                self._acknowledged += self._in_doubt
            self._in_doubt = []
            store.checkpoint_when_due()
            if self._chance.random() < 0.1:
                sequence = len(self._acknowledged)
                store.save_snapshot(Snapshot(sequence=sequence, state=b"s" * 5_000))
                self._snapshot = sequence

    def _batch(self) -> list[Record]:
        """New every time: the epoch is the life, so that a ghost of an older batch is seen."""
        first = len(self._acknowledged) + 1
        size = self._chance.choice((1, 1, 2, 5, 40))
        return [record(n, epoch=self._life, once=f"k{n}") for n in range(first, first + size)]

    def _remember(self, store: SqliteStore) -> None:
        found = list(store.read(0, 1_000_000))
        may_be_found: Sequence[list[Record]] = (
            self._acknowledged,
            self._acknowledged + self._in_doubt,
        )
        if found not in may_be_found:
            raise self.forgotten(
                f"{len(self._acknowledged)} records acknowledged, {len(self._in_doubt)} in doubt, "
                f"{len(found)} found"
            )
        # Whatever a start has seen, the engine acts upon: it must never go away again.
        self._acknowledged = found
        self._in_doubt = []
        snapshot = store.latest_snapshot()
        if (snapshot.sequence if snapshot else 0) < self._snapshot:
            raise self.forgotten(f"the snapshot at {self._snapshot} is gone")


def live(
    seed: int,
    *,
    lives: int = 20,
    open_store: OpenStore = open_store,
    acknowledges_early: bool = False,
) -> None:
    """Raises Forgotten when the journal breaks its word; the same seed does the same."""
    world = Lives(seed, open_store, acknowledges_early=acknowledges_early)
    try:
        world.run(lives)
    except JournalError as error:
        raise world.forgotten(error.message) from error
    finally:
        world.switch_on()
