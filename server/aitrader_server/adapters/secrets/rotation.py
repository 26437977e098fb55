"""When a new key is tried, tried again, and given up: the part of a rotation that keeps no time."""

from enum import StrEnum
from typing import Final

# A venue that cannot be reached is asked again soon, then ever less often.
RETRY_S_MIN: Final = 2.0
RETRY_S_MAX: Final = 300.0


class Outcome(StrEnum):
    """What became of a trial."""

    SWAPPED = "swapped"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class Rotation:
    """One key serves, at most one is tried; times are seconds of a clock that only goes forward.

    A version that was refused is not tried again before there was another; one that nobody could
    judge is, each time after twice the wait.
    """

    def __init__(self, serving: str) -> None:
        self._serving = serving
        self._newest = serving
        self._refused = ""
        self._wait_s = 0.0
        self._due_s = 0.0

    @property
    def serving(self) -> str:
        """The key that was taken last."""
        return self._serving

    @property
    def settled(self) -> bool:
        """Whether the newest key is the one that serves."""
        return self._newest == self._serving

    def offer(self, version: str, now_s: float) -> None:
        """The keeper holds this key now."""
        if version == self._newest:
            return
        self._newest = version
        self._refused, self._wait_s, self._due_s = "", 0.0, now_s

    def due_in_s(self, now_s: float) -> float | None:
        """Time until the newest key is to be tried; None: nothing is to be tried."""
        if self._newest in (self._serving, self._refused):
            return None
        return max(self._due_s - now_s, 0.0)

    def judge(self, version: str, outcome: Outcome, now_s: float) -> None:
        """What became of the trial of that key, which another may have followed meanwhile."""
        if outcome is Outcome.SWAPPED:
            self._serving = version
        if version != self._newest:
            return
        match outcome:
            case Outcome.SWAPPED:
                self._refused = ""
            case Outcome.REFUSED:
                self._refused = version
            case Outcome.UNREACHABLE:
                self._wait_s = min(max(2 * self._wait_s, RETRY_S_MIN), RETRY_S_MAX)
                self._due_s = now_s + self._wait_s
