"""Running counts as they were, finer for what is near and coarser for what is long ago."""

from bisect import bisect_right
from typing import Final

import msgspec

from aitrader_server.objectives.judge import Count, Counts
from aitrader_server.objectives.table import DAY_S, HOUR_S, MINUTE_S


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """The counts at Unix time `at_s`."""

    at_s: float
    counts: Counts


class Resolution(msgspec.Struct, frozen=True):
    """A sample each `step_s`, kept for windows of up to `window_s`."""

    step_s: int
    window_s: int

    @property
    def samples_max(self) -> int:
        """As many as a window has steps, one at its beginning, and one that is older."""
        return self.window_s // self.step_s + 2


RESOLUTIONS: Final = (
    Resolution(5, HOUR_S),
    Resolution(MINUTE_S, 6 * HOUR_S),
    Resolution(15 * MINUTE_S, 3 * DAY_S),
    Resolution(3 * HOUR_S, 30 * DAY_S),
)


class History:
    """Says what was counted in a window that ends now, to within one step of its resolution."""

    def __init__(self) -> None:
        self._kept: list[tuple[Resolution, list[Sample]]] = [(one, []) for one in RESOLUTIONS]

    def add(self, at_s: float, counts: Counts) -> None:
        """Keeps the counts; what is dated later than they are was dated by a clock that erred."""
        sample = Sample(at_s, dict(counts))
        for resolution, samples in self._kept:
            kept = bisect_right(samples, at_s, key=_at_s)
            erred = kept < len(samples)
            del samples[kept:]
            if samples and not erred and at_s - samples[-1].at_s < resolution.step_s:
                continue
            samples.append(sample)
            if len(samples) > resolution.samples_max:
                del samples[0]

    def within(self, window_s: int, at_s: float, counts: Counts, name: str) -> Count:
        """What was counted of `name` in the window up to `at_s`, when the counts are `counts`.

        All that is known when the window is longer than the history.
        """
        now = counts.get(name, Count())
        samples = next(kept for one, kept in self._kept if window_s <= one.window_s)
        if not samples:
            return Count()
        before = bisect_right(samples, at_s - window_s, key=_at_s)
        return now - samples[max(before - 1, 0)].counts.get(name, Count())

    def dump(self) -> list[list[Sample]]:
        """All that is kept, by resolution."""
        return [list(samples) for _, samples in self._kept]

    def load(self, dumped: list[list[Sample]]) -> None:
        """Begins with what another history had kept at these resolutions. Raises ValueError."""
        if len(dumped) != len(self._kept):
            raise ValueError("other resolutions than these")
        for samples in dumped:
            times = [sample.at_s for sample in samples]
            if times != sorted(times):
                raise ValueError("samples are not in order")
        for (resolution, kept), samples in zip(self._kept, dumped, strict=True):
            kept[:] = samples[-resolution.samples_max :]


def _at_s(sample: Sample) -> float:
    return sample.at_s
