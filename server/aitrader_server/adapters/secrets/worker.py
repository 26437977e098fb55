"""A thread for a client that blocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aitrader_server.errors import SecretError

Found = TypeVar("Found")


class Worker:
    """One call at a time, so that the client needs no lock; its own time-outs end its calls."""

    def __init__(self, name: str, timeout_s: float) -> None:
        self._name = name
        self._timeout_s = timeout_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"secrets-{name}")

    async def call(self, function: Callable[[], Found]) -> Found:
        """What `function` returns or raises; SecretError when it takes too long."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.get_running_loop().run_in_executor(self._thread, function)
        except TimeoutError:
            problem = f"{self._name} did not answer within {self._timeout_s:g} s"
            raise SecretError(problem, lasting=False) from None

    def close(self) -> None:
        """Waits for nothing: what runs ends by its own time-outs."""
        self._thread.shutdown(wait=False, cancel_futures=True)
