"""Operations about prices: the last ones, the best ones, and the figures of a window of time."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from aitrader_server.domain.money import ZERO

from aitrader_gateway.sandbox.api.desk import INVALID_SYMBOL
from aitrader_gateway.sandbox.api.table import Body, Call, Operation
from aitrader_gateway.sandbox.market_feed import touch_of
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from aitrader_gateway.sandbox.parameters import SYMBOL, Kind, Parameter, Values, either, word
from aitrader_gateway.sandbox.tape import DAY_NS, MINUTE_NS, Tape
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.wire import market as wire
from aitrader_gateway.sandbox.wire.scalars import amount

BAD_COMBINATION: Final = Refusal(-1128, "Combination of optional parameters invalid.")
_DUPLICATES: Final = Refusal(-1151, "Symbol is present multiple times in the list.")
OTHER_STATUS: Final = Refusal(
    -1220, "The symbol's status does not match the requested symbolStatus."
)
_BAD_KIND: Final = Refusal(-1130, "Data sent for parameter 'type' is not valid.")
_SYMBOLS_MAX: Final = 100
_TOO_MANY: Final = Refusal(-1101, f"Too many symbols, at most {_SYMBOLS_MAX}.")
_SYMBOLS_LEGAL: Final = r'\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]'
# From how many symbols on a day's figures weigh how much; all of them is the most.
_DAY_WEIGHTS: Final = ((100, 80), (20, 40), (0, 2))
_EACH_WEIGHT: Final = 4
_EACH_WEIGHT_MAX: Final = 200
_WINDOWS: Final = {
    f"{count}{unit}": count * minutes * MINUTE_NS
    for unit, most, minutes in (("m", 59, 1), ("h", 23, 60), ("d", 7, 1440))
    for count in range(1, most + 1)
}

SYMBOLS: Final = Kind(
    parse=lambda text: text if re.fullmatch(_SYMBOLS_LEGAL, text) else None,
    refuse=lambda name: Refusal(
        -1100,
        f"Illegal characters found in parameter '{name}'; legal range is '^{_SYMBOLS_LEGAL}$'.",
    ),
)
_FIGURES: Final = Kind(parse={"FULL": "FULL", "MINI": "MINI"}.get, refuse=lambda _: _BAD_KIND)
_WINDOW: Final = Kind(
    parse=_WINDOWS.get,
    refuse=lambda name: Refusal(-1130, f"Data sent for parameter '{name}' is not valid."),
)
STATUS: Final = Parameter("symbolStatus", word(SymbolStatus))
_ONE_OR_MANY: Final = (
    Parameter("symbol", SYMBOL),
    Parameter("symbols", SYMBOLS),
    STATUS,
)
_FIGURES_OF: Final = (*_ONE_OR_MANY, Parameter("type", _FIGURES))


def _asked(values: Values) -> Sequence[str]:
    """The symbols that a request names; none stands for all."""
    if "symbols" in values:
        return msgspec.json.decode(values.text("symbols"), type=list[str])
    return (values.text("symbol"),) if "symbol" in values else ()


def _price_weight(values: Values) -> int:
    return 2 if "symbol" in values else 4


def _day_weight(values: Values) -> int:
    count = len(_asked(values)) or _SYMBOLS_MAX + 1
    return next(weight for above, weight in _DAY_WEIGHTS if count > above)


def _window_weight(values: Values) -> int:
    return min(_EACH_WEIGHT * len(_asked(values)) or _EACH_WEIGHT, _EACH_WEIGHT_MAX)


class _Tickers:
    """Handlers over one venue and its tape."""

    def __init__(self, venue: Venue, tape: Tape) -> None:
        self._venue = venue
        self._tape = tape

    @property
    def _exchange(self) -> Exchange:
        return self._venue.exchange

    def price(self, call: Call) -> Body | Refusal:
        def shape(symbol: str) -> wire.Shape:
            price = self._exchange.last_price(symbol)
            return {"symbol": symbol, "price": amount(ZERO if price is None else price)}

        return self._each(call, shape)

    def book(self, call: Call) -> Body | Refusal:
        return self._each(
            call, lambda symbol: wire.book_ticker(symbol, touch_of(self._exchange, symbol))
        )

    def day(self, call: Call) -> Body | Refusal:
        mini = call.values.text("type") == "MINI"

        def shape(symbol: str) -> wire.Shape:
            window = self._tape.window(symbol, call.at_ns)
            if mini:
                return wire.mini_ticker(window, call.unit)
            return wire.ticker(window, touch_of(self._exchange, symbol), call.unit)

        return self._each(call, shape)

    def window(self, call: Call) -> Body | Refusal:
        length_ns = call.values.number("windowSize") or DAY_NS
        return self._figures(call, call.at_ns - length_ns, call.at_ns)

    def trading_day(self, call: Call) -> Body | Refusal:
        open_ns = call.at_ns - call.at_ns % DAY_NS
        # The day's last millisecond.
        return self._figures(call, open_ns, open_ns + DAY_NS - 1)

    def _figures(self, call: Call, open_ns: int, close_ns: int) -> Body | Refusal:
        """Of a window that must be asked for by symbol."""
        asked = _asked(call.values)
        if not asked:
            return either("symbol", "symbols")
        if len(asked) > _SYMBOLS_MAX:
            return _TOO_MANY
        mini = call.values.text("type") == "MINI"

        def shape(symbol: str) -> wire.Shape:
            window = self._tape.window(symbol, call.at_ns, call.at_ns - open_ns)
            window = msgspec.structs.replace(window, close_ns=close_ns)
            if mini:
                return wire.mini_ticker(window, call.unit)
            return wire.window_ticker(window, call.unit)

        return self._each(call, shape)

    def _each(self, call: Call, shape: Callable[[str], wire.Shape]) -> Body | Refusal:
        """One shape for `symbol`, a list of them for `symbols` or for all that are listed."""
        values, exchange = call.values, self._exchange
        if "symbol" in values and "symbols" in values:
            return BAD_COMBINATION
        asked = _asked(values)
        if len(set(asked)) < len(asked):
            return _DUPLICATES
        if any(symbol not in exchange.listings for symbol in asked):
            return INVALID_SYMBOL
        status = values.word("symbolStatus", SymbolStatus)
        fitting = [
            symbol
            for symbol in asked or exchange.listings
            if status in {None, exchange.status(symbol)}
        ]
        if "symbol" in values:
            return shape(fitting[0]) if fitting else OTHER_STATUS
        return [shape(symbol) for symbol in fitting]


def operations(venue: Venue, tape: Tape) -> tuple[Operation, ...]:
    """What the table offers about prices."""
    tickers = _Tickers(venue, tape)
    return (
        Operation(
            name="ticker.price",
            handler=tickers.price,
            weight=_price_weight,
            parameters=_ONE_OR_MANY,
        ),
        Operation(
            name="ticker.book",
            handler=tickers.book,
            weight=_price_weight,
            parameters=_ONE_OR_MANY,
        ),
        Operation(
            name="ticker.24hr", handler=tickers.day, weight=_day_weight, parameters=_FIGURES_OF
        ),
        Operation(
            name="ticker",
            handler=tickers.window,
            weight=_window_weight,
            parameters=(*_FIGURES_OF, Parameter("windowSize", _WINDOW)),
        ),
        Operation(
            name="ticker.tradingDay",
            handler=tickers.trading_day,
            weight=_window_weight,
            parameters=_FIGURES_OF,
        ),
    )
