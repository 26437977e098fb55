"""Finds out that a stream is deaf: what the venue acknowledged must come back as an event."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import msgspec

Order = tuple[str, str]


class _Awaited(msgspec.Struct, frozen=True):
    at_ns: int
    since_s: float
    timer: asyncio.TimerHandle


class Echoes:
    """Compares acknowledged changes of orders with the events that arrive.

    A change has its echo once an event of that order is no older than it. `on_deaf(detail)` is
    called when none came within `timeout_s`. Of `orders_max` orders the changes are awaited and
    the newest event is remembered; beyond that the oldest are forgotten.
    """

    def __init__(
        self, on_deaf: Callable[[str], None], *, timeout_s: float, orders_max: int
    ) -> None:
        self._on_deaf = on_deaf
        self._timeout_s = timeout_s
        self._orders_max = orders_max
        self._newest_ns: OrderedDict[Order, int] = OrderedDict()
        self._awaited: OrderedDict[Order, list[_Awaited]] = OrderedDict()
        self.lag_ms: float | None = None

    def expect(self, order: Order, at_ns: int) -> None:
        """The venue acknowledged a change that it made `at_ns`, by its own clock."""
        if self._newest_ns.get(order, -1) >= at_ns:
            self.lag_ms = 0.0
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._timeout_s, partial(self._overdue, order))
        self._awaited.setdefault(order, []).append(_Awaited(at_ns, loop.time(), timer))
        if len(self._awaited) > self._orders_max:
            _stop(self._awaited.popitem(last=False)[1])

    def hear(self, order: Order, at_ns: int) -> None:
        """An event of the order arrived; `at_ns` is its time by the venue's clock."""
        self._newest_ns[order] = max(at_ns, self._newest_ns.pop(order, -1))
        if len(self._newest_ns) > self._orders_max:
            self._newest_ns.popitem(last=False)
        waiting = self._awaited.pop(order, [])
        heard = [awaited for awaited in waiting if awaited.at_ns <= at_ns]
        if heard:
            _stop(heard)
            self.lag_ms = (asyncio.get_running_loop().time() - heard[0].since_s) * 1000
        if len(heard) < len(waiting):
            self._awaited[order] = [awaited for awaited in waiting if awaited.at_ns > at_ns]

    @property
    def awaited(self) -> int:
        """Acknowledged changes whose event has not come yet."""
        return sum(map(len, self._awaited.values()))

    def forget(self) -> None:
        """Awaits nothing any more: a snapshot tells what happened before a loss."""
        for waiting in self._awaited.values():
            _stop(waiting)
        self._awaited.clear()

    def _overdue(self, order: Order) -> None:
        symbol, venue_order_id = order
        self._on_deaf(f"no event of {symbol} order {venue_order_id} within {self._timeout_s:g} s")


def _stop(waiting: list[_Awaited]) -> None:
    for awaited in waiting:
        awaited.timer.cancel()
