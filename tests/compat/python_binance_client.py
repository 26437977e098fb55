"""python-binance as it is, URLs apart: everything that a trader does with it, on a sandbox.

Run by an interpreter that has the library: `python python_binance_client.py READY_LINE`.
"""

import asyncio
import json
import sys
from decimal import Decimal
from pathlib import Path

from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException

SYMBOL = "BTCUSDT"
WAIT_S = 10


def client_of(ready, key):
    class Client(AsyncClient):
        API_URL = API_TESTNET_URL = API_DEMO_URL = ready["rest"] + "/api"
        WS_API_URL = WS_API_TESTNET_URL = WS_API_DEMO_URL = ready["ws_api"]

    return Client.create(key["api_key"], key["api_secret"])


def sockets_of(ready, client):
    class Sockets(BinanceSocketManager):
        STREAM_URL = STREAM_TESTNET_URL = STREAM_DEMO_URL = ready["stream"] + "/"

    return Sockets(client)


async def refusal(call):
    try:
        await call
    except BinanceAPIException as error:
        return error.status_code, error.code
    raise AssertionError("was not refused")


async def read_market(client):
    info = await client.get_symbol_info(SYMBOL)
    assert info["status"] == "TRADING"
    assert {f["filterType"] for f in info["filters"]} >= {"PRICE_FILTER", "LOT_SIZE", "NOTIONAL"}
    assert {s["symbol"] for s in (await client.get_exchange_info())["symbols"]} >= {SYMBOL}
    book = await client.get_order_book(symbol=SYMBOL, limit=5)
    assert Decimal(book["bids"][0][0]) < Decimal(book["asks"][0][0])
    trades = await client.get_recent_trades(symbol=SYMBOL)
    assert [t["id"] for t in trades] == sorted(t["id"] for t in trades)
    assert await client.get_historical_trades(symbol=SYMBOL, limit=5)
    assert (await client.get_aggregate_trades(symbol=SYMBOL))[-1]["l"] <= trades[-1]["id"] + 1000
    klines = await client.get_klines(symbol=SYMBOL, interval="1m")
    assert Decimal(klines[-1][2]) >= Decimal(klines[-1][3]) > 0
    assert Decimal((await client.get_avg_price(symbol=SYMBOL))["price"]) > 0
    assert (await client.get_ticker(symbol=SYMBOL))["symbol"] == SYMBOL
    assert Decimal((await client.get_symbol_ticker(symbol=SYMBOL))["price"]) > 0
    assert len(await client.get_all_tickers()) > 1
    assert len(await client.get_orderbook_tickers()) > 1
    return Decimal(book["bids"][0][0])


