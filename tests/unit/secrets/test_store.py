"""A start needs every secret; afterwards a keeper may fail, and only what is whole is given out."""

import asyncio
from collections.abc import Mapping

import pytest
from aitrader_server.adapters.secrets.freshness import Freshness
from aitrader_server.adapters.secrets.provider import Secret
from aitrader_server.adapters.secrets.store import SecretStore
from aitrader_server.errors import ConfigError, SecretError

KEYS = {"execution.key": "aws-sm:binance#key", "execution.secret": "aws-sm:binance#secret"}
APART = {"execution.key": "file:/key", "execution.secret": "file:/secret"}
DOWN = SecretError("the keeper does not answer", lasting=False)


class Shelf:
    """A keeper in memory; `trouble` is raised by every look while it is set."""

    def __init__(self, **values: str) -> None:
        self._values = dict(values)
        self._version = 1
        self._changed = asyncio.Event()
        self.trouble: Exception | None = None
        self.looks: list[frozenset[str]] = []
        self.looked = asyncio.Event()
        self.closed = False

    def put(self, **values: str) -> None:
        self._values |= values
        self._version += 1
        self._changed.set()

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        self.looks.append(places)
        self.looked.set()
        if self.trouble is not None:
            raise self.trouble
        missing = sorted(places - self._values.keys())
        if missing:
            raise SecretError(f"nothing at {missing[0]}; put it there", lasting=True)
        version = str(self._version)
        return {place: Secret(value=self._values[place], version=version) for place in places}

    async def changed(self, places: frozenset[str]) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def close(self) -> None:
        self.closed = True


class Taken:
    """What was given out, one after the other."""

    def __init__(self) -> None:
        self._sets: asyncio.Queue[Mapping[str, Secret]] = asyncio.Queue()

    async def take(self, secrets: Mapping[str, Secret]) -> None:
        self._sets.put_nowait(secrets)

    async def next(self) -> dict[str, str]:
        async with asyncio.timeout(20):
            found = await self._sets.get()
        return {name: secret.value for name, secret in found.items()}

    @property
    def is_empty(self) -> bool:
        return self._sets.empty()


@pytest.fixture
def hidden() -> list[str]:
    return []


@pytest.fixture
def make(hidden):
    def store(refresh_s: float = 60, settle_s: float = 0.05, **shelves: Shelf) -> SecretStore:
        return SecretStore(
            {scheme.replace("_", "-"): lambda s=shelf: s for scheme, shelf in shelves.items()},
            refresh_s=refresh_s,
            hide=hidden.append,
            settle_s=settle_s,
        )

    return store


@pytest.fixture
async def following():
    tasks = []

    def follow(store, references, held):
        taken = Taken()
        tasks.append(asyncio.create_task(store.follow(references, held, taken.take)))
        return taken

    yield follow
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(ended, asyncio.CancelledError)


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_pair_in_one_place_is_read_with_one_look_and_hidden(make, hidden):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    found = await make(aws_sm=shelf).first(KEYS)
    assert {name: secret.value for name, secret in found.items()} == {
        "execution.key": "k-1",
        "execution.secret": "s-1",
    }
    assert shelf.looks == [frozenset({"binance"})]
    assert hidden == ["k-1", "s-1"]


async def test_a_missing_first_value_names_key_place_and_what_to_do(make):
    store = make(file=Shelf())
    with pytest.raises(ConfigError, match=r"journal\.url: nothing at /url; put it there"):
        await store.first({"journal.url": "file:/url"})


async def test_a_keeper_that_is_down_at_the_start_is_fatal_and_nothing_else_is_asked(make):
    shelf, environment = Shelf(binance="x"), Shelf(BINANCE="y")
    shelf.trouble = DOWN
    store = make(aws_sm=shelf, env=environment)
    with pytest.raises(ConfigError, match=r"execution\.key: the keeper does not answer"):
        await store.first({"execution.key": "aws-sm:binance"})
    assert environment.looks == []


async def test_a_keeper_that_is_not_installed_is_named_with_those_that_are(make):
    store = make(env=Shelf(), file=Shelf())
    with pytest.raises(ConfigError, match=r"no keeper of secrets x-safe is installed; .*env, file"):
        await store.first({"execution.key": "x-safe:binance"})


async def test_a_field_that_is_missing_names_the_key(make):
    store = make(aws_sm=Shelf(binance='{"key": "k-1"}'))
    with pytest.raises(ConfigError, match=r"execution\.secret: no text in the field secret"):
        await store.first(KEYS)


async def test_a_change_that_the_keeper_tells_of_is_given_out_whole(make, hidden, following):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf)
    taken = following(store, KEYS, await store.first(KEYS))
    shelf.put(binance='{"key": "k-2", "secret": "s-2"}')
    assert await taken.next() == {"execution.key": "k-2", "execution.secret": "s-2"}
    assert hidden == ["k-1", "s-1", "k-2", "s-2"]


async def test_a_change_between_the_start_and_the_following_is_not_missed(make, following):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf)
    held = await store.first(KEYS)
    shelf.put(binance='{"key": "k-2", "secret": "s-2"}')
    assert (await following(store, KEYS, held).next())["execution.key"] == "k-2"


