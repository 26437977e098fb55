"""The dead-man switch by the loop's clock, which the test moves."""

import asyncio
import functools

from aitrader_server.engine.dead_man import DeadMan


class ShiftedLoop(asyncio.SelectorEventLoop):
    """Its clock is `shift_s` ahead; on its own it stands still."""

    shift_s = 0.0

    def time(self):
        return 1_000.0 + self.shift_s


def by_the_loop(story):
    """A test that runs `story` in such a loop."""

    @functools.wraps(story)
    def test():
        with asyncio.Runner(loop_factory=ShiftedLoop) as runner:
            runner.run(story())

    return test


def passes(seconds):
    asyncio.get_running_loop().shift_s += seconds


@by_the_loop
async def test_it_expires_one_limit_after_the_last_heartbeat():
    dead_man = DeadMan(60)
    dead_man.beat()
    passes(60)
    assert not dead_man.expired
    assert dead_man.why == ""
    passes(1)
    assert dead_man.expired
    assert dead_man.why == "no heartbeat for 61 s (limit 60 s)"
    assert dead_man.age_s == 61
    dead_man.beat()
    assert not dead_man.expired


@by_the_loop
async def test_it_is_expired_until_the_first_heartbeat():
    dead_man = DeadMan(60)
    assert (dead_man.expired, dead_man.why) == (True, "no heartbeat yet")
    dead_man.hear(0)
    assert not dead_man.expired


@by_the_loop
async def test_a_restart_grants_no_fresh_limit():
    dead_man = DeadMan(60)
    dead_man.hear(59)
    assert not dead_man.expired
    passes(2)
    assert dead_man.why == "no heartbeat for 61 s (limit 60 s)"
    dead_man.hear(100)
    assert dead_man.expired


@by_the_loop
async def test_what_is_lost_expires_at_once_until_the_next_heartbeat():
    dead_man = DeadMan(60)
    dead_man.beat()
    dead_man.lose("the file is missing")
    assert (dead_man.expired, dead_man.why) == (True, "the file is missing")
    passes(1)
    assert dead_man.expired
    dead_man.hear(0.5)
    assert not dead_man.expired


@by_the_loop
async def test_without_a_limit_heartbeats_do_not_matter():
    dead_man = DeadMan(None)
    dead_man.lose("the file is missing")
    passes(1e6)
    assert not dead_man.expired


@by_the_loop
async def test_only_heartbeats_that_were_called_in_are_told_of():
    told = []
    dead_man = DeadMan(60)
    dead_man.on_beat = lambda: told.append(1)
    dead_man.hear(0)
    assert told == []
    dead_man.beat()
    assert told == [1]


@by_the_loop
async def test_a_pause_shows_before_the_first_tick_after_it():
    dead_man = DeadMan(None, 10)
    dead_man.tick()
    passes(10)
    assert not dead_man.expired
    assert dead_man.ticks
    passes(4)
    assert dead_man.expired
    assert not dead_man.ticks
    assert dead_man.why == "the engine stood still for 14 s (limit 10 s)"


@by_the_loop
async def test_a_pause_outlives_ticks_and_heartbeats_until_it_is_acknowledged():
    dead_man = DeadMan(60, 10)
    dead_man.beat()
    dead_man.tick()
    passes(14)
    dead_man.tick()
    dead_man.beat()
    passes(1)
    dead_man.tick()
    assert dead_man.why == "the engine stood still for 14 s (limit 10 s)"
    dead_man.acknowledge()
    assert not dead_man.expired


@by_the_loop
async def test_acknowledging_leaves_an_overdue_heartbeat():
    dead_man = DeadMan(60, 10)
    dead_man.beat()
    dead_man.tick()
    passes(70)
    dead_man.tick()
    dead_man.acknowledge()
    assert dead_man.why == "no heartbeat for 70 s (limit 60 s)"


@by_the_loop
async def test_a_start_that_takes_long_is_no_pause():
    dead_man = DeadMan(None, 10)
    passes(100)
    assert not dead_man.expired
    assert dead_man.ticks
    dead_man.tick()
    assert not dead_man.expired
