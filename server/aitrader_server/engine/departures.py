"""What is on its way to the venue, so that a halt can wait until nothing is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# The code of an order that was let through and never left.
NOT_SENT: Final = "NOT_SENT"


class Departures:
    """Counts the sends that have begun and not ended: their bytes may still leave."""

    def __init__(self) -> None:
        self._under_way = 0
        self._waiters: list[asyncio.Future[None]] = []

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Around everything that may put a new order at the venue."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._release()

    async def ended(self) -> None:
        """Returns once no send is under way that had begun before."""
        if self._under_way:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    def _release(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
