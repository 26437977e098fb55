"""Operations about what everybody may know: books, trades, candles, prices."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec
from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.api.table import Body, Call, Operation, weighs
from aitrader_gateway.sandbox.candles import Interval
from aitrader_gateway.sandbox.market_feed import touch_of
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import MarketTrade, Refusal
from aitrader_gateway.sandbox.parameters import (
    MOMENT,
    NUMBER,
    SYMBOL,
    Kind,
    Parameter,
    Values,
    mandatory,
    whole,
)
from aitrader_gateway.sandbox.tape import Aggregate, Tape, Window
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.wire import market as wire
from aitrader_gateway.sandbox.wire.scalars import amount

T = TypeVar("T")

DEPTH_MAX: Final = 5_000
ROWS_MAX: Final = 1_000
_ROWS_DEFAULT: Final = 500
_DEPTH_DEFAULT: Final = 100
# From how many levels on a book weighs how much, the most first.
_DEPTH_WEIGHTS: Final = ((1_000, 250), (500, 50), (100, 25), (0, 5))
# The same for how many symbols a day's figures are asked for; all of them is the most.
_DAY_WEIGHTS: Final = ((100, 80), (20, 40), (0, 2))
_INVALID_SYMBOL: Final = Refusal(-1121, "Invalid symbol.")
_BAD_COMBINATION: Final = Refusal(-1128, "Combination of optional parameters invalid.")
_BAD_INTERVAL: Final = Refusal(-1120, "Invalid interval.")
_BAD_KIND: Final = Refusal(-1130, "Data sent for parameter 'type' is not valid.")
_SYMBOLS_LEGAL: Final = r'\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]'

SYMBOLS: Final = Kind(
    parse=lambda text: text if re.fullmatch(_SYMBOLS_LEGAL, text) else None,
    refuse=lambda name: Refusal(
        -1100,
        f"Illegal characters found in parameter '{name}'; legal range is '^{_SYMBOLS_LEGAL}$'.",
    ),
)
_INTERVAL: Final = Kind(
    parse={interval.value: interval for interval in Interval}.get, refuse=lambda _: _BAD_INTERVAL
)
_FIGURES: Final = Kind(parse={"FULL": "FULL", "MINI": "MINI"}.get, refuse=lambda _: _BAD_KIND)
# More than the venue gives is cut down without a word.
_LIMIT: Final = Parameter("limit", whole(1, 10**9))
_SYMBOL: Final = Parameter("symbol", SYMBOL, required=True)
_ONE_OR_MANY: Final = (Parameter("symbol", SYMBOL), Parameter("symbols", SYMBOLS))


def _limit(values: Values, default: int, most: int) -> int:
    return min(values.number("limit") or default, most)


def _asked(values: Values) -> Sequence[str]:
    """The symbols that a request names; none stands for all."""
    if "symbols" in values:
        return msgspec.json.decode(values.text("symbols"), type=list[str])
    return (values.text("symbol"),) if "symbol" in values else ()


def _depth_weight(values: Values) -> int:
    levels = _limit(values, _DEPTH_DEFAULT, DEPTH_MAX)
    return next(weight for above, weight in _DEPTH_WEIGHTS if levels > above)


def _price_weight(values: Values) -> int:
    return 2 if "symbol" in values else 4


def _day_weight(values: Values) -> int:
    count = len(_asked(values)) or DEPTH_MAX
    return next(weight for above, weight in _DAY_WEIGHTS if count > above)


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
            return _INVALID_SYMBOL
        count = _limit(call.values, _DEPTH_DEFAULT, DEPTH_MAX)
        return wire.depth(self._exchange.depth(symbol, count))

    def recent(self, call: Call) -> Body | Refusal:
        return self._trades(call, None)

    def historical(self, call: Call) -> Body | Refusal:
        return self._trades(call, call.values.number("fromId"))

    def _trades(self, call: Call, from_number: int | None) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return _INVALID_SYMBOL
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
            return _INVALID_SYMBOL
        values = call.values
        from_number, count = values.number("fromId"), _limit(values, _ROWS_DEFAULT, ROWS_MAX)
        timed = "startTime" in values or "endTime" in values
        if timed and from_number is not None:
            return _BAD_COMBINATION
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
            return _INVALID_SYMBOL
        values = call.values
        interval = values.word("interval", Interval)
        if interval is None:
            return mandatory("interval")
        end_ns = values.number("endTime")
        candles = self._tape.candles(
            symbol,
            interval,
            start_ns=values.number("startTime"),
            end_ns=call.at_ns if end_ns is None else min(end_ns, call.at_ns),
            count=_limit(values, _ROWS_DEFAULT, ROWS_MAX),
        )
        return [wire.kline(candle, interval, call.unit) for candle in candles]

    def average_price(self, call: Call) -> Body | Refusal:
        symbol = self._symbol(call)
        if symbol is None:
            return _INVALID_SYMBOL
        price = self._exchange.average_price(symbol, call.at_ns)
        trades = self._tape.trades(symbol)
        return wire.average_price(
            self._exchange.listings[symbol].average_price_mins,
            ZERO if price is None else price,
            trades[-1].at_ns if trades else call.at_ns,
            call.unit,
        )

    def price(self, call: Call) -> Body | Refusal:
        def shape(symbol: str) -> wire.Shape:
            price = self._exchange.last_price(symbol)
            return {"symbol": symbol, "price": amount(ZERO if price is None else price)}

        return self._each(call, shape)

    def book_ticker(self, call: Call) -> Body | Refusal:
        return self._each(
            call, lambda symbol: wire.book_ticker(symbol, touch_of(self._exchange, symbol))
        )

    def day(self, call: Call) -> Body | Refusal:
        mini = call.values.text("type") == "MINI"

        def shape(symbol: str) -> wire.Shape:
            window: Window = self._tape.window(symbol, call.at_ns)
            if mini:
                return wire.mini_ticker(window, call.unit)
            return wire.ticker(window, touch_of(self._exchange, symbol), call.unit)

        return self._each(call, shape)

    def _each(self, call: Call, shape: Callable[[str], wire.Shape]) -> Body | Refusal:
        """One shape for `symbol`, a list of them for `symbols` or for all that are listed."""
        values, listings = call.values, self._exchange.listings
        if "symbol" in values and "symbols" in values:
            return _BAD_COMBINATION
        asked = _asked(values)
        if any(symbol not in listings for symbol in asked):
            return _INVALID_SYMBOL
        if "symbol" in values:
            return shape(asked[0])
        return [shape(symbol) for symbol in asked or listings]


def _within(rows: Iterable[Aggregate], values: Values, count: int) -> Sequence[Aggregate]:
    start_ns, end_ns = values.number("startTime"), values.number("endTime")
    kept = [
        row
        for row in rows
        if (start_ns is None or row.at_ns >= start_ns) and (end_ns is None or row.at_ns <= end_ns)
    ]
    return kept[-count:] if start_ns is None else kept[:count]


def operations(venue: Venue, tape: Tape) -> tuple[Operation, ...]:
    """What the table offers about the market."""
    market = _Market(venue, tape)
    from_number = Parameter("fromId", NUMBER)
    span = (Parameter("startTime", MOMENT), Parameter("endTime", MOMENT))
    candles = (_SYMBOL, Parameter("interval", _INTERVAL, required=True), *span, _LIMIT)
    return (
        Operation(
            name="depth", handler=market.depth, weight=_depth_weight, parameters=(_SYMBOL, _LIMIT)
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
        Operation(
            name="ticker.price", handler=market.price, weight=_price_weight, parameters=_ONE_OR_MANY
        ),
        Operation(
            name="ticker.book",
            handler=market.book_ticker,
            weight=_price_weight,
            parameters=_ONE_OR_MANY,
        ),
        Operation(
            name="ticker.24hr",
            handler=market.day,
            weight=_day_weight,
            parameters=(*_ONE_OR_MANY, Parameter("type", _FIGURES)),
        ),
    )
