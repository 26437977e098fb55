"""Frames are understood as a whole, or not at all."""

from decimal import Decimal

import pytest
from aitrader_gateway.binance.market_events import (
    BestPrices,
    CandleUpdate,
    DepthChange,
    LastTrade,
    Malformed,
    Shutdown,
    Subscriptions,
    decode,
    streams_of,
)

TICKER = '{"u":7,"s":"BTCUSDT","b":"25.3","B":"31.2","a":"25.4","A":"40.6"}'
TRADE = '{"e":"aggTrade","E":1,"s":"BTCUSDT","a":5,"p":"0.001","q":"1","f":1,"l":2,"T":9,"m":true}'
DEPTH = '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":157,"u":160,"b":[["0.0024","10"]],"a":[]}'
CANDLE = (
    '{"t":60000,"T":119999,"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"1.0","c":"1.1","h":"1.2",'
    '"l":"0.9","v":"5","n":2,"x":true,"q":"5","V":"1","Q":"1","B":"0"}'
)
KLINE = f'{{"e":"kline","E":4,"s":"BTCUSDT","k":{CANDLE}}}'


def wrapped(stream, data):
    return f'{{"stream":"btcusdt@{stream}","data":{data}}}'


def test_each_event_says_what_its_stream_carries():
    assert decode(wrapped("bookTicker", TICKER)) == BestPrices(
        7, "BTCUSDT", Decimal("25.3"), Decimal("31.2"), Decimal("25.4"), Decimal("40.6")
    )
    assert decode(wrapped("aggTrade", TRADE)) == LastTrade("BTCUSDT", 5, Decimal("0.001"), 9)
    assert decode(wrapped("depth@100ms", DEPTH)) == DepthChange(
        "BTCUSDT", 157, 160, ((Decimal("0.0024"), Decimal(10)),), ()
    )
    update = decode(wrapped("kline_1m", KLINE))
    assert isinstance(update, CandleUpdate)
    assert (update.at_ms, update.candle.open_ms, update.candle.closed) == (4, 60_000, True)
    assert (update.candle.high, update.candle.low) == (Decimal("1.2"), Decimal("0.9"))


def test_an_answer_lists_the_streams_in_bytes_or_text():
    frame = '{"result":["btcusdt@bookTicker"],"id":3}'
    assert decode(frame.encode()) == decode(frame)
    assert decode(frame) == Subscriptions(3, frozenset({"btcusdt@bookTicker"}))


@pytest.mark.parametrize(
    "frame",
    [
        '{"e":"serverShutdown","E":1}',
        '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}',
    ],
)
def test_a_shutdown_is_heard_in_both_of_its_shapes(frame):
    assert decode(frame) == Shutdown()


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        b"\xff\xfe",
        wrapped("bookTicker", "{}"),
        wrapped("bookTicker", TICKER.replace('"25.3"', '"NaN"')),
        wrapped("bookTicker", TICKER.replace('"25.3"', '"-1"')),
        wrapped("bookTicker", TICKER.replace('"25.3"', '"1,5"')),
        wrapped("bookTicker", TICKER.replace(":7,", ':"7",')),
        wrapped("depth@100ms", DEPTH.replace("160", "156")),
        wrapped("depth@100ms", DEPTH.replace('"10"', '"Infinity"')),
        wrapped("depth@100ms", DEPTH.replace('["0.0024","10"]', '["0.0024"]')),
        wrapped("kline_1m", KLINE.replace('"1.2"', "null")),
        wrapped("ticker", TICKER),
        '{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}',
    ],
)
def test_anything_else_is_malformed(frame):
    with pytest.raises(Malformed):
        decode(frame)


def test_every_stream_of_a_symbol_is_one_that_is_understood():
    assert streams_of("BTCUSDT") == (
        "btcusdt@bookTicker",
        "btcusdt@aggTrade",
        "btcusdt@depth@100ms",
        "btcusdt@kline_1m",
    )
