"""What every journal promises the engine."""

import asyncio
import random
import re

import pytest
from aitrader_server.engine.ports import Snapshot
from aitrader_server.errors import JournalError
from simulation.disk.records import record, records


async def test_starts_empty(make, watcher):
    journal = make()
    assert await watcher.open(journal) is None
    assert list(await journal.read(0, 10)) == []
    assert list(await journal.read_intent("a")) == []


async def test_returns_every_field_as_it_was_written(make, watcher):
    journal = make()
    await watcher.open(journal)
    written = [record(1, intent="a", once="intent:a", epoch=7), record(2, epoch=8)]
    journal.append(written)
    await watcher.durable(2)
    assert list(await journal.read(0, 10)) == written


async def test_append_only_enqueues(make, watcher):
    journal = make()
    await watcher.open(journal)
    journal.append([record(1)])
    assert watcher.committed == []
    await watcher.durable(1)


async def test_keeps_the_order_of_calls_and_acknowledges_upwards(make, watcher):
    journal = make()
    await watcher.open(journal)
    chance = random.Random(1)
    sequence = 1
    while sequence <= 500:
        size = chance.randint(1, 5)
        journal.append(records(sequence, sequence + size - 1))
        sequence += size
        if chance.random() < 0.3:
            await asyncio.sleep(0)
    await watcher.durable(sequence - 1)
    assert watcher.committed == sorted(set(watcher.committed))
    assert watcher.committed[-1] == sequence - 1
    assert [r.sequence for r in await journal.read(0, 1000)] == list(range(1, sequence))


async def test_acknowledges_only_what_a_read_can_see(make, watcher):
    journal = make()
    seen = []
    looked = asyncio.Event()

    async def look(sequence: int) -> None:
        seen.append((sequence, [r.sequence for r in await journal.read(sequence - 1, 1)]))
        if sequence == 20:
            looked.set()

    async with asyncio.TaskGroup() as looks:
        await journal.open(
            lambda sequence: looks.create_task(look(sequence)), watcher.failures.append
        )
        for sequence in range(1, 21):
            journal.append([record(sequence)])
            await asyncio.sleep(0)
        await looked.wait()
    await journal.close()
    assert all(found == [sequence] for sequence, found in seen)


async def test_pages(make, watcher):
    journal = make()
    await watcher.open(journal)
    journal.append(records(1, 25))
    await watcher.durable(25)
    assert [r.sequence for r in await journal.read(0, 10)] == list(range(1, 11))
    assert [r.sequence for r in await journal.read(10, 10)] == list(range(11, 21))
    assert [r.sequence for r in await journal.read(20, 10)] == list(range(21, 26))
    assert list(await journal.read(25, 10)) == []


async def test_reads_one_intent(make, watcher):
    journal = make()
    await watcher.open(journal)
    written = [record(n, intent=("a", "b", "")[n % 3]) for n in range(1, 31)]
    journal.append(written)
    await watcher.durable(30)
    assert list(await journal.read_intent("a")) == [r for r in written if r.intent == "a"]
    assert list(await journal.read_intent("c")) == []


async def test_close_writes_what_is_enqueued(make, watcher):
    journal = make()
    await watcher.open(journal)
    for sequence in range(1, 101):
        journal.append([record(sequence)])
    await journal.close()
    assert watcher.committed[-1] == 100
    again = make()
    await watcher.open(again)
    assert len(await again.read(0, 1000)) == 100


async def test_goes_on_after_reopening(make, watcher):
    first = make()
    await watcher.open(first)
    first.append([record(1, intent="a", once="intent:a", epoch=3)])
    await first.close()
    second = make()
    await watcher.open(second)
    second.append([record(2, intent="a", epoch=4)])
    await watcher.durable(2)
    assert [(r.sequence, r.epoch) for r in await second.read_intent("a")] == [(1, 3), (2, 4)]


async def test_closes_twice_and_unopened(make, watcher):
    journal = make()
    await journal.close()
    await watcher.open(journal)
    await journal.close()
    await journal.close()


@pytest.mark.parametrize("batches", [[1, 1], [2]], ids=["later", "same batch"])
async def test_a_once_key_admits_one_record_for_ever(make, watcher, batches):
    journal = make()
    await watcher.open(journal)
    journal.append([record(1)])
    await watcher.durable(1)
    sequence = 2
    for size in batches:
        journal.append([record(sequence + n, once="trade:7") for n in range(size)])
        sequence += size
        await asyncio.sleep(0)
    await watcher.failed()
    assert "`once`" in watcher.failures[0].message
    written = await journal.read(0, 10)
    assert sum(r.once == "trade:7" for r in written) <= 1


