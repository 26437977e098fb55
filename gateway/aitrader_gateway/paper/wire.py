"""The way between the engine and the paper venue, which takes its time."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random


class Wire:
    """Delays of a seeded length, and deliveries that keep their order however long each took."""

    def __init__(self, seed: int, latency_ms: tuple[float, float]) -> None:
        # Delays must repeat from their seed; nothing here is secret.
        self._random = Random(seed)  # noqa: S311
        self._latency_ms = latency_ms
        self._outbox: deque[Callable[[], None]] = deque()

    async def travel(self) -> None:
        """One way between the caller and the venue; a zero latency is the loop's next turn."""
        await asyncio.sleep(self._draw_s())

    def replies_first(self) -> bool:
        """Whether this time the reply is to outrun the stream."""
        return self._random.random() < 0.5  # noqa: PLR2004 - an even chance

    def deliver(self, delivery: Callable[[], None]) -> None:
        """Runs `delivery` after one way's time, after everything given before it."""
        self._outbox.append(delivery)
        delay_s = self._draw_s()
        loop = asyncio.get_running_loop()
        if delay_s:
            loop.call_later(delay_s, self._deliver_next)
        else:
            loop.call_soon(self._deliver_next)

    def cut(self) -> None:
        """Drops what is still under way."""
        self._outbox.clear()

    def _draw_s(self) -> float:
        return self._random.uniform(*self._latency_ms) / 1000

    def _deliver_next(self) -> None:
        if self._outbox:
            self._outbox.popleft()()
