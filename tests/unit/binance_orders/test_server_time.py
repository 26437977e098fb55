"""The venue's clock, estimated through a network that takes its time."""

import asyncio

import pytest
from aitrader_gateway.binance.server_time import (
    ESTIMATE_AGE_S_MAX,
    SAMPLES,
    STEP_MS_MAX,
    ServerTime,
)

MS = 1_000_000
START_NS = 1_700_000_000_000 * MS


class Network:
    """A clock of ours, and a venue `ahead_ms` of it at the end of a line that takes `trips_ms`."""

    def __init__(self, ahead_ms, *trips_ms):
        self.now = START_NS
        self.ahead_ms = ahead_ms
        self.trips_ms = list(trips_ms)
        self.asked = 0
        self.set_by_ms = 0

    def now_ns(self):
        return self.now

    def loop_s(self):
        return (self.now - START_NS - self.set_by_ms * MS) / 1e9

    def set(self, by_ms):
        """Moves our clock, and no time with it."""
        self.now += by_ms * MS
        self.set_by_ms += by_ms
        self.ahead_ms -= by_ms

    async def read_ms(self):
        self.asked += 1
        trip = self.trips_ms.pop(0) if self.trips_ms else 4
        if trip is None:
            return None
        there, back = trip if isinstance(trip, tuple) else (trip / 2, trip / 2)
        self.now += int(there * MS)
        await asyncio.sleep(0)
        shown_ms = self.now // MS + self.ahead_ms
        self.now += int(back * MS)
        return shown_ms


async def synced(network):
    time = ServerTime(network, network.read_ms, network.loop_s)
    assert await time.sync()
    return time


@pytest.mark.parametrize("ahead_ms", [0, 1, 750, -3_600_000])
async def test_the_offset_is_that_of_the_quickest_answer(ahead_ms):
    time = await synced(Network(ahead_ms, 400, (300, 2), 4, (2, 900), 60))
    assert abs(time.offset_ms - ahead_ms) <= time.error_ms == 3


async def test_an_uneven_line_costs_no_more_than_what_is_admitted():
    for trip in ((200, 0), (0, 200), (150, 50)):
        time = await synced(Network(1_000, *[trip] * SAMPLES))
        assert abs(time.offset_ms - 1_000) <= time.error_ms == 101


async def test_lost_answers_leave_the_rest():
    time = await synced(Network(50, None, None, 4, None, None))
    assert abs(time.offset_ms - 50) <= time.error_ms


async def test_without_any_answer_the_last_estimate_stands():
    network = Network(50)
    time = await synced(network)
    network.trips_ms = [None] * SAMPLES
    assert not await time.sync()
    assert abs(time.offset_ms - 50) <= 3
    assert ServerTime(network, network.read_ms, network.loop_s).offset_ms is None


async def test_an_old_estimate_is_none():
    network = Network(50)
    time = await synced(network)
    network.now += (ESTIMATE_AGE_S_MAX - 1) * 1_000 * MS
    assert time.offset_ms is not None
    network.now += 1_000 * MS
    assert time.offset_ms is None
    # Better than nothing for a date that the venue checks anyhow.
    assert abs(time.assumed_offset_ms - 50) <= 3


@pytest.mark.parametrize("by_ms", [STEP_MS_MAX + 10, -STEP_MS_MAX - 10, 3_600_000, -3_600_000])
async def test_when_our_clock_is_set_the_estimate_is_void_and_another_is_made(by_ms):
    network = Network(0)
    time = await synced(network)
    network.set(by_ms)
    assert time.offset_ms is None
    await time.heed_steps()
    assert abs(time.offset_ms + by_ms) <= time.error_ms
    assert "a clock was set" in time.step_detail


@pytest.mark.parametrize("by_ms", [0, STEP_MS_MAX - 1, 1 - STEP_MS_MAX])
async def test_a_clock_that_only_drifts_is_not_asked_after(by_ms):
    network = Network(0)
    time = await synced(network)
    network.set(by_ms)
    assert time.offset_ms is not None
    await time.heed_steps()
    assert network.asked == SAMPLES


async def test_before_the_first_estimate_no_step_is_heeded():
    network = Network(0)
    await ServerTime(network, network.read_ms, network.loop_s).heed_steps()
    assert network.asked == 0


async def test_while_the_venue_is_silent_a_step_is_heeded_again_and_again():
    network = Network(0)
    time = await synced(network)
    network.set(5_000)
    network.trips_ms = [None] * SAMPLES
    await time.heed_steps()
    assert time.offset_ms is None
    await time.heed_steps()
    assert abs(time.offset_ms + 5_000) <= time.error_ms


async def test_an_answer_during_which_our_clock_was_set_counts_for_nothing():
    network = Network(0)

    async def read_ms():
        if network.asked == 0:
            network.set(-60_000)
        return await network.read_ms()

    time = ServerTime(network, read_ms, network.loop_s)
    assert await time.sync()
    assert abs(time.offset_ms - 60_000) <= time.error_ms == 3


async def test_a_step_raises_an_alarm_until_the_next_estimate():
    network = Network(0)
    time = await synced(network)
    network.ahead_ms += STEP_MS_MAX + 10
    await time.sync()
    assert "a clock was set" in time.step_detail
    await time.sync()
    assert time.step_detail == ""


async def test_a_drift_raises_none():
    network = Network(0)
    time = await synced(network)
    network.ahead_ms += STEP_MS_MAX // 2
    await time.sync()
    assert time.step_detail == ""


async def test_whoever_asks_meanwhile_waits_for_the_same_answer():
    network = Network(7)
    time = ServerTime(network, network.read_ms, network.loop_s)
    assert await asyncio.gather(*(time.sync() for _ in range(20))) == [True] * 20
    assert network.asked == SAMPLES


async def test_one_who_stops_waiting_does_not_stop_the_others():
    network = Network(7)
    time = ServerTime(network, network.read_ms, network.loop_s)
    impatient, patient = asyncio.create_task(time.sync()), asyncio.create_task(time.sync())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient


async def test_it_shows_the_venue_s_time():
    network = Network(5_000)
    time = await synced(network)
    assert abs(time.now_ns() - network.now_ns() - 5_000 * MS) <= time.error_ms * MS