async def test_the_once_guard_survives_reopening(make, watcher):
    first = make()
    await watcher.open(first)
    first.append([record(1, once="intent:a")])
    await first.close()
    second = make()
    await watcher.open(second)
    second.append([record(2), record(3, once="intent:a")])
    await watcher.failed()
    assert [r.sequence for r in await second.read(0, 10)] == [1]


@pytest.mark.parametrize("wrong", [1, 3, 9])
async def test_a_sequence_that_does_not_follow_writes_nothing(make, watcher, wrong):
    journal = make()
    await watcher.open(journal)
    journal.append([record(1)])
    await watcher.durable(1)
    journal.append([record(wrong), record(wrong + 1)])
    await watcher.failed()
    assert f"record {wrong} was appended where 2 belongs" in watcher.failures[0].message
    assert len(await journal.read(0, 10)) == 1


async def test_after_a_failure_nothing_is_written_and_it_is_told_once(make, watcher):
    journal = make()
    await watcher.open(journal)
    journal.append([record(7)])
    journal.append([record(1)])
    await watcher.failed()
    with pytest.raises(JournalError, match="failed"):
        journal.append([record(1)])
    with pytest.raises(JournalError, match="failed"):
        await journal.save_snapshot(Snapshot(sequence=0, state=b"{}"))
    assert list(await journal.read(0, 10)) == []
    await journal.close()
    assert len(watcher.failures) == 1
    assert watcher.committed == []


async def test_returns_the_latest_snapshot(make, watcher):
    first = make()
    await watcher.open(first)
    first.append(records(1, 5))
    await first.save_snapshot(Snapshot(sequence=2, state=b'{"n":2}'))
    await first.save_snapshot(Snapshot(sequence=5, state=b'{"n":5}'))
    await first.close()
    second = make()
    assert await watcher.open(second) == Snapshot(sequence=5, state=b'{"n":5}')
    assert len(await second.read(0, 10)) == 5


async def test_a_snapshot_waits_for_its_records(make, watcher):
    journal = make()
    await watcher.open(journal)
    journal.append(records(1, 3))
    await journal.save_snapshot(Snapshot(sequence=3, state=b"{}"))
    assert watcher.committed[-1] == 3


async def test_refuses_a_snapshot_beyond_its_records(make, watcher):
    journal = make()
    await watcher.open(journal)
    with pytest.raises(JournalError, match="ends at 0"):
        await journal.save_snapshot(Snapshot(sequence=3, state=b"{}"))
    await watcher.failed()


async def test_lets_no_second_opener_in(make, watcher):
    """It is told who is there, or waits in vain."""
    journal = make()
    await watcher.open(journal)
    with pytest.raises((JournalError, TimeoutError)) as refused:
        async with asyncio.timeout(1):
            await make().open(watcher.committed.append, watcher.failures.append)
    if isinstance(refused.value, JournalError):
        assert re.search(r"open already|another engine \(pid \d+\) holds", refused.value.message)
    journal.append([record(1)])
    await watcher.durable(1)


async def test_refuses_work_while_closed(make, watcher):
    journal = make()
    with pytest.raises(JournalError, match="closed"):
        journal.append([record(1)])
    await watcher.open(journal)
    await journal.close()
    with pytest.raises(JournalError, match="closed"):
        await journal.read(0, 1)


async def test_a_cancelled_caller_loses_no_append(make, watcher):
    journal = make()
    await watcher.open(journal)

    async def place(sequence: int) -> None:
        journal.append([record(sequence)])
        await journal.read(sequence - 1, 1)

    for sequence in range(1, 51):
        task = asyncio.create_task(place(sequence))
        await asyncio.sleep(0)
        task.cancel()
    await watcher.durable(50)
    assert len(await journal.read(0, 100)) == 50


async def test_ten_thousand_appends_from_many_tasks(make, watcher):
    journal = make()
    await watcher.open(journal)
    issued = 0

    async def trade(count: int) -> None:
        nonlocal issued
        for _ in range(count):
            issued += 1
            journal.append([record(issued, intent=f"i{issued}", once=f"intent:i{issued}")])
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as traders:
        for _ in range(100):
            traders.create_task(trade(100))
    await watcher.durable(10_000)
    assert [r.sequence for r in await journal.read(0, 20_000)] == list(range(1, 10_001))
