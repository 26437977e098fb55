"""Wall time from the operating system."""

import time


class SystemClock:
    """Implements the engine's clock."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        return time.time_ns()
