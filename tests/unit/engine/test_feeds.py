"""What a reader of events is told: all of it in order, or that it was cut off."""

import asyncio

import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.engine.bus import EventBus, Mark, follow
from simulation.disk.records import records

QUEUE_SIZE_MAX = 4
IDLE_S = 0.01
LONG_S = 60.0


class Newspaper:
    """A bus whose every record is in the journal first."""

    def __init__(self, journal):
        self.journal = journal
        self.bus = EventBus(QUEUE_SIZE_MAX)

    async def print(self, count):
        first = self.bus.sequence + 1
        printed = records(first, first + count - 1)
        self.journal.append(printed)
        # A read waits behind the appends: what it sees is durable.
        await self.journal.read(self.bus.sequence, 1)
        self.bus.publish(printed)

    def read(self, after_sequence=0, idle_s=LONG_S):
        return follow(self.bus, self.journal, after_sequence, idle_s)


@pytest.fixture
async def paper():
    journal = MemoryJournal()
    await journal.open(lambda _: None, pytest.fail)
    yield Newspaper(journal)
    await journal.close()


def numbers(page):
    return [record.sequence for record in page]


async def caught_up(feed):
    """What came before the present did."""
    seen = []
    while (page := await anext(feed)) is not Mark.CAUGHT_UP:
        seen += numbers(page)
    return seen


async def test_a_long_past_comes_in_pages_and_then_the_present(paper):
    await paper.print(2_500)
    feed = paper.read()
    assert [len(await anext(feed)) for _ in range(3)] == [1_000, 1_000, 500]
    assert await anext(feed) is Mark.CAUGHT_UP
    await paper.print(2)
    assert numbers(await anext(feed)) == [2_501, 2_502]
    await feed.aclose()


async def test_who_resumes_is_told_what_came_after(paper):
    await paper.print(10)
    feed = paper.read(after_sequence=7)
    assert await caught_up(feed) == [8, 9, 10]
    await feed.aclose()


async def test_what_is_printed_during_the_past_comes_once_and_in_order(paper):
    await paper.print(3)
    feed = paper.read()
    assert numbers(await anext(feed)) == [1, 2, 3]
    await paper.print(1)
    assert await anext(feed) is Mark.CAUGHT_UP
    assert numbers(await anext(feed)) == [4]
    await feed.aclose()


async def test_who_waits_is_woken(paper):
    feed = paper.read()
    assert await caught_up(feed) == []
    for number in (1, 2):
        waiting = asyncio.ensure_future(anext(feed))
        await asyncio.sleep(0)
        assert not waiting.done()
        await paper.print(1)
        assert numbers(await waiting) == [number]
    await feed.aclose()


async def test_silence_is_told_and_ends_nothing(paper):
    feed = paper.read(idle_s=IDLE_S)
    assert await caught_up(feed) == []
    assert [await anext(feed), await anext(feed)] == [Mark.IDLE, Mark.IDLE]
    await paper.print(1)
    assert numbers(await anext(feed)) == [1]
    await feed.aclose()


async def test_who_falls_behind_has_what_fitted_and_is_cut_off(paper):
    slow, quick = paper.read(), paper.read()
    assert await caught_up(slow) == await caught_up(quick) == []
    await paper.print(QUEUE_SIZE_MAX)
    assert numbers(await anext(quick)) == [1, 2, 3, 4]
    await paper.print(1)
    assert paper.bus.subscribers == 1
    assert numbers(await anext(slow)) == [1, 2, 3, 4]
    assert [mark async for mark in slow] == [Mark.SLOW]
    assert numbers(await anext(quick)) == [5]
    await quick.aclose()


async def test_the_end_of_the_engine_ends_every_feed_after_its_last_record(paper):
    feed, idle = paper.read(), paper.read()
    assert await caught_up(feed) == await caught_up(idle) == []
    waiting = asyncio.ensure_future(anext(idle))
    await asyncio.sleep(0)
    paper.bus.drain()
    assert await waiting is Mark.DRAINING
    await paper.print(1)
    assert numbers(await anext(feed)) == [1]
    assert [mark async for mark in feed] == [Mark.DRAINING]


async def test_who_leaves_is_forgotten(paper):
    feed = paper.read()
    assert await caught_up(feed) == []
    assert paper.bus.subscribers == 1
    await feed.aclose()
    assert paper.bus.subscribers == 0


async def test_who_listens_to_a_kind_hears_each_of_it_and_nothing_else(paper):
    heard, deaf = [], []
    await paper.print(1)
    paper.bus.listen("OrderAccepted", heard.append)
    paper.bus.listen("OrderFilled", deaf.append)
    await paper.print(2 * QUEUE_SIZE_MAX)
    assert numbers(heard) == list(range(2, 2 * QUEUE_SIZE_MAX + 2))
    assert deaf == []
