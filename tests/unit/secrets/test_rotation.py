"""A changed key is tried; a refused one waits for another, and an unjudged one for its turn."""

import asyncio

import pytest
from aitrader_server.adapters.secrets.provider import Secret
from aitrader_server.adapters.secrets.rotation import (
    RETRY_S_MAX,
    RETRY_S_MIN,
    Outcome,
    Rotation,
)
from aitrader_server.adapters.secrets.store import SecretStore
from aitrader_server.adapters.secrets.venue_keys import VenueKeys
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError, SecretError
from aitrader_server.venue_keys import watchdog_keys

NAME = "venue.api_key"
REFERENCES = {NAME: "file:/key", "venue.api_secret": "file:/secret"}
PATIENCE_S = 20


def test_a_key_that_is_not_new_is_not_tried():
    rotation = Rotation("a")
    rotation.offer("a", 1.0)
    assert rotation.due_in_s(1.0) is None
    assert rotation.settled


def test_a_refused_key_is_tried_again_only_after_another():
    rotation = Rotation("a")
    rotation.offer("b", 1.0)
    assert rotation.due_in_s(1.0) == 0
    rotation.judge("b", Outcome.REFUSED, 2.0)
    rotation.offer("b", 3.0)
    assert rotation.due_in_s(1_000.0) is None
    assert (rotation.serving, rotation.settled) == ("a", False)
    rotation.offer("c", 4.0)
    rotation.offer("b", 5.0)
    assert rotation.due_in_s(5.0) == 0


def test_going_back_to_the_key_that_serves_settles():
    rotation = Rotation("a")
    rotation.offer("b", 1.0)
    rotation.judge("b", Outcome.REFUSED, 2.0)
    rotation.offer("a", 3.0)
    assert rotation.due_in_s(3.0) is None
    assert rotation.settled


def test_a_venue_that_does_not_answer_is_asked_ever_less_often():
    rotation, now_s, waits = Rotation("a"), 0.0, []
    rotation.offer("b", now_s)
    for _ in range(12):
        rotation.judge("b", Outcome.UNREACHABLE, now_s)
        wait_s = rotation.due_in_s(now_s)
        assert rotation.due_in_s(now_s + wait_s) == 0
        waits.append(wait_s)
        now_s += wait_s
    assert waits[:3] == [RETRY_S_MIN, 2 * RETRY_S_MIN, 4 * RETRY_S_MIN]
    assert waits[-1] == RETRY_S_MAX
    rotation.offer("c", now_s)
    assert rotation.due_in_s(now_s) == 0


def test_the_end_of_a_trial_says_nothing_of_the_key_that_came_meanwhile():
    rotation = Rotation("a")
    rotation.offer("b", 1.0)
    rotation.offer("c", 2.0)
    rotation.judge("b", Outcome.REFUSED, 3.0)
    assert rotation.due_in_s(3.0) == 0
    rotation.judge("c", Outcome.SWAPPED, 4.0)
    assert (rotation.serving, rotation.settled) == ("c", True)


class Shelf:
    """Where the pair lies; a change is told at once."""

    def __init__(self, key, secret):
        self._values = {"/key": key, "/secret": secret}
        self._changed = asyncio.Event()

    def put(self, key, secret):
        self._values = {"/key": key, "/secret": secret}
        self._changed.set()

    async def read(self, places):
        return {place: Secret(value=self._values[place], version="1") for place in places}

    async def changed(self, places):
        await self._changed.wait()
        self._changed.clear()

    async def close(self):
        pass


