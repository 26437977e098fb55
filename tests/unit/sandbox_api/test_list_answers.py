"""Order lists, replacements and amendments, as the venue tells them."""

import pytest
from venue_desk import MAKER_KEY, START_NS

NOW_MS = START_NS // 1_000_000
OCO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "1",
    "listClientOrderId": "L",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "110",
    "aboveClientOrderId": "x",
    "belowType": "STOP_LOSS",
    "belowStopPrice": "90",
    "belowClientOrderId": "y",
}
WORKING = {
    "symbol": "BTCUSDT",
    "listClientOrderId": "L",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "95",
    "workingQuantity": "1",
    "workingTimeInForce": "GTC",
    "workingClientOrderId": "w",
    "pendingSide": "SELL",
    "pendingQuantity": "1",
}
OTO = WORKING | {
    "pendingType": "LIMIT",
    "pendingPrice": "120",
    "pendingTimeInForce": "GTC",
    "pendingClientOrderId": "p",
}
OTOCO = WORKING | {
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "120",
    "pendingAboveClientOrderId": "pa",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "80",
    "pendingBelowClientOrderId": "pb",
}
REPLACE = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "95",
    "quantity": "1",
    "newClientOrderId": "new",
    "cancelNewClientOrderId": "c",
}


@pytest.fixture(autouse=True)
def _last_price(desk):
    """Something traded at 100."""
    desk.limit("SELL", "100", "0.1", key=MAKER_KEY)
    desk.limit("BUY", "100", "0.1")


def test_a_pair_is_told_with_a_report_on_both_orders(desk):
    body = desk.ask("orderList.place.oco", **OCO).body
    reports = body.pop("orderReports")
    assert body == {
        "orderListId": body["orderListId"],
        "contingencyType": "OCO",
        "listStatusType": "EXEC_STARTED",
        "listOrderStatus": "EXECUTING",
        "listClientOrderId": "L",
        "transactionTime": NOW_MS,
        "symbol": "BTCUSDT",
        "orders": [
            {
                "symbol": "BTCUSDT",
                "orderId": report["orderId"],
                "clientOrderId": report["clientOrderId"],
            }
            for report in reports
        ],
    }
    above, below = reports
    assert (above["clientOrderId"], below["clientOrderId"]) == ("x", "y")
    assert (above["type"], above["price"]) == ("LIMIT_MAKER", "110.00000000")
    assert (below["type"], below["stopPrice"]) == ("STOP_LOSS", "90.00000000")
    assert {above["orderListId"], below["orderListId"]} == {body["orderListId"]}
    assert "fills" not in above


def test_the_older_spelling_places_the_same_pair(desk):
    body = desk.ask(
        "orderList.place",
        symbol="BTCUSDT",
        side="SELL",
        quantity="1",
        price="110",
        stopPrice="90",
        stopLimitPrice="89",
        stopLimitTimeInForce="GTC",
        limitClientOrderId="x",
        stopClientOrderId="y",
    ).body
    above, below = body["orderReports"]
    assert (above["type"], above["price"], above["clientOrderId"]) == (
        "LIMIT_MAKER",
        "110.00000000",
        "x",
    )
    assert (below["type"], below["price"], below["stopPrice"]) == (
        "STOP_LOSS_LIMIT",
        "89.00000000",
        "90.00000000",
    )


def test_a_pending_order_waits_for_the_working_one(desk):
    body = desk.ask("orderList.place.oto", **OTO).body
    assert body["contingencyType"] == "OTO"
    working, pending = body["orderReports"]
    assert (working["clientOrderId"], working["status"]) == ("w", "NEW")
    assert (pending["clientOrderId"], pending["status"]) == ("p", "PENDING_NEW")
    assert pending["workingTime"] == -1
    desk.limit("SELL", "95", "1", key=MAKER_KEY)
    queried = desk.ask("order.status", symbol="BTCUSDT", origClientOrderId="p").body
    assert (queried["status"], queried["isWorking"]) == ("NEW", True)


def test_a_pending_pair_is_an_oto_of_three(desk):
    body = desk.ask("orderList.place.otoco", **OTOCO).body
    assert body["contingencyType"] == "OTO"
    assert [report["status"] for report in body["orderReports"]] == [
        "NEW",
        "PENDING_NEW",
        "PENDING_NEW",
    ]
    assert [order["clientOrderId"] for order in body["orders"]] == ["w", "pa", "pb"]


