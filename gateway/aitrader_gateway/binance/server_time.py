"""The venue's clock against ours, from several quick questions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog
from aitrader_server.engine.ports import Clock

SAMPLES: Final = 5
# Our clocks drift tens of ms a day; more between two reads means that one of them was set.
STEP_MS_MAX: Final = 250
# An estimate older than this is no longer one.
ESTIMATE_AGE_S_MAX: Final = 900
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000


log = structlog.get_logger(__name__)


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """`offset_ms` is the venue's clock minus ours; it is right within `error_ms`."""

    offset_ms: int
    error_ms: int
    at_ns: int


class ServerTime:
    """The venue's own clock, as far as the newest estimate goes.

    `read_ms()` asks the venue once, and gives None when it does not answer.
    """

    def __init__(self, clock: Clock, read_ms: Callable[[], Awaitable[int | None]]) -> None:
        self._clock = clock
        self._read_ms = read_ms
        self._syncing: asyncio.Task[bool] | None = None
        self.estimate: Estimate | None = None
        self.step_detail = ""

    @property
    def offset_ms(self) -> int | None:
        """None when it is not known any more."""
        estimate = self.estimate
        if estimate is None:
            return None
        age_ns = self._clock.now_ns() - estimate.at_ns
        # A clock that was set back makes the estimate worthless, too.
        return estimate.offset_ms if 0 <= age_ns <= ESTIMATE_AGE_S_MAX * _NS_PER_S else None

    @property
    def assumed_offset_ms(self) -> int:
        """The newest estimate however old, 0 before the first."""
        return 0 if self.estimate is None else self.estimate.offset_ms

    @property
    def error_ms(self) -> int:
        """How far off the newest estimate may be."""
        return 0 if self.estimate is None else self.estimate.error_ms

    def now_ns(self) -> int:
        """What the venue's clock shows now."""
        return self._clock.now_ns() + self.assumed_offset_ms * _NS_PER_MS

    async def sync(self) -> bool:
        """Estimates anew; whoever asks meanwhile waits for the same answer. False: no answer."""
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync())
            self._syncing.add_done_callback(self._on_synced)
        return await asyncio.shield(self._syncing)

    async def _sync(self) -> bool:
        estimates = [sample for _ in range(SAMPLES) if (sample := await self._sample()) is not None]
        if not estimates:
            return False
        best = min(estimates, key=lambda sample: sample.error_ms)
        self._compare(self.estimate, best)
        self.estimate = best
        return True

    def _compare(self, before: Estimate | None, now: Estimate) -> None:
        """Raises the alarm when a clock was set between two estimates; the next one clears it."""
        self.step_detail = ""
        if before is None:
            return
        moved_ms = now.offset_ms - before.offset_ms
        if abs(moved_ms) > STEP_MS_MAX + before.error_ms + now.error_ms:
            self.step_detail = f"a clock was set: the venue's moved {moved_ms} ms against ours"
            log.error("clock step", moved_ms=moved_ms, offset_ms=now.offset_ms)

    async def _sample(self) -> Estimate | None:
        sent_ns = self._clock.now_ns()
        venue_ms = await self._read_ms()
        received_ns = self._clock.now_ns()
        if venue_ms is None:
            return None
        # The venue's milliseconds are cut off, not rounded.
        middle_ms = (sent_ns + received_ns) // 2 // _NS_PER_MS
        trip_ms = max(0, received_ns - sent_ns) // _NS_PER_MS
        return Estimate(
            offset_ms=venue_ms - middle_ms, error_ms=trip_ms // 2 + 1, at_ns=received_ns
        )

    def _on_synced(self, _: asyncio.Task[bool]) -> None:
        self._syncing = None
