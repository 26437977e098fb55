"""The engine's whole view of the world.

Everything that varies or waits stands behind one of these protocols: time, identity, disk, venue,
prices, models. Whatever passes the contract suite of its port may take its place.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.views import (
    ModelDescription,
    News,
    RegimeView,
    SentimentView,
    SignalView,
)
from aitrader_server.domain.instrument import Bar, Instrument, Quote
from aitrader_server.domain.terms import Attempt, Fill, OrderSpec
from aitrader_server.domain.venue import (
    AccountSnapshot,
    AmendOutcome,
    Approved,
    ApprovedList,
    ApprovedReplacement,
    CancelOutcome,
    ListOutcome,
    QueryOutcome,
    Replacement,
    ReplaceOutcome,
    SubmitOutcome,
    VenueReport,
)
from aitrader_server.errors import JournalError


class Clock(Protocol):
    """Wall time; the event loop's own clock measures durations."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        ...


class IdFactory(Protocol):
    """Identity for what the caller did not name."""

    def request_id(self) -> str:
        """A fresh client order id, `[A-Za-z0-9_-]{1,36}`."""
        ...

    def trace_id(self) -> str:
        """A fresh W3C trace id, 32 lower-case hex digits, not all zero."""
        ...


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One journal line.

    `sequence` counts from 1 without a gap. `intent` is the request_id or empty. `once` is empty
    or a key that may appear on one record only: the disk's own guard against a second intent or a
    second booking of one trade. `state` and `cumulative_quantity` are the order's after the event.
    `payload` is the event as JSON.
    """

    sequence: int
    epoch: int
    at_ns: int
    kind: str
    intent: str
    symbol: str
    trace_id: str
    state: str
    cumulative_quantity: str
    once: str
    payload: bytes


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of every record up to and including `sequence`, as JSON."""

    sequence: int
    state: bytes


class Journal(Protocol):
    """Durable, ordered, append-only memory.

    `append` only enqueues: it never waits, cannot be cancelled, and keeps the order of calls. When
    records are durable, `on_commit(sequence)` is called on the event loop with the last durable
    sequence (monotonic; several appends may share one call). After a failed write `on_failure` is
    called once and nothing is written any more.
    """

    async def open(
        self, on_commit: Callable[[int], None], on_failure: Callable[[JournalError], None]
    ) -> Snapshot | None:
        """Takes the only writer's lock and returns the latest snapshot, if there is one."""
        ...

    def append(self, records: Sequence[Record]) -> None:
        """Enqueues `records` as one atomic unit.

        Raises JournalError when the journal is closed or has failed, Overloaded when it cannot hold
        more: then nothing was enqueued.
        """
        ...

    async def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        """Durable records after `after_sequence`, in order, at most `limit`."""
        ...

    async def read_intent(self, intent: str) -> Sequence[Record]:
        """All durable records of one intent, in order."""
        ...

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keeps `snapshot` for the next start; older ones may be dropped, records never."""
        ...

    async def close(self) -> None:
        """Writes what is enqueued, then lets go of the lock."""
        ...


class LastWords(Protocol):
    """Why the journal could not be written any more, kept where that still could be."""

    async def read(self) -> str:
        """What the last life left, or nothing; then there is room for those of this one.

        Raises JournalError when there is not.
        """
        ...

    async def write(self, words: str) -> None:
        """Keeps `words` on disk in the place of those before. Raises JournalError."""
        ...


class StreamHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the venue connection is: `detail` says what is wrong when a part is not well.

    `clock_offset_ms` is the venue's clock minus ours; None when unknown. `stream_lag_ms` is the age
    of the last account event at its receipt. `budgets` are name, used and most per window; a name
    begins with REQUEST_WEIGHT or ORDERS. `environment_matches` is False once the venue refused key
    or signature.
    """

    connected: bool
    stream_up: bool
    last_event_ns: int
    clock_offset_ms: int | None
    detail: str = ""
    banned_until_ns: int = 0
    stream_lag_ms: int = 0
    environment_matches: bool = True
    budgets: tuple[tuple[str, int, int], ...] = ()


class VenueListener(Protocol):
    """Where a broker delivers what the venue says unasked."""

    def on_report(self, report: VenueReport) -> None:
        """One statement about an order."""
        ...

    def on_stream(self, *, up: bool, detail: str) -> None:
        """The account stream was lost, or is back and must be caught up with."""
        ...

    def on_external(self, detail: str) -> None:
        """The account changed by something other than an order, e.g. a deposit."""
        ...