@pytest.mark.parametrize(
    "how",
    [
        ("orderList.cancel", {"listClientOrderId": "L"}),
        ("order.cancel", {"origClientOrderId": "y"}),
    ],
)
def test_a_list_is_cancelled_whole(desk, how):
    name, params = how
    placed = desk.ask("orderList.place.oco", **OCO).body
    body = desk.ask(name, symbol="BTCUSDT", newClientOrderId="c", **params).body
    assert (body["listStatusType"], body["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    assert body["orders"] == placed["orders"]
    assert [report["status"] for report in body["orderReports"]] == ["CANCELED"] * 2
    assert [report["origClientOrderId"] for report in body["orderReports"]] == ["x", "y"]
    assert desk.ask("openOrders.status").body == []
    status = desk.ask("orderList.status", orderListId=str(body["orderListId"])).body
    assert (status["listOrderStatus"], status["listClientOrderId"]) == ("ALL_DONE", "L")
    assert "orderReports" not in status


def test_lists_are_looked_up(desk):
    number = desk.ask("orderList.place.oco", **OCO).body["orderListId"]
    by_number = desk.ask("orderList.status", orderListId=str(number)).body
    assert by_number["listOrderStatus"] == "EXECUTING"
    assert desk.ask("orderList.status", origClientOrderId="L").body == by_number
    assert desk.ask("openOrderLists.status").body == [by_number]
    assert desk.ask("allOrderLists").body == [by_number]
    assert desk.ask("allOrderLists", fromId=str(number + 1)).body == []


def test_all_open_orders_are_cancelled_lists_among_them(desk):
    desk.limit("BUY", "90", newClientOrderId="single")
    desk.ask("orderList.place.oco", **OCO)
    rows = desk.ask("openOrders.cancelAll", symbol="BTCUSDT").body
    singles = [row for row in rows if "orderReports" not in row]
    lists = [row for row in rows if "orderReports" in row]
    assert [row["origClientOrderId"] for row in singles] == ["single"]
    assert [row["listOrderStatus"] for row in lists] == ["ALL_DONE"]
    assert desk.ask("openOrders.status").body == []


def test_a_replacement_tells_both_halves(desk):
    desk.limit("BUY", "90", newClientOrderId="old")
    body = desk.ask(
        "order.cancelReplace",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrigClientOrderId="old",
        **REPLACE,
    ).body
    assert (body["cancelResult"], body["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert body["cancelResponse"]["origClientOrderId"] == "old"
    assert body["cancelResponse"]["clientOrderId"] == "c"
    assert body["newOrderResponse"]["clientOrderId"] == "new"
    assert body["newOrderResponse"]["fills"] == []


def test_a_replacement_whose_cancel_failed_is_not_attempted(desk):
    answer = desk.ask(
        "order.cancelReplace",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrigClientOrderId="nobody",
        **REPLACE,
    )
    assert answer.status == 400
    assert answer.body == {
        "code": -2022,
        "msg": "Order cancel-replace failed.",
        "data": {
            "cancelResult": "FAILURE",
            "newOrderResult": "NOT_ATTEMPTED",
            "cancelResponse": {"code": -2011, "msg": "Unknown order sent."},
            "newOrderResponse": None,
        },
    }


def test_a_replacement_goes_on_after_a_failed_cancel_if_told_to(desk):
    answer = desk.ask(
        "order.cancelReplace",
        cancelReplaceMode="ALLOW_FAILURE",
        cancelOrigClientOrderId="nobody",
        **REPLACE,
    )
    assert answer.status == 409
    assert answer.body["code"] == -2021
    assert answer.body["msg"] == "Order cancel-replace partially failed."
    data = answer.body["data"]
    assert (data["cancelResult"], data["newOrderResult"]) == ("FAILURE", "SUCCESS")
    assert data["newOrderResponse"]["clientOrderId"] == "new"


def test_a_replacement_may_leave_no_order_at_all(desk):
    desk.limit("BUY", "90", newClientOrderId="old")
    answer = desk.ask(
        "order.cancelReplace",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrigClientOrderId="old",
        **(REPLACE | {"quantity": "8000", "price": "200"}),
    )
    assert answer.status == 409
    assert answer.body["code"] == -2021
    data = answer.body["data"]
    assert (data["cancelResult"], data["newOrderResult"]) == ("SUCCESS", "FAILURE")
    assert data["cancelResponse"]["status"] == "CANCELED"
    assert data["newOrderResponse"] == {
        "code": -2010,
        "msg": "Account has insufficient balance for requested action.",
    }
    assert desk.ask("openOrders.status").body == []


def test_a_replacement_that_no_filter_admits_touches_nothing(desk):
    desk.limit("BUY", "90", newClientOrderId="old")
    answer = desk.ask(
        "order.cancelReplace",
        cancelReplaceMode="ALLOW_FAILURE",
        cancelOrigClientOrderId="old",
        **(REPLACE | {"price": "95.001"}),
    )
    assert (answer.status, answer.body) == (
        400,
        {"code": -1013, "msg": "Filter failure: PRICE_FILTER"},
    )
    assert [row["clientOrderId"] for row in desk.ask("openOrders.status").body] == ["old"]


def test_an_amended_order_is_told_as_it_stands_now(desk):
    number = desk.limit("BUY", "90", "5", newClientOrderId="a").body["orderId"]
    body = desk.ask(
        "order.amend.keepPriority",
        symbol="BTCUSDT",
        origClientOrderId="a",
        newClientOrderId="b",
        newQty="3",
    ).body
    assert body == {
        "transactTime": NOW_MS,
        "executionId": body["executionId"],
        "amendedOrder": {
            "symbol": "BTCUSDT",
            "orderId": number,
            "orderListId": -1,
            "origClientOrderId": "a",
            "clientOrderId": "b",
            "price": "90.00000000",
            "qty": "3.00000000",
            "executedQty": "0.00000000",
            "preventedQty": "0.00000000",
            "quoteOrderQty": "0.00000000",
            "cumulativeQuoteQty": "0.00000000",
            "status": "NEW",
            "timeInForce": "GTC",
            "type": "LIMIT",
            "side": "BUY",
            "workingTime": NOW_MS,
            "selfTradePreventionMode": "EXPIRE_MAKER",
        },
    }
    assert desk.ask("order.amendments", symbol="BTCUSDT", orderId=str(number)).body == [
        {
            "symbol": "BTCUSDT",
            "orderId": number,
            "executionId": body["executionId"],
            "origClientOrderId": "a",
            "newClientOrderId": "b",
            "origQty": "5.00000000",
            "newQty": "3.00000000",
            "time": NOW_MS,
        }
    ]


def test_an_amended_order_of_a_list_tells_of_the_list(desk):
    desk.ask("orderList.place.oto", **OTO)
    body = desk.ask(
        "order.amend.keepPriority", symbol="BTCUSDT", origClientOrderId="w", newQty="0.5"
    ).body
    told = body["listStatus"]
    assert (told["contingencyType"], told["listClientOrderId"]) == ("OTO", "L")
    assert (told["listOrderStatus"], told["symbol"]) == ("EXECUTING", "BTCUSDT")
    ids = [order["clientOrderId"] for order in told["orders"]]
    assert ids == [body["amendedOrder"]["clientOrderId"], "p"]


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("6", "Order amend (quantity increase) is not supported."),
        ("5", "The requested action would change no state; rejecting"),
    ],
)
def test_an_order_is_amended_downwards_only(desk, quantity, text):
    desk.limit("BUY", "90", "5", newClientOrderId="a")
    answer = desk.ask(
        "order.amend.keepPriority", symbol="BTCUSDT", origClientOrderId="a", newQty=quantity
    )
    assert (answer.status, answer.body) == (400, {"code": -2038, "msg": text})


def test_prevented_matches_are_told(desk):
    maker = desk.limit("SELL", "105", newClientOrderId="mine").body["orderId"]
    taken = desk.limit("BUY", "105", selfTradePreventionMode="EXPIRE_TAKER").body
    assert (taken["status"], taken["preventedQuantity"]) == ("EXPIRED_IN_MATCH", "1.00000000")
    [match] = taken["preventedMatches"]
    assert match["makerOrderId"] == maker
    [told] = desk.ask("myPreventedMatches", symbol="BTCUSDT", orderId=str(taken["orderId"])).body
    assert told["preventedMatchId"] == match["preventedMatchId"] == taken["preventedMatchId"]
    assert (told["takerOrderId"], told["makerOrderId"]) == (taken["orderId"], maker)
    assert (told["selfTradePreventionMode"], told["price"]) == ("EXPIRE_TAKER", "105.00000000")
