"""Every order call of python-binance against the REST face, as its users make them."""

import pytest
from aitrader_gateway.sandbox.keys import ApiKey, KeyKind
from binance.exceptions import BinanceAPIException
from Crypto.PublicKey import ECC, RSA
from local_binance import local_client

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1",
    "price": "100",
}
SALE = LIMIT | {"side": "SELL"}
RESULT_FIELDS = {
    "symbol",
    "orderId",
    "orderListId",
    "clientOrderId",
    "transactTime",
    "price",
    "origQty",
    "executedQty",
    "origQuoteOrderQty",
    "cummulativeQuoteQty",
    "status",
    "timeInForce",
    "type",
    "side",
    "workingTime",
    "selfTradePreventionMode",
}


async def test_an_order_lives_from_placing_to_cancelling(client):
    placed = await client.create_order(newClientOrderId="a-1", **LIMIT)
    assert set(placed) == RESULT_FIELDS | {"fills"}
    assert isinstance(placed["orderId"], int)
    assert placed["price"] == "100.00000000"
    number = placed["orderId"]
    asked = await client.get_order(symbol="BTCUSDT", orderId=number)
    assert (asked["clientOrderId"], asked["status"]) == ("a-1", "NEW")
    assert await client.get_open_orders() == [asked]
    assert await client.get_open_orders(symbol="BTCUSDT") == [asked]
    canceled = await client.cancel_order(symbol="BTCUSDT", origClientOrderId="a-1")
    assert (canceled["status"], canceled["origClientOrderId"]) == ("CANCELED", "a-1")
    assert canceled["clientOrderId"] != "a-1"
    assert await client.get_open_orders() == []
    [remembered] = await client.get_all_orders(symbol="BTCUSDT")
    assert (remembered["orderId"], remembered["status"]) == (number, "CANCELED")


async def test_a_market_order_trades_and_pays(client, maker):
    await maker.create_order(**SALE | {"quantity": "3"})
    bought = await client.order_market_buy(symbol="BTCUSDT", quantity="2")
    assert (bought["status"], bought["executedQty"]) == ("FILLED", "2.00000000")
    assert bought["fills"][0]["commissionAsset"] == "BTC"
    spent = await client.order_market_buy(symbol="BTCUSDT", quoteOrderQty="50")
    assert (spent["origQty"], spent["origQuoteOrderQty"]) == ("0.50000000", "50.00000000")
    trades = await client.get_my_trades(symbol="BTCUSDT")
    assert [trade["qty"] for trade in trades] == ["2.00000000", "0.50000000"]
    later = await client.get_my_trades(symbol="BTCUSDT", fromId=trades[1]["id"])
    assert later == trades[1:]
    account = await client.get_account()
    balances = {row["asset"]: row for row in account["balances"]}
    assert balances["USDT"]["free"] == "999750.00000000"
    assert balances["BTC"]["free"] == "102.49750000"
    assert (await client.get_asset_balance(asset="BTC"))["free"] == "102.49750000"


async def test_orders_of_every_type_are_placed(client, maker):
    await maker.create_order(**SALE | {"quantity": "0.1"})
    await client.create_order(**LIMIT | {"quantity": "0.1"})
    common = {"symbol": "BTCUSDT", "quantity": "1"}
    placed = [
        await client.order_limit_buy(price="90", **common),
        await client.order_limit_sell(price="200", **common),
        await client.create_order(side="BUY", type="LIMIT_MAKER", price="80", **common),
        await client.create_order(side="SELL", type="STOP_LOSS", stopPrice="50", **common),
        await client.create_order(
            side="SELL",
            type="STOP_LOSS_LIMIT",
            stopPrice="50",
            price="49",
            timeInForce="GTC",
            newOrderRespType="RESULT",
            **common,
        ),
        await client.create_order(side="SELL", type="TAKE_PROFIT", stopPrice="150", **common),
        await client.create_order(
            side="SELL", type="STOP_LOSS", trailingDelta=500, newOrderRespType="FULL", **common
        ),
    ]
    assert placed[4]["stopPrice"] == "50.00000000"
    assert set(placed[4]) == RESULT_FIELDS | {"stopPrice"}
    assert placed[6]["trailingDelta"] == 500
    assert set(placed[3]) == {
        "symbol",
        "orderId",
        "orderListId",
        "clientOrderId",
        "transactTime",
    }
    assert len(await client.get_open_orders(symbol="BTCUSDT")) == len(placed)


