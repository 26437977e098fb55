"""Public market data as the venue's replies and streams spell it.

Binance Spot API, "Market data endpoints" and "Web Socket Streams".
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from aitrader_gateway.sandbox.candles import Candle, Interval
from aitrader_gateway.sandbox.matching.model import Depth, MarketTrade
from aitrader_gateway.sandbox.tape import Aggregate, Window
from aitrader_gateway.sandbox.wire.scalars import TimeUnit, amount

Shape = dict[str, object]
Levels = Iterable[tuple[Decimal, Decimal]]
# Best bid and best ask, each price and quantity; zeros stand for an empty side.
Touch = tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]]


def levels(side: Levels) -> list[list[str]]:
    """Pairs of price and quantity."""
    return [[amount(price), amount(quantity)] for price, quantity in side]


def depth(book: Depth) -> Shape:
    return {
        "lastUpdateId": book.update,
        "bids": levels(book.bids),
        "asks": levels(book.asks),
    }


def trade(row: MarketTrade, unit: TimeUnit) -> Shape:
    return {
        "id": row.number,
        "price": amount(row.price),
        "qty": amount(row.quantity),
        "quoteQty": amount(row.price * row.quantity),
        "time": unit.of(row.at_ns),
        "isBuyerMaker": row.buyer_is_maker,
        "isBestMatch": True,
    }


def aggregate(row: Aggregate, unit: TimeUnit) -> Shape:
    return {
        "a": row.number,
        "p": amount(row.price),
        "q": amount(row.quantity),
        "f": row.first_trade,
        "l": row.last_trade,
        "T": unit.of(row.at_ns),
        "m": row.buyer_is_maker,
        "M": True,
    }


def kline(row: Candle, unit: TimeUnit) -> list[object]:
    return [
        unit.of(row.open_ns),
        amount(row.open),
        amount(row.high),
        amount(row.low),
        amount(row.close),
        amount(row.volume),
        unit.of(row.end_ns) - 1,
        amount(row.quote_volume),
        row.trades,
        amount(row.taker_volume),
        amount(row.taker_quote_volume),
        "0",
    ]


def average_price(mins: int, price: Decimal, last_ns: int, unit: TimeUnit) -> Shape:
    """`last_ns` is when the last trade happened."""
    return {"mins": mins, "price": amount(price), "closeTime": unit.of(last_ns)}


def book_ticker(symbol: str, touch: Touch) -> Shape:
    (bid, bid_quantity), (ask, ask_quantity) = touch
    return {
        "symbol": symbol,
        "bidPrice": amount(bid),
        "bidQty": amount(bid_quantity),
        "askPrice": amount(ask),
        "askQty": amount(ask_quantity),
    }


def mini_ticker(row: Window, unit: TimeUnit) -> Shape:
    return {
        "symbol": row.symbol,
        "openPrice": amount(row.total.open),
        "highPrice": amount(row.total.high),
        "lowPrice": amount(row.total.low),
        "lastPrice": amount(row.last_price),
        "volume": amount(row.total.volume),
        "quoteVolume": amount(row.total.quote_volume),
        "openTime": unit.of(row.open_ns),
        "closeTime": unit.of(row.close_ns),
        "firstId": row.total.first_trade,
        "lastId": row.total.last_trade,
        "count": row.total.trades,
    }


def ticker(row: Window, touch: Touch, unit: TimeUnit) -> Shape:
    (bid, bid_quantity), (ask, ask_quantity) = touch
    return {
        "symbol": row.symbol,
        "priceChange": amount(row.change),
        "priceChangePercent": format(row.change_percent, ".3f"),
        "weightedAvgPrice": amount(row.average_price),
        "prevClosePrice": amount(row.previous_close),
        "lastPrice": amount(row.last_price),
        "lastQty": amount(row.last_quantity),
        "bidPrice": amount(bid),
        "bidQty": amount(bid_quantity),
        "askPrice": amount(ask),
        "askQty": amount(ask_quantity),
        **{key: value for key, value in mini_ticker(row, unit).items() if key != "symbol"},
    }


def window_ticker(row: Window, unit: TimeUnit) -> Shape:
    """Figures of another window than the day."""
    figures = mini_ticker(row, unit)
    return {
        "symbol": figures.pop("symbol"),
        "priceChange": amount(row.change),
        "priceChangePercent": format(row.change_percent, ".3f"),
        "weightedAvgPrice": amount(row.average_price),
        **figures,
    }


def trade_event(row: MarketTrade, unit: TimeUnit) -> Shape:
    at = unit.of(row.at_ns)
    return {
        "e": "trade",
        "E": at,
        "s": row.symbol,
        "t": row.number,
        "p": amount(row.price),
        "q": amount(row.quantity),
        "T": at,
        "m": row.buyer_is_maker,
        "M": True,
    }


def aggregate_event(row: Aggregate, unit: TimeUnit) -> Shape:
    return {
        "e": "aggTrade",
        "E": unit.of(row.at_ns),
        "s": row.symbol,
        **aggregate(row, unit),
    }


def book_ticker_event(symbol: str, update: int, touch: Touch) -> Shape:
    (bid, bid_quantity), (ask, ask_quantity) = touch
    return {
        "u": update,
        "s": symbol,
        "b": amount(bid),
        "B": amount(bid_quantity),
        "a": amount(ask),
        "A": amount(ask_quantity),
    }


def depth_event(
    symbol: str, updates: tuple[int, int], bids: Levels, asks: Levels, at: int
) -> Shape:
    """`updates` are the first and the last that went into it; a quantity of zero deletes."""
    first, last = updates
    return {
        "e": "depthUpdate",
        "E": at,
        "s": symbol,
        "U": first,
        "u": last,
        "b": levels(bids),
        "a": levels(asks),
    }


def kline_event(symbol: str, interval: Interval, row: Candle, at_ns: int, unit: TimeUnit) -> Shape:
    """What is closed says so."""
    return {
        "e": "kline",
        "E": unit.of(at_ns),
        "s": symbol,
        "k": {
            "t": unit.of(row.open_ns),
            "T": unit.of(row.end_ns) - 1,
            "s": symbol,
            "i": interval,
            "f": row.first_trade,
            "L": row.last_trade,
            "o": amount(row.open),
            "c": amount(row.close),
            "h": amount(row.high),
            "l": amount(row.low),
            "v": amount(row.volume),
            "n": row.trades,
            "x": row.end_ns <= at_ns,
            "q": amount(row.quote_volume),
            "V": amount(row.taker_volume),
            "Q": amount(row.taker_quote_volume),
            "B": "0",
        },
    }


def mini_ticker_event(row: Window, unit: TimeUnit) -> Shape:
    return {
        "e": "24hrMiniTicker",
        "E": unit.of(row.close_ns),
        "s": row.symbol,
        "c": amount(row.last_price),
        "o": amount(row.total.open),
        "h": amount(row.total.high),
        "l": amount(row.total.low),
        "v": amount(row.total.volume),
        "q": amount(row.total.quote_volume),
    }


def ticker_event(row: Window, touch: Touch, unit: TimeUnit) -> Shape:
    (bid, bid_quantity), (ask, ask_quantity) = touch
    return {
        "e": "24hrTicker",
        "E": unit.of(row.close_ns),
        "s": row.symbol,
        "p": amount(row.change),
        "P": format(row.change_percent, ".3f"),
        "w": amount(row.average_price),
        "x": amount(row.previous_close),
        "c": amount(row.last_price),
        "Q": amount(row.last_quantity),
        "b": amount(bid),
        "B": amount(bid_quantity),
        "a": amount(ask),
        "A": amount(ask_quantity),
        **_totals(row, unit),
    }


def window_ticker_event(row: Window, window: str, unit: TimeUnit) -> Shape:
    """Figures of another window than the day, such as "1h"."""
    return {
        "e": f"{window}Ticker",
        "E": unit.of(row.close_ns),
        "s": row.symbol,
        "p": amount(row.change),
        "P": format(row.change_percent, ".3f"),
        "c": amount(row.last_price),
        "w": amount(row.average_price),
        **_totals(row, unit),
    }


def _totals(row: Window, unit: TimeUnit) -> Mapping[str, object]:
    return {
        "o": amount(row.total.open),
        "h": amount(row.total.high),
        "l": amount(row.total.low),
        "v": amount(row.total.volume),
        "q": amount(row.total.quote_volume),
        "O": unit.of(row.open_ns),
        "C": unit.of(row.close_ns),
        "F": row.total.first_trade,
        "L": row.total.last_trade,
        "n": row.total.trades,
    }


def average_price_event(
    symbol: str, mins: int, price: Decimal, unit: TimeUnit, *, last_ns: int, at_ns: int
) -> Shape:
    """`last_ns` is when the last trade happened."""
    return {
        "e": "avgPrice",
        "E": unit.of(at_ns),
        "s": symbol,
        "i": f"{mins}m",
        "w": amount(price),
        "T": unit.of(last_ns),
    }
