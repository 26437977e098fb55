"""What a store says when its server leaves it, falls silent or never was there."""

import asyncio
import time

import pytest
from aitrader_server.adapters.journal.postgres import Standby
from aitrader_server.adapters.journal.postgres_session import PostgresSession
from aitrader_server.errors import JournalError
from deaf_proxy import running_proxy
from simulation.disk.records import record, records

SILENCE_S = 0.3


@pytest.fixture
def url(postgres):
    return postgres.new_database()


def lead(url, timeout_s=5.0):
    return Standby(url, lease_s=timeout_s, report=pytest.fail).lead()


async def test_a_connection_that_breaks_is_not_used_again(postgres, url):
    async with running_proxy(postgres.port) as proxy:
        store = await asyncio.to_thread(lead, postgres.through(proxy.port, url))
        await asyncio.to_thread(store.commit, records(1, 3))
        await proxy.stop()
        for _ in range(2):
            with pytest.raises(JournalError, match=r"the connection to PostgreSQL at .* was lost"):
                await asyncio.to_thread(store.read, 0, 10)
        await asyncio.to_thread(store.close)
    assert postgres.query("SELECT max(sequence) FROM event", url) == ["3"]


async def test_a_server_that_falls_silent_is_given_its_time_and_no_more(postgres, url):
    async with running_proxy(postgres.port) as proxy:
        through = postgres.through(proxy.port, url)
        session = await asyncio.to_thread(lambda: PostgresSession(through, timeout_s=SILENCE_S))
        proxy.cut()
        with pytest.raises(JournalError, match=r"gave no answer within 0\.3 s"):
            await asyncio.to_thread(session.value, "SELECT 1")
        await asyncio.to_thread(session.close)


def test_what_the_server_refuses_is_told_in_its_words(postgres, url):
    store = lead(url)
    postgres.query("DROP TABLE event", url)
    with pytest.raises(JournalError, match=r'PostgreSQL at .*: relation "event" does not exist'):
        store.read(0, 10)
    store.close()


def test_what_cannot_be_a_row_is_told_and_ends_the_writing(url):
    store = lead(url)
    with pytest.raises(JournalError, match=r"PostgreSQL at .*: .*value out of int64 range"):
        store.commit([record(1, epoch=2**63)])
    with pytest.raises(JournalError, match="refused a write before: restart the engine"):
        store.commit([record(1)])
    assert list(store.read(0, 10)) == []
    store.close()


def test_an_epoch_that_is_over_writes_nothing(postgres, url):
    store = lead(url)
    postgres.query("UPDATE leader SET epoch = 9, host = 'north', pid = 7", url)
    with pytest.raises(JournalError, match="another engine took over: epoch 9, pid 7 on north"):
        store.commit([record(1)])
    store.close()


async def test_a_server_that_is_not_there_is_tried_until_given_up(postgres, url):
    said = []
    async with running_proxy(postgres.port) as proxy:
        nowhere = postgres.through(proxy.port, url)
    standby = Standby(nowhere, lease_s=SILENCE_S, report=said.append)
    leading = asyncio.create_task(asyncio.to_thread(standby.lead))
    async with asyncio.timeout(10):
        while not said:
            await asyncio.sleep(0.01)
    standby.give_up()
    with pytest.raises(JournalError, match="given up before this engine was active"):
        await leading
    assert "the connection to PostgreSQL" in said[0]
    assert said[0].endswith("trying again")


def test_one_that_leads_and_has_nothing_to_write_lets_itself_be_heard(postgres, url):
    store = lead(url, timeout_s=SILENCE_S)
    heard = "SELECT beat_at FROM leader"
    before = postgres.query(heard, url)
    time.sleep(SILENCE_S)
    store.checkpoint_when_due()
    assert postgres.query(heard, url) > before
    store.close()
