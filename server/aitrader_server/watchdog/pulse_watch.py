"""Whether the engine lives, by its pulse alone."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog

from aitrader_server.adapters.heartbeats import (
    NS_PER_S,
    Content,
    Succession,
    Unfit,
    parse,
    read_content,
)
from aitrader_server.adapters.pulse import Pulse

READ_TIMEOUT_S: Final = 1.0

log = structlog.get_logger(__name__)


class PulseWatch:
    """Fails closed: whatever is not a fresh pulse of this account on this boot is death."""

    def __init__(self, path: Path, *, account: str, venue: str, limit_s: float) -> None:
        self._path = path
        self._owner = (account, venue)
        self._limit_s = limit_s
        self._succession = Succession()
        # One thread of its own: what a disk that hangs holds up must not be the way to the venue.
        self._reader = ThreadPoolExecutor(1, "pulse")
        self._reading: asyncio.Future[Content | Unfit] | None = None
        self._pulse: Pulse | None = None
        self._doubt = ""
        self.foreign: tuple[str, ...] = ()

    async def look(self) -> str:
        """Why the engine is taken for dead; empty while it lives."""
        if self._reading is None:
            loop = asyncio.get_running_loop()
            self._reading = loop.run_in_executor(self._reader, self._read)
        done, _ = await asyncio.wait({self._reading}, timeout=READ_TIMEOUT_S)
        if not done:
            return f"its pulse {self._path} cannot be read: the disk does not answer"
        read, self._reading = self._reading.result(), None
        return self._judge(read, time.monotonic_ns())

    def _judge(self, read: Content | Unfit, now_ns: int) -> str:
        try:
            if isinstance(read, Unfit):
                raise read
            pulse = parse(read.body, Pulse)
        except Unfit as doubt:
            # Whatever comes after this is new.
            self._pulse = None
            self._succession.interrupt()
            return f"its pulse {self._path} {doubt}"
        if pulse != self._pulse:
            self._take(pulse, now_ns)
        silence_s = (now_ns - pulse.monotonic_ns) / NS_PER_S
        if self._doubt or silence_s <= self._limit_s:
            return self._doubt
        return f"it has been silent for {silence_s:.1f} s (limit {self._limit_s:g} s)"

    def _take(self, pulse: Pulse, now_ns: int) -> None:
        """Judges one that is new."""
        first, self._pulse = self._pulse is None, pulse
        self._doubt = ""
        if (pulse.account, pulse.venue) != self._owner:
            self._doubt = f"its pulse is of account {pulse.account} at {pulse.venue}"
            return
        # Right however old it is: a venue's numbers mean the same orders for ever.
        self.foreign = pulse.foreign
        try:
            self._succession.age_ns(pulse, now_ns)
        except Unfit as doubt:
            self._succession.interrupt()
            self._doubt = f"its pulse {self._path} {doubt}"
            return
        if first and pulse.limit_s > self._limit_s:
            log.warning(
                "the engine may live after it was taken for dead: give both one watchdog.limit_s",
                engine_s=pulse.limit_s,
                watchdog_s=self._limit_s,
            )

    def _read(self) -> Content | Unfit:
        try:
            return read_content(self._path)
        except Unfit as doubt:
            return doubt
