"""Keys, signatures and clocks: who is let in."""

import pytest
from aitrader_gateway.sandbox.faults import Fault
from aitrader_gateway.sandbox.wire.scalars import TimeUnit
from venue_desk import KEY, MS_NS, READ_KEY, START_NS

NOW_MS = START_NS // MS_NS
AHEAD = {
    "code": -1021,
    "msg": "Timestamp for this request was 1000ms ahead of the server's time.",
}
LATE = {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}


@pytest.mark.parametrize(
    ("timestamp", "window", "refused"),
    [
        (NOW_MS, None, None),
        (NOW_MS + 999, None, None),
        (NOW_MS + 1_000, None, AHEAD),
        (NOW_MS - 5_000, None, None),
        (NOW_MS - 5_001, None, LATE),
        (NOW_MS - 60_000, "60000", None),
        (NOW_MS - 60_001, "60000", LATE),
        (NOW_MS - 1, "0.999", LATE),
        (NOW_MS - 1, "1.0", None),
        # Microseconds, and a window that ends between two milliseconds.
        (NOW_MS * 1_000 - 1_500, "1.5", None),
        (NOW_MS * 1_000 - 1_501, "1.5", LATE),
        (NOW_MS * 1_000 + 999_999, None, None),
        (NOW_MS * 1_000 + 1_000_000, None, AHEAD),
        (
            NOW_MS,
            "60000.001",
            {"code": -1131, "msg": "recvWindow must be less than 60000."},
        ),
    ],
)
def test_a_timestamp_must_be_near_the_servers_time(desk, timestamp, window, refused):
    params = {"timestamp": str(timestamp)} | ({"recvWindow": window} if window else {})
    answer = desk.ask("openOrderLists.status", **params)
    if refused is None:
        assert answer.body == []
    else:
        assert (answer.status, answer.body) == (400, refused)


@pytest.mark.parametrize("window", ["1.2345", "abc", "-1"])
def test_a_receive_window_has_three_decimals_at_most(desk, window):
    assert desk.ask("openOrderLists.status", recvWindow=window).body["code"] == -1100


def test_what_was_held_up_is_checked_again_and_counts_as_an_order(desk, clock):
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "price": "100",
        "quantity": "1",
        "recvWindow": "1000",
    }
    at_first = desk.ask("order.place", timestamp=str(NOW_MS - 1_001), **order)
    assert at_first.body == LATE
    counts = desk.ask("account.rateLimits.orders").body
    assert [item["count"] for item in counts] == [0, 0]

    real_caller = desk.call

    def held_up(name, params, **caller):
        return real_caller(name, params, **(caller | {"arrived_ns": START_NS}))

    desk.call = held_up
    clock.advance(ms=1_001)
    answer = desk.ask("order.place", timestamp=str(NOW_MS), **order)
    assert answer.body == LATE
    desk.call = real_caller
    counts = desk.ask("account.rateLimits.orders").body
    assert [item["count"] for item in counts] == [1, 1]
    assert desk.ask("openOrders.status").body == []


def test_a_skewed_clock_refuses_what_is_in_time(desk):
    desk.inject(Fault.CLOCK_SKEW, skew_ms=6_000)
    assert desk.call("time", {}).body == {"serverTime": NOW_MS + 6_000}
    assert desk.ask("openOrderLists.status").body == LATE
    assert desk.ask("openOrderLists.status", timestamp=str(NOW_MS + 6_000)).body == []
    desk.faults.clear()
    desk.inject(Fault.CLOCK_SKEW, skew_ms=-1_000)
    assert desk.ask("openOrderLists.status").body == AHEAD


@pytest.mark.parametrize(
    ("key", "status", "code"), [("", 401, -2014), ("nobody", 401, -2015), (READ_KEY, 401, -2015)]
)
def test_a_key_must_be_known_and_may_trade(desk, key, status, code):
    answer = desk.limit("BUY", "100", key=key)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_a_key_that_only_reads_may_read(desk):
    assert desk.ask("openOrderLists.status", key=READ_KEY).body == []


def test_a_signature_must_be_there_and_right(desk):
    params = {"timestamp": str(NOW_MS)}
    unsigned = desk.call("openOrderLists.status", params, api_key=KEY)
    assert unsigned.body["msg"] == (
        "Mandatory parameter 'signature' was not sent, was empty/null, or malformed."
    )
    wrong = desk.call("openOrderLists.status", params | {"signature": "00"}, api_key=KEY)
    assert wrong.body == {"code": -1022, "msg": "Signature for this request is not valid."}


def test_a_session_that_logged_on_need_not_sign(desk):
    answer = desk.call("openOrderLists.status", {"timestamp": str(NOW_MS)}, account="alice")
    assert answer.body == []
    late = desk.call("openOrderLists.status", {"timestamp": str(NOW_MS - 6_000)}, account="alice")
    assert late.body == LATE
    missing = desk.call("openOrderLists.status", {}, account="alice")
    assert missing.body["code"] == -1102


def test_times_come_in_the_unit_that_was_asked_for(desk):
    assert desk.call("time", {}, unit=TimeUnit.MICROSECOND).body == {"serverTime": NOW_MS * 1_000}
    desk.limit("BUY", "100")
    answer = desk.ask("order.status", unit=TimeUnit.MICROSECOND, symbol="BTCUSDT", orderId="1")
    assert answer.body["time"] == answer.body["workingTime"] == NOW_MS * 1_000
