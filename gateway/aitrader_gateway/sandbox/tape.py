"""What a venue remembers of its public trades: trades, aggregates, candles, the last day's figures.

Pure memory: fed with events, asked with times, bounded per symbol.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec
from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.candles import Candle, Candles, Interval, candle_of, flat
from aitrader_gateway.sandbox.matching.model import MarketTrade, VenueEvent

MINUTE_NS: Final = 60_000_000_000
DAY_NS: Final = 1440 * MINUTE_NS
MS_NS: Final = 1_000_000


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """Trades of one taker's order at one price in one millisecond; `number` counts per symbol."""

    symbol: str
    number: int
    price: Decimal
    quantity: Decimal
    first_trade: int
    last_trade: int
    buyer_is_maker: bool
    taker_order: int
    at_ns: int

    def joined(self, trade: MarketTrade) -> "Aggregate | None":
        """This with `trade` in it; None: the trade begins another one."""
        if (
            taker_order(trade) != self.taker_order
            or trade.price != self.price
            or trade.at_ns // MS_NS != self.at_ns // MS_NS
        ):
            return None
        return msgspec.structs.replace(
            self, quantity=self.quantity + trade.quantity, last_trade=trade.number
        )


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What traded in a window of time that slides by the minute; the last trade may be older."""

    symbol: str
    open_ns: int
    close_ns: int
    total: Candle
    previous_close: Decimal
    last_price: Decimal
    last_quantity: Decimal

    @property
    def change(self) -> Decimal:
        """In quote per base."""
        return self.last_price - self.total.open

    @property
    def change_percent(self) -> Decimal:
        """Zero when nothing ever traded."""
        return self.change * 100 / self.total.open if self.total.open else ZERO

    @property
    def average_price(self) -> Decimal:
        """Weighted by volume; the last price when nothing traded."""
        if not self.total.volume:
            return self.last_price
        return self.total.quote_volume / self.total.volume


def taker_order(trade: MarketTrade) -> int:
    """Number of the order that met the resting one."""
    return trade.seller_order if trade.buyer_is_maker else trade.buyer_order


class _Symbol:
    def __init__(self, symbol: str, trades_max: int, candles_max: int) -> None:
        self._symbol = symbol
        self._candles_max = candles_max
        self.trades: deque[MarketTrade] = deque(maxlen=trades_max)
        self.aggregates: deque[Aggregate] = deque(maxlen=trades_max)
        self.candles = {interval: Candles(interval, kept_max=candles_max) for interval in Interval}

    def record(self, trade: MarketTrade) -> None:
        self.trades.append(trade)
        piece = candle_of(trade)
        for candles in self.candles.values():
            candles.add(piece)
        joined = self.aggregates[-1].joined(trade) if self.aggregates else None
        if joined is not None:
            self.aggregates[-1] = joined
            return
        self.aggregates.append(
            Aggregate(
                symbol=self._symbol,
                number=self.aggregates[-1].number + 1 if self.aggregates else 1,
                price=trade.price,
                quantity=trade.quantity,
                first_trade=trade.number,
                last_trade=trade.number,
                buyer_is_maker=trade.buyer_is_maker,
                taker_order=taker_order(trade),
                at_ns=trade.at_ns,
            )
        )

    def zoned(self, interval: Interval, offset_ns: int) -> Candles:
        """Candles by the clock of another zone, drawn from finer ones."""
        if interval.keeps_to(offset_ns):
            return self.candles[interval]
        finer = Interval.M15 if Interval.M15.keeps_to(offset_ns) else Interval.M1
        zoned = Candles(interval, kept_max=self._candles_max, offset_ns=offset_ns)
        for candle in self.candles[finer].traded(0):
            zoned.add(candle)
        return zoned

    def window(self, length_ns: int, now_ns: int) -> Window:
        minutes, hours = self.candles[Interval.M1], self.candles[Interval.H1]
        from_ns = Interval.M1.opens_at(now_ns - length_ns)
        whole_ns = Interval.H1.after(Interval.H1.opens_at(from_ns - 1))
        traded = [*minutes.traded(from_ns, whole_ns), *hours.traded(whole_ns)]
        before = minutes.traded_before(from_ns)
        first = traded[0].open if traded else ZERO
        previous = first if before is None else before.close
        total = flat(from_ns, now_ns, previous)
        if traded:
            total = traded[0]
            for candle in traded[1:]:
                total = total.followed_by(candle)
        return Window(
            symbol=self._symbol,
            open_ns=from_ns,
            close_ns=now_ns,
            total=total,
            previous_close=previous,
            last_price=total.close,
            last_quantity=self.trades[-1].quantity if self.trades else ZERO,
        )


class Tape:
    """Market data of every symbol that ever traded; bounds are per symbol (and interval).

    `candles_max` bounds the minutes with trades, too, so that a window may have lost some of its
    first hour.
    """

    def __init__(self, *, trades_max: int = 10_000, candles_max: int = 3_000) -> None:
        self._trades_max = trades_max
        self._candles_max = candles_max
        self._symbols: dict[str, _Symbol] = {}

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:  # noqa: ARG002 - what sinks are told
        """Takes in what happened, in the order in which it happened; only trades leave a trace."""
        for event in events:
            if isinstance(event, MarketTrade):
                self._of(event.symbol).record(event)

    def clear(self) -> None:
        """Forgets everything."""
        self._symbols.clear()

    def add_history(self, symbol: str, interval: Interval, candles: Iterable[Candle]) -> None:
        """Takes in what traded before the venue opened, oldest first.

        Finer intervals than the history's own stay empty.
        """
        drawn = list(Interval)
        coarser = drawn[drawn.index(interval) :]
        for candle in candles:
            for each in coarser:
                self._of(symbol).candles[each].add(candle)

    def trades(self, symbol: str) -> Sequence[MarketTrade]:
        """Oldest first."""
        known = self._symbols.get(symbol)
        return () if known is None else known.trades

    def aggregates(self, symbol: str) -> Sequence[Aggregate]:
        """Oldest first; the newest may still grow within its millisecond."""
        known = self._symbols.get(symbol)
        return () if known is None else known.aggregates

    def candles(
        self,
        symbol: str,
        interval: Interval,
        *,
        start_ns: int | None,
        end_ns: int,
        count: int,
        offset_ns: int = 0,
    ) -> Sequence[Candle]:
        """Up to `count` candles that opened from `start_ns` to `end_ns`, gaps filled, oldest first.

        Without `start_ns` the newest ones; `end_ns` is not after now. They begin by the clock of a
        zone that is `offset_ns` ahead of UTC.
        """
        known = self._symbols.get(symbol)
        if known is None:
            return ()
        return known.zoned(interval, offset_ns).window(start_ns, end_ns, count)

    def window(self, symbol: str, now_ns: int, length_ns: int = DAY_NS) -> Window:
        """Figures of the time up to `now_ns`; zeros before the first trade."""
        return self._of(symbol).window(length_ns, now_ns)

    def _of(self, symbol: str) -> _Symbol:
        known = self._symbols.get(symbol)
        if known is None:
            known = self._symbols[symbol] = _Symbol(symbol, self._trades_max, self._candles_max)
        return known
