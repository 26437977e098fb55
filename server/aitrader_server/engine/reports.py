"""Takes in what the venue says about orders, from whichever side it comes."""

import asyncio
from collections.abc import Callable

import msgspec

from aitrader_server.domain.events import (
    OrderAnswered,
    OrderEvent,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import Order
from aitrader_server.domain.venue import VenueReport
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.ports import Metrics
from aitrader_server.engine.writer import Writer


class Reports:
    """Turns reports into events, once each, and tells who waits for an answer.

    `on_doubt(request_id)` is called when the venue has to be asked: executions are missing, or it
    said what the order's state does not admit. `on_archived(report)` is called for an order that
    has left memory, `on_foreign(report)` for one that was never ours.
    """

    def __init__(self, *, writer: Writer, metrics: Metrics) -> None:
        self._writer = writer
        self._metrics = metrics
        self._waiters: dict[str, list[asyncio.Future[None]]] = {}
        self.on_doubt: Callable[[str], object] = lambda _: None
        self.on_archived: Callable[[VenueReport], object] = lambda _: None
        self.on_foreign: Callable[[VenueReport], object] = lambda _: None

    def on_report(self, report: VenueReport, source: str, *, answers: bool = False) -> None:
        """Applies one statement; `answers` when it is the reply to the order's own sending."""
        order = self._writer.book.order(report.request_id)
        if order is None and report.request_id in self._writer.book.state.archived:
            self.on_archived(report)
            return
        if order is None:
            self._metrics.count("aitrader_venue_reports_foreign_total", {})
            self.on_foreign(report)
            return
        seen = observe(order, report)
        events = tuple(msgspec.structs.replace(event, source=source) for event in seen)
        self.apply(order, events, answers=answers)

    def apply(self, order: Order, events: tuple[OrderEvent, ...], *, answers: bool = False) -> None:
        """Commits `events` of `order`; with `answers` the caller gets what they end in.

        UNKNOWN is told and never kept as the first answer: what settles it is.
        """
        answered = order.request_id in self._writer.book.state.answers
        asked = answers or order.state is OrderState.UNKNOWN
        if asked and not answered and _tells_an_outcome(order, events):
            events = _answering(order.request_id, events)
        if not events:
            return
        self._writer.commit(
            events, trace_id=order.trace_id, then=lambda: self.durable(order.request_id)
        )
        after = self._writer.book.state.orders[order.request_id]
        if after.gap or any(isinstance(event, ReportIgnored) for event in events):
            self.on_doubt(order.request_id)

    def give_up(self) -> None:
        """Lets everybody go who waits for an answer: the disk is lost, none will be durable."""
        waiters, self._waiters = self._waiters, {}
        for waiter in (waiter for some in waiters.values() for waiter in some):
            _release(waiter)

    def told(self, request_id: str) -> bool:
        """Whether there is something to tell the caller: a first answer, or that none is known.

        An order that has left memory has been answered.
        """
        order = self._writer.book.order(request_id)
        if order is None or order.state is OrderState.UNKNOWN:
            return True
        return request_id in self._writer.book.state.answers

    async def wait_answered(self, request_id: str, timeout_s: float) -> None:
        """Returns once what is `told` is durable, or after `timeout_s`; to be asked before."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        waiters = self._waiters.setdefault(request_id, [])
        waiters.append(waiter)
        timer = loop.call_later(timeout_s, _release, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            waiters.remove(waiter)
            if not waiters and self._waiters.get(request_id) is waiters:
                del self._waiters[request_id]

    def durable(self, request_id: str) -> None:
        """Tells who waits that a change of the order is on disk."""
        waiters = self._waiters.get(request_id)
        if waiters is not None and self.told(request_id):
            del self._waiters[request_id]
            for waiter in waiters:
                _release(waiter)


def _answering(request_id: str, events: tuple[OrderEvent, ...]) -> tuple[OrderEvent, ...]:
    """`events` with the answer marked on the last, or as an event of its own when there is none."""
    if not events:
        return (OrderAnswered(request_id=request_id, answers=True),)
    return (*events[:-1], msgspec.structs.replace(events[-1], answers=True))


def _tells_an_outcome(order: Order, events: tuple[OrderEvent, ...]) -> bool:
    """Whether the order's outcome is known after `events`."""
    if any(isinstance(event, OrderUnknown) for event in events):
        return False
    return order.state is not OrderState.UNKNOWN or any(
        not isinstance(event, ReportIgnored) for event in events
    )


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
