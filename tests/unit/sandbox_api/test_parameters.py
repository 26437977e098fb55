"""What the venue says of parameters that are missing, wrong or too many."""

import pytest

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "100",
    "quantity": "1",
}
ILLEGAL = "Illegal characters found in parameter '{}'; legal range is '{}'."
MANDATORY = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
AMOUNT = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
CLIENT_ID = "^[a-zA-Z0-9-_]{1,36}$"


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"symbol": None}, -1102, MANDATORY.format("symbol")),
        ({"symbol": ""}, -1102, MANDATORY.format("symbol")),
        ({"symbol": "btcusdt"}, -1100, ILLEGAL.format("symbol", "^[A-Z0-9-_.]{1,20}$")),
        ({"symbol": "NOSUCH"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "PERHAPS"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({"timeInForce": None}, -1102, MANDATORY.format("timeInForce")),
        ({"price": None}, -1102, MANDATORY.format("price")),
        ({"quantity": None}, -1102, MANDATORY.format("quantity")),
        ({"quantity": "1e-05"}, -1100, ILLEGAL.format("quantity", AMOUNT)),
        ({"quantity": "-1"}, -1100, ILLEGAL.format("quantity", AMOUNT)),
        ({"quantity": "1." + "0" * 21}, -1100, ILLEGAL.format("quantity", AMOUNT)),
        ({"price": "nan"}, -1100, ILLEGAL.format("price", AMOUNT)),
        ({"price": ""}, -1105, "Parameter 'price' was empty."),
        ({"newClientOrderId": "a" * 37}, -1100, ILLEGAL.format("newClientOrderId", CLIENT_ID)),
        ({"newClientOrderId": "a:b/c"}, -1100, ILLEGAL.format("newClientOrderId", CLIENT_ID)),
        (
            {"newOrderRespType": "LOUD"},
            -1130,
            "Data sent for parameter 'newOrderRespType' is not valid.",
        ),
        ({"strategyType": "999999"}, -1134, "`strategyType` was less than 1000000."),
        ({"strategyId": "9" * 20}, -1108, "Parameter 'strategyId' overflowed."),
        ({"stopPrice": "90"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"type": "MARKET"}, -1106, "Parameter 'timeInForce' sent when not required."),
        (
            {"type": "MARKET", "timeInForce": None, "price": None, "quantity": None},
            -1102,
            "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!",
        ),
        (
            {"nonsense": "1"},
            -1104,
            "Not all sent parameters were read; read '8' parameter(s) but was sent '9'.",
        ),
        ({"quantity": "1.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"quantity": "0"}, -1013, "Invalid quantity."),
        ({"price": "0"}, -1013, "Invalid price."),
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
    ],
)
def test_an_order_with_a_wrong_parameter_is_refused(desk, changes, code, text):
    params = {name: value for name, value in (ORDER | changes).items() if value is not None}
    answer = desk.ask("order.place", **params)
    assert answer.status == 400
    assert answer.body == {"code": code, "msg": text}


def test_a_public_request_without_parameters_counts_what_was_sent(desk):
    assert desk.call("ping", {"a": "1", "b": "2"}).body == {
        "code": -1101,
        "msg": "Too many parameters; expected '0' and received '2'.",
    }


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("allOrders", {"symbol": "BTCUSDT", "limit": "1001"}, -1130),
        ("allOrders", {"symbol": "BTCUSDT", "limit": "0"}, -1130),
        ("allOrders", {"symbol": "BTCUSDT", "startTime": "0", "endTime": "86400001"}, -1127),
        ("allOrders", {"symbol": "BTCUSDT", "orderId": "x"}, -1100),
        ("allOrders", {"symbol": "NOSUCH"}, -1121),
        ("myTrades", {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
        ("myTrades", {"symbol": "BTCUSDT", "orderId": "1", "endTime": "1"}, -1128),
        ("allOrderLists", {"fromId": "1", "startTime": "1"}, -1128),
        ("account.status", {"omitZeroBalances": "yes"}, -1130),
        ("order.cancel", {"symbol": "BTCUSDT", "orderId": "1", "cancelRestrictions": "NO"}, -1145),
        ("order.cancel", {"symbol": "BTCUSDT"}, -1102),
        ("orderList.cancel", {"symbol": "BTCUSDT"}, -1102),
        ("orderList.status", {}, -1102),
        ("orderList.status", {"orderListId": "5"}, -2018),
        ("order.amend.keepPriority", {"symbol": "BTCUSDT", "orderId": "1"}, -1102),
        ("order.amend.keepPriority", {"symbol": "BTCUSDT", "newQty": "1"}, -1102),
        ("order.cancelReplace", ORDER | {"cancelReplaceMode": "MAYBE"}, -1130),
        ("order.cancelReplace", ORDER | {"cancelReplaceMode": "ALLOW_FAILURE"}, -1102),
        ("myPreventedMatches", {"symbol": "BTCUSDT"}, -1102),
    ],
)
def test_a_wrong_query_is_refused(desk, name, params, code):
    answer = desk.ask(name, **params)
    assert (answer.status, answer.body["code"]) == (400, code)


LEGS = {"symbol": "BTCUSDT", "quantity": "1"}
LIMIT_ABOVE = {"aboveType": "LIMIT_MAKER", "abovePrice": "110"}
LIMIT_BELOW = {"belowType": "LIMIT_MAKER", "belowPrice": "90"}
STOP_ABOVE = {"aboveType": "STOP_LOSS", "aboveStopPrice": "110"}
STOP_BELOW = {"belowType": "STOP_LOSS", "belowStopPrice": "90"}
TAKE_ABOVE = {"aboveType": "TAKE_PROFIT", "aboveStopPrice": "110"}
TAKE_BELOW = {"belowType": "TAKE_PROFIT", "belowStopPrice": "90"}


@pytest.mark.parametrize(
    ("side", "legs", "code", "text"),
    [
        ("BUY", LIMIT_ABOVE | STOP_BELOW, -1165, "A limit order in a buy OCO must be below."),
        ("SELL", STOP_ABOVE | LIMIT_BELOW, -1166, "A limit order in a sell OCO must be above."),
        ("BUY", STOP_ABOVE | STOP_BELOW, -1196, "A stop loss order in a buy OCO must be above."),
        ("SELL", STOP_ABOVE | STOP_BELOW, -1197, "A stop loss order in a sell OCO must be below."),
        ("BUY", TAKE_ABOVE | LIMIT_BELOW, -1198, "A take profit order in a buy OCO must be below."),
        (
            "SELL",
            LIMIT_ABOVE | TAKE_BELOW,
            -1199,
            "A take profit order in a sell OCO must be above.",
        ),
        ("SELL", LIMIT_ABOVE | LIMIT_BELOW, -1168, "At least one OCO order must be contingent."),
        ("SELL", LIMIT_ABOVE | {"belowType": "MARKET"}, -1158, "Order type not supported in OCO."),
        ("SELL", {"aboveType": "LIMIT_MAKER"} | STOP_BELOW, -1102, MANDATORY.format("abovePrice")),
        (
            "SELL",
            LIMIT_ABOVE | {"belowType": "STOP_LOSS"},
            -1102,
            (
                "Param 'belowStopPrice' or 'belowTrailingDelta' must be sent, "
                "but both were empty/null!"
            ),
        ),
        (
            "SELL",
            LIMIT_ABOVE | STOP_BELOW | {"belowPrice": "1"},
            -1106,
            "Parameter 'belowPrice' sent when not required.",
        ),
        (
            "SELL",
            LIMIT_ABOVE | STOP_BELOW | {"abovePegPriceType": "PRIMARY_PEG"},
            -2010,
            "Pegged orders are not supported for this symbol.",
        ),
    ],
)
def test_a_pair_whose_legs_do_not_fit_is_refused(desk, side, legs, code, text):
    answer = desk.ask("orderList.place.oco", side=side, **LEGS, **legs)
    assert answer.body == {"code": code, "msg": text}
