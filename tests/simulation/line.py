"""The line to the venue: an account stream that gets lost, and a gate that turns away."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from random import Random
from typing import NamedTuple

from aitrader_server.engine.ports import VenueListener

from simulation.world import Faults


class Session:
    """One connection's account stream; `context` is that of the process that listens."""

    def __init__(self, listener: VenueListener) -> None:
        self.listener = listener
        self.context: Context = copy_context()
        self.up = True
        self.deaf_until_s = 0.0
        self.connection = 0
        self._last_due_s = 0.0
        self._inbox: deque[Callable[[], None]] = deque()

    def deliver(self, message: Callable[[], None], delay_s: float) -> None:
        """Calls `message` in the listener's process, after all that was given before it."""
        loop = asyncio.get_running_loop()
        self._last_due_s = max(self._last_due_s, loop.time() + delay_s)
        self._inbox.append(message)
        loop.call_at(self._last_due_s, self._deliver_next, context=self.context)

    def deliver_late(self, message: Callable[[], None], delay_s: float) -> None:
        """Calls `message` after what comes behind it."""
        asyncio.get_running_loop().call_later(delay_s, message, context=self.context)

    def _deliver_next(self) -> None:
        self._inbox.popleft()()


class Throttled(NamedTuple):
    """HTTP 429, or 418 when `banned`: nothing was done, and nothing is to come for so long."""

    wait_s: int
    banned: bool


class Turnstile:
    """Turns requests away by seed, and all of them while it bans; what comes meanwhile is noted."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._banned_until_s = 0.0
        self._window = (0, 0)

    @property
    def orders(self) -> int:
        """How many came in the ten seconds that are running."""
        number, count = self._window
        return count if number == self._number() else 0

    def count_orders(self, count: int) -> None:
        self._window = (self._number(), self.orders + count)

    @staticmethod
    def _number() -> int:
        return int(asyncio.get_running_loop().time() // 10)

    def calm(self) -> None:
        self._banned_until_s = 0.0

    def turn_away(self, faults: Faults) -> Throttled | None:
        """What a request that arrives now is told instead of an answer."""
        now_s = asyncio.get_running_loop().time()
        left_s = int(self._banned_until_s - now_s) + 1
        if now_s < self._banned_until_s:
            return Throttled(left_s, banned=True)
        chance = self._chance.random() if faults.throttled or faults.banned else 1.0
        if chance < faults.banned:
            wait_s = self._chance.randint(2, 20)
            self._banned_until_s = now_s + wait_s
            return Throttled(wait_s, banned=True)
        if chance < faults.banned + faults.throttled:
            return Throttled(self._chance.randint(1, 5), banned=False)
        return None
