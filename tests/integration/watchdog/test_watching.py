"""The watchdog over a real pulse file, with a venue that does what a test wants."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
from aitrader_server.adapters.pulse import Pulse, keep_pulse
from aitrader_server.domain.words import Side
from aitrader_server.watchdog.ports import OpenOrder, Trouble
from aitrader_server.watchdog.probe import Probe
from aitrader_server.watchdog.pulse_watch import PulseWatch
from aitrader_server.watchdog.watchdog import Watchdog

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
LIMIT_S = 1.0
PATIENCE_S = 20


class Venue:
    """Takes every cancel of an order that it has, unless it has a trouble."""

    fence_s = 0.5

    def __init__(self):
        self.orders = {}
        self.trouble = None
        self.cancelled = []
        self.asked = 0

    def put(self, number, side, symbol="BTCUSDT"):
        order = OpenOrder(
            symbol=symbol, venue_order_id=str(number), request_id=f"q-{number}", side=side
        )
        self.orders[order.name] = order

    async def open_orders(self):
        self.asked += 1
        return self.trouble or list(self.orders.values())

    async def cancel(self, order):
        if self.trouble is None:
            self.cancelled.append(order.name)
            self.orders.pop(order.name, None)
        return self.trouble


class World:
    """A watchdog and the pulse of an engine that the test is."""

    def __init__(self, folder):
        self.path = folder / "pulse"
        self.venue = Venue()
        self.venue.put(1, Side.BUY)
        self.venue.put(2, Side.SELL)
        self.alarms = []
        self.seq = 0
        self.engine = None

    def write(self, body):
        fresh = self.path.with_name("fresh")
        fresh.write_bytes(body)
        fresh.replace(self.path)

    def pulse(self, **other):
        self.seq += 1
        fields = {
            "seq": self.seq,
            "boot_id": BOOT_ID,
            "monotonic_ns": time.monotonic_ns(),
            "pid": 1,
            "epoch": 1,
            "account": "a",
            "venue": "binance/sandbox",
            "limit_s": LIMIT_S,
            "foreign": (),
            **other,
        }
        return json.dumps(fields).encode()

    def live(self, foreign=(), lives=lambda: True):
        """The engine begins to write its pulse."""
        self.engine = asyncio.create_task(
            keep_pulse(
                self.path,
                account="a",
                venue="binance/sandbox",
                epoch=1,
                limit_s=LIMIT_S,
                foreign=lambda: foreign,
                lives=lives,
            )
        )

    async def die(self):
        self.engine.cancel()
        await asyncio.gather(self.engine, return_exceptions=True)
        self.seq = json.loads(self.path.read_bytes())["seq"]

    def told(self):
        return [(alarm.name, alarm.resolved) for alarm in self.alarms]

    async def until(self, check):
        async with asyncio.timeout(PATIENCE_S):
            while not check():
                assert not self.watching.done(), self.watching
                await asyncio.sleep(0.01)


@pytest.fixture
async def world(tmp_path):
    world = World(tmp_path)
    watch = PulseWatch(world.path, account="a", venue="binance/sandbox", limit_s=LIMIT_S)
    watchdog = Watchdog(watch, world.venue, world.alarms.append, limit_s=LIMIT_S)
    world.watching = asyncio.create_task(watchdog.run())
    yield world
    tasks = [task for task in (world.watching, world.engine) if task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def seen_alive(world):
    world.write(world.pulse())
    await asyncio.sleep(0.3)
    assert world.alarms == []


async def test_while_the_pulse_goes_on_nothing_is_asked(world):
    world.live()
    await asyncio.sleep(2.5 * LIMIT_S)
    assert (world.venue.asked, world.alarms) == (0, [])


async def test_silence_costs_what_buys_and_nothing_else(world):
    world.venue.put(3, Side.BUY, "ETHUSDT")
    world.live(foreign=("ETHUSDT:3",))
    await asyncio.sleep(0.5)
    await world.die()
    died_s = time.monotonic()
    await world.until(lambda: world.venue.cancelled)
    assert time.monotonic() - died_s <= 2 * LIMIT_S
    assert world.venue.cancelled == ["BTCUSDT:1"]
    assert world.told() == [("EngineSilent", False)]
    assert "silent for" in world.alarms[0].reason
    # One that was under way lands only now.
    world.venue.put(4, Side.BUY)
    await world.until(lambda: len(world.venue.cancelled) == 2)
    assert world.venue.orders.keys() == {"BTCUSDT:2", "ETHUSDT:3"}
    world.live()
    await world.until(lambda: ("EngineSilent", True) in world.told())
    asked = world.venue.asked
    await asyncio.sleep(1.5)
    assert world.venue.asked == asked
    world.venue.put(5, Side.BUY)
    await world.die()
    await world.until(lambda: len(world.venue.cancelled) > 2)
    assert world.told().count(("EngineSilent", False)) == 2


async def test_what_may_still_land_is_waited_for(world):
    world.venue.fence_s = 3.0
    await world.until(lambda: world.venue.cancelled)
    await asyncio.sleep(2.9)
    world.venue.put(4, Side.BUY)
    landed_s = time.monotonic()
    await world.until(lambda: "BTCUSDT:4" in world.venue.cancelled)
    assert time.monotonic() - landed_s < 3


async def test_an_engine_that_never_came_has_one_limit(world):
    begun_s = time.monotonic()
    await world.until(lambda: world.venue.cancelled)
    assert time.monotonic() - begun_s >= 0.9 * LIMIT_S
    assert "is missing" in world.alarms[0].reason


def directory(world):
    world.path.unlink()
    world.path.mkdir()


BROKEN = {
    "is missing": lambda w: w.path.unlink(),
    "is no regular file": directory,
    "holds something else": lambda w: w.write(b"{}"),
    "another boot": lambda w: w.write(w.pulse(boot_id="0")),
    "in the future": lambda w: w.write(w.pulse(monotonic_ns=time.monotonic_ns() + 10**12)),
    "older copy": lambda w: w.write(w.pulse(seq=0)),
    "of account b": lambda w: w.write(w.pulse(account="b")),
    "at binance/live": lambda w: w.write(w.pulse(venue="binance/live")),
}


@pytest.mark.parametrize("why", BROKEN)
async def test_a_pulse_that_is_none_is_death_at_once(world, why):
    await seen_alive(world)
    BROKEN[why](world)
    broken_s = time.monotonic()
    await world.until(lambda: world.alarms)
    assert time.monotonic() - broken_s < 0.6 * LIMIT_S
    assert why in world.alarms[0].reason


async def test_a_touch_is_no_pulse(world):
    await seen_alive(world)
    for _ in range(20):
        os.utime(world.path)
        await asyncio.sleep(0.1)
    assert world.told() == [("EngineSilent", False)]


async def test_a_venue_in_trouble_is_told_of_once_and_asked_again(world):
    world.venue.trouble = Trouble("no connection")
    await world.until(lambda: len(world.alarms) == 2)
    await world.until(lambda: world.venue.asked > 2)
    assert world.told() == [("EngineSilent", False), ("EntriesNotCancelled", False)]
    assert world.alarms[1].reason == "no connection"
    world.venue.trouble = None
    await world.until(lambda: world.venue.cancelled)
    await world.until(lambda: world.told()[-1] == ("EntriesNotCancelled", True))


async def test_an_engine_that_says_itself_that_it_is_of_no_use_is_dead(world):
    lives = True
    world.live(lives=lambda: lives)
    await asyncio.sleep(0.5)
    assert world.alarms == []
    lives = False
    await world.until(lambda: world.venue.cancelled)
    lives = True
    await world.until(lambda: world.told()[-1] == ("EngineSilent", True))


async def test_a_quick_restart_is_no_death(world):
    world.live(foreign=("BTCUSDT:9",))
    await world.until(lambda: world.path.exists() and seq(world) >= 3)
    await world.die()
    world.live(foreign=None)
    await world.until(lambda: seq(world) != world.seq)
    assert seq(world) > world.seq
    await asyncio.sleep(0.5)
    assert world.alarms == []
    read = json.loads(world.path.read_bytes())
    assert read["foreign"] == ["BTCUSDT:9"]
    assert read.keys() == set(Pulse.__struct_fields__)
    assert world.path.stat().st_mode & 0o077 == 0


def seq(world):
    return json.loads(world.path.read_bytes())["seq"]


async def test_a_pulse_that_cannot_be_written_comes_back(world):
    world.path.mkdir()
    world.live()
    await asyncio.sleep(0.5)
    world.path.rmdir()
    await world.until(world.path.exists)


@pytest.fixture
async def probed():
    venue, alarms = Venue(), []
    task = asyncio.create_task(Probe(venue, alarms.append, interval_s=0.05).run())
    yield venue, alarms
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def asked(venue, more):
    before = venue.asked
    async with asyncio.timeout(PATIENCE_S):
        while venue.asked < before + more:
            await asyncio.sleep(0.01)


async def test_a_venue_that_does_not_answer_the_watchdog_is_told_of_before_it_matters(probed):
    venue, alarms = probed
    await asked(venue, 2)
    assert alarms == []
    venue.trouble = Trouble("the venue refuses the key")
    await asked(venue, 4)
    ((name, reason, resolved),) = [(a.name, a.reason, a.resolved) for a in alarms]
    assert (name, reason, resolved) == ("WatchdogBlind", "the venue refuses the key", False)
    venue.trouble = None
    await asked(venue, 2)
    assert [alarm.resolved for alarm in alarms] == [False, True]
    assert venue.cancelled == []
