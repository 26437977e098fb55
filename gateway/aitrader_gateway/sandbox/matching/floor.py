"""Everything the venue holds, and the few ways in which it changes.

Each change here keeps orders, money and events in step; what follows from what is decided by
others.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Self

import msgspec
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.balances import Balances
from aitrader_gateway.sandbox.matching.list_register import ListRegister
from aitrader_gateway.sandbox.matching.market import Market
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    AccountTrade,
    ExecutionReport,
    Fees,
    LevelChange,
    Listing,
    ListStatus,
    Order,
    OrderList,
    Prevented,
    VenueEvent,
)
from aitrader_gateway.sandbox.matching.orders import paid_asset
from aitrader_gateway.sandbox.matching.register import Register
from aitrader_gateway.sandbox.matching.words import ExecutionType


class Account:
    """One customer."""

    def __init__(
        self, balances: Balances, fees: Fees, register: Register, lists: ListRegister
    ) -> None:
        self.balances = balances
        self.fees = fees
        self.register = register
        self.lists = lists

    def copy(self) -> Self:
        """An independent account."""
        return type(self)(self.balances.copy(), self.fees, self.register.copy(), self.lists.copy())


class Triggered(msgspec.Struct, frozen=True):
    """A stop whose price was reached, and which has yet to go live."""

    account: str
    symbol: str
    number: int


class Released(msgspec.Struct, frozen=True):
    """A list whose first order is filled, and whose other orders have yet to begin."""

    account: str
    number: int


class Floor:
    """Markets, accounts, numbers and what is yet to be told."""

    def __init__(self, listings: Mapping[str, Listing], ended_max: int) -> None:
        self.markets = {symbol: Market(listing) for symbol, listing in listings.items()}
        self.accounts: dict[str, Account] = {}
        self.ended_max = ended_max
        self.events: list[VenueEvent] = []
        self.next_order = 1
        self.next_list = 1
        self.next_execution = 1
        self.now_ns = 0
        # Within one call: prices that stops have yet to see, and what has yet to happen.
        self.prices: deque[tuple[str, Decimal]] = deque()
        self.due: deque[Triggered | Released] = deque()
        self._touched: dict[str, None] = {}

    def copy(self) -> Self:
        """An independent floor; only between calls."""
        assert not self.prices
        assert not self.due
        assert not self._touched
        twin = type(self)({}, self.ended_max)
        twin.markets = {symbol: market.copy() for symbol, market in self.markets.items()}
        twin.accounts = {name: account.copy() for name, account in self.accounts.items()}
        twin.events = list(self.events)
        twin.next_order, twin.next_list = self.next_order, self.next_list
        twin.next_execution, twin.now_ns = self.next_execution, self.now_ns
        return twin

    def order(self, account: str, symbol: str, number: int) -> Order:
        """An order that is known to be remembered."""
        order = self.accounts[account].register.order(symbol, number)
        assert order is not None
        return order

    def free(self, order: Order) -> Decimal:
        """What the order's account has left of the asset that it pays with."""
        asset = paid_asset(order.side, self.markets[order.symbol].listing.instrument)
        return self.accounts[order.account].balances.free(asset)

    def add(self, order: Order) -> None:
        """Takes on a new order with what it locks."""
        account = self.accounts[order.account]
        if order.locked:
            self._touched[order.account] = None
            account.balances.lock(self._paid_asset(order), order.locked)
        account.register.add(order)

    def change(self, order: Order, at_ns: int, *, paid: Decimal = ZERO, **changes: object) -> Order:
        """Replaces an order; its money follows: `paid` is gone, `locked` is what stays locked."""
        changed: Order = msgspec.structs.replace(order, updated_at_ns=at_ns, **changes)
        account = self.accounts[order.account]
        extra = changed.locked - order.locked + paid
        if paid or extra:
            asset = self._paid_asset(order)
            self._touched[order.account] = None
            account.balances.spend(asset, paid)
            account.balances.lock(asset, extra)
        account.register.replace(changed)
        return changed

    def receive(self, account: str, asset: str, amount: Decimal) -> None:
        """Adds to what an account has free; a negative amount leaves it."""
        self._touched[account] = None
        self.accounts[account].balances.receive(asset, amount)

    def report(
        self,
        order: Order,
        kind: ExecutionType,
        *,
        client_order_id: str = "",
        original_client_order_id: str = "",
        trade: AccountTrade | None = None,
        prevented: Prevented | None = None,
        reject_reason: str = "NONE",
    ) -> int:
        """Tells one step in the life of `order`, which stands as after it; the execution id."""
        execution = self.next_execution
        self.next_execution += 1
        self.events.append(
            ExecutionReport(
                order=order,
                kind=kind,
                execution=execution,
                client_order_id=client_order_id or order.client_order_id,
                original_client_order_id=original_client_order_id,
                at_ns=order.updated_at_ns,
                trade=trade,
                prevented=prevented,
                reject_reason=reject_reason,
            )
        )
        return execution

    def tell_level(self, symbol: str, side: Side, price: Decimal, at_ns: int) -> None:
        """Tells what one price level has come to."""
        market = self.markets[symbol]
        market.update += 1
        quantity = market.book.sides[side].visible(price)
        self.events.append(
            LevelChange(
                symbol=symbol,
                side=side,
                price=price,
                quantity=quantity,
                update=market.update,
                at_ns=at_ns,
            )
        )

    def tell_list(self, order_list: OrderList, at_ns: int) -> None:
        """Tells how a list stands, with the client ids that its orders have now."""
        register = self.accounts[order_list.account].register
        members = []
        for number, request in zip(order_list.orders, order_list.request.orders, strict=True):
            order = register.order(request.symbol, number)
            name = request.client_order_id if order is None else order.client_order_id
            members.append((number, name))
        self.events.append(ListStatus(list=order_list, orders=tuple(members), at_ns=at_ns))

    def tell_positions(self, at_ns: int) -> None:
        """Tells each account whose money moved, once, how it stands."""
        for name in self._touched:
            balances = self.accounts[name].balances.take_touched()
            self.events.append(AccountPosition(account=name, balances=balances, at_ns=at_ns))
        self._touched.clear()

    def _paid_asset(self, order: Order) -> str:
        return paid_asset(order.side, self.markets[order.symbol].listing.instrument)
