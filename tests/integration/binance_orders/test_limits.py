"""What the venue says about limits is kept to, and cancels come first."""

import pytest
from aitrader_gateway.binance.budgets import RateLimit
from aitrader_server.domain.venue import Acknowledged, Ambiguous, Refused
from scripted_http_venue import accepted, refuse, say, text

LIMITS = [
    RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 100),
    RateLimit("ORDERS", "SECOND", 10, 10),
    RateLimit("ORDERS", "DAY", 1, 1000),
    RateLimit("RAW_REQUESTS", "MINUTE", 5, 300),
]
NOT_OPEN = refuse(-2011, "Unknown order sent.")


def used(weight=0, orders_10s=0, orders_1d=0):
    return {
        "X-MBX-USED-WEIGHT-1M": str(weight),
        "X-MBX-ORDER-COUNT-10S": str(orders_10s),
        "X-MBX-ORDER-COUNT-1D": str(orders_1d),
    }


@pytest.fixture
def limited(desk):
    desk.calls.budgets.set_limits(LIMITS)
    return desk


@pytest.fixture
def steady(limited):
    """The clock stands in the middle of every window."""
    limited.clock.freeze(1_700_000_005_000_000_000)
    return limited


async def test_the_venue_s_counts_are_shown(venue, steady, order):
    venue.on("POST order", say(accepted(order()), headers=used(17, 3, 40)))
    await steady.submit(order())
    assert steady.calls.budgets.snapshot() == (
        ("REQUEST_WEIGHT_1M", 17, 100),
        ("ORDERS_10S", 3, 10),
        ("ORDERS_1D", 40, 1000),
    )


async def test_a_spent_order_count_stops_orders_but_not_cancels(venue, steady, order):
    venue.on("POST order", say(accepted(order()), headers=used(1, 8, 8)))
    venue.on("DELETE order", NOT_OPEN)
    venue.on("GET order", refuse(-2013, "Order does not exist."))
    assert isinstance(await steady.submit(order()), Acknowledged)
    stopped = await steady.submit(order())
    assert isinstance(stopped, Refused)
    assert stopped.code == "NOT_SENT"
    assert "ORDERS_10S: 8 of 10 used, 20 % is kept for cancels" in stopped.reason
    assert len(venue.requests("POST order")) == 1

    await steady.entry.cancel("BTCUSDT", "a-1", "")
    await steady.reads.query("BTCUSDT", "a-1", "")
    assert len(venue.requests("DELETE order")) == len(venue.requests("GET order")) == 1
    # The next window begins at the venue's next ten seconds.
    steady.clock.freeze(1_700_000_010_000_000_000)
    assert isinstance(await steady.submit(order()), Acknowledged)