class Broker(Protocol):
    """One account at one venue.

    No method raises for what a venue or a network does: lost replies and refusals are values. Every
    wait is bounded by the broker itself.
    """

    @property
    def name(self) -> str:
        """The adapter's name, e.g. `paper`."""
        ...

    @property
    def environment(self) -> str:
        """`paper`, `sandbox`, `testnet` or `live`."""
        ...

    async def start(self, listener: VenueListener) -> Mapping[str, Instrument]:
        """Connects, subscribes to account events and returns the instruments by symbol.

        The account stream is up when it returns, unless the listener was told otherwise.
        """
        ...

    async def stop(self) -> None:
        """Lets go of the connection; orders stay as they are."""
        ...

    def prepare(self, spec: OrderSpec, number: int, now_ns: int) -> Attempt:
        """Signs try `number` of an order without sending it."""
        ...

    async def submit(self, approved: Approved) -> SubmitOutcome:
        """Sends exactly the attempt, once."""
        ...

    def prepare_list(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        """Signs the one request that places orders together, without sending it."""
        ...

    async def submit_list(self, approved: ApprovedList) -> ListOutcome:
        """Sends exactly the attempt, once; the venue takes all orders or none."""
        ...

    def prepare_replacement(self, replacement: Replacement, now_ns: int) -> Attempt:
        """Signs the one request that cancels an order and places another, without sending it."""
        ...

    async def replace(self, approved: ApprovedReplacement) -> ReplaceOutcome:
        """Sends exactly the attempt, once; nothing is placed unless the old order is cancelled.

        The old one is cancelled only while it has executed nothing, so that what it executes
        meanwhile is not placed again. Refused: neither half happened.
        """
        ...

    async def amend(
        self, symbol: str, request_id: str, venue_order_id: str, quantity: Decimal
    ) -> AmendOutcome:
        """Lowers the quantity of an open order, which keeps its id and its place in the queue.

        Acknowledged carries the order with its new quantity.
        """
        ...

    async def test(self, spec: OrderSpec) -> SubmitOutcome:
        """Asks the venue's test endpoint; nothing is placed. Acknowledged means admissible."""
        ...

    async def cancel(self, symbol: str, request_id: str, venue_order_id: str) -> CancelOutcome:
        """Asks to cancel; Acknowledged carries the order as the venue then has it."""
        ...

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        """The order as the venue's order endpoint has it."""
        ...

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        """The same from an independent endpoint: order history and trades since `since_ns`."""
        ...

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        """All executions of one order; None when the venue could not be read."""
        ...

    async def open_orders(self) -> Sequence[VenueReport] | None:
        """Every order that works at the venue; None when the venue could not be read."""
        ...

    async def account(self) -> AccountSnapshot | None:
        """All balances; None when the venue could not be read."""
        ...

    def health(self) -> StreamHealth:
        """How the connection is right now."""
        ...


class QuoteSource(Protocol):
    """Prices, always the newest that were received."""

    @property
    def intervals(self) -> Sequence[str]:
        """Lengths of a bar that `history` has, of `domain.intervals.INTERVALS`."""
        ...

    def quote(self, symbol: str) -> Quote | None:
        """Best prices, however old; None when there never were any."""
        ...

    def bars(self, symbol: str, count: int) -> Sequence[Bar]:
        """The newest closed one-minute bars, oldest first, at most `count`.

        None at all while the newest are known to be missing.
        """
        ...

    async def history(
        self, symbol: str, interval: str, end_ns: int, count: int
    ) -> Sequence[Bar] | None:
        """The newest `count` (1 to 1000) bars that opened before `end_ns`, oldest first.

        The last may still be forming. Fewer than `count` are all there are; None when the venue
        could not be read.
        """
        ...

    def watch(self, listener: Callable[[Quote], None]) -> Callable[[], None]:
        """Calls `listener` at every change until the returned function is called."""
        ...


class SignalModel(Protocol):
    """Says which way to trade."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def signal(self, features: Features) -> SignalView:
        """Direction and confidence for complete features."""
        ...


class RegimeModel(Protocol):
    """Says what kind of market it is."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def regime(self, features: Features) -> RegimeView:
        """Regime and confidence for complete features."""
        ...


class SentimentModel(Protocol):
    """Says what a text means for a price."""

    def describe(self) -> ModelDescription:
        """What it is, and whether it serves now."""
        ...

    async def start(self) -> None:
        """Begins to load; returns without waiting for what may take long or never come."""
        ...

    async def stop(self) -> None:
        """Lets go of processes and connections."""
        ...

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        """Score of `news` within `timeout_s`; abandoned when the caller is cancelled.

        Raises:
            Overloaded: its queue is full.
            Unavailable: it does not serve; the reason is an UPPER_SNAKE code.
            TimeoutError: it was late.
        """
        ...


class ModelContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentiment plug-in is given beside its settings; `report` takes a line for the log."""

    environ: Mapping[str, str]
    clock: Clock
    report: Callable[[str], None]


class Metrics(Protocol):
    """Counts and times, never in the way of what is measured."""

    def count(self, name: str, labels: Mapping[str, str], trace_id: str = "") -> None:
        """Adds one to the counter `name`."""
        ...

    def observe(
        self, name: str, value: float, labels: Mapping[str, str], trace_id: str = ""
    ) -> None:
        """Adds `value` to the histogram `name`; seconds unless the name says otherwise."""
        ...


def loop_seconds() -> float:
    """The event loop's clock, which may count whole milliseconds."""
    return asyncio.get_running_loop().time()


class LimitsStore(Protocol):
    """One document per account at a venue, apart from the journal, of whoever opened it last.

    No method waits for longer than a few seconds.
    """

    async def open(self, key: str) -> bytes | None:
        """Takes `key` over from any other engine and returns its document, if there is one.

        Raises LimitsStoreError when the store cannot be used now, ConfigError when it would lose
        what it acknowledges, or is not for us.
        """
        ...

    async def save(self, document: bytes, sequence: int) -> None:
        """Replaces the document; it is durable on return. `sequence` never falls.

        Raises LimitsStoreError when that is not certain, or when another engine took over.
        """
        ...

    async def holds(self) -> bool:
        """Whether what was saved last is there, and is there to stay. Raises LimitsStoreError."""
        ...

    async def close(self) -> None:
        """Lets go of the connection; the document stays."""
        ...
