"""The venue's clock against ours, from several quick questions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog
from aitrader_server.engine.ports import Clock

SAMPLES: Final = 5
# Our clocks drift tens of ms a day; more between two reads means that one of them was set. As
# much between our wall clock and the loop's, which nobody sets, means that it was ours.
STEP_MS_MAX: Final = 250
# An estimate older than this is no longer one.
ESTIMATE_AGE_S_MAX: Final = 900
_NS_PER_MS: Final = 1_000_000
_MS_PER_S: Final = 1_000


log = structlog.get_logger(__name__)


class Moment(msgspec.Struct, frozen=True):
    """One instant by both of our clocks: the wall's, and the loop's own."""

    wall_ns: int
    loop_s: float

    def was_set(self, since: "Moment") -> bool:
        """Whether the wall clock was set between the two, forward or back."""
        wall_ms = (self.wall_ns - since.wall_ns) / _NS_PER_MS
        loop_ms = (self.loop_s - since.loop_s) * _MS_PER_S
        return abs(wall_ms - loop_ms) > STEP_MS_MAX


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """`offset_ms` is the venue's clock minus ours; it is right within `error_ms`.

    Made at `at`.
    """

    offset_ms: int
    error_ms: int
    at: Moment


def _loop_s() -> float:
    return asyncio.get_running_loop().time()


class ServerTime:
    """The venue's own clock, as far as the newest estimate goes.

    `read_ms()` asks the venue once, and gives None when it does not answer. `loop_s()` is a clock
    that nobody sets.
    """

    def __init__(
        self,
        clock: Clock,
        read_ms: Callable[[], Awaitable[int | None]],
        loop_s: Callable[[], float] = _loop_s,
    ) -> None:
        self._clock = clock
        self._read_ms = read_ms
        self._loop_s = loop_s
        self._syncing: asyncio.Task[bool] | None = None
        self.estimate: Estimate | None = None
        self.step_detail = ""

    @property
    def offset_ms(self) -> int | None:
        """None when it is not known any more."""
        estimate = self.estimate
        if estimate is None:
            return None
        now = self._now()
        if now.was_set(since=estimate.at) or now.loop_s - estimate.at.loop_s > ESTIMATE_AGE_S_MAX:
            return None
        return estimate.offset_ms

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

    async def heed_steps(self) -> None:
        """Estimates anew if our clock was set since the last estimate."""
        if self.estimate is not None and self._now().was_set(since=self.estimate.at):
            await self.sync()

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
        sent = self._now()
        venue_ms = await self._read_ms()
        received = self._now()
        if venue_ms is None or received.was_set(since=sent):
            return None
        # The venue's milliseconds are cut off, not rounded.
        middle_ms = (sent.wall_ns + received.wall_ns) // 2 // _NS_PER_MS
        trip_ms = round((received.loop_s - sent.loop_s) * _MS_PER_S)
        return Estimate(offset_ms=venue_ms - middle_ms, error_ms=trip_ms // 2 + 1, at=received)

    def _now(self) -> Moment:
        return Moment(self._clock.now_ns(), self._loop_s())

    def _on_synced(self, _: asyncio.Task[bool]) -> None:
        self._syncing = None
