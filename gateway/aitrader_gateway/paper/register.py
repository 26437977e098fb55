"""The orders that the paper venue accepted, with their executions."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Self

from aitrader_server.domain.events import Fill
from aitrader_server.domain.venue import Absent, VenueReport

from aitrader_gateway.paper.orders import PaperOrder


class OrderRegister:
    """Orders by number and by client id; the venue's truth, which answers come from.

    Every open order is kept, and of those that ended the newest `ended_max`.
    """

    def __init__(self, ended_max: int) -> None:
        self._ended_max = ended_max
        self._ended: deque[int] = deque()
        self._orders: dict[int, PaperOrder] = {}
        self._fills: dict[int, tuple[Fill, ...]] = {}
        self._numbers: dict[str, tuple[int, ...]] = {}
        # A client order id is unique among open orders only.
        self._open: dict[str, int] = {}

    def copy(self) -> Self:
        """An independent register; orders and executions are shared, being immutable."""
        twin = copy(self)
        vars(twin).update(
            _orders=dict(self._orders),
            _fills=dict(self._fills),
            _numbers=dict(self._numbers),
            _open=dict(self._open),
            _ended=self._ended.copy(),
        )
        return twin

    @property
    def orders(self) -> Mapping[int, PaperOrder]:
        """Every order that is remembered, by number, oldest first."""
        return self._orders

    def add(self, order: PaperOrder, fills: Iterable[Fill] = ()) -> None:
        """Takes on an order that is not known yet."""
        request_id = order.spec.request_id
        self._orders[order.number] = order
        self._fills[order.number] = tuple(fills)
        self._numbers[request_id] = (*self._numbers.get(request_id, ()), order.number)
        if order.terminal:
            self._retire(order)
        else:
            self._open[request_id] = order.number

    def replace(self, order: PaperOrder) -> None:
        """Puts a changed order in the place of what it was."""
        self._orders[order.number] = order
        if order.terminal:
            del self._open[order.spec.request_id]
            self._retire(order)

    def book_fill(self, number: int, fill: Fill) -> None:
        """Adds an execution to those of its order."""
        self._fills[number] = (*self._fills[number], fill)

    def find(self, symbol: str, request_id: str, venue_order_id: str) -> PaperOrder | None:
        """The order of that venue id, or without one the newest of that client id."""
        if venue_order_id:
            number = int(venue_order_id) if venue_order_id.isdecimal() else 0
        else:
            number = self._numbers.get(request_id, (0,))[-1]
        order = self._orders.get(number)
        if order is None or order.spec.symbol != symbol:
            return None
        return order if request_id in ("", order.spec.request_id) else None

    def is_open(self, request_id: str) -> bool:
        """Whether an open order has that client id."""
        return request_id in self._open

    def open_orders(self) -> Iterator[PaperOrder]:
        """Every order that works, oldest first."""
        return (self._orders[number] for number in sorted(self._open.values()))

    def query(self, symbol: str, request_id: str, venue_order_id: str) -> VenueReport | Absent:
        """The order's state without its executions, as the venue's order endpoint gives it."""
        order = self.find(symbol, request_id, venue_order_id)
        return Absent() if order is None else order.report()

    def history(self, symbol: str, request_id: str, since_ns: int) -> VenueReport | Absent:
        """The newest order of that client id accepted at `since_ns` or later, with executions."""
        for number in reversed(self._numbers.get(request_id, ())):
            order = self._orders[number]
            if order.spec.symbol == symbol and order.created_at_ns >= since_ns:
                return order.report(self._fills[number])
        return Absent()

    def fills(self, number: int) -> tuple[Fill, ...]:
        """Every execution of one order, oldest first; empty for an order that is not known."""
        return self._fills.get(number, ())

    def _retire(self, order: PaperOrder) -> None:
        """Remembers that the order ended, and forgets the one that ended longest ago."""
        self._ended.append(order.number)
        if len(self._ended) <= self._ended_max:
            return
        number = self._ended.popleft()
        forgotten = self._orders.pop(number)
        del self._fills[number]
        request_id = forgotten.spec.request_id
        left = tuple(other for other in self._numbers[request_id] if other != number)
        if left:
            self._numbers[request_id] = left
        else:
            del self._numbers[request_id]
