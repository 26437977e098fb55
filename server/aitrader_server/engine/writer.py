"""The single writer: events become state in memory, records on disk, and only then consequences.

Deciding and folding never wait, so the event loop itself is the queue of commands: no two commands
interleave, and none is decided on a state that is not the fold of all before it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    EngineStarted,
    Event,
    OrderEvent,
    OrderFilled,
    OrderInitialized,
)
from aitrader_server.domain.money import trimmed
from aitrader_server.domain.state import decode_event, decode_state, encode_event, encode_state
from aitrader_server.engine.bus import EventBus
from aitrader_server.engine.ports import Clock, IdFactory, Journal, Record, Snapshot
from aitrader_server.engine.tally import Tally
from aitrader_server.engine.tasks import TaskSet
from aitrader_server.errors import JournalError

REPLAY_PAGE_SIZE = 10_000


class Pending:
    """Records that are not durable yet, since when, and what must wait for them."""

    __slots__ = ("begun_s", "records", "sequence", "then")

    def __init__(
        self, records: list[Record], begun_s: float, then: Callable[[], object] | None
    ) -> None:
        self.records = records
        self.begun_s = begun_s
        self.sequence = records[-1].sequence
        self.then = then


class Writer:
    """Owns the book and the journal; every change of state goes through `commit`."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        ids: IdFactory,
        bus: EventBus,
        tasks: TaskSet,
        tally: Tally,
        ended_orders_max: int,
        snapshot_every_events: int,
        on_failure: Callable[[JournalError], None],
    ) -> None:
        self.journal = journal
        self.bus = bus
        self.tally = tally
        self._ended_orders_max = ended_orders_max
        self.book = Book(ended_orders_max=ended_orders_max)
        self.durable_sequence = 0
        self.failure: JournalError | None = None
        self.failed = asyncio.Event()
        self._clock = clock
        self._ids = ids
        self._tasks = tasks
        self._snapshot_every_events = snapshot_every_events
        self._snapshot_sequence = 0
        self._on_failure = on_failure
        self.on_durable: Callable[[Record], object] = lambda _: None
        self._pending: deque[Pending] = deque()
        self._pending_records = 0
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def open(self, version: str) -> None:
        """Folds snapshot and journal into the book and begins a new life of the engine."""
        snapshot = await self.journal.open(self._committed, self._failed)
        if snapshot is not None:
            state = decode_state(snapshot.state)
            self.book = Book(state, ended_orders_max=self._ended_orders_max)
            self._snapshot_sequence = snapshot.sequence
        while page := await self.journal.read(self.book.state.sequence, REPLAY_PAGE_SIZE):
            for record in page:
                event = decode_event(record.payload)
                self.book.evolve(event, at_ns=record.at_ns, trace_id=record.trace_id)
        self.durable_sequence = self.bus.sequence = self.book.state.sequence
        started = EngineStarted(epoch=self.book.state.epoch + 1, version=version)
        await self.durable(self.commit([started], trace_id=""))

    @property
    def pending_records(self) -> int:
        """How many are not durable yet."""
        return self._pending_records

    def commit(
        self, events: Sequence[Event], *, trace_id: str, then: Callable[[], object] | None = None
    ) -> int:
        """Folds `events`, journals them as one unit, and calls `then` once they are durable.

        What nobody asked for begins a trace of its own. Returns the last sequence. Raises
        JournalError when the journal has failed before. Whatever else is raised ends the writer's
        work: nothing more is committed or shown.
        """
        if self.failure is not None:
            raise JournalError(f"the journal cannot be written: {self.failure}; nothing was done")
        at_ns, begun_s = self._clock.now_ns(), self.tally.now_s()
        trace_id = trace_id or self._ids.trace_id()
        try:
            records = [self._record(event, at_ns, trace_id) for event in events]
            self.journal.append(records)
        except Exception as error:
            # The book is ahead of a journal that does not follow: nothing of it may be shown.
            self._failed(JournalError(f"a commit was broken off: {error!r}"))
            raise
        self._pending.append(Pending(records, begun_s, then))
        self._pending_records += len(records)
        return records[-1].sequence

    async def durable(self, sequence: int) -> None:
        """Returns once all up to `sequence` is on disk; raises JournalError if it never is."""
        if sequence <= self.durable_sequence:
            return
        if self.failure is not None:
            raise JournalError(f"the journal has failed: {self.failure}")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((sequence, waiter))
        await waiter

    async def settle(self) -> None:
        """Returns once everything that the book shows is on disk."""
        await self.durable(self.book.state.sequence)

    async def close(self) -> None:
        """Writes what is pending, keeps a snapshot, and lets go of the journal."""
        if self.failure is None:
            # Waits for the disk itself, and lets no commit on the way begin another one.
            await self._save_snapshot()
        await self.journal.close()

    def _record(self, event: Event, at_ns: int, trace_id: str) -> Record:
        order = self.book.evolve(event, at_ns=at_ns, trace_id=trace_id)
        state = self.book.state
        return Record(
            sequence=state.sequence,
            epoch=state.epoch,
            at_ns=at_ns,
            kind=type(event).__name__,
            intent=event.request_id if isinstance(event, OrderEvent) else "",
            symbol="" if order is None else order.spec.symbol,
            trace_id=trace_id,
            state="" if order is None else order.state,
            cumulative_quantity="" if order is None else trimmed(order.cumulative_quantity),
            once=_once(event, state.venue_epoch),
            payload=encode_event(event),
        )

    def _committed(self, sequence: int) -> None:
        self.durable_sequence = max(self.durable_sequence, sequence)
        while self._pending and self._pending[0].sequence <= self.durable_sequence:
            done = self._pending.popleft()
            self._pending_records -= len(done.records)
            self._show(done)
            self.on_durable(done.records[-1])
            if done.then is not None:
                done.then()
        while self._waiters and self._waiters[0][0] <= self.durable_sequence:
            _, waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
        if self.durable_sequence - self._snapshot_sequence >= self._snapshot_every_events:
            self._snapshot_sequence = self.durable_sequence
            self._tasks.spawn(self._save_snapshot())

    def _show(self, done: Pending) -> None:
        """Shows what is durable to all who watch: one that fails keeps no order from leaving."""
        try:
            self.bus.publish(done.records)
            self.tally.durable(done.records, done.begun_s)
        except Exception as error:  # noqa: BLE001 -- told, and what follows does not depend on it
            self._tasks.on_crash(error)

    async def _save_snapshot(self) -> None:
        state = self.book.state
        self._snapshot_sequence = state.sequence
        snapshot = Snapshot(sequence=state.sequence, state=encode_state(state))
        await self.durable(snapshot.sequence)
        await self.journal.save_snapshot(snapshot)

    def _failed(self, error: JournalError) -> None:
        self.failure = error
        self.failed.set()
        self._pending.clear()
        self._pending_records = 0
        for _, waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(JournalError(f"the journal has failed: {error}"))
        self._waiters.clear()
        self._on_failure(error)


def _once(event: Event, venue_epoch: int) -> str:
    if isinstance(event, OrderInitialized):
        return f"order:{event.request_id}"
    if isinstance(event, OrderFilled):
        # Both sides of a self-trade have one trade id; a wiped venue gives its ids out again.
        return f"fill:{venue_epoch}:{event.symbol}:{event.side}:{event.fill.trade_id}"
    return ""
