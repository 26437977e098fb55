"""Where a simulated engine keeps its journal: in memory, or on a disk that loses power."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random

import apsw
from aitrader_server.adapters.journal.inline import LoopLane
from aitrader_server.adapters.journal.memory import MemoryStore
from aitrader_server.adapters.journal.queued import Call, QueuedJournal
from aitrader_server.adapters.journal.storage import Store
from aitrader_server.adapters.journal.store import SqliteStore

from simulation.disk.crash_vfs import CrashDisk, PowerLoss
from simulation.oracle import Oracle, Witness


class SimLane(LoopLane):
    """A disk that takes its time, and whose word takes a moment to reach the loop."""

    def __init__(self, chance: Random) -> None:
        super().__init__(lambda: chance.choice((0.0, 0.0005, 0.02)))
        self._chance = chance
        self._posted: deque[Call] = deque()

    def post(self, callback: Call) -> None:
        self._posted.append(callback)
        asyncio.get_running_loop().call_later(self._chance.choice((0.0, 0.001)), self._tell)

    def _tell(self) -> None:
        self._posted.popleft()()


class MemoryDisk:
    """Survives kills; has no power to lose and never fails."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.struck = False

    def open_store(self) -> Store:
        return self._store

    def cut_power_after(self, operations: int, off: Callable[[], None]) -> bool:
        return False

    def fail_after(self, operations: int, chance: Random) -> bool:
        return False

    def end(self, chance: Random, *, power: bool) -> None:
        self.struck = False


class SqliteDisk:
    """The real store on a disk that keeps or drops what was not synced."""

    def __init__(self) -> None:
        self.disk = CrashDisk()
        self.struck = False

    def open_store(self) -> Store:
        # Few pages, so that checkpoints happen in every life.
        return SqliteStore("/journal.db", vfs=self.disk.vfs, wal_pages_max=40)

    def cut_power_after(self, operations: int, off: Callable[[], None]) -> bool:
        """Switches off in the middle of an operation; `off` is called as it happens."""
        at = self.disk.io_count + operations

        def before_io(_kind: str, number: int) -> None:
            if number >= at:
                off()
                raise PowerLoss

        self.disk.before_io = before_io
        return True

    def fail_after(self, operations: int, chance: Random) -> bool:
        """Fails one write or sync, as a full or a dying disk does."""
        at = self.disk.io_count + operations
        error, kinds = chance.choice(
            (
                (apsw.FullError, ("write", "create")),
                (apsw.IOError, ("write", "truncate")),
                (apsw.IOError, ("sync",)),
            )
        )

        def before_io(kind: str, number: int) -> None:
            if number >= at and kind in kinds and not self.struck:
                self.struck = True
                raise error

        self.disk.before_io = before_io
        return True

    def end(self, chance: Random, *, power: bool) -> None:
        """The process is gone; with `power` so is what was not synced."""
        self.disk.before_io = lambda _kind, _number: None
        self.struck = False
        if power:
            self.disk.lose_power(chance)
        else:
            self.disk.kill()


Disk = MemoryDisk | SqliteDisk


def open_journal(open_store: Callable[[], Store], chance: Random, oracle: Oracle) -> QueuedJournal:
    """A journal for one life, whose disk tells the oracle what it acknowledged."""
    return QueuedJournal(lambda: Witness(open_store(), oracle), SimLane(chance))
