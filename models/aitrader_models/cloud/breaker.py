"""Leaves a failing service alone for a while, then tries it with one call.

The libraries for this were looked at and left: purgatory, pybreaker and circuitbreaker read the
clock themselves, let more than one call try, and none can stay open for as long as a service says.
"""

import math
from typing import Final

NS_PER_S: Final = 1_000_000_000


class Breaker:
    """Closed, it counts failures in a row; open, it refuses; then one call decides.

    Every method takes the time, UTC nanoseconds since 1970. A clock that is set back makes nobody
    wait longer than the wait that was begun.
    """

    def __init__(self, *, failures_max: int, cool_down_s: float) -> None:
        self._failures_max = failures_max
        self._cool_down_s = cool_down_s
        self._failures = 0
        self._is_open = False
        self._until_ns = 0
        self._wait_ns = 0
        self._is_tried = False

    @property
    def is_open(self) -> bool:
        """Whether the last that was heard of the service was bad enough to leave it alone."""
        return self._is_open

    def refusal(self, now_ns: int) -> str:
        """Why no call may go out now; empty when one may."""
        if not self._is_open:
            return ""
        self._until_ns = min(self._until_ns, now_ns + self._wait_ns)
        wait_ns = self._until_ns - now_ns
        if wait_ns > 0:
            return f"the circuit is open; the service is tried in {math.ceil(wait_ns / NS_PER_S)} s"
        return "the circuit is open; one call tries the service" if self._is_tried else ""

    def begin(self) -> bool:
        """Notes a call that was not refused; True makes it the one that tries the service."""
        self._is_tried = self._is_open
        return self._is_open

    def succeed(self, *, trial: bool) -> None:
        """Closes, unless the call began before the circuit opened and says nothing new."""
        if trial or not self._is_open:
            self._is_open = self._is_tried = False
            self._failures = 0

    def fail(self, now_ns: int, *, trial: bool, wait_s: float = 0.0) -> None:
        """Counts a failure; `wait_s` is how long the service asked to be left alone, if it did."""
        if trial:
            self._is_tried = False
        elif self._is_open:
            self._until_ns = max(self._until_ns, now_ns + round(wait_s * NS_PER_S))
            self._wait_ns = self._until_ns - now_ns
            return
        self._failures += 1
        if trial or wait_s > 0 or self._failures >= self._failures_max:
            self._is_open = True
            self._wait_ns = round((wait_s or self._cool_down_s) * NS_PER_S)
            self._until_ns = now_ns + self._wait_ns

    def abandon(self, *, trial: bool) -> None:
        """Notes a call whose caller left: the service said nothing, so that the next may try."""
        if trial:
            self._is_tried = False
