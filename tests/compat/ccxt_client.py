"""ccxt as it is, URLs apart: everything that a trader does with it, on a sandbox.

Run by an interpreter that has the library: `python ccxt_client.py READY_LINE`.
"""

import asyncio
import json
import sys
from pathlib import Path

import ccxt.pro
from ccxt.base.errors import BadRequest, InsufficientFunds, OrderNotFound

PAIR = "BTC/USDT"
WAIT_S = 10


def exchange_of(ready, key):
    exchange = ccxt.pro.binance(
        {
            "apiKey": key["api_key"],
            "secret": key["api_secret"],
            "options": {
                "defaultType": "spot",
                "fetchMarkets": {"types": ["spot"]},
                # These ask another interface than the spot one, which a testnet has not either.
                "fetchCurrencies": False,
                "fetchMargins": False,
            },
        }
    )
    urls = exchange.urls["api"]
    urls["public"] = urls["private"] = ready["rest"] + "/api/v3"
    urls["v1"] = ready["rest"] + "/api/v1"
    urls["ws"]["spot"] = ready["stream"] + "/ws"
    urls["ws"]["ws-api"]["spot"] = ready["ws_api"]
    return exchange


async def refused(kind, call):
    try:
        await call
    except kind:
        return
    raise AssertionError("was not refused")


async def read_market(exchange):
    markets = await exchange.load_markets()
    market = markets[PAIR]
    assert market["active"] is True
    assert market["precision"]["price"] == 0.01
    book = await exchange.fetch_order_book(PAIR, 5)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert await exchange.fetch_trades(PAIR, limit=5)
    assert await exchange.fetch_ohlcv(PAIR, "1m", limit=5)
    assert (await exchange.fetch_ticker(PAIR))["last"] > 0
    assert len(await exchange.fetch_tickers()) > 1
    assert (await exchange.fetch_bids_asks([PAIR]))[PAIR]["bid"] > 0
    assert await exchange.fetch_time() > 0
    return book["bids"][0][0]


async def trade(exchange, bid):
    low, high = bid / 2, bid * 2
    bought = await exchange.create_order(PAIR, "market", "buy", 0.01)
    assert (bought["status"], bought["filled"]) == ("closed", 0.01)
    assert (await exchange.create_market_buy_order_with_cost(PAIR, 100))["status"] == "closed"
    resting = await exchange.create_order(
        PAIR, "limit", "buy", 0.002, low, {"clientOrderId": "ccxt-1"}
    )
    assert resting["status"] == "open"
    assert (await exchange.fetch_order(resting["id"], PAIR))["clientOrderId"] == "ccxt-1"
    assert [order["id"] for order in await exchange.fetch_open_orders(PAIR)] == [resting["id"]]
    edited = await exchange.edit_order(resting["id"], PAIR, "limit", "buy", 0.003, low)
    assert edited["amount"] == 0.003
    assert (await exchange.cancel_order(edited["id"], PAIR))["status"] == "canceled"
    await refused(OrderNotFound, exchange.cancel_order(edited["id"], PAIR))
    await refused(OrderNotFound, exchange.fetch_order("999999999", PAIR))
    await refused(InsufficientFunds, exchange.create_order(PAIR, "limit", "sell", 10, high))
    await refused(BadRequest, exchange.create_order(PAIR, "limit", "buy", 0.00001, low))
    stop = await exchange.create_order(PAIR, "limit", "sell", 0.001, low, {"stopLossPrice": low})
    profit = await exchange.create_order(PAIR, "market", "sell", 0.001, None, {"triggerPrice": low})
    maker = await exchange.create_order(PAIR, "limit", "sell", 0.001, high, {"postOnly": True})
    open_ids = {order["id"] for order in await exchange.fetch_open_orders(PAIR)}
    assert open_ids == {stop["id"], profit["id"], maker["id"]}
    await exchange.cancel_all_orders(PAIR)
    assert await exchange.fetch_open_orders(PAIR) == []
    assert {order["status"] for order in await exchange.fetch_orders(PAIR)} == {
        "closed",
        "canceled",
    }
    assert bought["id"] in {trade["order"] for trade in await exchange.fetch_my_trades(PAIR)}
    assert (await exchange.fetch_balance())["BTC"]["free"] > 0


async def trade_over_websocket(exchange, bid):
    placed = await exchange.create_order_ws(PAIR, "limit", "buy", 0.001, bid / 2)
    assert placed["status"] == "open"
    assert (await exchange.fetch_order_ws(placed["id"], PAIR))["id"] == placed["id"]
    assert await exchange.fetch_open_orders_ws(PAIR)
    assert (await exchange.cancel_order_ws(placed["id"], PAIR))["status"] == "canceled"
    # Its own reading of a spot account leaves the amounts out.
    assert (await exchange.fetch_balance_ws())["info"]["balances"]


async def hear_user_events(exchange):
    watching = asyncio.create_task(exchange.watch_orders(PAIR))
    balances = asyncio.create_task(exchange.watch_balance())
    placed = None
    while not (watching.done() and balances.done()):
        # What was placed before the subscription was in force is not heard of.
        placed = await exchange.create_order(PAIR, "market", "buy", 0.001)
        await asyncio.wait({watching, balances}, timeout=1)
    assert placed is not None
    assert watching.result()[0]["symbol"] == PAIR
    assert balances.result()["BTC"]["total"] > 0
    trades = asyncio.create_task(exchange.watch_my_trades(PAIR))
    await asyncio.sleep(0)
    await exchange.create_order(PAIR, "market", "sell", 0.001)
    assert (await asyncio.wait_for(trades, WAIT_S))[0]["symbol"] == PAIR


async def hear_market(exchange):
    for watch in (
        exchange.watch_order_book,
        exchange.watch_trades,
        exchange.watch_ticker,
        exchange.watch_ohlcv,
    ):
        assert await asyncio.wait_for(watch(PAIR), WAIT_S)
    assert (await asyncio.wait_for(exchange.watch_bids_asks([PAIR]), WAIT_S))[PAIR]["bid"] > 0


async def main(ready, key):
    exchange = exchange_of(ready, key)
    try:
        bid = await read_market(exchange)
        await trade(exchange, bid)
        await trade_over_websocket(exchange, bid)
        await hear_user_events(exchange)
        await hear_market(exchange)
    finally:
        await exchange.close()


ready_line = json.loads(sys.argv[1])
asyncio.run(main(ready_line, json.loads(Path(ready_line["key_file"]).read_text())))
