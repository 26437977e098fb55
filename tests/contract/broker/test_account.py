"""What any venue answers about orders and money, and what it refuses."""

import pytest
from aitrader_server.domain.venue import Absent, Acknowledged, Approved, Refused, VenueStatus
from aitrader_server.domain.words import OrderType


async def test_an_order_is_found_by_either_id_and_by_its_history(venue, buy):
    since_ns = venue.clock.now_ns()
    placed = (
        await venue.submit(buy("a", OrderType.LIMIT, limit_price="100.01", quantity="2"))
    ).report
    by_client = (await venue.broker.query("BTCUSDT", "a", "")).report
    by_venue = (await venue.broker.query("BTCUSDT", "", placed.venue_order_id)).report
    history = (await venue.broker.query_history("BTCUSDT", "a", since_ns)).report

    for found in (by_client, by_venue, history):
        assert found.venue_order_id == placed.venue_order_id
        assert found.request_id == "a"
        assert found.status is VenueStatus.PARTIALLY_FILLED
        assert (found.quantity, found.cumulative_quantity) == (2, 1)
    assert history.fills == placed.fills
    assert tuple(await venue.broker.trades("BTCUSDT", placed.venue_order_id)) == placed.fills


async def test_an_order_that_never_came_is_absent_everywhere(venue):
    assert await venue.broker.query("BTCUSDT", "never", "") == Absent()
    assert await venue.broker.query("BTCUSDT", "", "999999") == Absent()
    assert await venue.broker.query_history("BTCUSDT", "never", 0) == Absent()
    assert list(await venue.broker.trades("BTCUSDT", "999999")) == []


async def test_an_older_order_of_the_same_id_is_no_history_of_this_attempt(venue, buy):
    await venue.submit(buy("h"))
    later_ns = venue.clock.now_ns() + 1_000_000_000
    assert await venue.broker.query_history("BTCUSDT", "h", later_ns) == Absent()


async def test_a_client_id_is_unique_among_open_orders_only(venue, buy):
    first = (await venue.submit(buy("d", OrderType.LIMIT, limit_price="90"))).report
    assert await venue.submit(buy("d")) == Refused("-2010", "Duplicate order sent.")
    await venue.broker.cancel("BTCUSDT", "d", "")
    second = (await venue.submit(buy("d"))).report

    assert second.venue_order_id != first.venue_order_id
    newest = (await venue.broker.query("BTCUSDT", "d", "")).report
    assert newest.venue_order_id == second.venue_order_id


async def test_money_that_is_locked_cannot_be_spent_twice(venue, sell):
    await venue.submit(sell("l", OrderType.LIMIT, limit_price="150"))
    refused = await venue.submit(sell("m", quantity="0.1"))
    assert refused == Refused("-2010", "Account has insufficient balance for requested action.")
    assert await venue.broker.query("BTCUSDT", "m", "") == Absent()


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"limit_price": "90.001"}, "-1013", "PRICE_FILTER"),
        ({"limit_price": "2000000"}, "-1013", "PRICE_FILTER"),
        ({"limit_price": "10"}, "-1013", "PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "0.123456"}, "-1013", "LOT_SIZE"),
        ({"quantity": "9001"}, "-1013", "LOT_SIZE"),
        ({"quantity": "0.05"}, "-1013", "NOTIONAL"),
        ({"quantity": "0"}, "-1013", "quantity"),
    ],
)
async def test_a_filter_refuses_in_the_venues_words(venue, buy, change, code, text):
    spec = buy("f", OrderType.LIMIT, **{"limit_price": "90", **change})
    for outcome in (await venue.broker.test(spec), await venue.submit(spec)):
        assert isinstance(outcome, Refused)
        assert outcome.code == code
        assert text in outcome.reason
    assert list(await venue.broker.open_orders()) == []


async def test_the_test_endpoint_places_nothing(venue, buy):
    before = await venue.broker.account()
    assert isinstance(await venue.broker.test(buy("dry")), Acknowledged)
    after = await venue.broker.account()
    assert (after.free, after.locked) == (before.free, before.locked)
    assert await venue.broker.query("BTCUSDT", "dry", "") == Absent()


async def test_cancelling_what_is_not_open_proves_nothing(venue, buy):
    unknown = Refused("-2011", "Unknown order sent.")
    assert await venue.broker.cancel("BTCUSDT", "never", "") == unknown
    await venue.submit(buy("done"))
    assert await venue.broker.cancel("BTCUSDT", "done", "") == unknown
    filled = (await venue.broker.query("BTCUSDT", "done", "")).report
    assert filled.status is VenueStatus.FILLED


