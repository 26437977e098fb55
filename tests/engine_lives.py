"""One engine after the other before one scripted venue, and the promises that each must keep."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.journal.inline import InlineJournal
from aitrader_server.adapters.journal.memory import MemoryStore
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import Event, OrderEvent
from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.state import decode_event
from aitrader_server.domain.terms import ListPlace, OrderSpec
from aitrader_server.domain.words import (
    TERMINAL_STATES,
    Contingency,
    OrderState,
    OrderType,
    Side,
)
from aitrader_server.engine.assembly import Ports
from aitrader_server.engine.commands import Change, Changed, Placed
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.ports import Metrics
from aitrader_server.engine.settings import EngineSettings
from fateful_venue import FENCE_NS, SYMBOL, ScriptedVenue
from small_engine import CALLER, NoMetrics
from venue_books import PRICE, ZERO

T = TypeVar("T", bound=Event)
# Slower than the loop: what does not wait for the disk leaves before its record.
DISK_S = 0.0005
RECORD_LAG_S = 0.05
FUNDS = {"USDT": "1000", "BTC": "0.1"}


class HandClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self._now_ns = 1_800_000_000_000_000_000

    def now_ns(self) -> int:
        return self._now_ns

    def advance(self, seconds: int) -> None:
        self._now_ns += seconds * 1_000_000_000

    def pass_fence(self) -> None:
        """Until no request that was signed so far can be admitted any more."""
        self._now_ns += 2 * FENCE_NS


class StillQuotes:
    """One price, always fresh, until a test moves it or lets it grow old."""

    intervals = ("1m",)

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self.last = PRICE
        self.age_ms = 0

    def quote(self, symbol: str) -> Quote | None:
        return Quote(
            symbol=symbol,
            bid=self.last - 1,
            ask=self.last + 1,
            bid_quantity=Decimal(1),
            ask_quantity=Decimal(1),
            last=self.last,
            at_ns=self._clock.now_ns() - self.age_ms * 1_000_000,
        )

    def bars(self, symbol: str, count: int) -> Sequence[object]:
        return ()

    async def history(
        self, symbol: str, interval: str, end_ns: int, count: int
    ) -> Sequence[object]:
        return ()

    def watch(self, listener: Callable[[Quote], None]) -> Callable[[], None]:
        return lambda: None


class World:
    """One venue, one journal, and one life of an engine after the other."""

    def __init__(self, **balances: str) -> None:
        self.clock = HandClock()
        self.quotes = StillQuotes(self.clock)
        self._disk = MemoryStore()
        self.venue = ScriptedVenue(self.clock, self._disk, balances or FUNDS)
        self.venue.on_change = self._never_too_much
        self.troubles: list[BaseException] = []
        self.metrics: Metrics = NoMetrics()
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    @property
    def book(self) -> Book:
        return self.engine.book

    def state(self, request_id: str) -> OrderState:
        order = self.book.order(request_id)
        assert order is not None, f"there is no {request_id}"
        return order.state

    async def start(self, **settings: object) -> Engine:
        """A new life on the same journal, reconciled if the venue can be read."""
        ports = Ports(
            clock=self.clock,
            ids=RandomIds(),
            journal=InlineJournal(lambda: self._disk, delay_s=lambda: DISK_S),
            broker=self.venue,
            quotes=self.quotes,
            models=None,
            metrics=self.metrics,
        )
        chosen = EngineSettings(
            account="a",
            quote_asset="USDT",
            version="0",
            query_interval_s=0.002,
            query_interval_s_max=0.002,
            record_lag_s=RECORD_LAG_S,
            **settings,
        )
        engine = self._engine = Engine(ports, chosen, self._on_trouble)
        await engine.start()
        return engine

    def _on_trouble(self, _: str, error: BaseException) -> None:
        if self._engine is not None:
            self.troubles.append(error)

    async def ready(self, **settings: object) -> Engine:
        await self.start(**settings)
        await self.until(lambda: not self.engine.parts.gatekeeper.reconciling)
        return self.engine

    async def kill(self) -> None:
        """The process is gone: what ran runs no more, and nothing is said or written."""
        dead, self._engine = self.engine, None
        await self.venue.stop()
        await dead.ports.journal.close()
        await dead.tasks.cancel()

    async def until(self, true: Callable[[], bool], timeout_s: float = 5) -> None:
        async with asyncio.timeout(timeout_s):
            while not true():
                await asyncio.sleep(0.001)

    async def become(self, **states: OrderState) -> None:
        """Waits until each order (`_` stands for `-` in its id) is in its state."""
        wanted = {name.replace("_", "-"): state for name, state in states.items()}
        try:
            await self.until(lambda: all(self.state(o) is s for o, s in wanted.items()))
        except TimeoutError:
            raise AssertionError(str({o: self.state(o) for o in wanted})) from None

    async def stays(self, **states: OrderState) -> None:
        """Lets the engine ask for a while, and finds the orders where they were."""
        await asyncio.sleep(0.03)
        await self.become(**states)

    async def place(self, *specs: OrderSpec, digest: str = "d", timeout_s: float = 5) -> Placed:
        return await self.engine.parts.submission.place(
            specs[0], digest=digest, caller=CALLER, timeout_s=timeout_s, legs=specs[1:]
        )

    async def limit_to(self, **limits: object) -> None:
        """Sets limits over those in force."""
        changed = msgspec.structs.replace(self.book.state.limits, **limits)
        control = self.engine.parts.control
        await control.change_limits(changed, version=0, reason="a test", caller=CALLER)

    async def change(self, wish: Change, *, digest: str = "c", timeout_s: float = 5) -> Changed:
        return await self.engine.parts.replacing.change(
            wish, digest=digest, caller=CALLER, timeout_s=timeout_s
        )

    async def told(self, kind: type[T]) -> list[T]:
        """All events of `kind` that the journal holds."""
        await self.engine.writer.settle()
        records = self._disk.read(0, self.book.state.sequence)
        return [e for record in records if isinstance(e := decode_event(record.payload), kind)]

    async def check(self) -> None:
        """I1 to I6, against the venue; every order must have been settled."""
        await self.until(lambda: not self.engine.parts.gatekeeper.reconciling)
        await self.until(lambda: not self.book.exposure.missing)
        book, venue = self.book, self.venue
        for order in book.state.orders.values():
            there = venue.of(order.request_id)
            assert len(there) <= 1, "I1"
            executed = there[0].executed if there else ZERO
            assert order.cumulative_quantity == executed == sum(f.quantity for f in order.fills)
            trades = sorted(f.trade_id for f in order.fills)
            assert trades == sorted(f.trade_id for one in there for f in one.fills), "I2"
        assert sorted(o.request_id for o in book.working()) == sorted(venue.open_ids()), "I5"
        for request_id in venue.open_ids():
            kept, there = book.order(request_id), venue.the(request_id)
            assert kept is not None
            assert (kept.quantity, kept.waits) == (there.quantity, there.waits), "I5"
        assert {a: book.state.ledger.held(a) for a in venue.balances} == venue.balances, "I5"
        assert self._free() == venue.free(), "I6"
        await self._check_journal()

    async def _check_journal(self) -> None:
        """I3 in the journal itself, and the fold of it is what memory has."""
        await self.engine.writer.settle()
        again, ends = Book(), defaultdict(list)
        for record in self._disk.read(0, self.book.state.sequence):
            event = decode_event(record.payload)
            before = again.order(event.request_id) if isinstance(event, OrderEvent) else None
            after = again.evolve(event, at_ns=record.at_ns, trace_id=record.trace_id)
            if after is None or before is None:
                continue
            assert after.cumulative_quantity >= before.cumulative_quantity, "I3"
            if after.state in TERMINAL_STATES and before.state is not after.state:
                ends[after.request_id].append(after.state)
        assert all(len(states) == 1 for states in ends.values()), f"I3: {dict(ends)}"
        assert again.state.orders == self.book.state.orders, "I5"

    def _free(self) -> dict[str, Decimal]:
        book = self.book
        return {
            asset: book.state.ledger.held(asset) - book.exposure.reserved.get(asset, ZERO)
            for asset in self.venue.balances
        }

    def _never_too_much(self) -> None:
        """I6 at every change: what works at the venue is reserved, and not less than all of it."""
        if self._engine is None:
            return
        for there in self.venue.orders:
            if there.open and not there.foreign:
                order = self.book.order(there.spec.request_id)
                assert order is not None
                assert not order.terminal, f"I6: {order.request_id} is {order.state}"
                assert order.quantity >= there.quantity, f"I6: {order.request_id} is larger"


def limit(request_id: str, **given: object) -> OrderSpec:
    """A limit order to buy 0.01 BTC at 9900, unless told otherwise."""
    terms: dict[str, object] = {
        "symbol": SYMBOL,
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": Decimal("0.01"),
        "limit_price": Decimal(9900),
    }
    return OrderSpec(request_id=request_id, **{**terms, **given})


def listed(contingency: Contingency, *specs: OrderSpec) -> tuple[OrderSpec, ...]:
    """Those orders as one list."""
    members = tuple(spec.request_id for spec in specs)
    return tuple(
        msgspec.structs.replace(
            spec, place=ListPlace(contingency=contingency, members=members, index=index)
        )
        for index, spec in enumerate(specs)
    )
