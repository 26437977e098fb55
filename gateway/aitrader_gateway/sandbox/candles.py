"""Prices and volumes per interval, as a venue draws them from its trades."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec
from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.matching.model import NO_TRADE, MarketTrade

_SECOND_NS: Final = 1_000_000_000
_DAY_S: Final = 86_400
# The first Monday after the epoch, on which the venue's weeks stand.
_FIRST_MONDAY_NS: Final = 4 * _DAY_S * _SECOND_NS


class Interval(StrEnum):
    """Every interval that the venue draws; months are those of the calendar, in UTC."""

    S1 = "1s"
    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    D3 = "3d"
    W1 = "1w"
    MONTH = "1M"

    def keeps_to(self, offset_ns: int) -> bool:
        """Whether it begins at the same moments by a clock that is ahead by `offset_ns`."""
        fixed = self not in _CALENDAR and offset_ns % _LENGTHS_NS[self] == 0
        return not offset_ns or fixed

    def opens_at(self, at_ns: int) -> int:
        """When the interval that `at_ns` lies in began, UTC nanoseconds."""
        if self is Interval.MONTH:
            day = datetime.fromtimestamp(at_ns // _SECOND_NS, UTC)
            return _month_ns(day.year, day.month)
        origin_ns = _FIRST_MONDAY_NS if self is Interval.W1 else 0
        length_ns = _LENGTHS_NS[self]
        return at_ns - (at_ns - origin_ns) % length_ns

    def after(self, open_ns: int) -> int:
        """When the interval that began at `open_ns` ends and the next one begins."""
        if self is Interval.MONTH:
            day = datetime.fromtimestamp(open_ns // _SECOND_NS, UTC)
            years, month = divmod(day.month, 12)
            return _month_ns(day.year + years, month + 1)
        return open_ns + _LENGTHS_NS[self]


_LENGTHS_NS: Final = {
    interval: int(interval[:-1]) * unit_s * _SECOND_NS
    for interval in Interval
    for letter, unit_s in (("s", 1), ("m", 60), ("h", 3600), ("d", _DAY_S), ("w", 7 * _DAY_S))
    if interval[-1] == letter
}


# Longer than any offset between zones, or of no length at all.
_CALENDAR: Final = {Interval.D1, Interval.D3, Interval.W1, Interval.MONTH}


def _month_ns(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * _SECOND_NS


class Candle(msgspec.Struct, frozen=True, kw_only=True):
    """What traded from `open_ns` until before `end_ns`; `taker_*` is what takers bought of it.

    Volumes are in base, quote volumes in quote. Without a trade all four prices are the close of
    the interval before, and the trade numbers are NO_TRADE. Whoever keeps candles by the interval
    sets `end_ns`.
    """

    open_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    end_ns: int = 0
    volume: Decimal = ZERO
    quote_volume: Decimal = ZERO
    taker_volume: Decimal = ZERO
    taker_quote_volume: Decimal = ZERO
    trades: int = 0
    first_trade: int = NO_TRADE
    last_trade: int = NO_TRADE

    def followed_by(self, later: "Candle") -> "Candle":
        """Both as one."""
        return Candle(
            open_ns=self.open_ns,
            end_ns=max(self.end_ns, later.end_ns),
            open=self.open,
            high=max(self.high, later.high),
            low=min(self.low, later.low),
            close=later.close,
            volume=self.volume + later.volume,
            quote_volume=self.quote_volume + later.quote_volume,
            taker_volume=self.taker_volume + later.taker_volume,
            taker_quote_volume=self.taker_quote_volume + later.taker_quote_volume,
            trades=self.trades + later.trades,
            first_trade=later.first_trade if self.first_trade == NO_TRADE else self.first_trade,
            last_trade=self.last_trade if later.last_trade == NO_TRADE else later.last_trade,
        )


def candle_of(trade: MarketTrade) -> Candle:
    """One trade as a candle that began with it."""
    quote = trade.price * trade.quantity
    taken = ZERO if trade.buyer_is_maker else trade.quantity
    return Candle(
        open_ns=trade.at_ns,
        open=trade.price,
        high=trade.price,
        low=trade.price,
        close=trade.price,
        volume=trade.quantity,
        quote_volume=quote,
        taker_volume=taken,
        taker_quote_volume=ZERO if trade.buyer_is_maker else quote,
        trades=1,
        first_trade=trade.number,
        last_trade=trade.number,
    )


def flat(open_ns: int, end_ns: int, price: Decimal) -> Candle:
    """A time in which nothing traded; `price` is the last one before."""
    return Candle(open_ns=open_ns, end_ns=end_ns, open=price, high=price, low=price, close=price)


def _opened(candle: Candle) -> int:
    return candle.open_ns


class Candles:
    """The candles of one symbol and interval; only those with trades are kept.

    Intervals begin by the clock of a zone that is `offset_ns` ahead of UTC.
    """

    def __init__(self, interval: Interval, *, kept_max: int, offset_ns: int = 0) -> None:
        self._interval = interval
        self._kept_max = kept_max
        self._offset_ns = offset_ns
        self._kept: list[Candle] = []

    def add(self, piece: Candle) -> None:
        """Counts in what traded from `piece.open_ns` on; pieces come in the order of time."""
        if self._kept and piece.open_ns < self._kept[-1].end_ns:
            self._kept[-1] = self._kept[-1].followed_by(piece)
            return
        open_ns = self._opens_at(piece.open_ns)
        end_ns = self._after(open_ns)
        self._kept.append(msgspec.structs.replace(piece, open_ns=open_ns, end_ns=end_ns))
        if len(self._kept) > self._kept_max:
            del self._kept[0]

    def traded(self, from_ns: int, until_ns: int | None = None) -> Sequence[Candle]:
        """Candles with trades that opened from `from_ns` until before `until_ns`, oldest first."""
        first = bisect_left(self._kept, from_ns, key=_opened)
        last = None if until_ns is None else bisect_left(self._kept, until_ns, key=_opened)
        return self._kept[first:last]

    def traded_before(self, until_ns: int) -> Candle | None:
        """The newest candle with trades that opened before `until_ns`."""
        index = bisect_left(self._kept, until_ns, key=_opened)
        return self._kept[index - 1] if index else None

    def window(self, start_ns: int | None, end_ns: int, count: int) -> Sequence[Candle]:
        """Up to `count` candles that opened from `start_ns` to `end_ns`, gaps filled, oldest first.

        Without `start_ns` the newest ones. Nothing is drawn before the first trade.
        """
        if not self._kept or end_ns < self._kept[0].open_ns:
            return ()
        first_ns = self._kept[0].open_ns
        if start_ns is None:
            opens = list(self._back(self._opens_at(end_ns), first_ns, count))[::-1]
        else:
            opens = list(self._ahead(max(start_ns, first_ns), end_ns, count))
        return list(self._filled(opens))

    def _opens_at(self, at_ns: int) -> int:
        return self._interval.opens_at(at_ns + self._offset_ns) - self._offset_ns

    def _after(self, open_ns: int) -> int:
        return self._interval.after(open_ns + self._offset_ns) - self._offset_ns

    def _back(self, open_ns: int, first_ns: int, count: int) -> Iterator[int]:
        while count > 0 and open_ns >= first_ns:
            yield open_ns
            open_ns = self._opens_at(open_ns - 1)
            count -= 1

    def _ahead(self, start_ns: int, end_ns: int, count: int) -> Iterator[int]:
        open_ns = self._opens_at(start_ns)
        if open_ns < start_ns:
            open_ns = self._after(open_ns)
        while count > 0 and open_ns <= end_ns:
            yield open_ns
            open_ns = self._after(open_ns)
            count -= 1

    def _filled(self, opens: Sequence[int]) -> Iterator[Candle]:
        for open_ns in opens:
            candle = self._kept[bisect_right(self._kept, open_ns, key=_opened) - 1]
            if candle.open_ns != open_ns:
                candle = flat(open_ns, self._after(open_ns), candle.close)
            yield candle
