"""Tasks that the engine owns: none is lost, none fails in silence."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class TaskSet:
    """Runs coroutines in the background; `on_crash` hears of every exception."""

    def __init__(self, on_crash: Callable[[BaseException], None]) -> None:
        self.on_crash = on_crash
        # A dict, not a set: tasks are cancelled in the order in which they began.
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Starts `work` and keeps it until it is done."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._finished)
        return task

    def __len__(self) -> int:
        return len(self._tasks)

    async def cancel(self) -> None:
        """Cancels what still runs and waits until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.on_crash(error)
