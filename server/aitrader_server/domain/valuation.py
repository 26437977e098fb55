"""What the account is worth at current prices."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.state import State

QuoteOf = Callable[[str], Quote | None]


class Valuation:
    """Prices every asset in one quote asset, through the instruments that pair the two."""

    def __init__(self, quote_asset: str, instruments: Mapping[str, Instrument]) -> None:
        self.quote_asset = quote_asset
        self._symbol_of = {
            instrument.base: symbol
            for symbol, instrument in instruments.items()
            if instrument.quote == quote_asset
        }

    def counts(self, asset: str) -> bool:
        """Whether holdings of `asset` are part of the equity."""
        return asset == self.quote_asset or asset in self._symbol_of

    def price(self, asset: str, quote_of: QuoteOf) -> Decimal | None:
        """Last price of `asset` in the quote asset; None when nothing prices it."""
        if asset == self.quote_asset:
            return Decimal(1)
        symbol = self._symbol_of.get(asset)
        quote = None if symbol is None else quote_of(symbol)
        return quote.last if quote is not None and quote.usable else None

    def equity(self, state: State, quote_of: QuoteOf) -> Decimal | None:
        """All holdings in the quote asset; None when one that is held has no price.

        Assets that no configured instrument pairs with the quote asset are left out: they can
        neither be bought nor sold here.
        """
        total = ZERO
        for asset, amount in state.ledger.balances["venue"].items():
            if not amount or not self.counts(asset):
                continue
            price = self.price(asset, quote_of)
            if price is None:
                return None
            total += amount * price
        return total

    def unrealized(self, state: State, quote_of: QuoteOf) -> Decimal | None:
        """Profit that lies in open positions, quote asset; None when a price is missing."""
        total = ZERO
        for symbol, position in state.positions.items():
            if not position.quantity:
                continue
            quote = quote_of(symbol)
            if quote is None or not quote.usable:
                return None
            total += position.quantity * quote.last - position.cost
        return total
