"""A store that two engines share: one leads and writes, whoever is deposed writes nothing.

The rules are those of a database with a lock, a lease and the leader's number in every insert.
"""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from aitrader_server.adapters.journal.memory import MemoryStore
from aitrader_server.adapters.journal.queued import QueuedJournal
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import JournalError

from simulation.disks import SimLane
from simulation.oracle import Oracle

LEASE_S = 5.0
BEAT_S = LEASE_S / 5
POLL_S = 0.5
# How long a client waits for an answer that does not come.
ANSWER_TIMEOUT_S = 2.0


class Session:
    """One engine's connection: `open` as the server sees it, `usable` as the client does."""

    def __init__(self) -> None:
        self.open = True
        self.usable = True
        self.number = 0
        # Something happened to it: its engine may fail.
        self.struck = False
        self._cut_until_s = 0.0
        self._arrives = True

    @property
    def cut(self) -> bool:
        """Whether answers are lost just now."""
        return asyncio.get_running_loop().time() < self._cut_until_s

    @property
    def arrives(self) -> bool:
        """Whether requests get to the server."""
        return not self.cut or self._arrives

    def cut_off(self, seconds: float, *, arrives: bool) -> None:
        """Loses every answer for a while, and unless it `arrives` every request too."""
        self.struck = True
        self._arrives = arrives
        self._cut_until_s = asyncio.get_running_loop().time() + seconds


class SharedServer:
    """Survives every engine; tells the oracle what it made durable."""

    def __init__(self, oracle: Oracle) -> None:
        self.store = MemoryStore()
        self.number = 0
        self._oracle = oracle
        self._leader: Session | None = None
        self._beat_s = 0.0

    def take_lead(self, session: Session) -> bool:
        """Makes `session` the leader unless another one is, and was heard of within the lease."""
        if not session.arrives or not self.free():
            return False
        if self._leader is not None:
            self._leader.open = False
        self.number += 1
        self._leader, session.number = session, self.number
        self.beat(session)
        return True

    def free(self) -> bool:
        """Whether nobody leads, or who does is silent."""
        if self._leader is None or not self._leader.open:
            return True
        return asyncio.get_running_loop().time() - self._beat_s > LEASE_S

    def beat(self, session: Session) -> None:
        self.admit(session)
        self._beat_s = asyncio.get_running_loop().time()

    def commit(self, session: Session, records: Sequence[Record]) -> None:
        """All of `records` or none, from who leads only."""
        self.admit(session)
        self.store.commit(records)
        self._oracle.on_written(session.number, records)

    def admit(self, session: Session) -> None:
        """Raises JournalError for whoever does not lead any more."""
        if not session.open:
            raise JournalError("the server ended the connection")
        if session.number != self.number:
            raise JournalError(f"another engine took over: {self.number}, not {session.number}")

    def drop(self, session: Session) -> None:
        """The connection is gone, and its lock with it."""
        session.open = False

    def restart(self) -> None:
        """Every connection is gone; what was committed is not."""
        if self._leader is not None:
            self._leader.struck = True
            self._leader.open = False


class SharedStore:
    """The Store port over one session; an answer that does not come ends it."""

    def __init__(self, server: SharedServer, session: Session) -> None:
        self._server = server
        self._session = session

    def latest_snapshot(self) -> Snapshot | None:
        self._ask(lambda: None)
        return self._server.store.latest_snapshot()

    def commit(self, records: Sequence[Record]) -> None:
        self._ask(lambda: self._server.commit(self._session, records))

    def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        self._ask(lambda: None)
        return self._server.store.read(after_sequence, limit)

    def read_intent(self, intent: str) -> Sequence[Record]:
        self._ask(lambda: None)
        return self._server.store.read_intent(intent)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        def save() -> None:
            self._server.admit(self._session)
            self._server.store.save_snapshot(snapshot)

        self._ask(save)

    def beat(self) -> None:
        self._ask(lambda: self._server.beat(self._session))

    def checkpoint_when_due(self) -> None:
        """The server's own work."""

    def close(self) -> None:
        if self._session.arrives:
            self._server.drop(self._session)

    def _ask(self, work: Callable[[], None]) -> None:
        session = self._session
        if not session.usable:
            raise JournalError("the connection to the store was lost")
        if session.arrives:
            work()
        if session.cut:
            session.usable = False
            raise JournalError("no answer from the store in time")


class SharedLane(SimLane):
    """Waits for an answer that does not come as long as a client does."""

    def __init__(self, chance: Random, session: Session) -> None:
        super().__init__(chance)
        self._session = session

    def _step(self) -> None:
        if self._session.cut and not self._session.arrives:
            self._loop.call_later(ANSWER_TIMEOUT_S, super()._step)
        else:
            super()._step()


class SharedJournal(QueuedJournal):
    """Waits until it leads, and then says all the time that it does."""

    store: type[SharedStore] = SharedStore

    def __init__(self, server: SharedServer, session: Session, chance: Random) -> None:
        store = self._shared = self.store(server, session)
        super().__init__(lambda: store, SharedLane(chance, session))
        self._server = server
        self._session = session
        self._beats: asyncio.Task[None] | None = None

    async def open(
        self, on_commit: Callable[[int], None], on_failure: Callable[[JournalError], None]
    ) -> Snapshot | None:
        while not self._server.take_lead(self._session):
            await asyncio.sleep(POLL_S)
        snapshot = await super().open(on_commit, on_failure)
        self._beats = asyncio.get_running_loop().create_task(self._beat())
        return snapshot

    async def close(self) -> None:
        if self._beats is not None:
            self._beats.cancel()
        await super().close()

    async def _beat(self) -> None:
        while self._failure is None:
            await asyncio.sleep(BEAT_S)
            try:
                await self._call(lambda: self._write(self._shared.beat))
            except JournalError:
                return  # the engine has been told
