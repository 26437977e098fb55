"""The matching engine's face: commands in, events out, the truth to read.

It knows neither clocks, event loops, randomness nor disks: time comes in as an argument, and the
same calls give the same answers. A refusal changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Self, TypeVar

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching import refusals
from aitrader_gateway.sandbox.matching.admission import Admitted, admit
from aitrader_gateway.sandbox.matching.amending import amend
from aitrader_gateway.sandbox.matching.cancelling import cancel, cancel_all, cancel_list
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.list_placing import place_list
from aitrader_gateway.sandbox.matching.model import (
    AccountTrade,
    Amendment,
    BalanceUpdate,
    Canceled,
    CanceledList,
    Depth,
    Fees,
    Listing,
    ListRequest,
    Numbers,
    Order,
    OrderList,
    OrderRequest,
    Placed,
    PlacedList,
    Prevented,
    Refusal,
    Replaced,
    ReplaceRequest,
    StatusChange,
    VenueEvent,
)
from aitrader_gateway.sandbox.matching.placing import place
from aitrader_gateway.sandbox.matching.quoting import Quotes, requote
from aitrader_gateway.sandbox.matching.register import Register
from aitrader_gateway.sandbox.matching.replacing import cancel_replace
from aitrader_gateway.sandbox.matching.restoring import number_from, numbers, restore_account
from aitrader_gateway.sandbox.matching.triggers import settle
from aitrader_gateway.sandbox.matching.words import CancelRestriction, SymbolStatus

Answer = TypeVar("Answer")

_USUAL_FEES = Fees()


class Exchange:
    """Several accounts in one book a symbol.

    Of each account's orders that ended, the newest `ended_max` are remembered. Naming an account
    that was never opened is a bug and raises KeyError; a symbol that is not listed is refused.
    """

    def __init__(self, listings: Mapping[str, Listing], *, ended_max: int = 50_000) -> None:
        assert ended_max > 0
        self.listings: Mapping[str, Listing] = dict(listings)
        self._floor = Floor(listings, ended_max)

    def copy(self) -> Self:
        """An independent exchange in the same state."""
        twin = copy(self)
        vars(twin).update(_floor=self._floor.copy())
        return twin

    def open_account(
        self,
        account: str,
        balances: Mapping[str, Decimal],
        fees: Fees = _USUAL_FEES,
        *,
        ended_max: int | None = None,
    ) -> None:
        """Adds a customer with what he brings; `ended_max` is his own, if given."""
        pairs = {asset: (free, ZERO) for asset, free in balances.items()}
        self.restore_account(account, pairs, fees=fees, ended_max=ended_max)

    def restore_account(
        self,
        account: str,
        balances: Mapping[str, tuple[Decimal, Decimal]],
        *,
        orders: Iterable[Order] = (),
        trades: Iterable[AccountTrade] = (),
        lists: Iterable[OrderList] = (),
        fees: Fees = _USUAL_FEES,
        ended_max: int | None = None,
    ) -> None:
        """Adds a customer as an earlier life left him, before others place orders of their own."""
        restore_account(
            self._floor,
            account,
            balances,
            orders=orders,
            trades=trades,
            lists=lists,
            fees=fees,
            ended_max=ended_max or self._floor.ended_max,
        )

    @property
    def numbers(self) -> Numbers:
        """What the next order, list, execution, trade will be called."""
        return numbers(self._floor)

    def number_from(self, least: Numbers) -> None:
        """Counts on from `least`, or from where it is if that is higher."""
        number_from(self._floor, least)

    def deposit(self, account: str, asset: str, amount: Decimal, at_ns: int) -> Refusal | None:
        """Money from outside; a negative amount leaves, if it is free."""
        if self._floor.accounts[account].balances.free(asset) + amount < ZERO:
            return refusals.INSUFFICIENT_BALANCE
        self._floor.receive(account, asset, amount)
        self._floor.events.append(
            BalanceUpdate(account=account, asset=asset, amount=amount, at_ns=at_ns)
        )
        self._settle(at_ns)
        return None

    def place(self, account: str, request: OrderRequest, at_ns: int) -> Placed | Refusal:
        """Accepts an order and executes what can be."""
        return self._run(at_ns, lambda floor: place(floor, account, request, at_ns))

    def requote(self, account: str, quotes: Quotes, at_ns: int) -> None:
        """Replaces all that a market maker offers in one symbol; no filter judges it."""
        self._run(at_ns, lambda floor: requote(floor, account, quotes, at_ns))

    def check(self, account: str, request: OrderRequest) -> Refusal | None:
        """Why `place` would refuse the order now; nothing changes."""
        admitted = admit(self._floor, account, request, self._floor.now_ns)
        return None if isinstance(admitted, Admitted) else admitted

    def cancel(
        self,
        account: str,
        symbol: str,
        *,
        order_id: int | None,
        client_order_id: str,
        new_client_order_id: str,
        restriction: CancelRestriction,
        at_ns: int,
    ) -> Canceled | CanceledList | Refusal:
        """Ends one open order, or the list that it belongs to."""
        return self._run(
            at_ns,
            lambda floor: cancel(
                floor,
                account,
                symbol,
                order_id=order_id,
                client_order_id=client_order_id,
                new_client_order_id=new_client_order_id,
                restriction=restriction,
                at_ns=at_ns,
            ),
        )

    def cancel_all(
        self, account: str, symbol: str, at_ns: int
    ) -> tuple[Canceled | CanceledList, ...] | Refusal:
        """Ends every open order of one symbol, the oldest first."""
        return self._run(at_ns, lambda floor: cancel_all(floor, account, symbol, at_ns))

    def cancel_replace(
        self, account: str, request: ReplaceRequest, at_ns: int
    ) -> Replaced | Refusal:
        """Cancels one order and places another; a Refusal means that neither was touched."""
        return self._run(at_ns, lambda floor: cancel_replace(floor, account, request, at_ns))

    def amend(
        self,
        account: str,
        symbol: str,
        *,
        order_id: int | None,
        client_order_id: str,
        new_client_order_id: str,
        new_quantity: Decimal,
        at_ns: int,
    ) -> Amendment | Refusal:
        """Makes an open order smaller; it keeps its place in the queue."""
        return self._run(
            at_ns,
            lambda floor: amend(
                floor,
                account,
                symbol,
                order_id=order_id,
                client_order_id=client_order_id,
                new_client_order_id=new_client_order_id,
                new_quantity=new_quantity,
                at_ns=at_ns,
            ),
        )

    def place_list(self, account: str, request: ListRequest, at_ns: int) -> PlacedList | Refusal:
        """Accepts orders that are bound to each other."""
        return self._run(at_ns, lambda floor: place_list(floor, account, request, at_ns))

    def cancel_list(
        self,
        account: str,
        symbol: str,
        *,
        list_id: int | None,
        list_client_order_id: str,
        new_client_order_id: str,
        at_ns: int,
    ) -> CanceledList | Refusal:
        """Ends every open order of one list."""
        return self._run(
            at_ns,
            lambda floor: cancel_list(
                floor,
                account,
                symbol,
                list_id=list_id,
                list_client_order_id=list_client_order_id,
                new_client_order_id=new_client_order_id,
                at_ns=at_ns,
            ),
        )

    def set_status(self, symbol: str, status: SymbolStatus, at_ns: int) -> None:
        """Opens or closes a market; what its stops missed meanwhile they see when it opens."""
        market = self._floor.markets[symbol]
        market.status = status
        self._floor.events.append(StatusChange(symbol=symbol, status=status, at_ns=at_ns))
        if market.last is not None:
            self._floor.prices.append((symbol, market.last))
        self._settle(at_ns)

    def set_last(self, symbol: str, price: Decimal, at_ns: int) -> None:
        """A trade elsewhere: the last price moves, and stops see it."""
        self._floor.markets[symbol].last = price
        self._floor.prices.append((symbol, price))
        self._settle(at_ns)

    def take_events(self) -> list[VenueEvent]:
        """Everything since the last call, in the order in which it happened."""
        events, self._floor.events = self._floor.events, []
        return events

    def order(
        self,
        account: str,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str = "",
    ) -> Order | None:
        """By number, whose client id must fit if given; else the newest of that client id."""
        return self._register(account).find(symbol, order_id, client_order_id)

    def orders(self, account: str, symbol: str) -> Sequence[Order]:
        """All that are remembered, oldest first."""
        return self._register(account).orders(symbol)

    def open_orders(self, account: str, symbol: str = "") -> Sequence[Order]:
        """Of one symbol or of all, oldest first."""
        return tuple(self._register(account).open_orders(symbol))

    def trades(self, account: str, symbol: str) -> Sequence[AccountTrade]:
        """Of the orders that are remembered, oldest first."""
        return self._register(account).trades(symbol)

    def order_list(
        self, account: str, *, list_id: int | None = None, list_client_order_id: str = ""
    ) -> OrderList | None:
        """By number, whose client id must fit if given; else the newest of that client id."""
        return self._floor.accounts[account].lists.find(list_id, list_client_order_id)

    def order_lists(self, account: str) -> Sequence[OrderList]:
        """All that are remembered, oldest first."""
        return self._floor.accounts[account].lists.all

    def amendments(self, account: str, symbol: str, number: int) -> Sequence[Amendment]:
        """Of one order, oldest first."""
        register = self._register(account)
        return register.amendments(number) if register.order(symbol, number) else ()

    def prevented(self, account: str, symbol: str) -> Sequence[Prevented]:
        """Of the orders that are remembered, oldest first."""
        return self._register(account).prevented(symbol)

    def balances(self, account: str) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Free and locked of every asset."""
        return self._floor.accounts[account].balances.snapshot()

    def fees(self, account: str) -> Fees:
        """What the account pays."""
        return self._floor.accounts[account].fees

    def depth(self, symbol: str, levels: int) -> Depth:
        """The best `levels` of each side."""
        market = self._floor.markets[symbol]
        return Depth(
            update=market.update,
            bids=market.book.depth(Side.BUY, levels),
            asks=market.book.depth(Side.SELL, levels),
        )

    def best(self, symbol: str, side: Side) -> tuple[Decimal, Decimal] | None:
        """Price and visible quantity of the best resting orders of `side`."""
        depth = self._floor.markets[symbol].book.depth(side, 1)
        return depth[0] if depth else None

    def last_price(self, symbol: str) -> Decimal | None:
        """Of the last trade here or elsewhere; None before the first."""
        return self._floor.markets[symbol].last

    def average_price(self, symbol: str, at_ns: int) -> Decimal | None:
        """Volume-weighted over the listing's minutes; the last price when nothing traded."""
        return self._floor.markets[symbol].reference(at_ns)

    def status(self, symbol: str) -> SymbolStatus:
        """Whether the symbol trades."""
        return self._floor.markets[symbol].status

    def _register(self, account: str) -> Register:
        return self._floor.accounts[account].register

    def _run(self, at_ns: int, command: Callable[[Floor], Answer]) -> Answer:
        answer = command(self._floor)
        self._settle(at_ns)
        return answer

    def _settle(self, at_ns: int) -> None:
        """Lets what a command set off happen, then tells how the money stands."""
        self._floor.now_ns = at_ns
        settle(self._floor, at_ns)
        self._floor.tell_positions(at_ns)
