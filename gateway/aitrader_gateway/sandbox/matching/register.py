"""One account's orders, executions and lists: the truth that answers come from."""

from collections import deque
from collections.abc import Iterator
from copy import copy
from typing import Self

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.model import (
    AccountTrade,
    Amendment,
    Order,
    Prevented,
)
from aitrader_gateway.sandbox.matching.orders import conditional


class Tally:
    """What is open of one account in one symbol, counted as the filters count it."""

    __slots__ = ("buying", "icebergs", "orders", "stops")

    def __init__(self) -> None:
        self.orders = 0
        self.stops = 0
        self.icebergs = 0
        self.buying = ZERO

    def copy(self) -> "Tally":
        """An independent tally."""
        twin = Tally()
        for name in Tally.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def count(self, order: Order, sign: int) -> None:
        """Adds an open order with `sign` 1 and takes it out with -1."""
        self.orders += sign
        self.stops += sign * conditional(order.request)
        self.icebergs += sign * bool(order.request.iceberg_quantity)
        if order.side is Side.BUY:
            self.buying += sign * order.leaves_quantity


class Shelf:
    """One symbol's part of a register."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.open: dict[int, None] = {}
        # By trade and order: both sides of a trade may be the account's own.
        self.trades: dict[tuple[int, int], AccountTrade] = {}
        self.prevented: dict[int, Prevented] = {}
        self.numbers: dict[str, deque[int]] = {}
        self.tally = Tally()

    def copy(self) -> Self:
        """An independent shelf; what stands on it is immutable."""
        twin = type(self)()
        twin.orders = dict(self.orders)
        twin.open = dict(self.open)
        twin.trades = dict(self.trades)
        twin.prevented = dict(self.prevented)
        twin.numbers = {name: numbers.copy() for name, numbers in self.numbers.items()}
        twin.tally = self.tally.copy()
        return twin

    def name(self, order: Order) -> None:
        """Lets the order be found by its client id."""
        self.numbers.setdefault(order.client_order_id, deque()).append(order.number)

    def forget_name(self, order: Order) -> None:
        """Undoes `name`."""
        numbers = self.numbers[order.client_order_id]
        numbers.remove(order.number)
        if not numbers:
            del self.numbers[order.client_order_id]


class Register:
    """Every open order is kept, and of those that ended the newest `ended_max`, with all theirs."""

    def __init__(self, ended_max: int) -> None:
        self._ended_max = ended_max
        self._shelves: dict[str, Shelf] = {}
        self._ended: deque[tuple[str, int]] = deque()
        # A client order id is unique among open orders only.
        self._open: dict[str, int] = {}
        self._matches: dict[int, list[tuple[int, int]]] = {}
        self._preventions: dict[int, list[int]] = {}
        self._amendments: dict[int, list[Amendment]] = {}

    def copy(self) -> Self:
        """An independent register."""
        twin = copy(self)
        vars(twin).update(
            _shelves={symbol: shelf.copy() for symbol, shelf in self._shelves.items()},
            _ended=self._ended.copy(),
            _open=dict(self._open),
            _matches={number: list(keys) for number, keys in self._matches.items()},
            _preventions={number: list(found) for number, found in self._preventions.items()},
            _amendments={number: list(found) for number, found in self._amendments.items()},
        )
        return twin

    def add(self, order: Order) -> None:
        """Takes on an order that is not known yet."""
        shelf = self._shelf(order.symbol)
        shelf.orders[order.number] = order
        shelf.name(order)
        if order.ended:
            self._retire(order)
            return
        shelf.open[order.number] = None
        shelf.tally.count(order, 1)
        self._open[order.client_order_id] = order.number

    def replace(self, order: Order) -> None:
        """Puts a changed order in the place of what it was."""
        shelf = self._shelves[order.symbol]
        old = shelf.orders[order.number]
        assert not old.ended
        shelf.orders[order.number] = order
        shelf.tally.count(old, -1)
        if old.client_order_id != order.client_order_id:
            shelf.forget_name(old)
            shelf.name(order)
            del self._open[old.client_order_id]
            self._open[order.client_order_id] = order.number
        if order.ended:
            del shelf.open[order.number], self._open[order.client_order_id]
            self._retire(order)
        else:
            shelf.tally.count(order, 1)

    def order(self, symbol: str, number: int) -> Order | None:
        """The order of that number; None when it is unknown or forgotten."""
        shelf = self._shelves.get(symbol)
        return None if shelf is None else shelf.orders.get(number)

    def find(self, symbol: str, number: int | None, client_order_id: str) -> Order | None:
        """By number, whose client id must then fit if given; else by client id.

        Of several with one client id it is the open one, or without one the newest.
        """
        shelf = self._shelves.get(symbol)
        if shelf is None:
            return None
        if number is None:
            number = self._open.get(client_order_id)
            if number not in shelf.open:
                number = shelf.numbers.get(client_order_id, (None,))[-1]
        order = None if number is None else shelf.orders.get(number)
        if order is None or client_order_id not in ("", order.client_order_id):
            return None
        return order

    def is_open(self, client_order_id: str) -> bool:
        """Whether an open order has that client id."""
        return client_order_id in self._open

    def tally(self, symbol: str) -> Tally:
        """What is open in one symbol; read only."""
        return self._shelf(symbol).tally

    def orders(self, symbol: str) -> tuple[Order, ...]:
        """All that are remembered, oldest first."""
        return tuple(self._shelf(symbol).orders.values())

    def open_orders(self, symbol: str) -> Iterator[Order]:
        """Of one symbol, or of all with an empty one; oldest first."""
        if symbol:
            shelf = self._shelf(symbol)
            return (shelf.orders[number] for number in shelf.open)
        found = (order for name in self._shelves for order in self.open_orders(name))
        return iter(sorted(found, key=lambda order: order.number))

    def book_trade(self, trade: AccountTrade) -> None:
        """Adds an execution to those of its order."""
        key = (trade.number, trade.order_number)
        self._shelf(trade.symbol).trades[key] = trade
        self._matches.setdefault(trade.order_number, []).append(key)

    def trades(self, symbol: str) -> tuple[AccountTrade, ...]:
        """Oldest first."""
        return tuple(self._shelf(symbol).trades.values())

    def book_prevented(self, record: Prevented) -> None:
        """Adds a prevented match; it is forgotten with its taker."""
        self._shelf(record.symbol).prevented[record.number] = record
        self._preventions.setdefault(record.taker_order, []).append(record.number)

    def prevented(self, symbol: str) -> tuple[Prevented, ...]:
        """Oldest first."""
        return tuple(self._shelf(symbol).prevented.values())

    def book_amendment(self, amendment: Amendment) -> None:
        """Adds an amendment to those of its order."""
        self._amendments.setdefault(amendment.order.number, []).append(amendment)

    def amendments(self, number: int) -> tuple[Amendment, ...]:
        """Of one order, oldest first."""
        return tuple(self._amendments.get(number, ()))

    def _shelf(self, symbol: str) -> Shelf:
        shelf = self._shelves.get(symbol)
        if shelf is None:
            shelf = self._shelves[symbol] = Shelf()
        return shelf

    def _retire(self, order: Order) -> None:
        """Remembers that the order ended, and forgets the one that ended longest ago."""
        self._ended.append((order.symbol, order.number))
        if len(self._ended) <= self._ended_max:
            return
        symbol, number = self._ended.popleft()
        shelf = self._shelves[symbol]
        shelf.forget_name(shelf.orders.pop(number))
        for key in self._matches.pop(number, ()):
            del shelf.trades[key]
        for record in self._preventions.pop(number, ()):
            del shelf.prevented[record]
        self._amendments.pop(number, None)
