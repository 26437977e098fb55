"""Knows what was promised and what is true, and says when the two part.

It folds what the disk acknowledged on its own, hears what callers were told and what the venue did,
and trusts nothing that the engine believes.
"""

from collections.abc import Sequence
from decimal import Decimal

from aitrader_server.adapters.journal.storage import Store
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    BalanceAdjusted,
    Event,
    OrderEvent,
    OrderInitialized,
    OrderRejected,
    OrderSubmitted,
)
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import TradingStateRecord, decode_event
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Approved
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.ports import Record, Snapshot

from simulation.loop import SimLoop
from simulation.sight import Sight
from simulation.umpire import Foul, Umpire


class Broken(AssertionError):
    """A promise was broken; the message begins with its claim."""


class Oracle:
    """`durable` is the fold of all that the disk acknowledged."""

    def __init__(self, loop: SimLoop, *, ended_orders_max: int) -> None:
        self._loop = loop
        self.ended_orders_max = ended_orders_max
        self.records: list[Record] = []
        self.durable = Book(ended_orders_max=ended_orders_max)
        self.first_answers: dict[str, Order] = {}
        self.versions: dict[str, list[Order]] = {}
        self.trading: list[TradingStateRecord] = []
        self.attempts: dict[str, int] = {}
        self.rejected: set[str] = set()
        self.at_venue: dict[str, str] = {}
        self.answers: dict[str, Order] = {}
        self.heard: list[Record] = []
        self._umpire = Umpire()
        # Who began last: the port by which it reaches the venue names an engine.
        self.leading: object = None
        self.halted = False
        self._lost: list[object] = []
        self._late: set[str] = set()
        self.changes: list[tuple[str, str, Decimal]] = []
        self.heartbeat_limit_s: float | None = None
        self._beaten_s: dict[object, float] = {}
        self.resumes = 0
        self.acknowledged = 0
        self.orders = 0
        self.specs: dict[str, OrderSpec] = {}
        self._wrote: dict[int, int] = {}

    def broken(self, claim: str, what: str) -> None:
        """Ends the run."""
        at_s = self._loop.time()
        self._loop.fail(Broken(f"{claim}: {what} (at {at_s:.3f} s, step {self._loop.steps})"))

    def on_durable(self, records: Sequence[Record]) -> None:
        """The disk acknowledged `records`."""
        for record in records:
            self._fold(record)
        self.records += records

    def on_written(self, number: int, records: Sequence[Record]) -> None:
        """A shared store took `records` from its leader `number`."""
        for sequence, record in enumerate(records, start=len(self.records) + 1):
            if record.sequence != sequence:
                self.broken("L2", f"record {record.sequence} was written where {sequence} belongs")
            writer = self._wrote.setdefault(record.epoch, number)
            if writer != number or record.epoch < max(self._wrote):
                self.broken("L2", f"records of engine {record.epoch} are mixed with another's")
        self.on_durable(records)

    def on_found(self, found: Sequence[Record]) -> None:
        """A start found this on the disk."""
        if list(found[: len(self.records)]) != self.records:
            self.broken("C4", f"{len(self.records)} records acknowledged, {len(found)} found")
        self.on_durable(found[len(self.records) :])

    def _fold(self, record: Record) -> None:
        event = decode_event(record.payload)
        try:
            self._umpire.on_record(event, record.at_ns)
        except Foul as foul:
            self.broken("C3", str(foul))
        order = self.durable.evolve(event, at_ns=record.at_ns, trace_id=record.trace_id)
        if order is not None:
            if order.terminal and not order.gap:
                self._umpire.ended(order.request_id)
            self._remember(order)
            if isinstance(event, OrderEvent) and event.answers:
                self.first_answers[order.request_id] = order
        self._note(event)
        if self.durable.state.trading is not (self.trading[-1] if self.trading else None):
            self.trading.append(self.durable.state.trading)

    def _note(self, event: Event) -> None:
        match event:
            case OrderInitialized():
                self.orders += 1
                self.specs[event.request_id] = event.spec
            case OrderSubmitted():
                self.attempts[event.request_id] = event.attempt.number
            # Of a list one may be taken on, and refused by the venue when its turn comes.
            case OrderRejected() if event.code != "VENUE":
                self.rejected.add(event.request_id)
                if event.request_id in self.at_venue:
                    self.broken(
                        "C1",
                        f"{event.request_id} was declared rejected ({event.code}), "
                        "but the venue has it",
                    )
            case BalanceAdjusted():
                self.broken(
                    "C2",
                    f"a difference of {event.delta} {event.asset} was booked, "
                    "though nothing moved outside of our orders",
                )
            case _:
                pass

    def _remember(self, order: Order) -> None:
        """What is on disk of an order, and of those that its filling lets work."""
        place, orders = order.spec.place, self.durable.state.orders
        for request_id in (order.request_id,) if place is None else place.members:
            if request_id in orders:
                self.versions.setdefault(request_id, []).append(orders[request_id])
        self.versions.setdefault(order.request_id, []).append(order)

    def on_started(self, broker: object, book: Book) -> None:
        """An engine has started; what it knows must be what was acknowledged."""
        self.leading = broker
        if self.halted and book.state.trading.state is not TradingState.HALTED:
            self.broken("C5", "a restart forgot the halt")

    def on_beat(self, broker: object) -> None:
        """Somebody told an engine that he is there."""
        self._beaten_s[broker] = self._loop.time()

    def on_departure(self, broker: object, request_id: str) -> None:
        """An order sets out; until its bytes leave little time passes."""
        silent_s = self._loop.time() - self._beaten_s.get(broker, -1e9)
        if self.heartbeat_limit_s is not None and silent_s > self.heartbeat_limit_s:
            self.broken("C5", f"{request_id} was sent {silent_s:.1f} s after the last heartbeat")

    def on_send(self, broker: object, approved: Approved) -> None:
        """Bytes of an order leave."""
        request_id = approved.spec.request_id
        if self.attempts.get(request_id, 0) < approved.attempt.number:
            self.broken("C1", f"{request_id} was sent before its attempt was durable")
        if broker in self._lost or (self.halted and broker is self.leading):
            self.broken("C5", f"{request_id} was sent after a halt was acknowledged")
        elif self.halted:
            # One that was deposed cannot know: the venue must find its signature too old.
            self._late.add(request_id)

    def on_prepare(self, spec: OrderSpec, sight: Sight) -> None:
        """An order passed the controls."""
        self._umpire.on_sight(spec, sight)

    def on_accepted(self, request_id: str, venue_order_id: str) -> None:
        """The venue took an order on."""
        if request_id in self.at_venue:
            self.broken("C1", f"the venue has {request_id} twice")
        if request_id in self.rejected:
            self.broken("C1", f"{request_id} was declared rejected, now the venue took it")
        if request_id in self._late:
            self.broken("C5", f"the venue took {request_id}, sent after a halt was acknowledged")
        self.at_venue[request_id] = venue_order_id

    def on_told(self, order: Order) -> None:
        """A caller was told what an order is like."""
        request_id = order.request_id
        self.acknowledged += 1
        if order not in self.versions.get(request_id, ()):
            self.broken(
                "C4",
                f"a caller was told that {request_id} is {order.state} before that was durable",
            )

    def on_change(self, old: str, new: str, wanted: Decimal) -> None:
        """An order is to be changed so that it executes `wanted` in all, or less."""
        self.changes.append((old, new, wanted))

    def on_answered(self, broker: object, order: Order, given: Order | None) -> None:
        """Placing an order was answered; `given` is what the same request had got before it."""
        self.on_told(order)
        request_id = order.request_id
        # One that was deposed and has not noticed yet answers with what it knew.
        if given is not None and order != given and broker is self.leading:
            self.broken("C4", f"{request_id} was answered as {given.state}, now as {order.state}")
        if order == self.first_answers.get(request_id):
            self.answers[request_id] = order

    def on_halt_told(self, broker: object, *, recorded: bool) -> None:
        """A caller was told of a halt; without its disk an engine halts for itself alone."""
        if recorded:
            self.halted = True
        else:
            self._lost.append(broker)

    def on_trading_told(self, record: TradingStateRecord) -> None:
        """A caller was told the trading state."""
        if record not in self.trading:
            self.broken("C4", f"a caller was told of {record.state} before that was durable")

    def on_event(self, record: Record) -> None:
        """A subscriber who resumes where it was cut off got `record`."""
        sequence = len(self.heard) + 1
        if record.sequence != sequence:
            self.broken("I7", f"a subscriber got {record.sequence} where {sequence} belongs")
        elif record not in self.records[sequence - 1 : sequence]:
            self.broken("C4", f"a subscriber got {record.sequence} before it was durable")
        self.heard.append(record)


class Witness:
    """A store that tells the oracle what it acknowledged and what a start found."""

    def __init__(self, store: Store, oracle: Oracle) -> None:
        self._store = store
        self._oracle = oracle
        oracle.on_found(store.read(0, 10**9))

    def latest_snapshot(self) -> Snapshot | None:
        return self._store.latest_snapshot()

    def commit(self, records: Sequence[Record]) -> None:
        self._store.commit(records)
        self._oracle.on_durable(records)

    def read(self, after_sequence: int, limit: int) -> Sequence[Record]:
        return self._store.read(after_sequence, limit)

    def read_intent(self, intent: str) -> Sequence[Record]:
        return self._store.read_intent(intent)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        self._store.save_snapshot(snapshot)

    def checkpoint_when_due(self) -> None:
        self._store.checkpoint_when_due()

    def close(self) -> None:
        self._store.close()
