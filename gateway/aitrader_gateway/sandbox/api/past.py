"""What accounts looked like a moment ago, for queries that lag behind the engine."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
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
from aitrader_gateway.sandbox.matching.words import ListOrderStatus

T = TypeVar("T")
# How far back one can see: a minute.
LAG_MAX_NS: Final = 60 * 1_000_000_000

# Whatever was found when watching began has been so since ever.
_EVER_NS: Final = 0

Amounts = tuple[Decimal, Decimal]
_OrderKey = tuple[str, str, int]
_ListKey = tuple[str, int]


class _Versions(Generic[T]):
    """States of one thing with the moment at which each began, the earliest kept first."""

    def __init__(self) -> None:
        self._began_ns: list[int] = []
        self._states: list[T] = []

    def add(self, state: T, at_ns: int) -> None:
        """Keeps `state`, and of what is too old the newest only."""
        self._began_ns.append(at_ns)
        self._states.append(state)
        stale = bisect_right(self._began_ns, at_ns - LAG_MAX_NS) - 1
        if stale > 0:
            del self._began_ns[:stale], self._states[:stale]

    def at(self, at_ns: int) -> T | None:
        """None: it was not there yet."""
        index = bisect_right(self._began_ns, at_ns) - 1
        return self._states[index] if index >= 0 else None


class Past:
    """An event sink that remembers the last minute of the accounts that it watches."""

    def __init__(self) -> None:
        self._watched: set[str] = set()
        self._orders: dict[_OrderKey, _Versions[Order]] = {}
        self._lists: dict[_ListKey, _Versions[OrderList]] = {}
        self._balances: dict[tuple[str, str], _Versions[Amounts]] = {}
        self._updates: dict[str, _Versions[int]] = {}
        self._ended: deque[tuple[int, _OrderKey]] = deque()
        self._done: deque[tuple[int, _ListKey]] = deque()

    def watch(self, exchange: Exchange, account: str) -> None:
        """Watches an account from now on; only of such accounts anything is remembered."""
        self._watched.add(account)
        known = (
            order.updated_at_ns
            for symbol in exchange.listings
            for order in exchange.orders(account, symbol)
        )
        self._updates.setdefault(account, _Versions()).add(max(known, default=0), _EVER_NS)
        for order in exchange.open_orders(account):
            self._keep_order(order, _EVER_NS)
        for item in exchange.order_lists(account):
            if item.order_status is ListOrderStatus.EXECUTING:
                self._keep_list(item, _EVER_NS)
        for asset, amounts in exchange.balances(account).items():
            self._keep_amounts(account, asset, amounts, _EVER_NS)

    def clear(self) -> None:
        """Watches nobody any more, and forgets what it saw."""
        self._watched.clear()
        for memory in (
            self._orders,
            self._lists,
            self._balances,
            self._updates,
            self._ended,
            self._done,
        ):
            memory.clear()

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:
        """Remembers the states that the events tell of, and forgets what is too old."""
        for event in events:
            if isinstance(event, ExecutionReport):
                if event.order.account in self._watched:
                    self._keep_order(event.order, at_ns)
            elif isinstance(event, ListStatus):
                if event.list.account in self._watched:
                    self._keep_list(event.list, at_ns)
            elif isinstance(event, AccountPosition) and event.account in self._watched:
                self._updates[event.account].add(at_ns, at_ns)
                for asset, amounts in event.balances.items():
                    self._keep_amounts(event.account, asset, amounts, at_ns)
        self._forget(at_ns)

    def updated_at_ns(self, account: str, at_ns: int) -> int:
        """When the account had last changed by `at_ns`; 0: that is not known."""
        versions = self._updates.get(account)
        return (versions.at(at_ns) if versions else None) or 0

    def order(self, order: Order, at_ns: int) -> Order | None:
        """An order as it was at `at_ns`; None: it was not there yet."""
        if order.created_at_ns > at_ns:
            return None
        versions = self._orders.get((order.account, order.symbol, order.number))
        return order if versions is None else versions.at(at_ns)

    def orders(self, exchange: Exchange, account: str, symbol: str, at_ns: int) -> list[Order]:
        """The account's orders on a symbol as they were at `at_ns`, oldest first."""
        versions = (self.order(order, at_ns) for order in exchange.orders(account, symbol))
        return [order for order in versions if order is not None]

    def lists(self, exchange: Exchange, account: str, at_ns: int) -> list[OrderList]:
        """The account's order lists as they were at `at_ns`, oldest first."""
        found = []
        for item in exchange.order_lists(account):
            versions = self._lists.get((account, item.number))
            then = item if versions is None else versions.at(at_ns)
            if then is not None:
                found.append(then)
        return found

    def balances(self, exchange: Exchange, account: str, at_ns: int) -> dict[str, Amounts]:
        """Free and locked amounts as they were at `at_ns`."""
        found = {}
        for asset, now in exchange.balances(account).items():
            versions = self._balances.get((account, asset))
            then = now if versions is None else versions.at(at_ns)
            if then is not None:
                found[asset] = then
        return found

    def _keep_order(self, order: Order, at_ns: int) -> None:
        key = (order.account, order.symbol, order.number)
        self._orders.setdefault(key, _Versions()).add(order, at_ns)
        if order.ended:
            self._ended.append((at_ns, key))

    def _keep_list(self, item: OrderList, at_ns: int) -> None:
        key = (item.account, item.number)
        self._lists.setdefault(key, _Versions()).add(item, at_ns)
        if item.order_status is not ListOrderStatus.EXECUTING:
            self._done.append((at_ns, key))

    def _keep_amounts(self, account: str, asset: str, amounts: Amounts, at_ns: int) -> None:
        self._balances.setdefault((account, asset), _Versions()).add(amounts, at_ns)

    def _forget(self, at_ns: int) -> None:
        oldest_ns = at_ns - LAG_MAX_NS
        while self._ended and self._ended[0][0] < oldest_ns:
            self._orders.pop(self._ended.popleft()[1], None)
        while self._done and self._done[0][0] < oldest_ns:
            self._lists.pop(self._done.popleft()[1], None)
