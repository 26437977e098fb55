"""What the venue answers to orders, field by field."""

import pytest
from venue_desk import MAKER_KEY, START_NS

NOW_MS = START_NS // 1_000_000
ACK = {
    "symbol": "BTCUSDT",
    "orderId": 1,
    "orderListId": -1,
    "clientOrderId": "a-1",
    "transactTime": NOW_MS,
}
RESULT = ACK | {
    "price": "100.00000000",
    "origQty": "1.00000000",
    "executedQty": "0.00000000",
    "origQuoteOrderQty": "0.00000000",
    "cummulativeQuoteQty": "0.00000000",
    "status": "NEW",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "BUY",
    "workingTime": NOW_MS,
    "selfTradePreventionMode": "EXPIRE_MAKER",
}


@pytest.mark.parametrize(
    ("response", "expected"),
    [("ACK", ACK), ("RESULT", RESULT), ("FULL", RESULT | {"fills": []})],
)
def test_a_new_order_is_told_as_asked(desk, response, expected):
    answer = desk.limit("BUY", "100", newClientOrderId="a-1", newOrderRespType=response)
    assert answer.status == 200
    assert answer.body == expected


def test_a_limit_order_is_told_in_full_unless_asked_otherwise(desk):
    assert "fills" in desk.limit("BUY", "100").body


def test_a_limit_maker_order_is_only_acknowledged_unless_asked_otherwise(desk):
    answer = desk.ask(
        "order.place",
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT_MAKER",
        price="100",
        quantity="1",
    )
    assert answer.body == ACK | {"clientOrderId": answer.body["clientOrderId"]}


def test_a_market_order_tells_its_fills(desk):
    desk.limit("SELL", "100", "2", key=MAKER_KEY)
    answer = desk.ask(
        "order.place",
        symbol="BTCUSDT",
        side="BUY",
        type="MARKET",
        quantity="1",
        newClientOrderId="a-1",
    )
    assert answer.body == RESULT | {
        "orderId": 2,
        "price": "0.00000000",
        "executedQty": "1.00000000",
        "cummulativeQuoteQty": "100.00000000",
        "status": "FILLED",
        "type": "MARKET",
        "fills": [
            {
                "price": "100.00000000",
                "qty": "1.00000000",
                "commission": "0.00100000",
                "commissionAsset": "BTC",
                "tradeId": answer.body["fills"][0]["tradeId"],
            }
        ],
    }


def test_a_stop_that_waits_has_not_worked_yet(desk):
    desk.limit("SELL", "100", key=MAKER_KEY)
    desk.limit("BUY", "100", "0.1")
    answer = desk.ask(
        "order.place",
        symbol="BTCUSDT",
        side="BUY",
        type="STOP_LOSS_LIMIT",
        price="120",
        stopPrice="110",
        quantity="1",
        timeInForce="GTC",
        strategyId="7",
        strategyType="1000000",
        newOrderRespType="RESULT",
    )
    assert answer.body["workingTime"] == -1
    assert answer.body["stopPrice"] == "110.00000000"
    assert (answer.body["strategyId"], answer.body["strategyType"]) == (7, 1_000_000)
    queried = desk.ask("order.status", symbol="BTCUSDT", orderId=str(answer.body["orderId"]))
    assert queried.body["isWorking"] is False
    assert queried.body["workingTime"] == -1


def test_a_queried_order_has_every_field(desk, clock):
    desk.limit("BUY", "100", newClientOrderId="a-1")
    clock.advance(ms=5)
    answer = desk.ask("order.status", symbol="BTCUSDT", origClientOrderId="a-1")
    assert answer.body == {
        "symbol": "BTCUSDT",
        "orderId": 1,
        "orderListId": -1,
        "clientOrderId": "a-1",
        "price": "100.00000000",
        "origQty": "1.00000000",
        "executedQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY",
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": NOW_MS,
        "updateTime": NOW_MS,
        "isWorking": True,
        "workingTime": NOW_MS,
        "origQuoteOrderQty": "0.00000000",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }
    assert desk.ask("openOrders.status").body == [answer.body]
    assert desk.ask("openOrders.status", symbol="BTCUSDT").body == [answer.body]
    assert desk.ask("openOrders.status", symbol="ETHUSDT").body == []
    assert desk.ask("allOrders", symbol="BTCUSDT").body == [answer.body]


def test_a_cancelled_order_names_both_ids(desk):
    desk.limit("BUY", "100", newClientOrderId="a-1")
    answer = desk.ask(
        "order.cancel", symbol="BTCUSDT", origClientOrderId="a-1", newClientOrderId="c-1"
    )
    result = {name: RESULT[name] for name in RESULT if name != "workingTime"}
    assert answer.body == result | {
        "origClientOrderId": "a-1",
        "clientOrderId": "c-1",
        "status": "CANCELED",
    }


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (
            {},
            -1102,
            "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
        ),
        ({"orderId": "7"}, -2013, "Order does not exist."),
        ({"origClientOrderId": "nobody"}, -2013, "Order does not exist."),
        ({"orderId": "1", "origClientOrderId": "b-1"}, -2013, "Order does not exist."),
    ],
)
def test_an_order_that_is_not_there(desk, params, code, text):
    desk.limit("BUY", "100", newClientOrderId="a-1")
    answer = desk.ask("order.status", symbol="BTCUSDT", **params)
    assert answer.status == 400
    assert answer.body == {"code": code, "msg": text}


