"""What systemd is told of a process that it started with Type=notify."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from typing import Final

import structlog

INTERVAL_S: Final = 1.0
BEATS_PER_LIMIT: Final = 4
# While it starts: as long may the event loop be silent before the start counts as failed.
PATIENCE_US: Final = 30_000_000
US_PER_S: Final = 1_000_000

log = structlog.get_logger(__name__)


class Supervisor:
    """`$NOTIFY_SOCKET`, if there is one; `$WATCHDOG_USEC` is the silence after which it kills."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # Linux spells a socket that is no file with a zero byte.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        limit_s = int(environ.get("WATCHDOG_USEC") or 0) / US_PER_S
        self._interval_s = min(INTERVAL_S, limit_s / BEATS_PER_LIMIT) if limit_s else INTERVAL_S

    async def follow(self, ready: Callable[[], bool]) -> None:
        """Says READY once `ready`, and from the event loop that it turns, until cancelled.

        Before that more time is asked for: a venue that is down or a standby that waits is no
        reason to be started again.
        """
        if not self._address:
            return
        started = False
        while True:
            if not started and ready():
                started = True
                self.tell("READY=1")
            self.tell("WATCHDOG=1" if started else f"EXTEND_TIMEOUT_USEC={PATIENCE_US}")
            await asyncio.sleep(self._interval_s)

    def tell(self, state: str) -> None:
        """Sends one line and waits for nobody."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.sendto(state.encode(), socket.MSG_DONTWAIT, self._address)
            except OSError as error:
                log.warning("the supervisor cannot be told", state=state, cause=error.strerror)
