"""Things to do now and then, each tried again until it works out."""

import asyncio
from collections.abc import Awaitable, Callable

from aitrader_gateway.binance.pacing import Pacing


class Errand:
    """Runs `attempt` after every `wake` until it says True, one at a time, in growing intervals."""

    def __init__(self, attempt: Callable[[], Awaitable[bool]], pacing: Pacing) -> None:
        self._attempt = attempt
        self._pacing = pacing
        self._due = asyncio.Event()

    def wake(self) -> None:
        """Asks for a run; one that is under way is followed by another."""
        self._due.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        loop = asyncio.get_running_loop()
        ended_s = loop.time()
        while True:
            await self._due.wait()
            self._pacing.lived(loop.time() - ended_s)
            while self._due.is_set():
                await asyncio.sleep(self._pacing.next_wait_s())
                self._due.clear()
                if not await self._attempt():
                    self._due.set()
            ended_s = loop.time()
