"""Lives of an engine that are to be killed: the real one, its real journal, the real gateway.

Each is a process of its own that begins with everything in memory, and says on standard output
what its callers were told.
"""

import asyncio
import os
import random
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import apsw
import msgspec
from aitrader_gateway.binance.broker import BinanceBrokerGateway
from aitrader_gateway.binance.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.adapters.journal.threaded import SqliteJournal
from aitrader_server.domain.terms import Attempt, Limits, OrderSpec
from aitrader_server.domain.words import IN_FLIGHT_STATES, OrderState, OrderType, Side
from aitrader_server.engine.assembly import Ports
from aitrader_server.engine.commands import Caller, Change
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.ports import Record, Snapshot
from aitrader_server.engine.settings import EngineSettings
from aitrader_server.errors import AiTraderError

SYMBOL = "BTCUSDT"
# An order of this worth is far above the least that the venue takes.
QUANTITY = Decimal("0.001")
STEP = Decimal("0.00001")
CALLER = Caller(name="mortal", trace_id="a" * 32)
CALLERS = 6
PATIENCE_S = 30
RECV_WINDOW_MS = 500
# The sandbox takes a request when it is read, or never: nothing is under way for longer.
FENCE_NS = (RECV_WINDOW_MS + 100) * 1_000_000
# So few that every life moves its log into the file, and so often that each takes a snapshot.
WAL_PAGES_MAX = 12
SNAPSHOT_EVERY_EVENTS = 40
# And so few stay in memory that each reads the archive.
ENDED_ORDERS_MAX = 20
PENDING = {*IN_FLIGHT_STATES, OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE}


