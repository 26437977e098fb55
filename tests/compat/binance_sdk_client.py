"""The venue's own SDK as it is, URLs apart: everything that a trader does with it, on a sandbox.

Its models check the type of every field of every answer. Run by an interpreter that has the
library: `python binance_sdk_client.py READY_LINE PRIVATE_KEY`.
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
from binance_common.errors import BadRequestError, UnauthorizedError
from binance_sdk_spot.spot import Spot

SYMBOL = "BTCUSDT"
WAIT_S = 20


def refused(kind, call, *args, **named):
    try:
        call(*args, **named)
    except kind as error:
        return str(error)
    raise AssertionError("was not refused")


def read_market(rest):
    info = rest.exchange_info(symbol=SYMBOL).data()
    assert info.symbols[0].status == "TRADING"
    assert len(rest.exchange_info().data().symbols) > 1
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
    assert rest.ticker(symbol=SYMBOL, window_size="1h").data()
    assert rest.ticker_trading_day(symbol=SYMBOL).data()
    assert rest.ticker_price(symbol=SYMBOL).data()
    assert rest.ticker_book_ticker(symbol=SYMBOL).data()
    return float(book.bids[0][0])


def trade_single_orders(rest, low):
    rest.order_test(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.001)
    bought = rest.new_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.02, new_client_order_id="sdk-1"
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
    said = refused(BadRequestError, rest.delete_order, symbol=SYMBOL, order_id=new_id)
    assert "Unknown order sent." in said


def trade_lists(rest, low, high):
    working = {
        "symbol": SYMBOL,
        "working_type": "LIMIT",
        "working_side": "BUY",
        "working_price": low,
        "working_quantity": 0.001,
        "working_time_in_force": "GTC",
        "pending_side": "SELL",
    }
    above = {"pending_above_type": "LIMIT_MAKER", "pending_above_price": high}
    below = {"pending_below_type": "STOP_LOSS", "pending_below_stop_price": low - 1000}
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
    older = rest.order_oco(
        symbol=SYMBOL, side="SELL", quantity=0.001, price=high, stop_price=low
    ).data()
    oto = rest.order_list_oto(
        **working, pending_type="LIMIT_MAKER", pending_price=high, pending_quantity=0.001
    ).data()
    otoco = rest.order_list_otoco(**working, pending_quantity=0.001, **above, **below).data()
    assert [len(placed.orders) for placed in (older, oto, otoco)] == [2, 2, 3]
    said = refused(BadRequestError, rest.order_list_opoco, **working, **above, **below)
    assert "not supported for this symbol" in said
    assert rest.delete_open_orders(symbol=SYMBOL).data()
    assert rest.get_open_orders().data() == []
    assert len(rest.all_order_list().data()) == 4


def read_account(rest):
    assert rest.all_orders(symbol=SYMBOL).data()
    assert rest.my_trades(symbol=SYMBOL).data()
    assert rest.my_prevented_matches(symbol=SYMBOL, order_id=1).data() == []
    assert rest.get_account().data().can_trade is True
    assert rest.account_commission(symbol=SYMBOL).data().symbol == SYMBOL
    assert rest.rate_limit_order().data()
    assert rest.my_filters(symbol=SYMBOL).data()


async def trade_over_websocket(spot, low):
    connection = await spot.websocket_api.create_connection()
    heard = asyncio.Queue()
    try:
        subscribed = await connection.user_data_stream_subscribe_signature()
        subscribed.stream.on("message", heard.put_nowait)
        placed = await connection.order_place(
            symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.002, price=low
        )
        number = placed.data().result.order_id
        found = await connection.order_status(symbol=SYMBOL, order_id=number)
        assert found.data().result.status == "NEW"
        amended = await connection.order_amend_keep_priority(
            symbol=SYMBOL, new_qty=0.001, order_id=number
        )
        assert float(amended.data().result.amended_order.qty) == 0.001
        canceled = await connection.order_cancel(symbol=SYMBOL, order_id=number)
        assert canceled.data().result.status == "CANCELED"
        assert (await connection.account_status()).data().result.balances
        assert (await connection.depth(symbol=SYMBOL)).data().result.bids
        assert (await connection.klines(symbol=SYMBOL, interval="1m")).data().result
        kinds = []
        while kinds.count("ExecutionReport") < 3:
            event = await asyncio.wait_for(heard.get(), WAIT_S)
            kinds.append(type(event.actual_instance).__name__)
        assert "OutboundAccountPosition" in kinds
    finally:
        await connection.close_connection(close_session=True)


async def trade_in_a_session(spot):
    connection = await spot.websocket_api.create_connection()
    try:
        assert (await connection.session_logon()).data().result.api_key
        subscribed = await connection.user_data_stream_subscribe()
        heard = asyncio.Queue()
        subscribed.stream.on("message", heard.put_nowait)
        sold = await connection.order_place(
            symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.001
        )
        assert sold.data().result.status == "FILLED"
        await asyncio.wait_for(heard.get(), WAIT_S)
        assert (await connection.session_status()).data().result.api_key
        await connection.session_logout()
    finally:
        await connection.close_connection(close_session=True)


async def hear_market(spot):
    connection = await spot.websocket_streams.create_connection()
    try:
        for subscribe, more in (
            (connection.trade, {}),
            (connection.agg_trade, {}),
            (connection.book_ticker, {}),
            (connection.diff_book_depth, {}),
            (connection.kline, {"interval": "1m"}),
            (connection.mini_ticker, {}),
            (connection.ticker, {}),
            (connection.rolling_window_ticker, {"window_size": "1h"}),
            (connection.avg_price, {}),
        ):
            heard = asyncio.Queue()
            stream = await subscribe(symbol=SYMBOL.lower(), **more)
            stream.on("message", heard.put_nowait)
            event = await asyncio.wait_for(heard.get(), WAIT_S)
            assert event.s == SYMBOL
        stream = await connection.partial_book_depth(symbol=SYMBOL.lower(), levels="5")
        heard = asyncio.Queue()
        stream.on("message", heard.put_nowait)
        assert len((await asyncio.wait_for(heard.get(), WAIT_S)).bids) == 5
        await stream.unsubscribe()
    finally:
        await connection.close_connection(close_session=True)


async def over_websockets(spot, in_session, low):
    await asyncio.gather(trade_over_websocket(spot, low), hear_market(spot))
    await trade_in_a_session(in_session)


def main(ready, key, private_key):
    rest = {"base_path": ready["rest"], "timeout": 10_000}
    spot = Spot(
        ConfigurationRestAPI(**key, **rest),
        ConfigurationWebSocketAPI(**key, stream_url=ready["ws_api"]),
        ConfigurationWebSocketStreams(stream_url=ready["stream"] + "/stream"),
    )
    (public_key,) = ready["public_keys"].values()
    asymmetric = {"api_key": public_key, "private_key": private_key}
    in_session = Spot(
        ConfigurationRestAPI(**asymmetric, **rest),
        ConfigurationWebSocketAPI(**asymmetric, stream_url=ready["ws_api"]),
    )
    bid = read_market(spot.rest_api)
    low, high = float(round(bid / 2)), float(round(bid * 2))
    trade_single_orders(spot.rest_api, low)
    trade_lists(spot.rest_api, low, high)
    read_account(spot.rest_api)
    assert in_session.rest_api.get_account().data().can_trade is True
    stranger = Spot(ConfigurationRestAPI(**{**key, "api_key": "0" * 64}, **rest))
    assert refused(UnauthorizedError, stranger.rest_api.get_account)
    asyncio.run(over_websockets(spot, in_session, low))


ready_line = json.loads(sys.argv[1])
main(
    ready_line,
    json.loads(Path(ready_line["key_file"]).read_text()),
    Path(sys.argv[2]).read_text(),
)
