"""The journal on one writer thread, beside the event loop; over SQLite that of production."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from aitrader_server.adapters.journal.queued import QUEUE_RECORDS_MAX, Append, Call, QueuedJournal
from aitrader_server.adapters.journal.storage import OpenStore

_ITEMS_MAX = 1_024
_NOTHING: Append = ()

# None, always the last, ends the thread.
_Queue = SimpleQueue[Append | Call | None]


class ThreadLane:
    """One thread; it takes all that waits, and there is no delay to wait for more.

    After every `idle_s` without work it hands over nothing, once the event loop has taken part: a
    store is not kept alive for a loop that hangs. None: never.
    The thread is a daemon: a program that dies without closing is not held up by its disk.
    """

    _loop: asyncio.AbstractEventLoop
    _queue: _Queue

    def __init__(self, idle_s: float | None = None) -> None:
        self._idle_s = idle_s

    def start(self, work_off: Callable[[Sequence[Append | Call]], None]) -> None:
        self._loop = asyncio.get_running_loop()
        # One queue a thread: after a reopening the last one may still be on its way out.
        self._queue = SimpleQueue()
        threading.Thread(
            target=_run,
            args=(self._queue, work_off, self._loop, self._idle_s),
            name="journal",
            daemon=True,
        ).start()

    def put(self, item: Append | Call) -> None:
        self._queue.put(item)

    def post(self, callback: Call) -> None:
        self._loop.call_soon_threadsafe(callback)

    def stop(self) -> None:
        self._queue.put(None)


def _run(
    queue: _Queue,
    work_off: Callable[[Sequence[Append | Call]], None],
    loop: asyncio.AbstractEventLoop,
    idle_s: float | None,
) -> None:
    stopped = asked = False
    while not stopped:
        try:
            taken = [queue.get(timeout=idle_s)]
        except Empty:
            if loop.is_closed():
                return
            if not asked:
                loop.call_soon_threadsafe(queue.put, _NOTHING)
            asked = True
            continue
        asked = False
        while len(taken) < _ITEMS_MAX and not queue.empty():
            taken.append(queue.get())
        stopped = taken[-1] is None
        work_off([item for item in taken if item is not None])


class SqliteJournal(QueuedJournal):
    """`open_store` runs on the writer thread, e.g. `partial(SqliteStore.open, Path("state"))`."""

    def __init__(
        self, open_store: OpenStore, *, queue_records_max: int = QUEUE_RECORDS_MAX
    ) -> None:
        super().__init__(open_store, ThreadLane(), queue_records_max=queue_records_max)
