"""Market streams as a plain client hears them."""

import asyncio
import json
from itertools import pairwise

import pytest
import websockets
from aitrader_server.domain.words import Side
from sandbox_faces import USER, Faces, combined, connected, joined, raw


async def test_a_trade_is_told_raw(faces: Faces):
    async with connected(raw(faces, "btcusdt@trade")) as peer:
        faces.trade("100.00", "2")
        frame = await peer.next()
        assert frame == {
            "e": "trade",
            "E": frame["T"],
            "s": "BTCUSDT",
            "t": 1,
            "p": "100.00000000",
            "q": "2.00000000",
            "T": frame["T"],
            "m": False,
            "M": True,
        }


async def test_combined_frames_name_their_stream(faces: Faces):
    streams = ("btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker")
    async with connected(combined(faces, *streams)) as peer:
        faces.place(Side.SELL, "100.00", "3")
        ticker = await peer.next()
        assert ticker["stream"] == "btcusdt@bookTicker"
        assert set(ticker["data"]) == {"u", "s", "b", "B", "a", "A"}
        assert (ticker["data"]["a"], ticker["data"]["b"]) == ("100.00000000", "0.00000000")
        faces.place(Side.BUY, "100.00", "1", by=USER)
        frames = [await peer.next() for _ in range(3)]
        assert [frame["stream"] for frame in frames] == list(streams)


async def test_an_address_names_as_many_streams_as_a_connection_may_have(faces: Faces):
    others = [f"s{number}usdt@bookTicker" for number in range(1023)]
    async with connected(combined(faces, *others, "btcusdt@trade")) as peer:
        faces.trade("100.00", "2")
        assert (await peer.next())["stream"] == "btcusdt@trade"


async def test_executions_of_one_order_at_one_price_are_one_aggregate(faces: Faces):
    for price, quantity in (("100.00", "1"), ("100.00", "2"), ("101.00", "4")):
        faces.place(Side.SELL, price, quantity)
    async with connected(raw(faces, "btcusdt@aggTrade")) as peer:
        faces.place(Side.BUY, "101.00", "7", by=USER)
        first, second = await peer.next(), await peer.next()
        assert (first["a"], first["f"], first["l"], first["q"]) == (1, 1, 2, "3.00000000")
        assert (second["a"], second["f"], second["l"], second["p"]) == (2, 3, 3, "101.00000000")


async def test_a_book_is_told_whole_at_its_pace(faces: Faces):
    for price in range(100, 107):
        faces.place(Side.BUY, f"{price}.00", "1")
    async with connected(raw(faces, "btcusdt@depth5@100ms")) as peer:
        frame = await peer.next()
        assert frame["lastUpdateId"] == 7
        assert frame["bids"][0] == ["106.00000000", "1.00000000"]
        assert len(frame["bids"]) == 5
        assert frame["asks"] == []


async def test_candles_and_tickers_come_every_second(faces: Faces):
    faces.trade("100.00", "1")
    faces.trade("110.00", "2", taker=Side.SELL)
    names = (
        "btcusdt@kline_1s",
        "btcusdt@miniTicker",
        "btcusdt@ticker",
        "btcusdt@ticker_1h",
        "btcusdt@avgPrice",
    )
    async with connected(combined(faces, *names)) as peer:
        faces.trade("105.00", "1")
        frames = {}
        while set(frames) != set(names):
            frame = await peer.next()
            frames[frame["stream"]] = frame["data"]
        assert frames["btcusdt@miniTicker"]["c"] == "105.00000000"
        ticker = frames["btcusdt@ticker"]
        assert (ticker["o"], ticker["h"], ticker["v"]) == (
            "100.00000000",
            "110.00000000",
            "4.00000000",
        )
        assert (ticker["p"], ticker["P"], ticker["n"]) == ("5.00000000", "5.000", 3)
        assert frames["btcusdt@ticker_1h"]["e"] == "1hTicker"
        assert frames["btcusdt@avgPrice"]["w"] == "106.25000000"
        assert frames["btcusdt@kline_1s"]["k"]["i"] == "1s"


async def test_a_candle_is_told_closed_once(faces: Faces):
    faces.trade("100.00", "1")
    async with connected(raw(faces, "btcusdt@kline_1s")) as peer:
        candles = [(await peer.next())["k"] for _ in range(6)]
    closed = [candle["t"] for candle in candles if candle["x"]]
    assert closed == sorted(set(closed))
    assert len(closed) >= 2
    assert all(candle["T"] - candle["t"] == 999 for candle in candles)
    assert all(later - earlier == 1000 for earlier, later in pairwise(closed))


