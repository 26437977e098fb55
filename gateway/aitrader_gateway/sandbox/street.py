"""A market that is quoted from outside: one maker offers what the quotes say, and no more."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import Fees
from aitrader_gateway.sandbox.matching.quoting import Quotes

STREET: Final = "street"
_PURSE: Final = Decimal(10) ** 18
_NO_FEES: Final = Fees(maker=ZERO, taker=ZERO)
_REMEMBERED_MAX: Final = 1


class Street:
    """Keeps the book of each symbol at its last quote: `depth_levels` a side, one tick apart.

    Each level holds the quantity of the best one. A quote that meets no order of anybody's waits
    until somebody comes: an idle market costs nothing.
    """

    def __init__(
        self, exchange: Exchange, instruments: Mapping[str, Instrument], depth_levels: int
    ) -> None:
        self._exchange = exchange
        self._instruments = dict(instruments)
        self._depth_levels = depth_levels
        self._waiting: dict[str, Quote] = {}
        assets = {a for i in instruments.values() for a in (i.base, i.quote)}
        exchange.open_account(
            STREET, dict.fromkeys(sorted(assets), _PURSE), _NO_FEES, ended_max=_REMEMBERED_MAX
        )

    def on_quote(self, quote: Quote, *, watched: bool) -> None:
        """Takes a new quote over; at once when it is `watched` by an open order."""
        if quote.symbol not in self._instruments:
            return
        self._waiting[quote.symbol] = quote
        if watched:
            self.catch_up(quote.symbol)

    def catch_up(self, symbol: str) -> None:
        """Brings the book to the last quote."""
        quote = self._waiting.pop(symbol, None)
        if quote is None:
            return
        instrument, at_ns = self._instruments[symbol], quote.at_ns
        floor = instrument.floor_quantity
        tick, levels = instrument.tick_size, range(self._depth_levels)
        bid_size, ask_size = floor(quote.bid_quantity), floor(quote.ask_quantity)
        bids = [(quote.bid - tick * level, bid_size) for level in levels if bid_size]
        asks = [(quote.ask + tick * level, ask_size) for level in levels if ask_size]
        positive = [(price, size) for price, size in bids if price > ZERO]
        self._exchange.requote(STREET, Quotes(symbol, positive, asks), at_ns)
        self._exchange.set_last(symbol, quote.last, at_ns)
