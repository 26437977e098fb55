"""Whatever is sent, the venue answers in its own words."""

from aitrader_gateway.sandbox.api.table import Security
from hypothesis import given
from hypothesis import strategies as st
from venue_desk import MAKER_KEY, HandClock, VenueDesk

OPERATIONS = VenueDesk(HandClock()).api.operations
NAMES = sorted(
    {parameter.name for operation in OPERATIONS.values() for parameter in operation.parameters}
)
WORDS = (
    "BTCUSDT",
    "ETHUSDT",
    "BUY",
    "SELL",
    "MARKET",
    "LIMIT",
    "LIMIT_MAKER",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
    "GTC",
    "IOC",
    "FOK",
    "EXPIRE_BOTH",
    "DECREMENT",
    "ALLOW_FAILURE",
    "STOP_ON_FAILURE",
    "ACK",
    "FULL",
    "1m",
    '["BTCUSDT"]',
    "true",
    "a",
)
NUMBERS = ("0", "1", "2", "90", "100", "110", "0.5", "1000000", "9" * 18, "9" * 20, "0." + "9" * 20)
VALUES = st.one_of(st.sampled_from(WORDS), st.sampled_from(NUMBERS), st.text(max_size=5))
# What makes a request likely to get beyond its reading.
LIKELY = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "100",
    "quantity": "1",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "110",
    "belowType": "STOP_LOSS",
    "belowStopPrice": "90",
    "orderId": "2",
    "newQty": "0.5",
    "limit": "5",
    "cancelReplaceMode": "ALLOW_FAILURE",
    "cancelOrderId": "3",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "95",
    "workingQuantity": "1",
    "workingTimeInForce": "GTC",
    "pendingType": "MARKET",
    "pendingSide": "SELL",
    "pendingQuantity": "1",
}


@st.composite
def requests(draw):
    name = draw(st.sampled_from(sorted(OPERATIONS)))
    own = [parameter.name for parameter in OPERATIONS[name].parameters]
    params = {
        parameter: LIKELY[parameter]
        if parameter in LIKELY and draw(st.booleans())
        else draw(VALUES)
        for parameter in own
        if parameter in LIKELY or draw(st.integers(0, 4)) == 0
    }
    if draw(st.integers(0, 9)) == 0:
        params[draw(st.sampled_from(NAMES))] = draw(VALUES)
    return name, params


@given(st.lists(requests(), min_size=1, max_size=8))
def test_every_request_is_answered(asked):
    desk = VenueDesk(HandClock())
    desk.limit("SELL", "100", "5", key=MAKER_KEY)
    desk.limit("BUY", "100", "1")
    desk.limit("BUY", "90", "1")
    for name, params in asked:
        public = OPERATIONS[name].security is Security.NONE
        answer = desk.call(name, params) if public else desk.ask(name, **params)
        if not answer.ok:
            assert isinstance(answer.body["code"], int)
            assert answer.body["msg"]
