"""An event loop whose time and order come from a seed: the same seed does the same, step by step.

Time stands still while anything can run and then jumps to the next timer. Among all that can run
the seed picks. Threads, executors and sockets are refused, because no seed could repeat them.
"""

import asyncio
import contextlib
import heapq
import inspect
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from hashlib import blake2b
from random import Random
from typing import Any, NoReturn

from simulation.disk.crash_vfs import PowerLoss

STEPS_MAX = 150_000


class Deadlock(AssertionError):
    """Somebody waits, and nothing will ever wake them."""


class Process:
    """Everything that dies together; whatever runs in its context belongs to it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.paused = False
        self.parked: list[asyncio.Handle] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.context = copy_context()
        self.context.run(PROCESS.set, self)


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class SimLoop(asyncio.BaseEventLoop):
    """Runs one handle a step; `fail` ends the run with an error at the next one."""

    _ready: list[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, seed: object) -> None:
        super().__init__()
        self._chance = Random(f"loop {seed}")
        self._now_s = 0.0
        self._ready = []
        self._trace = blake2b(digest_size=8)
        self._failure: BaseException | None = None
        self._alarm: tuple[int, Callable[[], None]] | None = None
        self.steps = 0
        self.set_exception_handler(self._on_exception)

    @property
    def trace(self) -> str:
        """A hash over every choice made so far, and when."""
        return self._trace.hexdigest()

    def time(self) -> float:
        return self._now_s

    def fail(self, error: BaseException) -> None:
        """Ends the run; the first error counts."""
        self._failure = self._failure or error

    def after_steps(self, steps: int, call: Callable[[], None]) -> None:
        """Calls `call` between two steps, `steps` from now; a later order replaces an earlier."""
        self._alarm = (self.steps + steps, call)

    def spawn(self, process: Process, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs `work` as a part of `process`."""
        return self.create_task(work, context=process.context.copy())

    def kill(self, process: Process) -> None:
        """Ends `process` between two steps: nothing of it runs any more, not even cleanup."""
        process.alive = False
        process.parked.clear()
        for task in process.tasks:
            task._log_destroy_pending = False
            task._log_traceback = False
            coroutine = task.get_coro()
            # What never began would complain that nobody awaited it.
            if (
                inspect.iscoroutine(coroutine)
                and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
            ):
                coroutine.close()
        kept = [timer for timer in self._scheduled if _owner(timer) is not process]
        heapq.heapify(kept)
        self._scheduled[:] = kept

    def bury(self, process: Process) -> None:
        """Throws away what is left of a dead process, after the run; its cleanup leads nowhere."""
        for task in process.tasks:
            for _ in range(2):  # a cleanup that waits has to be broken off once more
                with contextlib.suppress(RuntimeError):
                    task.get_coro().close()

    def pause(self, process: Process, seconds: float) -> None:
        """Stops `process` for a while, as a debugger or a swapping machine does."""
        process.paused = True
        self.call_later(seconds, self._resume, process)

    def unretrieved(self, process: Process) -> list[BaseException]:
        """Exceptions of tasks of `process` that nobody has looked at."""
        return [
            error
            for task in process.tasks
            if task.done() and task._log_traceback and (error := task.exception()) is not None
        ]

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:  # type: ignore[override]  # versions differ in options
        task = super().create_task(coro, **options)
        context = options.get("context")
        process = PROCESS.get() if context is None else context.get(PROCESS)
        if process is not None:
            process.tasks.append(task)
        return task

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        if threading.get_ident() != self._thread_id:
            raise RuntimeError("a simulation has one thread")
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, *_: object) -> NoReturn:
        raise RuntimeError("a simulation has no executors")

    def _check_closed(self) -> None:
        """Coroutines that are thrown away after the run may still call: it leads to nothing."""

    def _run_once(self) -> None:
        handle = self._choose()
        self.steps += 1
        handle._run()
        if self._alarm is not None and self.steps >= self._alarm[0]:
            alarm, self._alarm = self._alarm, None
            alarm[1]()
        if self.steps >= STEPS_MAX:
            self.fail(AssertionError(f"no end after {STEPS_MAX} steps"))
        if self._failure is not None:
            raise self._failure

    def _choose(self) -> asyncio.Handle:
        while True:
            self._collect_due()
            while self._ready:
                index = int(self._chance.random() * len(self._ready))
                handle = self._ready[index]
                self._ready[index] = self._ready[-1]
                self._ready.pop()
                if self._runnable(handle):
                    self._trace.update(b"%d %d %.9f;" % (len(self._ready), index, self._now_s))
                    return handle
            if not self._scheduled:
                raise Deadlock(f"nothing can happen any more at {self._now_s:.3f} s")
            self._now_s = max(self._now_s, self._scheduled[0]._when)

    def _runnable(self, handle: asyncio.Handle) -> bool:
        process = _owner(handle)
        if handle._cancelled or (process is not None and not process.alive):
            return False
        if process is not None and process.paused:
            process.parked.append(handle)
            return False
        return True

    def _collect_due(self) -> None:
        while self._scheduled:
            timer = self._scheduled[0]
            if not timer._cancelled and timer._when > self._now_s:
                return
            heapq.heappop(self._scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                self._ready.append(timer)

    def _resume(self, process: Process) -> None:
        process.paused = False
        self._ready += process.parked
        process.parked.clear()

    def _on_exception(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, PowerLoss):
            self.fail(error or AssertionError(context["message"]))


def _owner(handle: asyncio.Handle) -> Process | None:
    return handle._context.get(PROCESS)
