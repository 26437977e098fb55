"""The account in money: equity, the day's result, and the turn of the day."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from aitrader_server.domain.events import DayOpened
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.risk.context import Account
from aitrader_server.domain.valuation import Valuation
from aitrader_server.engine.commands import Pnl
from aitrader_server.engine.ports import Clock, QuoteSource
from aitrader_server.engine.writer import Writer

NS_PER_S = 1_000_000_000


def utc_day(at_ns: int) -> str:
    """`YYYY-MM-DD` of UTC nanoseconds."""
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).date().isoformat()


class AccountBook:
    """Values the book at current prices and opens each UTC day once, never an earlier one."""

    def __init__(
        self,
        *,
        writer: Writer,
        quotes: QuoteSource,
        clock: Clock,
        quote_asset: str,
        instruments: Mapping[str, Instrument],
    ) -> None:
        self._writer = writer
        self._quotes = quotes
        self._clock = clock
        self._quote_asset = quote_asset
        self._high = ZERO
        self.valuation = Valuation(quote_asset, instruments)

    def equity(self) -> Decimal | None:
        """All holdings in the quote asset; None when a price is missing."""
        return self.valuation.equity(self._writer.book.state, self._quotes.quote)

    def price(self, asset: str) -> Decimal | None:
        """Last price of `asset` in the quote asset."""
        return self.valuation.price(asset, self._quotes.quote)

    def valuable(self, asset: str) -> bool:
        """Whether the worth of `asset` is known now, or does not count here."""
        return self.price(asset) is not None or not self.valuation.counts(asset)

    def view(self) -> Account:
        """What the controls need to know, after opening the day if it has turned."""
        equity = self.equity()
        self.open_day(equity)
        day = self._writer.book.state.day
        pnl = None if equity is None or not day.day else equity - day.start_equity
        return Account(quote_asset=self._quote_asset, equity=equity, day_pnl=pnl)

    def open_day(self, equity: Decimal | None) -> None:
        """Begins the UTC day once it has come and the account can be valued."""
        today = utc_day(self._clock.now_ns())
        state = self._writer.book.state
        if equity is None or not state.account or today <= state.day.day:
            return
        self._high = equity
        self._writer.commit([DayOpened(day=today, equity=equity)], trace_id="")

    def pnl(self) -> Pnl:
        """The day so far."""
        state, equity = self._writer.book.state, self.equity()
        unrealized = self.valuation.unrealized(state, self._quotes.quote)
        high = self._high = max(self._high, equity or ZERO, state.day.start_equity)
        drawdown = 0.0 if equity is None or not high else float((high - equity) / high)
        return Pnl(
            at_ns=self._clock.now_ns(),
            start_equity=state.day.start_equity,
            equity=equity,
            realized=state.day.realized,
            unrealized=unrealized,
            fees=self._fees(),
            drawdown=drawdown,
            filled_orders=state.day.filled_orders,
        )

    def _fees(self) -> Decimal | None:
        total = ZERO
        for asset, amount in self._writer.book.state.day.fees.items():
            price = self.price(asset)
            if price is None:
                return None
            total += amount * price
        return total