async def test_a_change_that_nobody_tells_of_is_found_by_looking(make, following):
    class Silent(Shelf):
        async def changed(self, places):
            await asyncio.Event().wait()

    shelf = Silent(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf, refresh_s=0.02)
    taken = following(store, KEYS, await store.first(KEYS))
    shelf.put(binance='{"key": "k-2", "secret": "s-2"}')
    assert (await taken.next())["execution.secret"] == "s-2"


async def test_a_pair_at_two_places_is_given_out_when_both_have_come(make, following):
    shelf = Shelf(**{"/key": "k-1", "/secret": "s-1"})
    store = make(file=shelf, settle_s=0.5)
    taken = following(store, APART, await store.first(APART))
    shelf.looked.clear()
    shelf.put(**{"/key": "k-2"})
    await asyncio.wait_for(shelf.looked.wait(), 20)
    shelf.put(**{"/secret": "s-2"})
    assert await taken.next() == {"execution.key": "k-2", "execution.secret": "s-2"}
    assert taken.is_empty


async def test_a_new_version_of_the_same_value_is_no_change(make, following):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf)
    taken = following(store, KEYS, await store.first(KEYS))
    looks = len(shelf.looks)
    shelf.put(binance='{"secret": "s-1", "key": "k-1"}')
    await until(lambda: len(shelf.looks) > looks + 1)
    shelf.put(binance='{"secret": "s-3", "key": "k-1"}')
    assert (await taken.next())["execution.secret"] == "s-3"


async def test_a_refused_value_that_is_put_back_is_given_out_again(make, following):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf)
    taken = following(store, KEYS, await store.first(KEYS))
    shelf.put(binance='{"key": "k-2", "secret": "bad"}')
    assert (await taken.next())["execution.secret"] == "bad"
    shelf.put(binance='{"key": "k-1", "secret": "s-1"}')
    assert (await taken.next())["execution.secret"] == "s-1"


async def test_the_last_set_holds_through_an_outage(make, following):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf, refresh_s=0.02)
    taken = following(store, KEYS, await store.first(KEYS))
    shelf.trouble = DOWN
    looks = len(shelf.looks)
    await until(lambda: len(shelf.looks) > looks + 5)
    assert taken.is_empty
    assert store.freshness.ages_s().keys() == KEYS.keys()
    shelf.put(binance='{"key": "k-2", "secret": "s-2"}')
    shelf.trouble = None
    assert (await taken.next())["execution.key"] == "k-2"


async def test_an_answer_that_its_client_cannot_read_ends_no_following(make, following, capsys):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf, refresh_s=0.02)
    taken = following(store, KEYS, await store.first(KEYS))
    shelf.trouble = KeyError("k-2 of the canary")
    looks = len(shelf.looks)
    await until(lambda: len(shelf.looks) > looks + 1)
    shelf.put(binance='{"key": "k-2", "secret": "s-2"}')
    shelf.trouble = None
    assert (await taken.next())["execution.key"] == "k-2"
    said = "".join(capsys.readouterr())
    assert "aws-sm gives a strange answer: KeyError" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("value", "said"), [("k" * 65_537, "more than 65536 bytes"), ("canary\udcff", "it is no text")]
)
async def test_what_can_be_no_secret_is_refused_before_anything_is_made_of_it(
    make, hidden, value, said
):
    store = make(aws_sm=Shelf(url=value))
    with pytest.raises(ConfigError, match=rf"journal\.url: .*{said}") as refusal:
        await store.first({"journal.url": "aws-sm:url"})
    assert value not in str(refusal.value)
    assert not hidden


async def test_one_half_that_is_taken_away_gives_nothing_out(make, following):
    shelf = Shelf(binance='{"key": "k-1", "secret": "s-1"}')
    store = make(aws_sm=shelf)
    taken = following(store, KEYS, await store.first(KEYS))
    looks = len(shelf.looks)
    shelf.put(binance='{"key": "k-2"}')
    await until(lambda: len(shelf.looks) > looks)
    shelf.put(binance='{"key": "k-3", "secret": "s-3"}')
    assert await taken.next() == {"execution.key": "k-3", "execution.secret": "s-3"}


async def test_only_what_is_followed_has_an_age(make):
    store = make(env=Shelf(URL="postgresql://"))
    await store.first({"journal.url": "env:URL"})
    assert store.freshness.ages_s() == {}


async def test_keepers_are_opened_when_needed_and_closed_at_the_end(make):
    shelf, other = Shelf(URL="x"), Shelf()
    store = make(env=shelf, file=other)
    await store.read("env:URL")
    await store.close()
    assert shelf.closed
    assert not other.closed


def test_an_age_grows_until_the_next_look():
    now_s = 100.0
    freshness = Freshness(lambda: now_s)
    freshness.seen(["a", "b"])
    now_s = 130.0
    freshness.seen(["b"])
    assert freshness.ages_s() == {"a": 30, "b": 0}


def test_an_outage_is_said_once_for_each_cause_and_so_is_its_end(capsys):
    now_s = 100.0
    freshness = Freshness(lambda: now_s)
    freshness.seen(["execution.key"])
    for cause in ("down", "down", "denied"):
        now_s += 15
        freshness.lost(["execution.key"], cause)
    freshness.seen(["execution.key"])
    freshness.seen(["execution.key"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("go on to hold") for line in lines] == [1, 1, 0]
    assert "down" in lines[0]
    assert "denied" in lines[1]
    assert "can be read again" in lines[2]
    assert "45.0" in lines[2]
