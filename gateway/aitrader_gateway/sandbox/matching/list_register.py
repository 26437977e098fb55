"""One account's order lists."""

from collections import Counter, deque
from copy import copy
from typing import Self

from aitrader_gateway.sandbox.matching.model import OrderList
from aitrader_gateway.sandbox.matching.words import ListOrderStatus


class ListRegister:
    """Every list that executes is kept, and of those that ended the newest `ended_max`."""

    def __init__(self, ended_max: int) -> None:
        self._ended_max = ended_max
        self._lists: dict[int, OrderList] = {}
        self._numbers: dict[str, int] = {}
        self._ended: deque[int] = deque()
        self._open: Counter[str] = Counter()

    def copy(self) -> Self:
        """An independent register."""
        twin = copy(self)
        vars(twin).update(
            _lists=dict(self._lists),
            _numbers=dict(self._numbers),
            _ended=self._ended.copy(),
            _open=self._open.copy(),
        )
        return twin

    @property
    def all(self) -> tuple[OrderList, ...]:
        """All that are remembered, oldest first."""
        return tuple(self._lists.values())

    def open_count(self, symbol: str) -> int:
        """Lists of one symbol that execute."""
        return self._open[symbol]

    def is_open(self, list_client_order_id: str) -> bool:
        """Whether a list that executes has that client id."""
        found = self.find(None, list_client_order_id)
        return found is not None and executes(found)

    def find(self, number: int | None, list_client_order_id: str) -> OrderList | None:
        """By number, whose client id must then fit if given; else the newest of that client id."""
        if number is None:
            number = self._numbers.get(list_client_order_id)
        found = None if number is None else self._lists.get(number)
        if found is None or list_client_order_id not in ("", found.list_client_order_id):
            return None
        return found

    def put(self, order_list: OrderList) -> None:
        """Takes on a list, or replaces what it was."""
        old = self._lists.get(order_list.number)
        symbol = order_list.request.symbol
        self._open[symbol] += executes(order_list) - (old is not None and executes(old))
        self._lists[order_list.number] = order_list
        self._numbers[order_list.list_client_order_id] = order_list.number
        if not executes(order_list):
            self._retire(order_list.number)

    def _retire(self, number: int) -> None:
        self._ended.append(number)
        if len(self._ended) <= self._ended_max:
            return
        forgotten = self._lists.pop(self._ended.popleft())
        if self._numbers[forgotten.list_client_order_id] == forgotten.number:
            del self._numbers[forgotten.list_client_order_id]


def executes(order_list: OrderList) -> bool:
    """Whether something can still happen to an order of the list."""
    return order_list.order_status is ListOrderStatus.EXECUTING