async def test_a_test_order_leaves_nothing_behind(client):
    assert await client.create_test_order(**LIMIT) == {}
    assert await client.get_all_orders(symbol="BTCUSDT") == []


async def test_an_order_is_replaced(client):
    await client.create_order(newClientOrderId="old", **LIMIT)
    body = await client.cancel_replace_order(
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrigClientOrderId="old",
        **LIMIT | {"price": "101"},
    )
    assert (body["cancelResult"], body["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert body["newOrderResponse"]["price"] == "101.00000000"
    with pytest.raises(BinanceAPIException) as refused:
        await client.cancel_replace_order(
            cancelReplaceMode="STOP_ON_FAILURE", cancelOrigClientOrderId="old", **LIMIT
        )
    assert (refused.value.status_code, refused.value.code) == (400, -2022)
    with pytest.raises(BinanceAPIException) as half:
        await client.cancel_replace_order(
            cancelReplaceMode="ALLOW_FAILURE", cancelOrigClientOrderId="old", **LIMIT
        )
    assert (half.value.status_code, half.value.code) == (409, -2021)
    data = (await half.value.response.json())["data"]
    assert data["newOrderResponse"]["status"] == "NEW"


async def test_an_order_is_amended(client):
    placed = await client.create_order(newClientOrderId="a", **LIMIT)
    asked = {"symbol": "BTCUSDT", "orderId": placed["orderId"], "newQty": "0.5"}
    body = await client._put("order/amend/keepPriority", True, data=asked)
    assert body["amendedOrder"]["qty"] == "0.50000000"
    asked = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    [record] = await client._get("order/amendments", True, data=asked)
    assert (record["origQty"], record["newQty"]) == ("1.00000000", "0.50000000")


@pytest.fixture
async def _last_price(client, maker):
    """Something traded at 100."""
    await maker.create_order(**SALE | {"quantity": "0.1"})
    await client.create_order(**LIMIT | {"quantity": "0.1"})


@pytest.mark.usefixtures("_last_price")
async def test_lists_are_placed_looked_up_and_cancelled(client):
    pair = await client.create_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="1",
        aboveType="LIMIT_MAKER",
        abovePrice="110",
        belowType="STOP_LOSS_LIMIT",
        belowStopPrice="90",
        belowPrice="89",
        belowTimeInForce="GTC",
    )
    assert (pair["contingencyType"], len(pair["orderReports"])) == ("OCO", 2)
    working = {
        "symbol": "BTCUSDT",
        "workingType": "LIMIT",
        "workingSide": "BUY",
        "workingPrice": "95",
        "workingQuantity": "1",
        "workingTimeInForce": "GTC",
        "pendingSide": "SELL",
        "pendingQuantity": "1",
    }
    oto = await client._post(
        "orderList/oto",
        True,
        data=working | {"pendingType": "LIMIT", "pendingPrice": "120", "pendingTimeInForce": "GTC"},
    )
    assert [report["status"] for report in oto["orderReports"]] == ["NEW", "PENDING_NEW"]
    otoco = await client._post(
        "orderList/otoco",
        True,
        data=working
        | {
            "pendingAboveType": "LIMIT_MAKER",
            "pendingAbovePrice": "120",
            "pendingBelowType": "STOP_LOSS",
            "pendingBelowStopPrice": "80",
        },
    )
    assert len(otoco["orderReports"]) == 3
    numbers = [body["orderListId"] for body in (pair, oto, otoco)]
    opened = await client._get("openOrderList", True, data={})
    assert [item["orderListId"] for item in opened] == numbers
    asked = {"orderListId": numbers[0]}
    assert await client._get("orderList", True, data=asked) == opened[0]
    asked = {"symbol": "BTCUSDT", "orderListId": numbers[0]}
    done = await client._delete("orderList", True, data=asked)
    assert (done["listOrderStatus"], len(done["orderReports"])) == ("ALL_DONE", 2)
    rows = await client._delete("openOrders", True, data={"symbol": "BTCUSDT"})
    assert [row["orderListId"] for row in rows] == numbers[1:]
    everything = await client._get("allOrderList", True, data={})
    assert {item["listOrderStatus"] for item in everything} == {"ALL_DONE"}


@pytest.mark.usefixtures("_last_price")
async def test_the_older_pair_is_still_taken(client):
    body = await client._post(
        "order/oco",
        True,
        data={
            "symbol": "BTCUSDT",
            "side": "SELL",
            "quantity": "1",
            "price": "110",
            "stopPrice": "90",
        },
    )
    types = [report["type"] for report in body["orderReports"]]
    assert types == ["LIMIT_MAKER", "STOP_LOSS"]


async def test_the_venue_describes_itself(client):
    information = await client.get_exchange_info()
    assert "BTCUSDT" in [symbol["symbol"] for symbol in information["symbols"]]
    one = await client._get("exchangeInfo", data={"symbols": "%5B%22BTCUSDT%22%5D"})
    raw = await client._get("exchangeInfo", data={"symbols": '["BTCUSDT"]'})
    assert [symbol["symbol"] for symbol in raw["symbols"]] == ["BTCUSDT"]
    assert one["symbols"] == raw["symbols"]
    rates = await client._get("account/commission", True, data={"symbol": "BTCUSDT"})
    assert rates["standardCommission"]["maker"] == "0.00100000"
    assert [item["count"] for item in await client.get_current_order_count()] == [0, 0]
    filters = await client._get("myFilters", True, data={"symbol": "BTCUSDT"})
    assert filters["symbolFilters"]
    assert await client.get_prevented_matches(symbol="BTCUSDT", orderId=1) == []
    assert await client.get_allocations(symbol="BTCUSDT") == []


async def test_refusals_carry_the_venues_code(client):
    with pytest.raises(BinanceAPIException) as refused:
        await client.create_order(**LIMIT | {"symbol": "NOSUCH"})
    assert (refused.value.status_code, refused.value.code, refused.value.message) == (
        400,
        -1121,
        "Invalid symbol.",
    )
    with pytest.raises(BinanceAPIException) as unknown:
        await client.cancel_order(symbol="BTCUSDT", orderId=99)
    assert (unknown.value.code, unknown.value.message) == (-2011, "Unknown order sent.")


def rsa_pair() -> tuple[str, str]:
    pair = RSA.generate(2048)
    return pair.export_key().decode(), pair.public_key().export_key().decode()


def ed25519_pair() -> tuple[str, str]:
    pair = ECC.generate(curve="ed25519")
    return pair.export_key(format="PEM"), pair.public_key().export_key(format="PEM")


@pytest.mark.parametrize(
    ("kind", "make"), [(KeyKind.RSA, rsa_pair), (KeyKind.ED25519, ed25519_pair)]
)
async def test_keys_of_every_kind_sign_every_method(desk, url, kind, make):
    private, public = make()
    desk.keys.add(ApiKey(key="pair", account="alice", secret=public, kind=kind))
    client = local_client(url)("pair", private_key=private)
    try:
        placed = await client.create_order(**LIMIT)
        asked = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
        assert (await client.get_order(**asked))["status"] == "NEW"
        amended = await client._put(
            "order/amend/keepPriority", True, data=asked | {"newQty": "0.5"}
        )
        assert amended["amendedOrder"]["qty"] == "0.50000000"
        assert (await client.cancel_order(**asked))["status"] == "CANCELED"
    finally:
        await client.close_connection()
