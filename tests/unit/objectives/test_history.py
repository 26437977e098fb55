"""What was counted in a window is known to within a step, however long ago the window began."""

from bisect import bisect_right
from itertools import accumulate
from random import Random

import pytest
from aitrader_server.objectives.history import RESOLUTIONS, History
from aitrader_server.objectives.judge import Count
from aitrader_server.objectives.table import PERIOD, WINDOWS, seconds

LOOK_S = 17
LOOKS = 40 * 86_400 // LOOK_S
BEGIN_S = 1_700_000_000.0


@pytest.fixture(scope="module")
def forty_days():
    """A history, the times of its looks, and what was counted until each."""
    random, history, good, total = Random(7), History(), 0, 0
    times, counts = [], []
    for look in range(LOOKS):
        total += random.choice((0, 0, 1, 3))
        good = total - total // 5
        times.append(BEGIN_S + look * LOOK_S)
        counts.append(Count(good, total))
        history.add(times[-1], {"one": counts[-1]})
    return history, times, counts


@pytest.mark.parametrize("window", [*WINDOWS, PERIOD])
def test_a_window_is_known_to_within_a_step(forty_days, window):
    history, times, counts = forty_days
    window_s = seconds(window)
    step_s = next(one.step_s for one in RESOLUTIONS if window_s <= one.window_s)

    def until(at_s):
        return counts[max(bisect_right(times, at_s) - 1, 0)]

    found = history.within(window_s, times[-1], {"one": counts[-1]}, "one")
    least = counts[-1] - until(times[-1] - window_s)
    most = counts[-1] - until(times[-1] - window_s - step_s - LOOK_S)
    assert least.total <= found.total <= most.total
    assert least.good <= found.good <= most.good
    assert least.bad


def test_what_is_kept_is_bounded(forty_days):
    history, _, _ = forty_days
    sizes = [len(samples) for samples in history.dump()]
    assert sizes == [one.samples_max for one in RESOLUTIONS]
    assert sum(sizes) < 2_000


def test_a_young_history_tells_all_it_knows():
    history = History()
    history.add(BEGIN_S, {})
    assert history.within(300, BEGIN_S + 1, {"one": Count(3, 4)}, "one") == Count(3, 4)
    assert history.within(seconds(PERIOD), BEGIN_S + 1, {}, "another") == Count()


def test_a_clock_that_is_set_back_takes_its_future_with_it():
    history = History()
    for minute, total in enumerate(accumulate([1] * 60)):
        history.add(BEGIN_S + 60 * minute, {"one": Count(total, total)})
    history.add(BEGIN_S + 600, {"one": Count(60, 60)})
    times = [sample.at_s for samples in history.dump() for sample in samples]
    assert max(times) <= BEGIN_S + 600
    now = {"one": Count(61, 61)}
    assert history.within(300, BEGIN_S + 1_000, now, "one") == Count(1, 1)


def test_a_clock_that_is_set_before_the_beginning_begins_anew():
    history = History()
    history.add(BEGIN_S, {"one": Count(5, 5)})
    history.add(BEGIN_S - 86_400, {"one": Count(6, 6)})
    assert history.within(300, BEGIN_S - 86_399, {"one": Count(6, 7)}, "one") == Count(0, 1)
