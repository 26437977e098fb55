"""The same suite over every journal: what differs is only how one is made."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from aitrader_server.adapters.journal.inline import InlineJournal
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.adapters.journal.postgres import PostgresJournal
from aitrader_server.adapters.journal.storage import OpenStore
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.engine.ports import Journal, Snapshot
from aitrader_server.errors import JournalError

ON_DISK: dict[str, Callable[[OpenStore], Journal]] = {
    "inline": InlineJournal,
    "threaded": SqliteJournal,
}


class Watcher:
    """Opens journals, notes what they call back, and closes what a test left open."""

    def __init__(self) -> None:
        self.committed: list[int] = []
        self.failures: list[JournalError] = []
        self.closing = AsyncExitStack()
        self._called = asyncio.Event()

    async def open(self, journal: Journal) -> Snapshot | None:
        snapshot = await journal.open(self._commit, self._fail)
        self.closing.push_async_callback(journal.close)
        return snapshot

    async def durable(self, sequence: int) -> None:
        await self._until(lambda: bool(self.committed) and self.committed[-1] >= sequence)

    async def failed(self) -> None:
        await self._until(lambda: bool(self.failures))

    async def _until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not happened():
                self._called.clear()
                await self._called.wait()

    def _commit(self, sequence: int) -> None:
        self.committed.append(sequence)
        self._called.set()

    def _fail(self, error: JournalError) -> None:
        self.failures.append(error)
        self._called.set()


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    watcher = Watcher()
    async with watcher.closing:
        yield watcher


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture(params=["memory", *ON_DISK, "postgres"])
def make(request: pytest.FixtureRequest, folder: Path) -> Callable[[], Journal]:
    """Each call makes a journal over the same records."""
    if request.param == "memory":
        memory = MemoryJournal()
        return lambda: memory
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database()
        return partial(PostgresJournal, url, lease_s=5.0, report=print)
    return partial(ON_DISK[request.param], partial(SqliteStore.open, folder))


@pytest.fixture(params=list(ON_DISK))
def make_on(request: pytest.FixtureRequest) -> Callable[[OpenStore], Journal]:
    """Makes a journal over a given SQLite store."""
    return ON_DISK[request.param]
