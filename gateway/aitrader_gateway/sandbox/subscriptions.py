"""Names of market streams, and what each of them carries.

Binance Spot API, "Web Socket Streams". A beat is BEAT_MS long; a stream without beats tells things
as they happen.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from aitrader_gateway.sandbox.candles import Interval

BEAT_MS: Final = 100
_SECOND_BEATS: Final = 10
# Nothing that a client may call a stream is longer.
NAME_LENGTH_MAX: Final = 128
EVERY_SYMBOL: Final = ""


class Kind(StrEnum):
    TRADE = "trade"
    AGGREGATE = "aggTrade"
    TOUCH = "bookTicker"
    DIFF = "depth"
    PARTIAL = "partial depth"
    KLINE = "kline"
    MINI_TICKER = "miniTicker"
    TICKER = "ticker"
    WINDOW_TICKER = "window ticker"
    AVERAGE_PRICE = "avgPrice"
    ALL_MINI_TICKERS = "all mini tickers"
    ALL_WINDOW_TICKERS = "all window tickers"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """`symbol` in capitals, as the venue lists it."""

    name: str
    kind: Kind
    symbol: str = EVERY_SYMBOL
    beats: int = 0
    interval: Interval = Interval.M1
    offset_ns: int = 0
    levels: int = 0
    window: str = ""


_WELL_FORMED: Final = re.compile(r"[^@\s]+(@[^@\s]+)+")
_DEPTH: Final = re.compile(r"depth(5|10|20)?(@100ms|@1000ms)?")
_EVERY_WINDOW: Final = re.compile(r"!ticker_([^@]+)@arr")
_WINDOWS_MIN: Final = {"1h": 60, "4h": 240, "1d": 1440}
# The one zone other than UTC whose candles have streams.
_EASTERN: Final = "@+08:00"
_EASTERN_OFFSET_NS: Final = 8 * 3_600 * 1_000_000_000
_TIMED: Final = {Kind.MINI_TICKER, Kind.TICKER, Kind.AVERAGE_PRICE}
_AT_ONCE: Final = {Kind.TRADE, Kind.AGGREGATE, Kind.TOUCH}


def window_min(window: str) -> int:
    """Length in minutes of a ticker's window."""
    return _WINDOWS_MIN[window]


def well_formed(name: object) -> bool:
    """Whether the venue takes `name` for a stream, be there such a stream or not."""
    return (
        isinstance(name, str)
        and len(name) <= NAME_LENGTH_MAX
        and _WELL_FORMED.fullmatch(name) is not None
    )


@lru_cache(maxsize=4096)
def stream_named(name: str) -> Stream | None:
    """None: there is no such stream, and whoever listens to it hears nothing."""
    if name == "!miniTicker@arr":
        return Stream(name=name, kind=Kind.ALL_MINI_TICKERS, beats=_SECOND_BEATS)
    if (every := _EVERY_WINDOW.fullmatch(name)) and every[1] in _WINDOWS_MIN:
        kind = Kind.ALL_WINDOW_TICKERS
        return Stream(name=name, kind=kind, beats=_SECOND_BEATS, window=every[1])
    symbol, _, channel = name.partition("@")
    if not symbol or symbol != symbol.lower():
        return None
    read = (_plain, _depth, _candles, _window)
    streams = (each(name, symbol.upper(), channel) for each in read)
    return next((stream for stream in streams if stream is not None), None)


def _plain(name: str, symbol: str, channel: str) -> Stream | None:
    if channel in _AT_ONCE:
        return Stream(name=name, kind=Kind(channel), symbol=symbol)
    if channel in _TIMED:
        return Stream(name=name, kind=Kind(channel), symbol=symbol, beats=_SECOND_BEATS)
    return None


def _depth(name: str, symbol: str, channel: str) -> Stream | None:
    depth = _DEPTH.fullmatch(channel)
    if depth is None:
        return None
    levels, pace = depth.groups()
    return Stream(
        name=name,
        kind=Kind.PARTIAL if levels else Kind.DIFF,
        symbol=symbol,
        beats=1 if pace == "@100ms" else _SECOND_BEATS,
        levels=int(levels or 0),
    )


def _candles(name: str, symbol: str, channel: str) -> Stream | None:
    base = channel.removesuffix(_EASTERN)
    kind, _, interval = base.partition("_")
    if kind != "kline" or interval not in set(Interval):
        return None
    return Stream(
        name=name,
        kind=Kind.KLINE,
        symbol=symbol,
        beats=_SECOND_BEATS,
        interval=Interval(interval),
        offset_ns=0 if base == channel else _EASTERN_OFFSET_NS,
    )


def _window(name: str, symbol: str, channel: str) -> Stream | None:
    kind, _, window = channel.partition("_")
    if kind != "ticker" or window not in _WINDOWS_MIN:
        return None
    return Stream(
        name=name, kind=Kind.WINDOW_TICKER, symbol=symbol, beats=_SECOND_BEATS, window=window
    )
