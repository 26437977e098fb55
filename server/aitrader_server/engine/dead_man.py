"""The dead-man switch: without heartbeats, or after a standstill, nothing may leave."""

import asyncio


class DeadMan:
    """Expires when no heartbeat came for `limit_s` by the loop's monotonic clock; None is off."""

    def __init__(self, limit_s: float | None) -> None:
        self.limit_s = limit_s
        self._last_s = asyncio.get_running_loop().time()

    def beat(self) -> None:
        """Starts the wait anew."""
        self._last_s = asyncio.get_running_loop().time()

    @property
    def age_s(self) -> float:
        """Seconds since the last heartbeat."""
        return asyncio.get_running_loop().time() - self._last_s

    @property
    def expired(self) -> bool:
        """Whether the heartbeat is overdue."""
        return self.limit_s is not None and self.age_s > self.limit_s
