"""The venue's own SDK as it is, URLs apart: everything that a trader does with it, on a sandbox.

Its models check the type of every field of every answer. Run by an interpreter that has the
library: `python binance_sdk_client.py READY_LINE`.
"""

import asyncio
import json
import sys
from pathlib import Path

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError
from binance_sdk_spot.spot import Spot

SYMBOL = "BTCUSDT"
WAIT_S = 10


def refused(call, *args, **named):
    try:
        call(*args, **named)
    except BadRequestError as error:
        return str(error)
    raise AssertionError("was not refused")


def read_market(rest):
    info = rest.exchange_info(symbol=SYMBOL).data()
    assert info.symbols[0].status == "TRADING"
    assert rest.ping().status == 200
    assert rest.time().data().server_time > 0
    book = rest.depth(symbol=SYMBOL, limit=5).data()
    assert float(book.bids[0][0]) < float(book.asks[0][0])
    assert rest.get_trades(symbol=SYMBOL).data()
    assert rest.historical_trades(symbol=SYMBOL).data()
    assert rest.agg_trades(symbol=SYMBOL).data()
    assert rest.klines(symbol=SYMBOL, interval="1m").data()
    assert rest.ui_klines(symbol=SYMBOL, interval="1m").data()
    assert rest.avg_price(symbol=SYMBOL).data().price
    assert rest.ticker24hr(symbol=SYMBOL).data()
    assert rest.ticker_price(symbol=SYMBOL).data()
    assert rest.ticker_book_ticker(symbol=SYMBOL).data()
    return float(book.bids[0][0])


def trade_over_rest(rest, bid):
    low, high = round(bid / 2, 2), round(bid * 2, 2)
    rest.order_test(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.001)
    bought = rest.new_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01, new_client_order_id="sdk-1"
    ).data()
    assert bought.status == "FILLED"
    assert bought.fills
    resting = rest.new_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.002, price=low
    ).data()
    found = rest.get_order(symbol=SYMBOL, order_id=resting.order_id).data()
    assert (found.status, float(found.price)) == ("NEW", low)
    amended = rest.order_amend_keep_priority(
        symbol=SYMBOL, new_qty=0.001, order_id=resting.order_id
    ).data()
    assert float(amended.amended_order.qty) == 0.001
    assert len(rest.order_amendments(symbol=SYMBOL, order_id=resting.order_id).data()) == 1
    replaced = rest.order_cancel_replace(
        symbol=SYMBOL,
        side="BUY",
        type="LIMIT",
        cancel_replace_mode="STOP_ON_FAILURE",
        time_in_force="GTC",
        quantity=0.003,
        price=low,
        cancel_order_id=resting.order_id,
    ).data()
    assert replaced.new_order_result == "SUCCESS"
    assert len(rest.get_open_orders(symbol=SYMBOL).data()) == 1
    new_id = replaced.new_order_response.order_id
    assert rest.delete_order(symbol=SYMBOL, order_id=new_id).data().status == "CANCELED"
    assert "Unknown order sent." in refused(rest.delete_order, symbol=SYMBOL, order_id=new_id)
    oco = rest.order_list_oco(
        symbol=SYMBOL,
        side="SELL",
        quantity=0.001,
        above_type="LIMIT_MAKER",
        below_type="STOP_LOSS",
        above_price=high,
        below_stop_price=low,
    ).data()
    assert oco.contingency_type == "OCO"
    assert rest.get_order_list(order_list_id=oco.order_list_id).data().list_order_status
    assert rest.open_order_list().data()
    ended = rest.delete_order_list(symbol=SYMBOL, order_list_id=oco.order_list_id).data()
    assert ended.list_order_status == "ALL_DONE"
    otoco = rest.order_list_otoco(
        symbol=SYMBOL,
        working_type="LIMIT",
        working_side="BUY",
        working_price=low,
        working_quantity=0.001,
        working_time_in_force="GTC",
        pending_side="SELL",
        pending_quantity=0.001,
        pending_above_type="LIMIT_MAKER",
        pending_above_price=high,
        pending_below_type="STOP_LOSS",
        pending_below_stop_price=round(low / 2, 2),
    ).data()
    assert len(otoco.orders) == 3
    assert rest.delete_open_orders(symbol=SYMBOL).data()
    assert rest.all_order_list().data()
    assert rest.all_orders(symbol=SYMBOL).data()
    assert rest.my_trades(symbol=SYMBOL).data()
    assert rest.get_account().data().can_trade is True
    assert rest.account_commission(symbol=SYMBOL).data().symbol == SYMBOL
    assert rest.rate_limit_order().data()
    assert rest.my_filters(symbol=SYMBOL).data()


async def trade_over_websocket(spot, bid):
    connection = await spot.websocket_api.create_connection()
    heard = asyncio.Queue()
    try:
        subscribed = await connection.user_data_stream_subscribe_signature()
        subscribed.stream.on("message", heard.put_nowait)
        placed = await connection.order_place(
            symbol=SYMBOL,
            side="BUY",
            type="LIMIT",
            time_in_force="GTC",
            quantity=0.001,
            price=round(bid / 2, 2),
        )
        number = placed.data().result.order_id
        found = await connection.order_status(symbol=SYMBOL, order_id=number)
        assert found.data().result.status == "NEW"
        canceled = await connection.order_cancel(symbol=SYMBOL, order_id=number)
        assert canceled.data().result.status == "CANCELED"
        assert (await connection.account_status()).data().result.balances
        assert (await connection.depth(symbol=SYMBOL)).data().result.bids
        kinds = []
        while kinds.count("ExecutionReport") < 2:
            event = await asyncio.wait_for(heard.get(), WAIT_S)
            kinds.append(type(event.actual_instance).__name__)
    finally:
        await connection.close_connection(close_session=True)


async def hear_market(spot):
    connection = await spot.websocket_streams.create_connection()
    try:
        for subscribe in (
            connection.trade,
            connection.agg_trade,
            connection.book_ticker,
            connection.diff_book_depth,
            connection.mini_ticker,
        ):
            heard = asyncio.Queue()
            stream = await subscribe(symbol=SYMBOL.lower())
            stream.on("message", heard.put_nowait)
            event = await asyncio.wait_for(heard.get(), WAIT_S)
            assert event.s == SYMBOL
            await stream.unsubscribe()
    finally:
        await connection.close_connection(close_session=True)


async def over_websockets(spot, bid):
    await trade_over_websocket(spot, bid)
    await hear_market(spot)


def main(ready):
    key = json.loads(Path(ready["key_file"]).read_text())
    spot = Spot(
        ConfigurationRestAPI(**key, base_path=ready["rest"], timeout=10_000),
        ConfigurationWebSocketAPI(**key, stream_url=ready["ws_api"]),
        ConfigurationWebSocketStreams(stream_url=ready["stream"] + "/stream"),
    )
    bid = read_market(spot.rest_api)
    trade_over_rest(spot.rest_api, bid)
    asyncio.run(over_websockets(spot, bid))


main(json.loads(sys.argv[1]))
