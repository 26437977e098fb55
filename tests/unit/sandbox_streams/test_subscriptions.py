"""Names of streams."""

import pytest
from aitrader_gateway.sandbox.candles import Interval
from aitrader_gateway.sandbox.subscriptions import Kind, stream_named, well_formed


@pytest.mark.parametrize(
    ("name", "kind", "beats"),
    [
        ("btcusdt@trade", Kind.TRADE, 0),
        ("btcusdt@aggTrade", Kind.AGGREGATE, 0),
        ("btcusdt@bookTicker", Kind.TOUCH, 0),
        ("btcusdt@miniTicker", Kind.MINI_TICKER, 10),
        ("btcusdt@ticker", Kind.TICKER, 10),
        ("btcusdt@ticker_1h", Kind.WINDOW_TICKER, 10),
        ("btcusdt@ticker_1d", Kind.WINDOW_TICKER, 10),
        ("btcusdt@avgPrice", Kind.AVERAGE_PRICE, 10),
        ("btcusdt@depth", Kind.DIFF, 10),
        ("btcusdt@depth@1000ms", Kind.DIFF, 10),
        ("btcusdt@depth@100ms", Kind.DIFF, 1),
        ("btcusdt@depth5", Kind.PARTIAL, 10),
        ("btcusdt@depth20@100ms", Kind.PARTIAL, 1),
        ("!miniTicker@arr", Kind.ALL_MINI_TICKERS, 10),
        ("!ticker_4h@arr", Kind.ALL_WINDOW_TICKERS, 10),
        ("btcusdt@kline_1d@+08:00", Kind.KLINE, 10),
        *((f"btcusdt@kline_{interval}", Kind.KLINE, 10) for interval in Interval),
    ],
)
def test_every_stream_has_its_name(name, kind, beats):
    stream = stream_named(name)
    assert stream is not None
    assert (stream.kind, stream.beats, stream.name) == (kind, beats, name)
    assert stream.symbol == ("" if name.startswith("!") else "BTCUSDT")


@pytest.mark.parametrize(
    "name",
    [
        "BTCUSDT@trade",
        "btcusdt@Trade",
        "btcusdt@kline_7m",
        "btcusdt@kline_1M@",
        "btcusdt@kline_1d@+09:00",
        "btcusdt@depth7",
        "btcusdt@depth@250ms",
        "btcusdt@ticker_3h",
        "!ticker@arr",
        "!ticker_3h@arr",
        "@trade",
        "listenkey",
    ],
)
def test_what_is_no_stream_is_none(name):
    assert stream_named(name) is None


def test_months_and_minutes_differ():
    month, minute = stream_named("btcusdt@kline_1M"), stream_named("btcusdt@kline_1m")
    assert month is not None
    assert minute is not None
    assert (month.interval, minute.interval) == (Interval.MONTH, Interval.M1)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("nosuch@stream", True),
        ("btcusdt@depth@100ms", True),
        ("btcusdt", False),
        ("btcusdt@", False),
        ("btc usdt@trade", False),
        ("x" * 130 + "@trade", False),
        (7, False),
        (None, False),
    ],
)
def test_well_formed_names_need_not_exist(name, good):
    assert well_formed(name) is good