async def trade_over_rest(client, bid):
    low, high = str((bid / 2).quantize(Decimal("0.01"))), str((bid * 2).quantize(Decimal("0.01")))
    await client.create_test_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.001", newClientOrderId="t-1"
    )
    bought = await client.order_market_buy(
        symbol=SYMBOL, quantity="0.01", newClientOrderId="market-1"
    )
    assert bought["status"] == "FILLED"
    assert sum(Decimal(fill["qty"]) for fill in bought["fills"]) == Decimal("0.01")
    by_quote = await client.create_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quoteOrderQty="100", newClientOrderId="quote-1"
    )
    assert by_quote["status"] == "FILLED"
    resting = await client.order_limit_buy(
        symbol=SYMBOL, quantity="0.002", price=low, newClientOrderId="limit-1"
    )
    assert resting["status"] == "NEW"
    found = await client.get_order(symbol=SYMBOL, origClientOrderId="limit-1")
    assert (found["orderId"], found["price"]) == (resting["orderId"], f"{Decimal(low):.8f}")
    assert [o["orderId"] for o in await client.get_open_orders(symbol=SYMBOL)] == [found["orderId"]]
    replaced = await client.cancel_replace_order(
        symbol=SYMBOL,
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.003",
        price=low,
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=found["orderId"],
        newClientOrderId="limit-2",
    )
    assert replaced["cancelResult"] == replaced["newOrderResult"] == "SUCCESS"
    amended = await client._put(
        "order/amend/keepPriority",
        True,
        data={"symbol": SYMBOL, "origClientOrderId": "limit-2", "newQty": "0.001"},
    )
    assert Decimal(amended["amendedOrder"]["qty"]) == Decimal("0.001")
    canceled = await client.cancel_order(
        symbol=SYMBOL, orderId=replaced["newOrderResponse"]["orderId"]
    )
    assert canceled["status"] == "CANCELED"
    assert await refusal(client.cancel_order(symbol=SYMBOL, orderId=canceled["orderId"])) == (
        400,
        -2011,
    )
    assert await refusal(client.get_order(symbol=SYMBOL, origClientOrderId="nobody")) == (
        400,
        -2013,
    )
    for order_type, extra in (
        ("LIMIT_MAKER", {"price": high}),
        ("STOP_LOSS_LIMIT", {"price": low, "stopPrice": low, "timeInForce": "GTC"}),
        ("TAKE_PROFIT", {"stopPrice": high}),
        ("TAKE_PROFIT_LIMIT", {"price": high, "stopPrice": high, "timeInForce": "GTC"}),
        ("STOP_LOSS", {"stopPrice": low}),
        ("STOP_LOSS", {"trailingDelta": 500}),
    ):
        placed = await client.create_order(
            symbol=SYMBOL,
            side="SELL",
            type=order_type,
            quantity="0.001",
            newOrderRespType="RESULT",
            **extra,
        )
        assert placed["status"] == "NEW", placed
        await client.cancel_order(symbol=SYMBOL, orderId=placed["orderId"])
    oco = await client.create_oco_order(
        symbol=SYMBOL,
        side="SELL",
        quantity="0.001",
        aboveType="LIMIT_MAKER",
        abovePrice=high,
        belowType="STOP_LOSS",
        belowStopPrice=low,
    )
    assert oco["listOrderStatus"] == "EXECUTING"
    listed = await client.v3_get_order_list(orderListId=oco["orderListId"])
    assert len(listed["orders"]) == 2
    assert [o["orderListId"] for o in await client.v3_get_open_order_list()] == [oco["orderListId"]]
    ended = await client.v3_delete_order_list(symbol=SYMBOL, orderListId=oco["orderListId"])
    assert ended["listOrderStatus"] == "ALL_DONE"
    oto = await client.v3_post_order_list_oto(
        symbol=SYMBOL,
        workingType="LIMIT",
        workingSide="BUY",
        workingPrice=low,
        workingQuantity="0.001",
        workingTimeInForce="GTC",
        pendingType="LIMIT_MAKER",
        pendingSide="SELL",
        pendingPrice=high,
        pendingQuantity="0.001",
    )
    assert oto["contingencyType"] == "OTO"
    assert await client.cancel_all_open_orders(symbol=SYMBOL)
    assert await client.get_open_orders() == []
    trades = await client.get_my_trades(symbol=SYMBOL)
    assert {t["orderId"] for t in trades} == {bought["orderId"], by_quote["orderId"]}
    assert len(await client.get_all_orders(symbol=SYMBOL)) >= 12
    account = await client.get_account()
    assert account["canTrade"] is True
    assert Decimal((await client.get_asset_balance("BTC"))["free"]) > 0
    assert await client.get_current_order_count()
    assert await client.v3_get_account_commission(symbol=SYMBOL)


