"""Operations about what everybody may know: books, trades, candles, prices."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.api import tickers
from aitrader_gateway.sandbox.api.desk import INVALID_SYMBOL
from aitrader_gateway.sandbox.api.table import Body, Call, Operation, weighs
from aitrader_gateway.sandbox.api.tickers import BAD_COMBINATION, OTHER_STATUS, STATUS
from aitrader_gateway.sandbox.candles import Interval
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import MarketTrade, Refusal
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from aitrader_gateway.sandbox.parameters import (
    MOMENT,
    NUMBER,
    SYMBOL,
    Kind,
    Parameter,
    Values,
    whole,
)
from aitrader_gateway.sandbox.tape import MINUTE_NS, MS_NS, Aggregate, Tape
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.wire import market as wire

T = TypeVar("T")

DEPTH_MAX: Final = 5_000
ROWS_MAX: Final = 1_000
_ROWS_DEFAULT: Final = 500
_DEPTH_DEFAULT: Final = 100
# From how many levels on a book weighs how much, the most first.
_DEPTH_WEIGHTS: Final = ((1_000, 250), (500, 50), (100, 25), (0, 5))
_BAD_INTERVAL: Final = Refusal(-1120, "Invalid interval.")
_INTERVAL: Final = Kind(
    parse={interval.value: interval for interval in Interval}.get, refuse=lambda _: _BAD_INTERVAL
)
_ZONE_TEXT: Final = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?")
_ZONE_MIN: Final = range(-12 * 60, 14 * 60 + 1)


def _zone(text: str) -> int | None:
    """Minutes that a zone such as 8, -1:00 or 05:45 is ahead of UTC."""
    found = _ZONE_TEXT.fullmatch(text)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
    return offset if offset in _ZONE_MIN else None


_ZONE: Final = Kind(
    parse=_zone,
    refuse=lambda name: Refusal(-1130, f"Data sent for parameter '{name}' is not valid."),
)
# More than the venue gives is cut down without a word.
_LIMIT: Final = Parameter("limit", whole(1, 10**9))
_SYMBOL: Final = Parameter("symbol", SYMBOL, required=True)


def _limit(values: Values, default: int, most: int) -> int:
    return min(values.number("limit") or default, most)


def _depth_weight(values: Values) -> int:
    levels = _limit(values, _DEPTH_DEFAULT, DEPTH_MAX)
    return next(weight for above, weight in _DEPTH_WEIGHTS if levels > above)


def _newest(rows: Sequence[T], count: int) -> list[T]:
    return list(rows)[-count:]


class _Market:
    """Handlers over one venue and its tape."""

    def __init__(self, venue: Venue, tape: Tape) -> None:
        self._venue = venue
        self._tape = tape

    @property
    def _exchange(self) -> Exchange:
        return self._venue.exchange

    def _symbol(self, call: Call) -> str | None:
        symbol = call.values.text("symbol")
        return symbol if symbol in self._exchange.listings else None

    def depth(self, call: Call) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return INVALID_SYMBOL
        status = call.values.word("symbolStatus", SymbolStatus)
        if status not in {None, self._exchange.status(symbol)}:
            return OTHER_STATUS
        count = _limit(call.values, _DEPTH_DEFAULT, DEPTH_MAX)
        return wire.depth(self._exchange.depth(symbol, count))

    def recent(self, call: Call) -> Body | Refusal:
        return self._trades(call, None)

    def historical(self, call: Call) -> Body | Refusal:
        return self._trades(call, call.values.number("fromId"))

    def _trades(self, call: Call, from_number: int | None) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return INVALID_SYMBOL
        count = _limit(call.values, _ROWS_DEFAULT, ROWS_MAX)
        rows: Sequence[MarketTrade] = self._tape.trades(symbol)
        if from_number is None:
            rows = _newest(rows, count)
        else:
            rows = [row for row in rows if row.number >= from_number][:count]
        return [wire.trade(row, call.unit) for row in rows]

    def aggregates(self, call: Call) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return INVALID_SYMBOL
        values = call.values
        from_number, count = values.number("fromId"), _limit(values, _ROWS_DEFAULT, ROWS_MAX)
        timed = "startTime" in values or "endTime" in values
        if timed and from_number is not None:
            return BAD_COMBINATION
        rows = self._tape.aggregates(symbol)
        if from_number is not None:
            rows = [row for row in rows if row.number >= from_number][:count]
        elif timed:
            rows = _within(rows, values, count)
        else:
            rows = _newest(rows, count)
        return [wire.aggregate(row, call.unit) for row in rows]

    def klines(self, call: Call) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return INVALID_SYMBOL
        values = call.values
        interval = values.word("interval", Interval)
        assert interval is not None, "declared as required"
        end_ns = values.number("endTime")
        candles = self._tape.candles(
            symbol,
            interval,
            start_ns=values.number("startTime"),
            end_ns=call.at_ns if end_ns is None else min(end_ns, call.at_ns),
            count=_limit(values, _ROWS_DEFAULT, ROWS_MAX),
            offset_ns=(values.number("timeZone") or 0) * MINUTE_NS,
        )
        return [wire.kline(candle, call.unit) for candle in candles]

    def average_price(self, call: Call) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return INVALID_SYMBOL
        price = self._exchange.average_price(symbol, call.at_ns)
        trades = self._tape.trades(symbol)
        return wire.average_price(
            self._exchange.listings[symbol].average_price_mins,
            ZERO if price is None else price,
            trades[-1].at_ns if trades else call.at_ns,
            call.unit,
        )


def _within(rows: Iterable[Aggregate], values: Values, count: int) -> Sequence[Aggregate]:
    """Bounds count as whole milliseconds, the first and the last included."""
    start_ns, end_ns = values.number("startTime"), values.number("endTime")
    kept = [
        row
        for row in rows
        if (start_ns is None or row.at_ns // MS_NS >= start_ns // MS_NS)
        and (end_ns is None or row.at_ns // MS_NS <= end_ns // MS_NS)
    ]
    return kept[-count:] if start_ns is None else kept[:count]


def operations(venue: Venue, tape: Tape) -> tuple[Operation, ...]:
    """What the table offers about the market."""
    market = _Market(venue, tape)
    from_number = Parameter("fromId", NUMBER)
    span = (Parameter("startTime", MOMENT), Parameter("endTime", MOMENT))
    interval = (Parameter("interval", _INTERVAL, required=True), Parameter("timeZone", _ZONE))
    candles = (_SYMBOL, *interval, *span, _LIMIT)
    return (
        Operation(
            name="depth",
            handler=market.depth,
            weight=_depth_weight,
            parameters=(_SYMBOL, _LIMIT, STATUS),
        ),
        Operation(
            name="trades.recent",
            handler=market.recent,
            weight=weighs(25),
            parameters=(_SYMBOL, _LIMIT),
        ),
        Operation(
            name="trades.historical",
            handler=market.historical,
            weight=weighs(25),
            parameters=(_SYMBOL, _LIMIT, from_number),
        ),
        Operation(
            name="trades.aggregate",
            handler=market.aggregates,
            weight=weighs(4),
            parameters=(_SYMBOL, from_number, *span, _LIMIT),
        ),
        Operation(name="klines", handler=market.klines, weight=weighs(2), parameters=candles),
        Operation(name="uiKlines", handler=market.klines, weight=weighs(2), parameters=candles),
        Operation(
            name="avgPrice", handler=market.average_price, weight=weighs(2), parameters=(_SYMBOL,)
        ),
        *tickers.operations(venue, tape),
    )
