"""How long to wait before the next attempt to connect."""

import asyncio
from collections import deque
from random import Random

FIRST_WAIT_S_MAX = 0.05


class Pacing:
    """Doubles the wait with every failure, with jitter, and keeps a budget of connects.

    The venue counts at most 300 connects in 300 s per address, all its sockets together. After a
    connection that lived for `stable_s` the first wait is next to none: the stream is missed.
    """

    def __init__(
        self,
        random: Random,
        *,
        wait_s_min: float,
        wait_s_max: float,
        stable_s: float,
        connects_max: int,
        window_s: float,
    ) -> None:
        self._random = random
        self._wait_s_min = wait_s_min
        self._wait_s_max = wait_s_max
        self._stable_s = stable_s
        self._window_s = window_s
        self._wait_s = 0.0
        self._connects: deque[float] = deque(maxlen=connects_max)

    def spend(self) -> None:
        """Counts a connect that begins now."""
        self._connects.append(asyncio.get_running_loop().time())

    def lived(self, duration_s: float) -> None:
        """Takes note of how long a connection lasted."""
        if duration_s >= self._stable_s:
            self._wait_s = 0.0

    def next_wait_s(self) -> float:
        """Seconds until the next connect, half to all of a step; each call is a further failure."""
        step_s = self._wait_s or FIRST_WAIT_S_MAX
        self._wait_s = min(max(self._wait_s * 2, self._wait_s_min), self._wait_s_max)
        return max(step_s * self._random.uniform(0.5, 1.0), self.until_room_s())

    def until_room_s(self) -> float:
        """Seconds until the budget has room for a connect; not above 0 when it has."""
        if len(self._connects) != self._connects.maxlen:
            return 0.0
        return self._connects[0] + self._window_s - asyncio.get_running_loop().time()
