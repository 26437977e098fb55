"""How much may be asked for, and what comes of asking for more."""

import pytest
from aitrader_gateway.sandbox.limits import Limits, LimitSettings
from venue_desk import MAKER_KEY, MS_NS, SECOND_NS, START_NS, HandClock, VenueDesk

IP = "127.0.0.1"
WEIGHT_TEXT = (
    "Too much request weight used; current limit is 10 request weight per 1 MINUTE. "
    "Please use WebSocket Streams for live updates to avoid polling the API."
)
# START_NS lies six seconds into its minute and ten-second window.
MINUTE_END_NS = START_NS + 54 * SECOND_NS


def limits(**settings: int) -> Limits:
    return Limits(LimitSettings(**settings))


def test_limits_are_described_as_exchange_information_has_them():
    assert Limits(LimitSettings()).described() == [
        {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": 6000,
        },
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
        {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000},
        {
            "rateLimitType": "RAW_REQUESTS",
            "interval": "MINUTE",
            "intervalNum": 5,
            "limit": 300_000,
        },
    ]


def test_weight_adds_up_until_the_minute_ends():
    used = limits(weight_max_per_minute=10)
    assert used.charge(IP, 6, START_NS) is None
    assert used.charge(IP, 4, START_NS + SECOND_NS) is None
    throttled = used.charge(IP, 1, START_NS + 2 * SECOND_NS)
    assert throttled is not None
    assert (throttled.status, throttled.code, throttled.message) == (429, -1003, WEIGHT_TEXT)
    assert throttled.retry_at_ns == MINUTE_END_NS
    assert throttled.retry_after_s == 52
    assert used.charge(IP, 10, MINUTE_END_NS) is None


def test_peers_do_not_pay_for_each_other():
    used = limits(weight_max_per_minute=10)
    assert used.charge(IP, 11, START_NS) is not None
    assert used.charge("127.0.0.2", 10, START_NS) is None


def test_requests_count_however_light_they_are():
    used = limits(requests_max_per_5_minutes=2)
    assert used.charge(IP, 0, START_NS) is None
    assert used.charge(IP, 0, START_NS) is None
    throttled = used.charge(IP, 0, START_NS)
    assert throttled is not None
    assert throttled.status == 429
    assert "2 requests per 5 MINUTE" in throttled.message


def test_whoever_goes_on_is_banned_each_time_for_longer():
    banned: list[str] = []
    used = Limits(
        LimitSettings(weight_max_per_minute=1, refusals_max=2, ban_s=120, ban_max_s=300),
        banned.append,
    )
    at_ns, lengths_s = START_NS, []
    for _ in range(4):
        answers = [used.charge(IP, 2, at_ns) for _ in range(3)]
        assert [answer.status for answer in answers if answer] == [429, 429, 418]
        ban = answers[-1]
        assert ban is not None
        lengths_s.append(ban.retry_after_s)
        until_ms = ban.retry_at_ns // MS_NS
        assert ban.message == (
            f"Way too much request weight used; IP banned until {until_ms}. "
            "Please use WebSocket Streams for live updates to avoid bans."
        )
        still = used.charge(IP, 0, ban.retry_at_ns - 1)
        assert still is not None
        assert (still.status, still.retry_at_ns) == (418, ban.retry_at_ns)
        at_ns = ban.retry_at_ns + 60 * SECOND_NS
    assert lengths_s == [120, 240, 300, 300]
    assert banned == [IP] * 4


@pytest.fixture
def small(clock):
    return VenueDesk(
        clock,
        LimitSettings(weight_max_per_minute=100, orders_max_per_10_seconds=3, orders_max_per_day=5),
    )


def used(answer) -> dict[str, int]:
    return {item.rate_limit.kind + item.rate_limit.short: item.count for item in answer.usage}


def test_an_order_costs_weight_only_when_it_fails(small):
    placed = small.limit("BUY", "100")
    assert used(placed) == {"ORDERS10S": 1, "ORDERS1D": 1, "REQUEST_WEIGHT1M": 0}
    refused = small.limit("BUY", "0.001")
    assert refused.status == 400
    assert used(refused) == {"REQUEST_WEIGHT1M": 1}
    canceled = small.ask("order.cancel", symbol="BTCUSDT", orderId="1")
    assert used(canceled) == {"REQUEST_WEIGHT1M": 1}