class Followed:
    """The keys of a venue whose answers are in the test's hand."""

    def __init__(self):
        self.shelf = Shelf("key-0", "secret-0")
        self.store = SecretStore(
            {"file": lambda: self.shelf}, refresh_s=30.0, hide=lambda _: None, settle_s=0.01
        )
        self.answer = None
        self.tried = []
        self.counted = []
        self.alarms = []

    async def start(self):
        held = await self.store.first(REFERENCES)
        self.keys = VenueKeys(
            self.store,
            REFERENCES,
            held,
            count=lambda *told: self.counted.append(told),
            alarm=self.alarms.append,
        )
        self.task = asyncio.create_task(self.keys.follow(self.take))

    async def take(self, key, secret):
        self.tried.append((key, secret))
        if self.answer is not None:
            raise self.answer
        return f"id-of-{key}"

    async def until(self, check):
        async with asyncio.timeout(PATIENCE_S):
            while not check():
                assert not self.task.done(), self.task.result()
                await asyncio.sleep(0.005)


@pytest.fixture
async def followed():
    followed = Followed()
    await followed.start()
    yield followed
    followed.task.cancel()
    await asyncio.wait([followed.task])


async def test_what_is_kept_at_the_start_is_read_and_not_tried(followed):
    assert followed.keys.read() == ("key-0", "secret-0")
    assert followed.keys.names == ("file:/key", "file:/secret")
    followed.shelf.put("key-1", "secret-1")
    await followed.until(lambda: followed.counted)
    assert followed.tried == [("key-1", "secret-1")]
    assert followed.counted == [(NAME, "swapped")]
    assert followed.alarms == []
    assert followed.keys.read() == ("key-1", "secret-1")


async def test_a_refused_key_raises_an_alarm_until_one_is_taken(followed):
    followed.answer = SecretError("the venue refuses it", lasting=True)
    followed.shelf.put("bad", "bad")
    await followed.until(lambda: followed.counted)
    (alarm,) = followed.alarms
    assert (alarm.name, alarm.resolved, alarm.reason) == (
        "SecretRefused",
        False,
        "the venue refuses it",
    )
    assert NAME in alarm.summary
    assert len(alarm.trace_id) == 32
    # Told again, it is the same key, and is not tried again.
    followed.shelf.put("bad", "bad")
    followed.answer = None
    followed.shelf.put("key-1", "secret-1")
    await followed.until(lambda: len(followed.alarms) == 2)
    assert followed.tried == [("bad", "bad"), ("key-1", "secret-1")]
    assert followed.counted == [(NAME, "refused"), (NAME, "swapped")]
    assert followed.alarms[1].resolved


async def test_the_alarm_ends_when_the_old_key_is_put_back(followed):
    followed.answer = SecretError("no", lasting=True)
    followed.shelf.put("bad", "bad")
    await followed.until(lambda: followed.alarms)
    followed.shelf.put("key-0", "secret-0")
    await followed.until(lambda: len(followed.alarms) == 2)
    assert followed.alarms[1].resolved
    assert followed.tried == [("bad", "bad")]


async def test_a_venue_that_does_not_answer_is_asked_again_without_an_alarm(followed):
    followed.answer = SecretError("no reply in time", lasting=False)
    followed.shelf.put("key-1", "secret-1")
    await followed.until(lambda: followed.counted)
    followed.answer = None
    await followed.until(lambda: len(followed.counted) == 2)
    assert followed.counted == [(NAME, "unreachable"), (NAME, "swapped")]
    assert followed.alarms == []


async def test_a_look_sees_the_key_of_now_or_holds_the_last(followed):
    followed.task.cancel()
    followed.shelf.put("key-1", "secret-1")
    assert await followed.keys.look() == ("key-1", "secret-1")
    followed.shelf.put("", "")
    assert await followed.keys.look() == ("key-1", "secret-1")


async def test_one_half_of_a_pair_is_a_mistake(followed):
    config = Config.model_validate({"watchdog": {"api_key": "file:/key"}})
    with pytest.raises(ConfigError, match="watchdog: write both api_key and api_secret"):
        await watchdog_keys(config, followed.store, followed.alarms.append)
    assert await watchdog_keys(Config(), followed.store, followed.alarms.append) is None