async def trade_over_websocket(client, bid):
    low, high = str(int(bid / 2)), str(int(bid * 2))
    resting = {"symbol": SYMBOL, "quantity": "0.001", "price": low}
    limit = {**resting, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    await client.ws_create_test_order(**limit, newClientOrderId="ws-0")
    placed = await client.ws_order_limit_buy(**resting, newClientOrderId="ws-1")
    assert placed["status"] == "NEW"
    assert (await client.ws_get_order(symbol=SYMBOL, orderId=placed["orderId"]))["price"]
    assert len(await client.ws_get_open_orders(symbol=SYMBOL)) == 1
    replaced = await client.ws_cancel_and_replace_order(
        **limit,
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=placed["orderId"],
        newClientOrderId="ws-2",
    )
    number = replaced["newOrderResponse"]["orderId"]
    canceled = await client.ws_cancel_order(symbol=SYMBOL, orderId=number)
    assert canceled["status"] == "CANCELED"
    assert (await client.ws_order_market_sell(symbol=SYMBOL, quantity="0.001"))["fills"]
    oco = await client.ws_create_oco_order(
        symbol=SYMBOL,
        side="SELL",
        quantity="0.001",
        aboveType="LIMIT_MAKER",
        abovePrice=high,
        belowType="STOP_LOSS",
        belowStopPrice=low,
    )
    assert (await client.ws_get_oco_order(orderListId=oco["orderListId"]))["orders"]
    assert len(await client.ws_get_oco_open_orders()) == 1
    ended = await client.ws_cancel_oco_order(symbol=SYMBOL, orderListId=oco["orderListId"])
    assert ended["listOrderStatus"] == "ALL_DONE"
    oto = await client.ws_create_oto_order(
        symbol=SYMBOL,
        workingType="LIMIT",
        workingSide="BUY",
        workingPrice=low,
        workingQuantity="0.001",
        workingTimeInForce="GTC",
        pendingType="LIMIT_MAKER",
        pendingSide="SELL",
        pendingPrice=high,
        pendingQuantity="0.001",
    )
    assert [report["status"] for report in oto["orderReports"]] == ["NEW", "PENDING_NEW"]
    assert await client.ws_cancel_all_open_orders(symbol=SYMBOL)
    assert await client.ws_get_open_orders() == []


async def read_over_websocket(client):
    await client.ws_ping()
    assert (await client.ws_get_time())["serverTime"]
    assert len((await client.ws_get_exchange_info(symbol=SYMBOL))["symbols"]) == 1
    assert (await client.ws_get_account())["balances"]
    assert (await client.ws_get_order_book(symbol=SYMBOL))["bids"]
    assert await client.ws_get_all_orders(symbol=SYMBOL)
    assert await client.ws_get_my_trades(symbol=SYMBOL)
    assert await client.ws_get_account_rate_limits_orders()
    assert (await client.ws_get_commission_rates(symbol=SYMBOL))["standardCommission"]
    for read in (
        client.ws_get_recent_trades,
        client.ws_get_historical_trades,
        client.ws_get_aggregate_trades,
        client.ws_get_avg_price,
        client.ws_get_ticker,
        client.ws_get_symbol_ticker,
        client.ws_get_orderbook_ticker,
    ):
        assert await read(symbol=SYMBOL)
    for read in (client.ws_get_klines, client.ws_get_uiKlines):
        assert await read(symbol=SYMBOL, interval="1m")


async def hear_user_events(client, sockets):
    async with sockets.user_socket() as socket:
        # Python 3.12 and later lose what comes with the reply to the subscription.
        await asyncio.sleep(0.5)
        await client.order_market_buy(symbol=SYMBOL, quantity="0.001", newClientOrderId="heard-1")
        seen = []
        while "outboundAccountPosition" not in seen:
            event = await asyncio.wait_for(socket.recv(), WAIT_S)
            seen.append(event["e"])
            if event["e"] == "executionReport":
                assert event["c"] == "heard-1"
        assert seen.count("executionReport") >= 2


async def hear_market(sockets):
    streams = ["btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@trade", "btcusdt@kline_1m"]
    async with sockets.multiplex_socket(streams) as socket:
        wanted = set(streams)
        while wanted:
            message = await asyncio.wait_for(socket.recv(), WAIT_S)
            wanted.discard(message["stream"])
            assert message["data"]["s"] == SYMBOL
    async with sockets.trade_socket(SYMBOL) as socket:
        assert (await asyncio.wait_for(socket.recv(), WAIT_S))["e"] == "trade"


async def main(ready, key):
    client = await client_of(ready, key)
    try:
        sockets = sockets_of(ready, client)
        bid = await read_market(client)
        await trade_over_rest(client, bid)
        await trade_over_websocket(client, bid)
        await read_over_websocket(client)
        await hear_user_events(client, sockets)
        await hear_market(sockets)
    finally:
        await client.close_connection()


ready_line = json.loads(sys.argv[1])
asyncio.run(main(ready_line, json.loads(Path(ready_line["key_file"]).read_text())))
