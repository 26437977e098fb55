"""Which of several processes writes, and what becomes of the one that wrote before."""

import asyncio
import signal
import time

import pytest
from aitrader_server.adapters.journal.postgres import PostgresJournal, Standby
from aitrader_server.errors import JournalError
from contenders import Contender
from deaf_proxy import running_proxy
from postgres_server import running_postgres
from simulation.disk.records import record, records

LEASE_S = 1.0
# What a loaded machine may add to the half second between two looks, or to the lease.
SLACK_S = 4.0


@pytest.fixture
def contend(tmp_path, request):
    """Starts a process that contends; all are killed at the end."""

    def start(url: str, lease_s: float = LEASE_S) -> Contender:
        contender = Contender(tmp_path, url, lease_s)
        request.addfinalizer(contender.kill)
        return contender

    return start


@pytest.fixture
def url(postgres):
    return postgres.new_database()


@pytest.fixture
def pair(contend, url):
    """One that leads and has written, and one that stands by for it."""
    active = contend(url)
    active.until("active 1 0")
    standby = contend(url)
    standby.until(rf"standby: the engine with pid {active.pid} on \S+ is active, epoch 1, ")
    active.until_durable(20)
    return active, standby


def judge(postgres, url: str, *contenders: Contender) -> None:
    """What was acknowledged is there, and no epoch begins within another."""
    acknowledged = max(one.acknowledged for one in contenders)
    epochs = [int(row) for row in postgres.query("SELECT epoch FROM event ORDER BY sequence", url)]
    assert len(epochs) >= acknowledged
    assert epochs == sorted(epochs)


def test_a_killed_one_is_followed_at_once(pair, postgres, url):
    active, standby = pair
    active.signal(signal.SIGKILL)
    assert standby.until("active 2 ") < LEASE_S + SLACK_S
    standby.until_durable(20)
    judge(postgres, url, active, standby)


def test_a_killed_one_does_not_cost_its_lease(contend, url):
    active = contend(url, lease_s=60.0)
    active.until("active")
    standby = contend(url, lease_s=60.0)
    standby.until("standby")
    active.signal(signal.SIGKILL)
    assert standby.until("active") < 10.0


def test_a_paused_one_is_followed_after_its_lease_and_writes_no_more(pair, postgres, url):
    active, standby = pair
    active.signal(signal.SIGSTOP)
    assert standby.until("active 2 ") < LEASE_S + SLACK_S
    standby.until_durable(20)
    written = postgres.query("SELECT count(*) FROM event WHERE epoch = 1", url)
    active.signal(signal.SIGCONT)
    # How it hears of it depends on where it stood.
    active.until(r"failed: .*PostgreSQL at \S+ (was lost|gave no answer)|failed: .*: terminating ")
    standby.until_durable(20)
    assert postgres.query("SELECT count(*) FROM event WHERE epoch = 1", url) == written
    judge(postgres, url, active, standby)


async def test_one_that_is_cut_off_is_followed_after_its_lease(contend, postgres, url):
    async with running_proxy(postgres.port) as way:
        active = contend(postgres.through(way.port, url))
        await asyncio.to_thread(active.until, "active 1 0")
        standby = contend(url)
        await asyncio.to_thread(standby.until, "standby")
        await asyncio.to_thread(active.until_durable, 20)
        way.cut()
        assert await asyncio.to_thread(standby.until, "active 2 ") < LEASE_S + SLACK_S
        await asyncio.to_thread(active.until, "failed: PostgreSQL .* gave no answer within 1 s")
        acknowledged = active.acknowledged
        way.mend()
        await asyncio.to_thread(standby.until_durable, 20)
        assert active.acknowledged == acknowledged
    judge(postgres, url, active, standby)


async def test_a_standby_that_is_cut_off_waits_on(contend, postgres, url):
    active = contend(url)
    await asyncio.to_thread(active.until, "active 1 0")
    async with running_proxy(postgres.port) as way:
        standby = contend(postgres.through(way.port, url))
        await asyncio.to_thread(standby.until, "standby")
        way.cut()
        await asyncio.sleep(2 * LEASE_S)
        way.mend()
        await asyncio.to_thread(active.until_durable, 20)
        active.signal(signal.SIGKILL)
        await asyncio.to_thread(standby.until, "active 2 ")
        await asyncio.to_thread(standby.until_durable, 20)
    judge(postgres, url, active, standby)


def test_an_idle_one_stays(postgres, url):
    """It tells that it lives without a record to write."""

    async def idle() -> list[str]:
        said: list[str] = []
        active = PostgresJournal(url, lease_s=LEASE_S, report=said.append)
        await active.open(lambda _: None, pytest.fail)
        standby = PostgresJournal(url, lease_s=LEASE_S, report=said.append)
        opening = asyncio.create_task(standby.open(lambda _: None, pytest.fail))
        await asyncio.sleep(4 * LEASE_S)
        assert not opening.done()
        opening.cancel()
        begun_s = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert time.monotonic() - begun_s < SLACK_S
        active.append([record(1)])
        await active.close()
        return said

    said = asyncio.run(idle())
    assert len(said) == 1, "the wait is said once in ten seconds"
    assert postgres.query("SELECT count(*) FROM event", url) == ["1"]


def test_only_one_of_many_standbys_follows(contend, postgres, url):
    active = contend(url)
    active.until("active 1 0")
    standbys = [contend(url) for _ in range(3)]
    for standby in standbys:
        standby.until("standby")
    active.until_durable(20)
    active.signal(signal.SIGSTOP)
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s and postgres.query("SELECT epoch FROM leader", url) == [
        "1"
    ]:
        time.sleep(0.05)
    time.sleep(3 * LEASE_S)
    followers = [s for s in standbys if any(line.startswith("active") for line in s.said)]
    assert len(followers) == 1
    followers[0].until_durable(20)
    judge(postgres, url, active, *standbys)


def test_a_deposed_one_writes_nothing(postgres, url):
    """Should its lock be lost and its connection not, the epoch in every write still stands."""
    store = Standby(url, lease_s=LEASE_S, report=print).lead()
    store.commit(records(1, 3))
    postgres.query("UPDATE leader SET epoch = epoch + 1, host = 'north', pid = 7", url)
    with pytest.raises(JournalError, match="another engine took over: epoch 2, pid 7 on north"):
        store.commit(records(4, 6))
    with pytest.raises(JournalError, match="refused a write before"):
        store.commit(records(4, 6))
    store.close()
    assert postgres.query("SELECT max(sequence) FROM event", url) == ["3"]


def test_a_deposed_one_hears_of_it_while_idle(postgres, url):
    async def idle() -> JournalError:
        failed: asyncio.Future[JournalError] = asyncio.get_running_loop().create_future()
        journal = PostgresJournal(url, lease_s=LEASE_S, report=print)
        await journal.open(lambda _: None, failed.set_result)
        await asyncio.to_thread(postgres.query, "UPDATE leader SET epoch = 9", url)
        async with asyncio.timeout(10):
            error = await failed
        await journal.close()
        return error

    assert "another engine took over: epoch 9" in asyncio.run(idle()).message


def test_a_stopped_server_ends_the_active_one_and_loses_nothing(contend, tmp_path):
    with running_postgres() as server:
        url = server.new_database()
        active = contend(url)
        active.until("active 1 0")
        standby = contend(url)
        standby.until("standby")
        active.until_durable(50)
        server.stop("immediate")
        active.until("failed: ")
        assert "the connection to PostgreSQL" in active.said[-1]
        server.start()
        standby.until("active 2 ")
        standby.until_durable(20)
        judge(server, url, active, standby)
