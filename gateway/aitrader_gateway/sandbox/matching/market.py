"""One symbol: its rules, its book, its prices, its numbers."""

from copy import copy
from decimal import Decimal
from typing import Self

from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.averages import Average
from aitrader_gateway.sandbox.matching.book import Book
from aitrader_gateway.sandbox.matching.model import Listing
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

    def plan(self, side: Side, taker: Taker, quantity: Decimal) -> Plan:
        """What an order of `side` would meet now."""
        return plan_quantity(self.book.opposite(side), taker, quantity)
