"""The dead-man switch: without heartbeats, or after a standstill, nothing may leave."""

import asyncio
from collections.abc import Callable


class DeadMan:
    """Expired while no heartbeat is younger than `limit_s`, and after a pause of the engine.

    All by the loop's monotonic clock. `limit_s` None asks for no heartbeats; otherwise it is
    expired until the first. `stall_limit_s` is how long two ticks may lie apart, None as long as
    they like. `on_beat` is told of each heartbeat that somebody called in.
    """

    def __init__(self, limit_s: float | None, stall_limit_s: float | None = None) -> None:
        self.limit_s = limit_s
        self.stall_limit_s = stall_limit_s
        self.on_beat: Callable[[], None] = lambda: None
        self._beaten_s = self._now_s()
        self._lost = "no heartbeat yet"
        self._ticked_s: float | None = None
        self._stood_still = ""

    def beat(self) -> None:
        """Somebody is there."""
        self.hear(0.0)
        self.on_beat()

    def hear(self, age_s: float) -> None:
        """A heartbeat of that age became known."""
        self._beaten_s = self._now_s() - age_s
        self._lost = ""

    def lose(self, why: str) -> None:
        """Heartbeats cannot be told from silence: expired until the next good one."""
        self._lost = why

    def tick(self) -> None:
        """Says that the engine runs; a pause that was too long stays until `acknowledge`."""
        self._stood_still = self._pause() or self._stood_still
        self._ticked_s = self._now_s()

    def acknowledge(self) -> None:
        """The pause has had its consequences; called after `tick`."""
        self._stood_still = ""

    @property
    def ticks(self) -> bool:
        """Whether what calls `tick` is at work."""
        return not self._pause()

    @property
    def age_s(self) -> float:
        """Seconds since the last heartbeat, since the start before the first."""
        return self._now_s() - self._beaten_s

    @property
    def expired(self) -> bool:
        """Whether nothing may leave."""
        return bool(self.why)

    @property
    def why(self) -> str:
        """What it has expired by; empty while it has not."""
        return self._pause() or self._stood_still or self._silence()

    def _pause(self) -> str:
        """That the engine stood still until now: nothing has ticked since."""
        if self.stall_limit_s is None or self._ticked_s is None:
            return ""
        pause_s = self._now_s() - self._ticked_s
        if pause_s <= self.stall_limit_s:
            return ""
        return f"the engine stood still for {pause_s:.0f} s (limit {self.stall_limit_s:g} s)"

    def _silence(self) -> str:
        if self.limit_s is None:
            return ""
        if self._lost or self.age_s <= self.limit_s:
            return self._lost
        return f"no heartbeat for {self.age_s:.0f} s (limit {self.limit_s:g} s)"

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
