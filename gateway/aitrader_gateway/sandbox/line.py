"""Frames on their way out, and what faults make of them."""

from collections.abc import Callable

from aitrader_gateway.sandbox.connection import Connection
from aitrader_gateway.sandbox.faults import Fault, Faults, Injection


class Line:
    """One connection's way out; `farewell` writes the frame that announces the end."""

    def __init__(self, connection: Connection, faults: Faults, farewell: Callable[[], str]) -> None:
        self.connection = connection
        self._faults = faults
        self._farewell = farewell

    def draw(self, fault: Fault, subject: str) -> Injection | None:
        return self._faults.draw(fault, subject)

    def cut(self, subject: str) -> bool:
        """Whether the connection went down, or silent, in the place of what was to come."""
        close = self._faults.draw(Fault.CLOSE_BEFORE, subject)
        if close is not None:
            self.connection.close(close.close_code)
            return True
        if self._faults.draw(Fault.HALF_OPEN, subject) is not None:
            self.connection.fall_silent()
            return True
        return False

    def send(self, subject: str, frame: str) -> None:
        """Sends a frame, deformed or not, and ends the connection behind it or not."""
        self.connection.send(self._deformed(subject, frame))
        shutdown = self._faults.draw(Fault.SERVER_SHUTDOWN, subject)
        if shutdown is not None:
            self.announce(shutdown)
        close = self._faults.draw(Fault.CLOSE_ANSWERED, subject)
        if close is not None:
            self.connection.close(close.close_code)

    def announce(self, shutdown: Injection) -> None:
        """Tells that the server goes down, and closes when it does."""
        self.connection.send(self._farewell())
        self.connection.later(shutdown.delay_ms, lambda: self.connection.close(shutdown.close_code))

    def _deformed(self, subject: str, frame: str) -> str:
        if self._faults.draw(Fault.MALFORMED_FRAME, subject) is not None:
            frame = frame[: len(frame) // 2]
        huge = self._faults.draw(Fault.HUGE_FRAME, subject)
        # Blanks behind a JSON text change nothing but its size.
        return frame if huge is None else frame.ljust(huge.size_bytes)