def test_too_many_orders_wait_for_the_next_window(small, clock):
    for _ in range(3):
        assert small.limit("BUY", "100").ok
    answer = small.limit("BUY", "100")
    assert (answer.status, answer.retry_after_s) == (429, 4)
    assert answer.body["code"] == -1015
    assert answer.body["msg"] == ("Too many new orders; current limit is 3 orders per 10 SECOND.")
    assert answer.body["data"] == {
        "serverTime": START_NS // MS_NS,
        "retryAfter": START_NS // MS_NS + 4_000,
    }
    clock.advance(s=4)
    assert small.limit("BUY", "100").ok
    assert small.limit("BUY", "100").ok
    daily = small.limit("BUY", "100")
    assert daily.body["msg"] == "Too many new orders; current limit is 5 orders per 1 DAY."


def test_a_list_counts_every_order_of_it(small):
    small.limit("SELL", "100", "0.1", key=MAKER_KEY)
    small.limit("BUY", "100", "0.1")
    answer = small.ask(
        "orderList.place.oco",
        symbol="BTCUSDT",
        side="SELL",
        quantity="1",
        aboveType="LIMIT_MAKER",
        abovePrice="110",
        belowType="STOP_LOSS",
        belowStopPrice="90",
    )
    assert answer.ok
    # The taker's fill gave the first order back.
    assert used(answer)["ORDERS10S"] == 2


def test_a_first_fill_gives_orders_back(clock):
    desk = VenueDesk(clock, LimitSettings(maker_credit=5))
    for price in ("200", "210", "220", "230", "240", "250", "260"):
        desk.limit("SELL", price, key=MAKER_KEY)
    counted = desk.ask("account.rateLimits.orders", key=MAKER_KEY).body
    assert [item["count"] for item in counted] == [7, 7]
    assert used(desk.limit("BUY", "200", "0.4"))["ORDERS10S"] == 0
    counted = desk.ask("account.rateLimits.orders", key=MAKER_KEY).body
    assert [item["count"] for item in counted] == [2, 2]
    # What was filled before gives nothing back.
    desk.limit("BUY", "200", "0.4")
    counted = desk.ask("account.rateLimits.orders", key=MAKER_KEY).body
    assert [item["count"] for item in counted] == [2, 2]


def test_a_replacement_that_was_not_attempted_counts(small):
    answer = small.ask(
        "order.cancelReplace",
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        price="100",
        quantity="1",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId="77",
    )
    assert answer.body["data"]["newOrderResult"] == "NOT_ATTEMPTED"
    assert used(answer) == {"ORDERS10S": 1, "ORDERS1D": 1, "REQUEST_WEIGHT1M": 1}


@pytest.mark.parametrize(
    ("name", "params", "weight"),
    [
        ("order.test", {}, 1),
        ("order.test", {"computeCommissionRates": "true"}, 20),
        ("openOrders.status", {}, 80),
        ("openOrders.status", {"symbol": "BTCUSDT"}, 6),
        ("allOrders", {"symbol": "BTCUSDT"}, 20),
        ("myTrades", {"symbol": "BTCUSDT"}, 20),
        ("myTrades", {"symbol": "BTCUSDT", "orderId": "1"}, 5),
        ("account.status", {}, 20),
        ("account.commission", {"symbol": "BTCUSDT"}, 20),
        ("account.rateLimits.orders", {}, 40),
        ("myFilters", {"symbol": "BTCUSDT"}, 40),
        ("orderList.status", {"orderListId": "1"}, 4),
        ("openOrderLists.status", {}, 6),
        ("allOrderLists", {}, 20),
        ("order.status", {"symbol": "BTCUSDT", "orderId": "1"}, 4),
        ("order.amendments", {"symbol": "BTCUSDT", "orderId": "1"}, 4),
    ],
)
def test_what_queries_weigh(name, params, weight):
    desk = VenueDesk(HandClock())
    if name == "order.test":
        params = params | {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "price": "100",
            "quantity": "1",
        }
    assert used(desk.ask(name, **params))["REQUEST_WEIGHT1M"] == weight
