"""Sums of our own over what became durable: holdings, days, losses. None of the engine's code."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from aitrader_server.domain.events import OrderFilled
from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.words import Side

ZERO = Decimal(0)
Holding = tuple[Decimal, Decimal]


class DaySums:
    """What one UTC day has used, by `""` for the account, by symbol and by strategy."""

    def __init__(self, equity: Decimal) -> None:
        self.equity = equity
        self.orders: dict[str, int] = defaultdict(int)
        self.turnover: dict[str, Decimal] = defaultdict(Decimal)
        self.realized: dict[str, Decimal] = defaultdict(Decimal)


class Sums:
    """Of one account since its journal began."""

    def __init__(self) -> None:
        self.balances: dict[str, Decimal] = {}
        self.day = DaySums(ZERO)
        self.first_equity = ZERO
        self.highest = ZERO
        self.marked = ZERO
        self.losses = 0
        self._costs: dict[str, Holding] = {}
        self._selling: dict[str, Decimal] = {}

    def mark(self, equity: Decimal) -> None:
        """The account was valued."""
        self.first_equity = self.first_equity or equity
        self.highest = max(self.highest, equity)
        self.marked = equity

    def equity(self, quotes: Mapping[str, Quote | None]) -> Decimal | None:
        """All that is held at last prices; None when a price is missing."""
        total = self.balances.get("USDT", ZERO)
        for symbol, quote in quotes.items():
            held = self.balances.get(symbol.removesuffix("USDT"), ZERO)
            if held and quote is None:
                return None
            total += held * quote.last if quote is not None else 0
        return total

    def add(self, asset: str, amount: Decimal) -> None:
        self.balances[asset] = self.balances.get(asset, ZERO) + amount

    def fill(self, event: OrderFilled, scopes: tuple[str, ...]) -> None:
        """One execution, of the account and all of its `scopes`."""
        fill, buys = event.fill, event.side is Side.BUY
        value, sign = fill.quantity * fill.price, 1 if buys else -1
        self.add(event.base, sign * fill.quantity)
        self.add(event.quote, -sign * value)
        self.add(fill.fee_asset, -fill.fee)
        realized = ZERO if buys else self._sell(event)
        if buys:
            self._buy(event)
        else:
            selling = self._selling.get(event.request_id, ZERO)
            self._selling[event.request_id] = selling + realized
        for scope in scopes:
            self.day.turnover[scope] += value
            self.day.realized[scope] += realized

    def end(self, request_id: str) -> None:
        """An order ended: a sale has lost or not."""
        realized = self._selling.pop(request_id, None)
        if realized is not None:
            self.losses = self.losses + 1 if realized < 0 else 0

    def _buy(self, event: OrderFilled) -> None:
        fill = event.fill
        held, cost = self._costs.get(event.symbol, (ZERO, ZERO))
        in_base = fill.fee if fill.fee_asset == event.base else ZERO
        in_quote = fill.fee if fill.fee_asset == event.quote else ZERO
        self._costs[event.symbol] = (
            held + fill.quantity - in_base,
            cost + fill.quantity * fill.price + in_quote,
        )

    def _sell(self, event: OrderFilled) -> Decimal:
        """Profit at average cost; what was never bought here brings none."""
        fill = event.fill
        held, cost = self._costs.get(event.symbol, (ZERO, ZERO))
        in_quote = fill.fee if fill.fee_asset == event.quote else ZERO
        sold = min(fill.quantity, held)
        share = cost * sold / held if held else ZERO
        self._costs[event.symbol] = (held - sold, cost - share)
        return sold * fill.price - share - in_quote
