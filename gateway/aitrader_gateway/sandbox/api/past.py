"""What accounts looked like a moment ago, for queries that lag behind the engine."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Generic, TypeVar

from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    ExecutionReport,
    ListStatus,
    Order,
    OrderList,
    VenueEvent,
)

T = TypeVar("T")
# How far back one can see.
LAG_MAX_S: Final = 60
_LAG_MAX_NS: Final = LAG_MAX_S * 1_000_000_000

_OrderKey = tuple[str, str, int]
Amounts = tuple[Decimal, Decimal]


class _Versions(Generic[T]):
    """States of one thing with the moment at which each began, the earliest kept first."""

    def __init__(self) -> None:
        self._began_ns: list[int] = []
        self._states: list[T] = []

    def add(self, state: T, at_ns: int) -> None:
        """Keeps `state`, and of what is too old the newest only."""
        self._began_ns.append(at_ns)
        self._states.append(state)
        stale = bisect_right(self._began_ns, at_ns - _LAG_MAX_NS) - 1
        if stale > 0:
            del self._began_ns[:stale], self._states[:stale]

    def at(self, at_ns: int) -> T | None:
        """None: it was not there, or was not watched, yet."""
        index = bisect_right(self._began_ns, at_ns) - 1
        return self._states[index] if index >= 0 else None


class Past:
    """An event sink that remembers the last minute of the accounts that `watched` answers for.

    What last changed before the venue was started is shown as it is now.
    """

    def __init__(self, watched: Callable[[str], bool]) -> None:
        self._watched = watched
        self._orders: dict[_OrderKey, _Versions[Order]] = {}
        self._lists: dict[tuple[str, int], _Versions[OrderList]] = {}
        self._balances: dict[tuple[str, str], _Versions[Amounts]] = {}
        self._updated_at_ns: dict[str, int] = {}
        self._ended: deque[tuple[int, _OrderKey]] = deque()
        self._done: deque[tuple[int, tuple[str, int]]] = deque()

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:
        """Remembers the states that the events tell of, and forgets what is too old."""
        for event in events:
            if isinstance(event, ExecutionReport):
                self._keep_order(event.order, at_ns)
            elif isinstance(event, ListStatus):
                self._keep_list(event.list, at_ns)
            elif isinstance(event, AccountPosition) and self._watched(event.account):
                self._updated_at_ns[event.account] = at_ns
                for asset, amounts in event.balances.items():
                    key = (event.account, asset)
                    self._balances.setdefault(key, _Versions()).add(amounts, at_ns)
        self._forget(at_ns)

    def updated_at_ns(self, account: str) -> int:
        """When the account's balances last changed; 0: not since the start."""
        return self._updated_at_ns.get(account, 0)

    def orders(self, exchange: Exchange, account: str, symbol: str, at_ns: int) -> list[Order]:
        """The account's orders on a symbol as they were at `at_ns`, oldest first."""
        versions = (self.order(order, at_ns) for order in exchange.orders(account, symbol))
        return [order for order in versions if order is not None]

    def balances(self, exchange: Exchange, account: str, at_ns: int) -> dict[str, Amounts]:
        """Free and locked amounts as they were at `at_ns`."""
        return {
            asset: self._amounts_at((account, asset), at_ns) or now
            for asset, now in exchange.balances(account).items()
        }

    def lists(self, exchange: Exchange, account: str, at_ns: int) -> list[OrderList]:
        """The account's order lists as they were at `at_ns`, oldest first."""
        found = []
        for item in exchange.order_lists(account):
            if item.created_at_ns > at_ns:
                continue
            versions = self._lists.get((account, item.number))
            found.append((versions.at(at_ns) if versions else None) or item)
        return found

    def order(self, order: Order, at_ns: int) -> Order | None:
        """An order as it was at `at_ns`; None: it was not there yet."""
        if order.created_at_ns > at_ns:
            return None
        versions = self._orders.get((order.account, order.symbol, order.number))
        return (versions.at(at_ns) if versions else None) or order

    def _amounts_at(self, key: tuple[str, str], at_ns: int) -> Amounts | None:
        versions = self._balances.get(key)
        return versions.at(at_ns) if versions else None

    def _keep_order(self, order: Order, at_ns: int) -> None:
        if not self._watched(order.account):
            return
        key = (order.account, order.symbol, order.number)
        self._orders.setdefault(key, _Versions()).add(order, at_ns)
        if order.ended:
            self._ended.append((at_ns, key))

    def _keep_list(self, item: OrderList, at_ns: int) -> None:
        if not self._watched(item.account):
            return
        key = (item.account, item.number)
        self._lists.setdefault(key, _Versions()).add(item, at_ns)
        if item.order_status.value == "ALL_DONE":
            self._done.append((at_ns, key))

    def _forget(self, at_ns: int) -> None:
        oldest_ns = at_ns - _LAG_MAX_NS
        while self._ended and self._ended[0][0] < oldest_ns:
            self._orders.pop(self._ended.popleft()[1], None)
        while self._done and self._done[0][0] < oldest_ns:
            self._lists.pop(self._done.popleft()[1], None)
