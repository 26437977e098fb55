"""What durability costs: the journal against a bare fdatasync of the same run, on the same disk.

Run it: `python tests/bench/bench_journal.py`. Rounds are interleaved; medians and spread are shown.
"""

# ruff: noqa: T201 -- a benchmark prints its figures

import asyncio
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.engine.ports import Journal, Record
from aitrader_server.errors import JournalError

ROUNDS = 5
LONE_APPENDS = 400
IN_FLIGHT = (1, 16, 64, 256)
GROUPED_APPENDS = 4_000
REPLAYED = 100_000
PAGE = 5_000


def sync_s(folder: Path) -> list[float]:
    """Seconds of each append and fdatasync of one 4 KB page, which is the least SQLite writes."""
    page = os.urandom(4_096)
    took = []
    descriptor = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(LONE_APPENDS):
        started = time.perf_counter()
        os.write(descriptor, page)
        os.fdatasync(descriptor)
        took.append(time.perf_counter() - started)
    os.close(descriptor)
    (folder / "floor").unlink()
    return took


class Appender:
    """Appends one record at a time and waits until it is durable."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._durable = 0

    async def open(self) -> None:
        await self._journal.open(self._commit, self._fail)

    async def append(self) -> None:
        self._sequence += 1
        durable = asyncio.get_running_loop().create_future()
        self._waiting[self._sequence] = durable
        self._journal.append([_record(self._sequence)])
        await durable

    def _commit(self, sequence: int) -> None:
        for number in range(self._durable + 1, sequence + 1):
            self._waiting.pop(number).set_result(None)
        self._durable = sequence

    def _fail(self, error: JournalError) -> None:
        sys.exit(error.message)


def _record(sequence: int) -> Record:
    return Record(
        sequence=sequence,
        epoch=1,
        at_ns=1_700_000_000_000_000_000 + sequence,
        kind="OrderAccepted",
        intent=f"018f3c1e-{sequence // 4:012d}",
        symbol="BTCUSDT",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        state="ACCEPTED",
        cumulative_quantity="0.00500000",
        once=f"intent:{sequence}" if sequence % 4 == 0 else "",
        payload=b'{"type":"OrderAccepted","venue_order_id":"28457","request_id":"018f3c1e"}' * 3,
    )


async def lone_s(appender: Appender) -> list[float]:
    took = []
    for _ in range(LONE_APPENDS):
        started = time.perf_counter()
        await appender.append()
        took.append(time.perf_counter() - started)
    return took


async def rows_per_s(appender: Appender, in_flight: int) -> float:
    async def trade(count: int) -> None:
        for _ in range(count):
            await appender.append()

    count = GROUPED_APPENDS // in_flight
    started = time.perf_counter()
    async with asyncio.TaskGroup() as traders:
        for _ in range(in_flight):
            traders.create_task(trade(count))
    return count * in_flight / (time.perf_counter() - started)


def replayed_per_s(folder: Path) -> float:
    store = SqliteStore.open(folder)
    for first in range(1, REPLAYED, PAGE):
        store.commit([_record(n) for n in range(first, first + PAGE)])
    started = time.perf_counter()
    sequence = 0
    while page := store.read(sequence, PAGE):
        sequence = page[-1].sequence
    took = time.perf_counter() - started
    store.close()
    return sequence / took


def _spread(values: list[float], form: str) -> str:
    low, middle, high = (format(v, form) for v in (min(values), median(values), max(values)))
    return f"{middle} ({low}..{high})"


async def main(folder: Path) -> None:
    appender = Appender(journal := SqliteJournal(partial(SqliteStore.open, folder / "lone")))
    await appender.open()
    floors: list[float] = []
    lones: list[float] = []
    rates: dict[int, list[float]] = {n: [] for n in IN_FLIGHT}
    for _ in range(ROUNDS):
        floors.append(median(sync_s(folder)) * 1e3)
        lones.append(median(await lone_s(appender)) * 1e3)
        for in_flight in IN_FLIGHT:
            rates[in_flight].append(await rows_per_s(appender, in_flight))
    await journal.close()
    replays = [replayed_per_s(folder / f"replay-{n}") for n in range(3)]
    ratios = [lone / floor for lone, floor in zip(lones, floors, strict=True)]
    print(f"fdatasync p50, ms            {_spread(floors, '.3f')}")
    print(f"lone append p50, ms          {_spread(lones, '.3f')}")
    print(f"lone append / fdatasync      {_spread(ratios, '.2f')}")
    for in_flight, values in rates.items():
        by_floor = [rate * floor / 1e3 for rate, floor in zip(values, floors, strict=True)]
        print(f"rows/s, {in_flight:3} in flight       {_spread(values, ',.0f')}", end="")
        print(f"   rows per fdatasync {_spread(by_floor, '.1f')}")
    print(f"replayed records/s           {_spread(replays, ',.0f')}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as bench_folder:
        asyncio.run(main(Path(bench_folder)))