async def test_open_orders_are_those_that_work(venue, buy, sell):
    await venue.submit(buy("o-1", OrderType.LIMIT, limit_price="90"))
    await venue.submit(buy("o-2"))
    await venue.submit(sell("o-3", OrderType.STOP_LOSS, stop_price="80"))
    await venue.submit(buy("o-4", OrderType.LIMIT, limit_price="91"))
    await venue.broker.cancel("BTCUSDT", "o-4", "")
    assert [report.request_id for report in await venue.broker.open_orders()] == ["o-1", "o-3"]


async def test_balances_are_the_sum_of_all_trades(venue, buy, sell):
    before = await venue.broker.account()
    placed = [
        await venue.submit(buy("s-1", quantity="2.5")),
        await venue.submit(sell("s-2", quantity="1.25")),
        await venue.submit(buy("s-3", OrderType.LIMIT, limit_price="99.00")),
    ]
    venue.move("98.90", "98.95")
    await venue.streamed("s-3", VenueStatus.FILLED)
    expected = {asset: before.total(asset) for asset in ("BTC", "USDT")}
    for outcome, sign in zip(placed, (1, -1, 1), strict=True):
        for fill in await venue.broker.trades("BTCUSDT", outcome.report.venue_order_id):
            expected["BTC"] += sign * fill.quantity
            expected["USDT"] -= sign * fill.quantity * fill.price
            expected[fill.fee_asset] -= fill.fee
    after = await venue.broker.account()
    assert {asset: after.total(asset) for asset in expected} == expected


async def test_a_started_venue_is_well_and_says_what_it_trades(venue):
    health = venue.broker.health()
    assert (health.connected, health.stream_up) == (True, True)
    instrument = venue.instruments["BTCUSDT"]
    assert (instrument.symbol, instrument.base, instrument.quote) == ("BTCUSDT", "BTC", "USDT")
    assert instrument.tick_size > 0
    assert venue.broker.environment in {"paper", "sandbox", "testnet", "live"}


async def test_an_attempt_cannot_land_after_its_fence(venue, buy):
    now_ns = venue.clock.now_ns()
    attempt = venue.broker.prepare(buy("late"), 1, now_ns)
    assert attempt.signed_at_ns == now_ns
    assert attempt.fence_at_ns >= now_ns + attempt.recv_window_ms * 1_000_000
    stale = venue.broker.prepare(buy("late"), 2, now_ns - 60_000_000_000)
    refused = await venue.broker.submit(Approved(buy("late"), stale))
    assert isinstance(refused, Refused)
    assert refused.code == "-1021"
    assert await venue.broker.query("BTCUSDT", "late", "") == Absent()


async def test_a_kill_loses_nothing_that_was_acknowledged(venue, buy, sell):
    await venue.submit(buy("k-1", quantity="1.5"))
    part = await venue.submit(buy("k-2", OrderType.LIMIT, limit_price="100.02", quantity="3"))
    await venue.submit(sell("k-3", OrderType.STOP_LOSS, stop_price="80"))
    await venue.submit(buy("k-4", OrderType.LIMIT, limit_price="91"))
    await venue.broker.cancel("BTCUSDT", "k-4", "")
    account = await venue.broker.account()
    orders = list(await venue.broker.open_orders())
    trades = list(await venue.broker.trades("BTCUSDT", part.report.venue_order_id))

    twin = await venue.kill()
    try:
        reborn = await twin.broker.account()
        assert (reborn.free, reborn.locked) == (account.free, account.locked)
        assert list(await twin.broker.open_orders()) == orders
        assert list(await twin.broker.trades("BTCUSDT", part.report.venue_order_id)) == trades
        canceled = (await twin.broker.query("BTCUSDT", "k-4", "")).report
        assert canceled.status is VenueStatus.CANCELED
        # What is open goes on working, under numbers that were never used before.
        twin.move("79.90", "79.95", quantity="9")
        await twin.streamed("k-3", VenueStatus.FILLED)
        fresh = (await twin.submit(buy("k-5"))).report
        assert fresh.venue_order_id not in {order.venue_order_id for order in orders}
        assert not {fill.trade_id for fill in fresh.fills} & {fill.trade_id for fill in trades}
    finally:
        await twin.stop()
