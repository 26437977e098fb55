"""The journal of production: SQLite on one writer thread, beside the event loop."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from aitrader_server.adapters.journal.queued import QUEUE_RECORDS_MAX, Append, Call, QueuedJournal
from aitrader_server.adapters.journal.storage import OpenStore

_ITEMS_MAX = 1_024


class ThreadLane:
    """One thread; it takes all that waits, and there is no delay to wait for more.

    The thread is a daemon: a program that dies without closing is not held up by its disk.
    """

    _loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        self._queue: SimpleQueue[Append | Call | None] = SimpleQueue()

    def start(self, work_off: Callable[[Sequence[Append | Call]], None]) -> None:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, args=(work_off,), name="journal", daemon=True).start()

    def put(self, item: Append | Call) -> None:
        self._queue.put(item)

    def post(self, callback: Call) -> None:
        self._loop.call_soon_threadsafe(callback)

    def stop(self) -> None:
        self._queue.put(None)

    def _run(self, work_off: Callable[[Sequence[Append | Call]], None]) -> None:
        while (item := self._queue.get()) is not None:
            items = [item]
            while len(items) < _ITEMS_MAX and not self._queue.empty():
                item = self._queue.get()
                if item is None:
                    work_off(items)
                    return
                items.append(item)
            work_off(items)


class SqliteJournal(QueuedJournal):
    """`open_store` runs on the writer thread, e.g. `partial(SqliteStore.open, Path("state"))`."""

    def __init__(
        self, open_store: OpenStore, *, queue_records_max: int = QUEUE_RECORDS_MAX
    ) -> None:
        super().__init__(open_store, ThreadLane(), queue_records_max=queue_records_max)
