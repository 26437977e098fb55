"""How soon an engine is ready again: python tests/bench/bench_restart.py [EVENTS].

A SQLite journal of EVENTS records (200 000 when not given) tells of market orders that filled and
of limit orders that were cancelled, as the engine itself writes them. Timed in this process, from
opening the journal to the open gate: without a snapshot, which replays everything, and with the
snapshot that a stop leaves. The floor is reading the records from SQLite without making anything of
them. Starting Python and importing the packages come on top, once, whatever the journal's length.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median

import msgspec
import uvloop
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.domain.state import encode_state
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.ports import Record
from engine_worker import Orders, engine_on, open_gate
from instant_venue import InstantVenue
from processes import folder, resident_mib
from rounds import show, show_machine, spread

EVENTS = 200_000
ROUNDS = 3
PAGE = 5_000
MEMORY_PID = "self"
GOAL_RECORDS = 1_000_000


async def patterns() -> tuple[list[Record], list[Record]]:
    """What a new engine writes, and what one order of each kind then adds."""
    engine = engine_on(InstantVenue())
    await engine.start()
    await open_gate(engine)
    begun = engine.book.state.sequence
    orders = Orders(engine)
    await orders.market()
    await orders.limit_cancel()
    records = list(await engine.ports.journal.read(0, PAGE))
    await engine.stop()
    return records[:begun], records[begun : engine.book.state.sequence]


def life(head: Sequence[Record], lives: Sequence[Record]) -> Iterator[Record]:
    """Endless records: the pattern again and again, under ids of its own each time."""
    yield from head
    sequence = count(len(head) + 1)
    market, limit = (f"bench-{kind}-{n}".encode() for kind, n in (("market", 1), ("limit", 2)))
    for turn in count(1):
        for record in lives:
            intent = f"{record.intent}-{turn}"
            payload = record.payload.replace(market, b"%b-%d" % (market, turn))
            payload = payload.replace(limit, b"%b-%d" % (limit, turn))
            payload = payload.replace(b'"1000000001"', b'"f%d"' % turn)
            payload = payload.replace(b'"1000000002"', b'"c%d"' % turn)
            yield msgspec.structs.replace(
                record,
                sequence=next(sequence),
                intent=intent,
                once=f"{record.once}-{turn}" if record.once else "",
                payload=payload,
            )


def write(state: Path, records: Iterator[Record]) -> None:
    store = SqliteStore.open(state)
    while page := list(islice(records, PAGE)):
        store.commit(page)
    store.close()


def read_s(state: Path) -> float:
    """Seconds to read every record and do nothing with it."""
    store = SqliteStore.open(state)
    begun, sequence = time.perf_counter(), 0
    while page := store.read(sequence, PAGE):
        sequence = page[-1].sequence
    took_s = time.perf_counter() - begun
    store.close()
    return took_s


def engine_in(state: Path) -> Engine:
    """An engine of the bench on the journal in `state`."""
    engine = engine_on(InstantVenue())
    journal = SqliteJournal(partial(SqliteStore.open, state))
    engine.ports = msgspec.structs.replace(engine.ports, journal=journal)
    engine.writer.journal = journal
    return engine


async def start_s(engine: Engine) -> float:
    begun = time.perf_counter()
    await engine.start()
    await open_gate(engine)
    return time.perf_counter() - begun


async def kill(engine: Engine) -> None:
    """Ends the engine without the snapshot of a stop."""
    await engine.tasks.cancel()
    await engine.ports.journal.close()


async def main(events: int) -> None:
    show_machine()
    head, lives = await patterns()
    # Whole orders only: one that was under way would have to be asked for.
    events -= (events - len(head)) % len(lives)
    async with folder() as state:
        write(state, islice(life(head, lives), events))
        read, replayed, resumed, stalled = [], [], [], []
        for _ in range(ROUNDS):
            read.append(await asyncio.to_thread(read_s, state))
            engine = engine_in(state)
            replayed.append(await start_s(engine))
            await kill(engine)
        await engine_in_and_out(state)
        size = (state / "journal.db").stat().st_size
        for _ in range(ROUNDS):
            engine = engine_in(state)
            resumed.append(await start_s(engine))
            stalled.append(snapshot_s(engine))
            await kill(engine)
    show("records in the journal", f"{events:,}, {size / events:,.0f} bytes each")
    rates = [events / took_s for took_s in replayed]
    show("records read and dropped", f"{spread([events / s for s in read])} /s")
    show("replay to an open gate", f"{spread(rates)} /s", "at least 150 k/s")
    show("replay / reading", f"{median(replayed) / median(read):.2f}")
    long_s = GOAL_RECORDS / median(rates)
    show("extrapolated: replay of 1 M records", f"{long_s:.1f} s")
    show("open gate from a snapshot", f"{spread(resumed, '.2f')} s", "3 s at 1 M records")
    show("event loop held by one snapshot", f"{spread([s * 1e3 for s in stalled], '.1f')} ms")
    show("memory of this process at the end", f"{resident_mib(MEMORY_PID):,.0f} MiB")
    show_machine()


async def engine_in_and_out(state: Path) -> None:
    """A life that ends in good order, and so leaves a snapshot."""
    engine = engine_in(state)
    await start_s(engine)
    await engine.stop()


def snapshot_s(engine: Engine) -> float:
    """How long writing the state down takes; nothing else runs on the loop meanwhile."""
    begun = time.perf_counter()
    encode_state(engine.book.state)
    return time.perf_counter() - begun


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
