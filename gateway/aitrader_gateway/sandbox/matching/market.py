"""One symbol: its rules, its book, its prices, its numbers."""

from copy import copy
from decimal import Decimal
from typing import Self

from aitrader_server.domain.words import OrderType, SelfTradePrevention

from aitrader_gateway.sandbox.matching.averages import Average
from aitrader_gateway.sandbox.matching.book import Book
from aitrader_gateway.sandbox.matching.model import Listing, OrderRequest
from aitrader_gateway.sandbox.matching.orders import conditional
from aitrader_gateway.sandbox.matching.planning import Plan, Taker, plan_quantity
from aitrader_gateway.sandbox.matching.stops import Stops
from aitrader_gateway.sandbox.matching.words import SymbolStatus


class Market:
    """Trades, prevented matches and changes of the book count from 1."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.status = SymbolStatus.TRADING if listing.instrument.trading else SymbolStatus.BREAK
        self.book = Book()
        self.stops = Stops()
        self.average = Average(listing.average_price_mins)
        self.last: Decimal | None = None
        self.next_trade = 1
        self.next_prevented = 1
        self.update = 0

    def copy(self) -> Self:
        """An independent market."""
        twin = copy(self)
        vars(twin).update(
            book=self.book.copy(), stops=self.stops.copy(), average=self.average.copy()
        )
        return twin

    def reference(self, at_ns: int) -> Decimal | None:
        """The price that filters measure by: the average, or without trades the last price."""
        return self.average.price(at_ns) or self.last

    def prevention(self, request: OrderRequest) -> SelfTradePrevention:
        """The order's own mode, or the symbol's."""
        return request.prevention or self.listing.default_prevention

    def plan(self, account: str, request: OrderRequest, quantity: Decimal) -> Plan:
        """What `quantity` of a working order would meet now."""
        taker = Taker(account, request.price, self.prevention(request))
        return plan_quantity(self.book.opposite(request.side), taker, quantity)

    def plan_start(self, account: str, request: OrderRequest, quantity: Decimal) -> Plan:
        """What an order would meet when it begins: nothing if it must wait or must not take."""
        if conditional(request) or request.order_type is OrderType.LIMIT_MAKER:
            return Plan(quantity, ())
        return self.plan(account, request, quantity)