def test_a_cancel_of_nothing_is_refused(desk):
    answer = desk.ask("order.cancel", symbol="BTCUSDT", orderId="7")
    assert (answer.status, answer.body) == (
        400,
        {"code": -2011, "msg": "Unknown order sent."},
    )


def test_orders_are_numbered_by_the_venue_where_their_sender_did_not(desk):
    first = desk.limit("BUY", "100").body["clientOrderId"]
    second = desk.limit("BUY", "100").body["clientOrderId"]
    assert first
    assert first != second


def test_trades_are_told_to_both_sides(desk):
    desk.limit("SELL", "100", "2", key=MAKER_KEY)
    desk.limit("BUY", "100", "0.5")
    [taken] = desk.ask("myTrades", symbol="BTCUSDT").body
    assert taken == {
        "symbol": "BTCUSDT",
        "id": taken["id"],
        "orderId": 2,
        "orderListId": -1,
        "price": "100.00000000",
        "qty": "0.50000000",
        "quoteQty": "50.00000000",
        "commission": "0.00050000",
        "commissionAsset": "BTC",
        "time": NOW_MS,
        "isBuyer": True,
        "isMaker": False,
        "isBestMatch": True,
    }
    [made] = desk.ask("myTrades", key=MAKER_KEY, symbol="BTCUSDT", orderId="1").body
    assert (made["isBuyer"], made["isMaker"], made["id"]) == (False, True, taken["id"])


def test_a_tested_order_is_not_placed(desk):
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    desk.limit("SELL", "100", "2", key=MAKER_KEY)
    assert desk.ask("order.test", **order).body == {}
    rates = desk.ask("order.test", computeCommissionRates="true", **order).body
    assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    assert desk.ask("allOrders", symbol="BTCUSDT").body == []


def test_what_the_venue_does_not_offer_is_refused_in_its_words(desk):
    pegged = desk.limit("BUY", "100", pegPriceType="PRIMARY_PEG")
    assert pegged.body == {
        "code": -2010,
        "msg": "Pegged orders are not supported for this symbol.",
    }
    paid_for = desk.ask(
        "orderList.place.opo",
        symbol="BTCUSDT",
        workingType="LIMIT",
        workingSide="BUY",
        workingPrice="100",
        workingQuantity="1",
        workingTimeInForce="GTC",
        pendingType="MARKET",
        pendingSide="SELL",
    )
    assert paid_for.body == {
        "code": -2010,
        "msg": "OPO orders are not supported for this symbol.",
    }


@pytest.mark.parametrize(
    ("order", "status", "reason"),
    [
        ({"type": "MARKET", "quantity": "2"}, "EXPIRED", "INSUFFICIENT_LIQUIDITY"),
        (
            {"type": "LIMIT", "timeInForce": "IOC", "price": "100", "quantity": "2"},
            "EXPIRED",
            "UNFILLED_IOC_QUANTITY_EXPIRED",
        ),
        (
            {"type": "LIMIT", "timeInForce": "FOK", "price": "100", "quantity": "2"},
            "EXPIRED",
            "UNFILLED_FOK_ORDER_EXPIRED",
        ),
    ],
)
def test_an_order_that_the_venue_ended_says_why(desk, order, status, reason):
    desk.limit("SELL", "100", "1", key=MAKER_KEY)
    body = desk.ask("order.place", symbol="BTCUSDT", side="BUY", **order).body
    assert (body["status"], body["expiryReason"]) == (status, reason)
    queried = desk.ask("order.status", symbol="BTCUSDT", orderId=str(body["orderId"])).body
    assert queried["expiryReason"] == reason


def test_an_iceberg_and_a_trailing_stop_tell_what_is_theirs(desk):
    iceberg = desk.limit("BUY", "100", "5", icebergQty="1").body
    assert iceberg["icebergQty"] == "1.00000000"
    desk.limit("SELL", "100", "1", key=MAKER_KEY)
    trailing = desk.ask(
        "order.place",
        symbol="BTCUSDT",
        side="SELL",
        type="TAKE_PROFIT",
        quantity="1",
        trailingDelta="100",
        newOrderRespType="RESULT",
    ).body
    assert trailing["trailingDelta"] == 100
    assert trailing["trailingTime"] in {-1, NOW_MS}


def test_orders_are_not_routed(desk):
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    for name in ("sor.order.place", "sor.order.test"):
        assert desk.ask(name, **order).body == {
            "code": -2010,
            "msg": "SOR is not supported for this symbol.",
        }


def test_a_cancel_by_two_ids_must_mean_one_order(desk):
    desk.limit("BUY", "100", newClientOrderId="a")
    both = {"symbol": "BTCUSDT", "orderId": "1"}
    wrong = desk.ask("order.cancel", origClientOrderId="b", **both)
    assert wrong.body == {"code": -2011, "msg": "Unknown order sent."}
    assert desk.ask("order.cancel", origClientOrderId="a", **both).ok


@pytest.mark.parametrize(
    ("restriction", "allowed"), [("ONLY_NEW", False), ("ONLY_PARTIALLY_FILLED", True)]
)
def test_a_cancel_may_be_bound_to_a_status(desk, restriction, allowed):
    desk.limit("BUY", "100", "2")
    desk.limit("SELL", "100", "1", key=MAKER_KEY)
    answer = desk.ask("order.cancel", symbol="BTCUSDT", orderId="1", cancelRestrictions=restriction)
    assert answer.ok is allowed
    if not allowed:
        text = "Order was not canceled due to cancel restrictions."
        assert answer.body == {"code": -2011, "msg": text}
