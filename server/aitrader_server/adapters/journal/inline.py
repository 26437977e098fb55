"""A journal without a thread, whose every step the event loop decides: for simulation."""

import asyncio
from collections.abc import Callable, Sequence

from aitrader_server.adapters.journal.queued import QUEUE_RECORDS_MAX, Append, Call, QueuedJournal
from aitrader_server.adapters.journal.storage import OpenStore


class LoopLane:
    """Works off what waits in one callback of the loop, `delay_s()` after the first put."""

    _loop: asyncio.AbstractEventLoop
    _work_off: Callable[[Sequence[Append | Call]], None]

    def __init__(self, delay_s: Callable[[], float] | None = None) -> None:
        self._delay_s = delay_s
        self._waiting: list[Append | Call] = []

    def start(self, work_off: Callable[[Sequence[Append | Call]], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._work_off = work_off

    def put(self, item: Append | Call) -> None:
        self._waiting.append(item)
        if len(self._waiting) > 1:
            return
        if self._delay_s is None:
            self._loop.call_soon(self._step)
        else:
            self._loop.call_later(self._delay_s(), self._step)

    def post(self, callback: Call) -> None:
        callback()

    def stop(self) -> None:
        """Nothing to let go of: steps that are due still run."""

    def _step(self) -> None:
        items, self._waiting = self._waiting, []
        self._work_off(items)


class InlineJournal(QueuedJournal):
    """Runs the store on the event loop itself; `delay_s` is how long the disk seems to take."""

    def __init__(
        self,
        open_store: OpenStore,
        *,
        delay_s: Callable[[], float] | None = None,
        queue_records_max: int = QUEUE_RECORDS_MAX,
    ) -> None:
        super().__init__(open_store, LoopLane(delay_s), queue_records_max=queue_records_max)
