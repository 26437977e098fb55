"""The engine's journal over any store: a queue, a lane that works it off, and its callbacks."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

from aitrader_server.adapters.journal.storage import OpenStore, Store
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.errors import JournalError, Overloaded

_T = TypeVar("_T")

# About 50 MB of records, and a second or two of the disk's work.
QUEUE_RECORDS_MAX = 65_536
# Keeps one transaction, and the wait of what comes behind it, within tens of milliseconds.
GROUP_RECORDS_MAX = 1_024
_RETRY_AFTER_S = 0.1

Append = tuple[Record, ...]
Call = Callable[[], None]


class Lane(Protocol):
    """Where a store's blocking work runs, one piece at a time and in order."""

    def start(self, work_off: Callable[[Sequence[Append | Call]], None]) -> None:
        """Begins to hand over what is put, as many items at once as wait; on the event loop.

        A lane may hand over nothing now and then, for the upkeep of its store.
        """
        ...

    def put(self, item: Append | Call) -> None:
        """Never waits; on the event loop."""
        ...

    def post(self, callback: Call) -> None:
        """Runs `callback` on the event loop, in the order of calls; on the lane."""
        ...

    def stop(self) -> None:
        """Lets go once everything that was put has been worked off; on the event loop."""
        ...


class QueuedJournal:
    """Implements the Journal port; appends that wait together share one commit.

    `append` raises JournalError when the journal is closed or has failed, and Overloaded while
    `queue_records_max` records wait for the disk; then nothing was enqueued.
    """

    _on_commit: Callable[[int], None]
    _on_failure: Callable[[JournalError], None]

    def __init__(
        self, open_store: OpenStore, lane: Lane, *, queue_records_max: int = QUEUE_RECORDS_MAX
    ) -> None:
        self._open_store = open_store
        self._lane = lane
        self._queue_records_max = queue_records_max
        # Touched on the event loop only.
        self._queue_records = 0
        self._is_open = False
        self._failure: JournalError | None = None
        # Touched on the lane only.
        self._store: Store | None = None
        self._broken: JournalError | None = None

    async def open(
        self, on_commit: Callable[[int], None], on_failure: Callable[[JournalError], None]
    ) -> Snapshot | None:
        if self._is_open:
            raise JournalError("the journal is open already")
        self._is_open = True
        self._failure = None
        self._queue_records = 0
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._lane.start(self._work_off)
        try:
            return await self._call(self._open_on_lane)
        except BaseException:
            await self.close()
            raise

    def append(self, records: Sequence[Record]) -> None:
        if self._failure is not None:
            raise JournalError(f"the journal has failed: {self._failure.message}")
        if not self._is_open:
            raise JournalError("the journal is closed")
        if self._queue_records + len(records) > self._queue_records_max:
            raise Overloaded(
                f"{self._queue_records} records wait for the disk", retry_after_s=_RETRY_AFTER_S
            )
        self._queue_records += len(records)
        self._lane.put(tuple(records))

    async def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        return await self._call(lambda: self._opened().read(after_sequence, limit))

    async def read_intent(self, intent: str) -> Sequence[Record]:
        return await self._call(lambda: self._opened().read_intent(intent))

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        await self._call(lambda: self._write(lambda: self._opened().save_snapshot(snapshot)))

    async def close(self) -> None:
        if not self._is_open:
            return
        closed = self._call(self._close_on_lane)
        self._is_open = False
        self._lane.stop()
        await closed

    def _call(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Queues `work` behind the appends; the future is done on the event loop."""
        if not self._is_open:
            raise JournalError("the journal is closed")
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

        def run() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 -- raised where the caller waits
                self._lane.post(partial(_fail, future, error))
            else:
                self._lane.post(partial(_succeed, future, result))

        self._lane.put(run)
        return future

    def _committed(self, sequence: int, count: int) -> None:
        self._queue_records -= count
        self._on_commit(sequence)

    def _failed(self, failure: JournalError) -> None:
        self._failure = failure
        self._on_failure(failure)

    def _work_off(self, items: Sequence[Append | Call]) -> None:
        group: list[Record] = []
        for item in items:
            if isinstance(item, tuple):
                group.extend(item)
                if len(group) < GROUP_RECORDS_MAX:
                    continue
            self._commit(group)
            group = []
            if not isinstance(item, tuple):
                item()
        self._commit(group)
        self._tend()

    def _commit(self, group: Sequence[Record]) -> None:
        if not group or self._broken is not None:
            return
        store = self._opened()
        try:
            self._write(lambda: store.commit(group))
        except JournalError:
            return  # `_write` has told the engine
        self._lane.post(partial(self._committed, group[-1].sequence, len(group)))

    def _tend(self) -> None:
        if self._store is None or self._broken is not None:
            return
        with suppress(JournalError):  # `_write` has told the engine
            self._write(self._store.checkpoint_when_due)

    def _write(self, write: Callable[[], None]) -> None:
        """Runs `write`; its first failure is also the last write."""
        if self._broken is not None:
            raise JournalError(f"the journal has failed: {self._broken.message}")
        try:
            write()
        except JournalError as error:
            self._break(error)
            raise
        except Exception as error:
            failure = JournalError(f"a write failed by a bug: {error!r}")
            self._break(failure)
            raise failure from error

    def _break(self, failure: JournalError) -> None:
        self._broken = failure
        self._lane.post(partial(self._failed, failure))

    def _opened(self) -> Store:
        if self._store is None:
            raise JournalError("the journal is closed")
        return self._store

    def _open_on_lane(self) -> Snapshot | None:
        self._broken = None
        self._store = self._open_store()
        return self._store.latest_snapshot()

    def _close_on_lane(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def _succeed(future: asyncio.Future[_T], result: _T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[_T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