WORDS = 9
"""Descriptor of the pipe that words leave by."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """`die_at_io` is the operation on the journal before which it ends, 0 for none.

    A `last` life trades no more: it waits until every order is settled, cancels what rests and
    stops in good order. A `hasty` journal is a planted bug: it acknowledges before it writes.
    """

    number: int
    folder: str
    settings: dict[str, Any]
    environ: dict[str, str]
    seed: int
    die_at_io: int = 0
    orders: int = 10_000
    last: bool = False
    hasty: bool = False


class Word(msgspec.Struct, frozen=True):
    """What a life says, or what is said of it, one line each.

    `born` has its process id, `placed` an order's id and state, `failed` a stack, `ended` the
    status of its process; `fit` and `survived` have nothing.
    """

    kind: str
    text: str = ""
    state: OrderState | None = None
    number: int = 0


def say(word: Word) -> None:
    """Whole or not at all, whenever the process dies."""
    os.write(WORDS, msgspec.json.encode(word)[: select.PIPE_BUF - 1] + b"\n")


def main() -> None:
    """Begins a life for each line on standard input: a copy of this process, which has no other."""
    # What else is printed is no word.
    os.dup2(sys.stdout.fileno(), WORDS)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        life = msgspec.json.decode(line, type=Life)
        pid = os.fork()
        if pid == 0:
            _live_and_die(life)
        say(Word("born", number=pid))
        _, status = os.waitpid(pid, 0)
        say(Word("ended", number=os.waitstatus_to_exitcode(status)))


def _live_and_die(life: Life) -> NoReturn:
    try:
        asyncio.run(_live(life))
    except BaseException:  # noqa: BLE001 - whatever it is, the other process reports it
        say(Word("failed", traceback.format_exc()[-2_000:]))
    finally:
        os._exit(0)


async def _live(life: Life) -> None:
    disk = _MortalDisk(life.die_at_io)
    engine = _engine(life, disk)
    await engine.start()
    await _until(engine, _fit)
    say(Word("fit"))
    if life.last:
        await _settle(engine)
    else:
        chance = random.Random(life.seed)
        numbers = iter(range(life.orders))
        async with asyncio.TaskGroup() as callers:
            for _ in range(CALLERS):
                callers.create_task(_call(engine, life, numbers, chance))
    await engine.stop()
    say(Word("survived"))


def _engine(life: Life, disk: "_MortalDisk") -> Engine:
    clock = SystemClock()
    context = SimpleNamespace(
        state_dir=Path(life.folder), clock=clock, environ=life.environ, keys=None
    )
    broker, quotes = create(life.settings, context)
    assert isinstance(broker, BinanceBrokerGateway)
    ports = Ports(
        clock=clock,
        ids=RandomIds(),
        journal=SqliteJournal(partial(_open, life, disk)),
        broker=_PromptVenue(broker),
        quotes=quotes,
        models=None,
        metrics=_NoMetrics(),
    )
    settings = EngineSettings(
        account="mortal",
        quote_asset="USDT",
        version="0",
        limits=Limits(max_unknown_orders=0, max_open_orders=0),
        snapshot_every_events=SNAPSHOT_EVERY_EVENTS,
        ended_orders_max=ENDED_ORDERS_MAX,
        query_interval_s=0.02,
        record_lag_s=0.05,
    )
    return Engine(ports, settings, _on_trouble)


def _open(life: Life, disk: "_MortalDisk") -> SqliteStore:
    folder = Path(life.folder)
    folder.mkdir(exist_ok=True)
    kind = _HastyStore if life.hasty else SqliteStore
    return kind(str(folder / "journal.db"), vfs=disk.name, wal_pages_max=WAL_PAGES_MAX)


class _HastyStore(SqliteStore):
    """Writes what it was given when it is given more."""

    _held: Sequence[Record] = ()

    def commit(self, records: Sequence[Record]) -> None:
        held, self._held = self._held, records
        if held:
            super().commit(held)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """It would cover what is not written."""


def _on_trouble(what: str, error: BaseException) -> None:
    raise AssertionError(what) from error


class _PromptVenue:
    """The gateway, whose attempts are known sooner to be in vain."""

    def __init__(self, gateway: BinanceBrokerGateway) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> object:
        return getattr(self._gateway, name)

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        attempt = self._gateway.prepare(spec, number, now_ns)
        return msgspec.structs.replace(attempt, fence_at_ns=now_ns + FENCE_NS)


class _NoMetrics:
    def count(self, name, labels, trace_id=""):
        pass

    def observe(self, name, value, labels, trace_id=""):
        pass


class _MortalDisk(apsw.VFS):
    """The real files; the process is killed before one operation on them."""

    def __init__(self, die_at: int) -> None:
        self.name = "mortal"
        self.operations = 0
        self._die_at = die_at
        super().__init__(self.name, "unix")

    def note(self) -> None:
        """One more operation is about to happen."""
        self.operations += 1
        if self.operations == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def xOpen(self, name, flags):
        self.note()
        return _MortalFile(self, name, flags)

    def xDelete(self, filename, syncdir):
        self.note()
        super().xDelete(filename, syncdir)


class _MortalFile(apsw.VFSFile):
    # ruff: noqa: N802 -- SQLite calls these methods by its own names

    def __init__(self, disk: _MortalDisk, name, flags) -> None:
        self._disk = disk
        super().__init__("unix", name, flags)

    def xWrite(self, data, offset):
        self._disk.note()
        super().xWrite(data, offset)

    def xTruncate(self, newsize):
        self._disk.note()
        super().xTruncate(newsize)

    def xSync(self, flags):
        self._disk.note()
        super().xSync(flags)


def _fit(engine: Engine) -> bool:
    gates = engine.parts.gatekeeper.gates()
    priced = engine.ports.quotes.quote(SYMBOL) is not None
    return not gates.reconciling and gates.stream_up and priced


async def _call(engine: Engine, life: Life, numbers: Iterator[int], chance: random.Random) -> None:
    """Places one order after the other, and meddles with some."""
    for number in numbers:
        spec = _order(engine, f"l{life.number}-{number}", number, chance)
        placed = await engine.parts.submission.place(
            spec, digest="d", caller=CALLER, timeout_s=PATIENCE_S
        )
        say(Word("placed", spec.request_id, placed.order.state))
        if not placed.order.terminal and chance.random() < 0.5:
            await _meddle(engine, spec, chance)


def _order(engine: Engine, request_id: str, number: int, chance: random.Random) -> OrderSpec:
    quote = engine.ports.quotes.quote(SYMBOL)
    assert quote is not None
    side = chance.choice((Side.BUY, Side.SELL))
    terms = {
        "request_id": request_id,
        "symbol": SYMBOL,
        "side": side,
        # Never the same twice in a row: a repetition is refused.
        "quantity": QUANTITY + STEP * (number % 50),
    }
    if chance.random() < 0.5:
        return OrderSpec(order_type=OrderType.MARKET, **terms)
    away = chance.choice((0, 1, 300))
    price = quote.bid - away if side is Side.BUY else quote.ask + away
    return OrderSpec(order_type=OrderType.LIMIT, limit_price=price, **terms)


async def _meddle(engine: Engine, spec: OrderSpec, chance: random.Random) -> None:
    if chance.random() < 0.7:
        await engine.parts.cancellation.cancel(spec.request_id, CALLER, PATIENCE_S)
        return
    wish = Change(
        request_id=spec.request_id,
        new_request_id=f"{spec.request_id}-n",
        quantity=QUANTITY / 2,
    )
    # It may have filled or ended meanwhile: then there is nothing left to change.
    with suppress(AiTraderError):
        await engine.parts.replacing.change(wish, digest="c", caller=CALLER, timeout_s=PATIENCE_S)


async def _settle(engine: Engine) -> None:
    for order in list(engine.book.working()):
        await engine.parts.cancellation.cancel(order.request_id, CALLER, PATIENCE_S)
    await _until(engine, _settled)


def _settled(engine: Engine) -> bool:
    return not engine.book.working() and not engine.book.exposure.missing


async def _until(engine: Engine, true: Callable[[Engine], bool]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not true(engine):
                await asyncio.sleep(0.005)
    except TimeoutError:
        gates, working = engine.parts.gatekeeper.gates(), engine.book.working()
        raise AssertionError(f"{true.__name__} in vain: {gates}, {working}") from None


if __name__ == "__main__":
    main()
