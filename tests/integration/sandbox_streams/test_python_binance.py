"""python-binance as it is, URLs apart, on the sandbox's WebSockets."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from aitrader_server.domain.words import Side
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from sandbox_faces import KEY, SECRET, USER, Faces, joined

WAIT_S = 5


def brisk(socket, timeout_s=0.2):
    """Ends without waiting ten seconds for one message more."""
    socket.TIMEOUT = timeout_s
    return socket


@pytest.fixture
async def client(faces: Faces) -> AsyncIterator[AsyncClient]:
    class LocalClient(AsyncClient):
        API_URL = faces.rest_url
        WS_API_URL = faces.ws_api_url

    client = LocalClient(KEY, SECRET)
    client.ws_api._ws_kwargs = {"proxy": None}
    # Requests wait for as long as that, too.
    brisk(client.ws_api, timeout_s=2)
    yield client
    await client.close_connection()


@pytest.fixture
def sockets(faces: Faces, client: AsyncClient) -> BinanceSocketManager:
    class LocalSockets(BinanceSocketManager):
        STREAM_URL = faces.stream_url

    sockets = LocalSockets(client, max_queue_size=10_000)
    sockets.ws_kwargs = {"proxy": None}
    return sockets


async def received(socket) -> dict:
    return await asyncio.wait_for(socket.recv(), WAIT_S)


async def test_a_user_socket_hears_what_its_client_does_over_rest_and_websocket(
    faces: Faces, client: AsyncClient, sockets: BinanceSocketManager
):
    faces.place(Side.SELL, "100.00", "5")
    async with sockets.user_socket() as user:
        placed = await client.create_order(
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="1.00000",
            price="100.00",
            newClientOrderId="rest-1",
        )
        events = [await received(user) for _ in range(3)]
        assert [event["e"] for event in events] == [
            "executionReport",
            "executionReport",
            "outboundAccountPosition",
        ]
        assert events[1]["X"] == "FILLED"
        assert events[1]["i"] == placed["orderId"]
        market = await client.ws_create_order(
            symbol="BTCUSDT",
            side="BUY",
            type="MARKET",
            quantity="1.00000",
            newClientOrderId="ws-1",
        )
        assert market["status"] == "FILLED"
        assert (await received(user))["c"] == "ws-1"
    assert not faces.hub.accounts.wanted(USER)


async def test_orders_go_over_the_websocket_api(faces: Faces, client: AsyncClient):
    placed = await client.ws_create_order(
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="1.00000",
        price="100.00",
        newClientOrderId="a-1",
    )
    assert placed["status"] == "NEW"
    found = await client.ws_get_order(symbol="BTCUSDT", origClientOrderId="a-1")
    assert found["orderId"] == placed["orderId"]
    replaced = await client.ws_cancel_and_replace_order(
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="1.00000",
        price="101.00",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrigClientOrderId="a-1",
        newClientOrderId="a-2",
    )
    assert replaced["newOrderResult"] == "SUCCESS"
    (resting,) = await client.ws_get_open_orders(symbol="BTCUSDT")
    assert resting["clientOrderId"] == "a-2"
    canceled = await client.ws_cancel_order(symbol="BTCUSDT", origClientOrderId="a-2")
    assert canceled["status"] == "CANCELED"
    with pytest.raises(BinanceAPIException) as refused:
        await client.ws_cancel_order(symbol="BTCUSDT", origClientOrderId="a-2")
    assert (refused.value.status_code, refused.value.code) == (400, -2011)
    account = await client.ws_get_account()
    usdt = next(row for row in account["balances"] if row["asset"] == "USDT")
    assert Decimal(usdt["locked"]) == 0
    assert faces.exchange.orders(USER, "BTCUSDT")


async def test_market_data_comes_over_the_websocket_api(faces: Faces, client: AsyncClient):
    faces.trade("100.00", "2")
    faces.place(Side.BUY, "99.00", "1")
    assert (await client.ws_get_order_book(symbol="BTCUSDT"))["bids"] == [
        ["99.00000000", "1.00000000"]
    ]
    (trade,) = await client.ws_get_recent_trades(symbol="BTCUSDT")
    assert (trade["id"], trade["quoteQty"]) == (1, "200.00000000")
    assert await client.ws_get_historical_trades(symbol="BTCUSDT", fromId=1) == [trade]
    (aggregate,) = await client.ws_get_aggregate_trades(symbol="BTCUSDT")
    assert (aggregate["f"], aggregate["q"]) == (1, "2.00000000")
    (kline,) = await client.ws_get_klines(symbol="BTCUSDT", interval="1d")
    assert kline[1:6] == ["100.00000000"] * 4 + ["2.00000000"]
    assert await client.ws_get_uiKlines(symbol="BTCUSDT", interval="1d") == [kline]
    assert (await client.ws_get_avg_price(symbol="BTCUSDT"))["price"] == "100.00000000"
    assert (await client.ws_get_ticker(symbol="BTCUSDT"))["bidPrice"] == "99.00000000"
    assert (await client.ws_get_symbol_ticker(symbol="BTCUSDT"))["price"] == "100.00000000"
    assert (await client.ws_get_orderbook_ticker(symbol="BTCUSDT"))["bidQty"] == "1.00000000"


async def test_a_multiplex_socket_hears_all_its_streams(
    faces: Faces, sockets: BinanceSocketManager
):
    names = ["btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@trade"]
    async with brisk(sockets.multiplex_socket(names)) as socket:
        await joined(faces, *names)
        faces.trade("100.00", "1")
        frames = [await received(socket) for _ in range(4)]
    heard = [frame["stream"] for frame in frames]
    assert sorted(set(heard)) == names
    depth = next(frame["data"] for frame in frames if "depth" in frame["stream"])
    assert (depth["U"], depth["u"]) == (1, 2)


async def test_single_sockets_hear_their_stream(faces: Faces, sockets: BinanceSocketManager):
    async with (
        brisk(sockets.trade_socket("BTCUSDT")) as trades,
        brisk(sockets.aggtrade_socket("BTCUSDT")) as aggregates,
        brisk(sockets.depth_socket("BTCUSDT", depth="5", interval=100)) as book,
        brisk(sockets.symbol_book_ticker_socket("BTCUSDT")) as ticker,
        brisk(sockets.kline_socket("BTCUSDT", interval="1m")) as candles,
    ):
        await joined(faces, "btcusdt@kline_1m", "btcusdt@trade", "btcusdt@aggTrade")
        faces.trade("100.00", "1")
        assert (await received(trades))["t"] == 1
        assert (await received(aggregates))["a"] == 1
        assert "lastUpdateId" in await received(book)
        assert (await received(ticker))["s"] == "BTCUSDT"
        assert (await received(candles))["k"]["v"] == "1.00000000"
