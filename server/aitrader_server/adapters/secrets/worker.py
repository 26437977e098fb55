"""A thread for a client that blocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from aitrader_server.errors import SecretError

Found = TypeVar("Found")


class Worker:
    """One call at a time, so that the client needs no lock.

    The client's own time-outs end its calls; a keeper that sends on for ever it does not end, and
    the process ends without it: the thread is no reason to wait.
    """

    def __init__(self, name: str, timeout_s: float) -> None:
        self._name = name
        self._timeout_s = timeout_s
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        Thread(target=self._work, name=f"secrets-{name}", daemon=True).start()

    async def call(self, function: Callable[[], Found]) -> Found:
        """What `function` returns or raises; SecretError when it takes too long."""
        found: Future[Found] = Future()
        self._calls.put((found, function))
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(found)
        except TimeoutError:
            problem = f"{self._name} did not answer within {self._timeout_s:g} s"
            raise SecretError(problem, lasting=False) from None

    def close(self) -> None:
        """Waits for nothing."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            found, function = call
            # Whoever asked may be gone.
            if found.set_running_or_notify_cancel():
                try:
                    found.set_result(function())
                except BaseException as error:  # noqa: BLE001 -- raised where the caller waits
                    found.set_exception(error)
