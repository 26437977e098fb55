"""Who hears of journal records: bounded subscribers that cost the writer nothing."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from enum import StrEnum

from aitrader_server.engine.ports import Journal, Record

REPLAY_PAGE_SIZE = 1_000


class Mark(StrEnum):
    """What a feed says between records."""

    CAUGHT_UP = "caught_up"
    IDLE = "idle"
    SLOW = "slow_consumer"
    DRAINING = "draining"


class Subscription:
    """One reader's bounded queue; a reader that falls behind is cut off and told."""

    def __init__(self, bus: "EventBus", queue_size_max: int) -> None:
        self._bus = bus
        self._queue: deque[Record] = deque()
        self._queue_size_max = queue_size_max
        self._wakeup = asyncio.Event()
        self.start_sequence = bus.sequence
        self.cut_off = False

    def offer(self, records: Sequence[Record]) -> bool:
        """Takes records in; False when they no longer fit and the reader is cut off."""
        if len(self._queue) + len(records) > self._queue_size_max:
            self.cut_off = True
        else:
            self._queue.extend(records)
        self._wakeup.set()
        return not self.cut_off

    async def take(self, timeout_s: float) -> list[Record]:
        """Whatever waits, after at most `timeout_s`; empty when nothing came."""
        if not self._queue and not self.cut_off and not self._bus.draining:
            self._wakeup.clear()
            timer = asyncio.get_running_loop().call_later(timeout_s, self.wake)
            try:
                await self._wakeup.wait()
            finally:
                timer.cancel()
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def wake(self) -> None:
        """Ends a wait in `take`."""
        self._wakeup.set()

    def close(self) -> None:
        """Ends the subscription."""
        self._bus.drop(self)


class EventBus:
    """Hands durable records to whoever listens, in order and without waiting for anyone."""

    def __init__(self, queue_size_max: int) -> None:
        self._queue_size_max = queue_size_max
        self._subscriptions: dict[Subscription, None] = {}
        self._listeners: dict[str, list[Callable[[Record], None]]] = {}
        self.sequence = 0
        self.draining = False

    def drain(self) -> None:
        """Has every feed end itself."""
        self.draining = True
        for subscription in self._subscriptions:
            subscription.wake()

    def publish(self, records: Sequence[Record]) -> None:
        """Offers durable `records` to every subscriber."""
        self.sequence = records[-1].sequence
        for subscription in tuple(self._subscriptions):
            if not subscription.offer(records):
                self.drop(subscription)
        if self._listeners:
            for record in records:
                for listener in self._listeners.get(record.kind, ()):
                    listener(record)

    def listen(self, kind: str, listener: Callable[[Record], None]) -> None:
        """Calls `listener` with every record of `kind` from now on: it can miss none."""
        self._listeners.setdefault(kind, []).append(listener)

    def subscribe(self) -> Subscription:
        """A subscription to everything after `sequence`."""
        subscription = Subscription(self, self._queue_size_max)
        self._subscriptions[subscription] = None
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """Forgets a subscriber."""
        self._subscriptions.pop(subscription, None)

    @property
    def subscribers(self) -> int:
        """How many listen."""
        return len(self._subscriptions)


async def follow(
    bus: EventBus, journal: Journal, after_sequence: int, idle_s: float
) -> AsyncGenerator[list[Record] | Mark, None]:
    """Every record after `after_sequence` in order: the past, CAUGHT_UP, then the present.

    IDLE comes when nothing happened for `idle_s`; SLOW ends the feed of a reader that fell behind,
    DRAINING every feed.
    """
    last = after_sequence
    while bus.sequence - last > REPLAY_PAGE_SIZE:
        page = list(await journal.read(last, REPLAY_PAGE_SIZE))
        last = page[-1].sequence
        yield page
    subscription = bus.subscribe()
    try:
        while last < subscription.start_sequence:
            page = list(await journal.read(last, subscription.start_sequence - last))
            last = page[-1].sequence
            yield page
        yield Mark.CAUGHT_UP
        while True:
            fresh = [r for r in await subscription.take(idle_s) if r.sequence > last]
            if fresh:
                last = fresh[-1].sequence
                yield fresh
            elif subscription.cut_off:
                yield Mark.SLOW
                return
            elif bus.draining:
                yield Mark.DRAINING
                return
            else:
                yield Mark.IDLE
    finally:
        subscription.close()
