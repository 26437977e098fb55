"""Every kind of order, as the venue's parameters."""

from decimal import Decimal

import pytest
from aitrader_gateway.binance.parameters import order_parameters
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce

ALWAYS = {"symbol": "BTCUSDT", "newClientOrderId": "a", "newOrderRespType": "FULL", "side": "BUY"}


def parameters(order_type, **more):
    spec = OrderSpec(request_id="a", symbol="BTCUSDT", side=Side.BUY, order_type=order_type, **more)
    asked = order_parameters(spec)
    assert ALWAYS.items() <= asked.items()
    assert asked["type"] == order_type
    return {name: value for name, value in asked.items() if name not in {*ALWAYS, "type"}}


ONE = {"quantity": Decimal(1)}
AT = {"limit_price": Decimal(100)}
STOP = {"stop_price": Decimal(90)}
TABLE = [
    (OrderType.LIMIT, {**ONE, **AT}, {"quantity": "1", "price": "100", "timeInForce": "GTC"}),
    (OrderType.MARKET, ONE, {"quantity": "1"}),
    (OrderType.MARKET, {"quote_quantity": Decimal(50)}, {"quoteOrderQty": "50"}),
    (OrderType.LIMIT_MAKER, {**ONE, **AT}, {"quantity": "1", "price": "100"}),
    (OrderType.STOP_LOSS, {**ONE, **STOP}, {"quantity": "1", "stopPrice": "90"}),
    (OrderType.TAKE_PROFIT, {**ONE, **STOP}, {"quantity": "1", "stopPrice": "90"}),
    (
        OrderType.STOP_LOSS,
        {**ONE, "trailing_delta_bips": 100},
        {"quantity": "1", "trailingDelta": "100"},
    ),
    (
        OrderType.STOP_LOSS_LIMIT,
        {**ONE, **AT, **STOP, "trailing_delta_bips": 50},
        {
            "quantity": "1",
            "price": "100",
            "stopPrice": "90",
            "trailingDelta": "50",
            "timeInForce": "GTC",
        },
    ),
    (
        OrderType.TAKE_PROFIT_LIMIT,
        {**ONE, **AT, **STOP, "time_in_force": TimeInForce.IOC},
        {"quantity": "1", "price": "100", "stopPrice": "90", "timeInForce": "IOC"},
    ),
    (
        OrderType.LIMIT,
        {**ONE, **AT, "iceberg_quantity": Decimal("0.1")},
        {"quantity": "1", "price": "100", "icebergQty": "0.1", "timeInForce": "GTC"},
    ),
]


@pytest.mark.parametrize(("order_type", "asked", "sent"), TABLE)
def test_each_type_takes_what_it_takes_and_nothing_else(order_type, asked, sent):
    assert parameters(order_type, **asked) == sent


@pytest.mark.parametrize("tif", TimeInForce)
def test_a_limit_order_says_how_long_it_stays(tif):
    assert parameters(OrderType.LIMIT, **ONE, **AT, time_in_force=tif)["timeInForce"] == tif


@pytest.mark.parametrize("mode", SelfTradePrevention)
def test_self_trade_prevention_is_said_when_it_is_chosen(mode):
    sent = parameters(OrderType.MARKET, **ONE, self_trade_prevention=mode)
    assert sent["selfTradePreventionMode"] == mode


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.00001", "0.00001"),
        ("1E-8", "0.00000001"),
        ("1E+3", "1000"),
        ("100.10", "100.1"),
        ("0.10000000", "0.1"),
        ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
    ],
)
def test_amounts_are_plain_and_exact(amount, text):
    assert parameters(OrderType.MARKET, quantity=Decimal(amount)) == {"quantity": text}
