"""Where the work runs: a simulation needs every step on its own loop, production needs none."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest
from aitrader_server.adapters.journal.inline import InlineJournal
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal, ThreadLane
from simulation.disk.crash_vfs import CrashDisk, PowerLoss
from simulation.disk.lives import open_store
from simulation.disk.records import record, records


class SingleThreadedLoop(asyncio.SelectorEventLoop):
    """As a deterministic loop does, refuses whatever another thread would have a part in."""

    def run_in_executor(self, *_):
        raise AssertionError("no executor")

    def call_soon_threadsafe(self, *_, **__):
        raise AssertionError("no other thread")


def test_inline_needs_no_thread():
    committed = []

    async def use() -> list[int]:
        journal = InlineJournal(partial(open_store, CrashDisk()))
        await journal.open(committed.append, pytest.fail)
        journal.append(records(1, 3))
        journal.append(records(4, 5))
        found = [r.sequence for r in await journal.read(0, 10)]
        await journal.close()
        return found

    loop = SingleThreadedLoop()
    try:
        assert loop.run_until_complete(use()) == [1, 2, 3, 4, 5]
    finally:
        loop.close()
    assert committed == [5]


async def test_inline_takes_as_long_as_it_is_told(watcher):
    delays = iter((0.0, 0.05, 0.0))
    journal = InlineJournal(partial(open_store, CrashDisk()), delay_s=lambda: next(delays))
    await watcher.open(journal)
    started = asyncio.get_running_loop().time()
    journal.append(records(1, 2))
    await watcher.durable(2)
    assert asyncio.get_running_loop().time() - started >= 0.05


async def test_power_loss_reaches_the_loop_and_tells_the_engine_nothing(watcher):
    disk = CrashDisk()
    journal = InlineJournal(partial(open_store, disk))
    await watcher.open(journal)
    loop = asyncio.get_running_loop()
    went_off = loop.create_future()
    loop.set_exception_handler(lambda _, context: went_off.set_result(context["exception"]))

    def switch_off(_kind: str, _number: int) -> None:
        raise PowerLoss

    disk.before_io = switch_off
    journal.append([record(1)])
    assert isinstance(await went_off, PowerLoss)
    assert (watcher.committed, watcher.failures) == ([], [])
    disk.before_io = lambda _kind, _number: None
    disk.kill()


async def test_an_idle_store_is_tended_only_while_the_loop_runs():
    handed = []
    lane = ThreadLane(idle_s=0.01)
    lane.start(lambda items: handed.append(time.monotonic()))
    async with asyncio.timeout(5):
        while not handed:
            await asyncio.sleep(0.01)
        began_s = time.monotonic()
        time.sleep(0.3)  # noqa: ASYNC251 -- a loop that hangs
        ended_s = time.monotonic()
        # At most one had been asked for before.
        assert len([at_s for at_s in handed if began_s < at_s < ended_s]) <= 1
        while handed[-1] <= ended_s:
            await asyncio.sleep(0.01)
    lane.stop()


def test_an_idle_thread_ends_with_a_loop_that_nobody_stopped():
    async def leave() -> threading.Thread:
        before = set(threading.enumerate())
        ThreadLane(idle_s=0.01).start(lambda items: None)
        (thread,) = set(threading.enumerate()) - before
        return thread

    thread = asyncio.run(leave())
    thread.join(5)
    assert not thread.is_alive()


async def test_threaded_blocks_no_loop(folder, watcher):
    """The store's work happens on the thread that is named for it."""
    names = []

    def open_here() -> SqliteStore:
        names.append(threading.current_thread().name)
        return SqliteStore.open(folder)

    await watcher.open(SqliteJournal(open_here))
    assert names == ["journal"]


PROGRAM = """
import asyncio, pathlib, sys
from functools import partial
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal, ThreadLane
from simulation.disk.records import records

async def main():
    journal = SqliteJournal(partial(SqliteStore.open, pathlib.Path(sys.argv[1])))
    await journal.open(lambda sequence: print(sequence, flush=True), print)
    sequence = 1
    while True:
        journal.append(records(sequence, sequence + 2))
        sequence += 3
        await asyncio.sleep(0.0002)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 100, 700])
def test_a_killed_process_leaves_what_it_acknowledged(folder, lines, pytestconfig):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(pytestconfig.rootpath / "tests")},
    ) as process:
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    acknowledged = int([line for line in said if line.endswith(b"\n")][-1])
    store = SqliteStore.open(folder)
    found = [r.sequence for r in store.read(0, 1_000_000)]
    store.close()
    assert len(found) >= acknowledged
    assert len(found) % 3 == 0, "a batch is there in part"