@pytest.mark.parametrize(
    ("stream", "kind"), [("!miniTicker@arr", "24hrMiniTicker"), ("!ticker_1h@arr", "1hTicker")]
)
async def test_all_tickers_that_changed_come_in_one_list(faces: Faces, stream, kind):
    async with connected(raw(faces, stream)) as peer:
        await joined(faces, stream)
        faces.trade("100.00", "1")
        rows = await peer.next()
        assert [(row["s"], row["e"]) for row in rows] == [("BTCUSDT", kind)]


async def test_subscriptions_change_on_the_way(faces: Faces):
    async with connected(f"{faces.stream_url}ws") as peer:
        assert await peer.ask("SUBSCRIBE", ["btcusdt@trade", "nosuch@trade"]) == {
            "result": None,
            "id": 1,
        }
        listed = await peer.ask("LIST_SUBSCRIPTIONS")
        assert listed["result"] == ["btcusdt@trade", "nosuch@trade"]
        faces.trade("100.00", "1")
        assert (await peer.next())["e"] == "trade"
        await peer.ask("UNSUBSCRIBE", ["btcusdt@trade", "never@joined"])
        faces.trade("100.00", "1")
        assert await peer.quiet()


async def test_a_bad_request_is_answered_with_its_code(faces: Faces):
    async with connected(f"{faces.stream_url}ws") as peer:
        await peer.socket.send('{"id":1,')
        assert (await peer.next())["error"]["code"] == 3
        assert (await peer.ask("SUBSCRIBE", [1]))["error"]["code"] == 2
        assert (await peer.ask("LIST_SUBSCRIPTIONS"))["result"] == []


async def test_streams_of_symbols_that_are_not_listed_are_silent(faces: Faces):
    async with connected(combined(faces, "nosuch@ticker", "nosuch@kline_1s")) as peer:
        assert await peer.quiet(1.2)


async def test_a_reset_venue_counts_from_the_start(faces: Faces):
    async with connected(raw(faces, "btcusdt@aggTrade")) as peer:
        faces.trade("100.00", "1")
        faces.trade("100.00", "1")
        assert [(await peer.next())["a"] for _ in range(2)] == [1, 2]
        faces.reset()
        faces.trade("100.00", "1")
        assert (await peer.next())["a"] == 1


async def test_frames_can_be_wrapped_on_the_way(faces: Faces):
    async with connected(raw(faces, "btcusdt@trade")) as peer:
        assert (await peer.ask("GET_PROPERTY", ["combined"]))["result"] is False
        assert (await peer.ask("SET_PROPERTY", ["combined", True]))["result"] is None
        faces.trade("100.00", "1")
        assert (await peer.next())["stream"] == "btcusdt@trade"


async def test_more_streams_than_a_connection_may_have_are_refused(faces: Faces):
    names = [f"x{number}@trade" for number in range(1024)]
    async with connected(f"{faces.stream_url}ws") as peer:
        assert (await peer.ask("SUBSCRIBE", names))["result"] is None
        refused = await peer.ask("SUBSCRIBE", ["btcusdt@trade"])
        assert refused["error"]["code"] == 2
        assert not faces.hub.streams.wanted("btcusdt@trade")
        assert (await peer.ask("SUBSCRIBE", names[:1]))["result"] is None


async def test_too_many_messages_a_second_end_the_connection(faces: Faces):
    async with connected(raw(faces, "btcusdt@trade")) as peer:
        for number in range(5):
            await peer.socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
        for number in range(5):
            assert (await peer.next())["id"] == number
        await peer.socket.ping()
        assert await peer.closed() == 1008


async def test_pings_are_answered_with_their_payload(faces: Faces):
    async with connected(raw(faces, "btcusdt@trade")) as peer:
        # The library itself compares the payloads.
        await asyncio.wait_for(await peer.socket.ping(b"payload"), 5)


async def test_an_unknown_unit_is_refused_and_a_known_one_used(faces: Faces):
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(f"{raw(faces, 'btcusdt@trade')}?timeUnit=HOUR"):
            pass
    assert refused.value.response.status_code == 400
    async with connected(f"{raw(faces, 'btcusdt@trade')}?timeUnit=microsecond") as peer:
        faces.trade("100.00", "1")
        assert (await peer.next())["T"] > 10**15


async def test_three_hundred_connections_in_five_minutes_and_no_more(faces: Faces):
    for _ in range(300):
        reader, writer = await asyncio.open_connection("127.0.0.1", faces.port)
        writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(f"{faces.stream_url}ws"):
            pass
    assert refused.value.response.status_code == 429
