"""The account in money: equity, the day's result, and the turn of the day."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from aitrader_server.domain.events import DayOpened, EquityMarked
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.risk.context import Account
from aitrader_server.domain.valuation import Valuation
from aitrader_server.engine.commands import Pnl
from aitrader_server.engine.ports import Clock, QuoteSource
from aitrader_server.engine.writer import Writer

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
# The account is marked so often, and at once when it is worth so much more than ever before.
MARK_INTERVAL_NS = 300 * NS_PER_S
NEW_HIGH = Decimal("1.001")


def utc_day(at_ns: int) -> str:
    """`YYYY-MM-DD` of UTC nanoseconds."""
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).date().isoformat()


class AccountBook:
    """Values the book at current prices and opens each UTC day once, never an earlier one.

    Days turn and marks are set by a clock that the venue confirms: `clocks_agree()`.
    """

    def __init__(
        self,
        *,
        writer: Writer,
        quotes: QuoteSource,
        clock: Clock,
        quote_asset: str,
        instruments: Mapping[str, Instrument],
        clocks_agree: Callable[[], bool],
    ) -> None:
        self._writer = writer
        self._quotes = quotes
        self._clock = clock
        self._quote_asset = quote_asset
        self._clocks_agree = clocks_agree
        self.valuation = Valuation(quote_asset, instruments)

    def equity(self) -> Decimal | None:
        """All holdings in the quote asset; None when one is not known, or no price of it."""
        state = self._writer.book.state
        # Before the first balances nothing is held by our books, which is no worth at all.
        return self.valuation.equity(state, self._fresh) if state.account else None

    def price(self, asset: str) -> Decimal | None:
        """Last price of `asset` in the quote asset."""
        return self.valuation.price(asset, self._quotes.quote)

    def valuable(self, asset: str) -> bool:
        """Whether the worth of `asset` is known now, or does not count here."""
        return self.price(asset) is not None or not self.valuation.counts(asset)

    def view(self) -> Account:
        """What the controls need to know, after opening the day if it has turned."""
        equity = self.equity()
        self._open_day(equity)
        state = self._writer.book.state
        if equity is None or not state.day.day:
            return Account(quote_asset=self._quote_asset, equity=equity, day_pnl=None)
        base = state.conduct.base_equity(self._clock.now_ns())
        high = max(state.conduct.high, equity)
        return Account(
            quote_asset=self._quote_asset,
            equity=equity,
            day_pnl=equity - state.day.start_equity,
            rolling_base=equity if base is None else base,
            rolling_pnl=ZERO if base is None else equity - base,
            high=high,
            drawdown=(high - equity) / high if high > ZERO else ZERO,
        )

    def keep(self) -> None:
        """Turns the day and marks the account when it is time."""
        equity = self.equity()
        self._open_day(equity)
        state, now_ns = self._writer.book.state, self._clock.now_ns()
        marks, high = state.conduct.marks, state.conduct.high
        if equity is None or not marks:
            return
        if now_ns - marks[-1].at_ns >= MARK_INTERVAL_NS or equity > high * NEW_HIGH:
            self.mark()

    def mark(self) -> None:
        """Journals what the account is worth now, if that and the time are known."""
        equity = self.equity()
        if equity is not None and self._may_record():
            self._writer.commit([EquityMarked(equity=equity)], trace_id="")

    def _open_day(self, equity: Decimal | None) -> None:
        """Begins the UTC day once it has come and the account can be valued."""
        today = utc_day(self._clock.now_ns())
        if equity is None or today <= self._writer.book.state.day.day:
            return
        if self._may_record():
            self._writer.commit([DayOpened(day=today, equity=equity)], trace_id="")

    def _may_record(self) -> bool:
        """Whether time is known and the disk not lost: what it holds is read all the same."""
        return self._writer.failure is None and self._clocks_agree()

    def _fresh(self, symbol: str) -> Quote | None:
        """The symbol's quote, unless it is too old to value anything with."""
        quote = self._quotes.quote(symbol)
        if quote is None:
            return None
        age_ms = abs(self._clock.now_ns() - quote.at_ns) // NS_PER_MS
        return quote if age_ms <= self._writer.book.state.limits.max_mark_age_ms else None

    def pnl(self) -> Pnl:
        """The day so far."""
        account, state = self.view(), self._writer.book.state
        unrealized = self.valuation.unrealized(state, self._fresh)
        return Pnl(
            at_ns=self._clock.now_ns(),
            start_equity=state.day.start_equity,
            equity=account.equity,
            realized=state.day.usage.realized,
            unrealized=unrealized,
            fees=self._fees(),
            drawdown=float(account.drawdown or ZERO),
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