async def test_the_last_fifth_of_the_weight_is_for_cancels(venue, steady, order):
    venue.on("GET order", refuse(-2013, "Order does not exist.", headers=used(77)))
    venue.on("DELETE order", refuse(-2011, "Unknown order sent.", headers=used(99)))
    await steady.reads.query("BTCUSDT", "a-1", "")
    stopped = await steady.reads.query("BTCUSDT", "a-1", "")
    assert isinstance(stopped, Ambiguous)
    assert len(venue.requests("GET order")) == 1
    assert await steady.reads.open_orders() is None
    await steady.entry.cancel("BTCUSDT", "a-1", "")
    await steady.entry.cancel("BTCUSDT", "a-1", "")
    assert len(venue.requests("DELETE order")) == 2
    venue.on("DELETE order", refuse(-2011, "Unknown order sent.", headers=used(100)))
    await steady.entry.cancel("BTCUSDT", "a-1", "")
    assert (await steady.entry.cancel("BTCUSDT", "a-1", "")).code == "NOT_SENT"
    assert len(venue.requests("DELETE order")) == 3


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (refuse(-1003, "Too much request weight used.", 429, headers={"Retry-After": "7"}), 7),
        (refuse(-1003, "Too much request weight used.", 429), 60),
        (refuse(-1003, "Banned.", 418, headers={"Retry-After": "300"}), 300),
        (refuse(-1003, "IP banned until 1700000905000.", 418, headers={"Retry-After": "1"}), 900),
        (refuse(-1003, "Banned.", 418), 120),
        (text("<html>", 429, headers={"Retry-After": "9"}), 9),
        (text("<html>", 403), 30),
        (refuse(0, "Restricted location.", 451), 30),
    ],
)
async def test_nothing_leaves_before_the_time_that_the_venue_names(
    venue, steady, order, answer, wait_s
):
    begun_ns = steady.clock.now_ns()
    venue.on("GET order", answer)
    await steady.reads.query("BTCUSDT", "a-1", "")
    budgets = steady.calls.budgets
    assert budgets.banned_until_ns == begun_ns + wait_s * 1_000_000_000
    assert budgets.trouble

    heard = len(venue.heard)
    steady.clock.freeze(budgets.banned_until_ns - 1)
    assert (await steady.submit(order())).code == "NOT_SENT"
    assert (await steady.entry.cancel("BTCUSDT", "a-1", "")).code == "NOT_SENT"
    assert isinstance(await steady.reads.query("BTCUSDT", "a-1", ""), Ambiguous)
    assert await steady.calls.sync() is False
    assert len(venue.heard) == heard

    steady.clock.freeze(budgets.banned_until_ns)
    venue.on("DELETE order", NOT_OPEN)
    assert (await steady.entry.cancel("BTCUSDT", "a-1", "")).code == "-2011"
    assert budgets.trouble == ""


async def test_too_many_orders_are_no_ban(venue, steady, order):
    venue.on("POST order", refuse(-1015, "Too many new orders.", 429, headers={"Retry-After": "4"}))
    venue.on("DELETE order", NOT_OPEN)
    assert (await steady.submit(order())).code == "-1015"
    assert (await steady.submit(order())).code == "NOT_SENT"
    assert (await steady.entry.cancel("BTCUSDT", "a-1", "")).code == "-2011"
    assert steady.calls.budgets.banned_until_ns == 0
    steady.clock.freeze(steady.clock.now_ns() + 4_000_000_000)
    assert (await steady.submit(order())).code == "-1015"


async def test_what_is_under_way_counts_as_used(venue, steady, order):
    budgets = steady.calls.budgets
    venue.on("POST order", say(accepted(order())))
    outcomes = [await steady.submit(order()) for _ in range(20)]
    assert all(isinstance(outcome, Acknowledged) for outcome in outcomes)
    reserved = [budgets.reserve("ORDER", 1, 1) for _ in range(9)]
    assert reserved[:8] == [""] * 8
    assert reserved[8]
    for _ in range(8):
        budgets.release(1, 1)
    assert budgets.reserve("ORDER", 1, 1) == ""


async def test_windows_are_the_venue_s(venue, limited, order):
    """Our clock is 4 s behind, so that the venue's window is not ours."""
    limited.clock.freeze(1_700_000_005_000_000_000)
    venue.on("GET time", say({"serverTime": 1_700_000_009_000}))
    await limited.calls.sync()
    venue.on("POST order", say(accepted(order()), headers=used(1, 8, 8)))
    await limited.submit(order())
    assert (await limited.submit(order())).code == "NOT_SENT"
    limited.clock.freeze(1_700_000_006_000_000_000)
    assert isinstance(await limited.submit(order()), Acknowledged)


async def test_limits_that_are_read_anew_keep_what_was_used(venue, steady, order):
    venue.on("POST order", say(accepted(order()), headers=used(17, 3, 40)))
    await steady.submit(order())
    steady.calls.budgets.set_limits([RateLimit("ORDERS", "SECOND", 10, 3)])
    assert steady.calls.budgets.snapshot() == (("ORDERS_10S", 3, 3),)
    assert (await steady.submit(order())).code == "NOT_SENT"
