"""Orders, executions and balances as the venue's endpoints tell of them."""

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import Absent, Acknowledged, Ambiguous, VenueStatus
from scripted_http_venue import accepted, hang_up, refuse, say, text

SIGNED_NS = 1_700_000_000_000_000_000
NOT_THERE = refuse(-2013, "Order does not exist.")


def queried(order, number=28, **more):
    """An order as the venue's database has it."""
    times = {"time": 1_700_000_000_000, "updateTime": 1_700_000_000_500, "isWorking": True}
    return accepted(order, **{"orderId": number, **times, **more})


def trade(number, quantity="0.4", **more):
    return {
        "symbol": "BTCUSDT",
        "id": number,
        "orderId": 28,
        "price": "100.5",
        "qty": quantity,
        "commission": "0.0004",
        "commissionAsset": "BNB",
        "time": 1_700_000_000_400,
        "isBuyer": True,
        "isMaker": True,
        **more,
    }


def asked(heard):
    return dict(parse_qsl(heard.query))


def pages_of(rows, key):
    """Answers like the venue: at most `limit` rows, from the one that `key` names."""

    async def answer(request):
        first = int(request.query.get(key, 0))
        page = [row for row in rows if row["id" if key == "fromId" else "orderId"] >= first]
        return await say(page[: int(request.query["limit"])])(request)

    return answer


async def test_a_query_tells_the_order_s_state(venue, desk, order):
    part = {"executedQty": "0.40000000", "status": "PARTIALLY_FILLED"}
    venue.on("GET order", say(queried(order(), transactTime=0, **part)))
    report = (await desk.reads.query("BTCUSDT", "a-1", "28")).report
    assert report.status is VenueStatus.PARTIALLY_FILLED
    assert (report.quantity, report.cumulative_quantity) == (1, Decimal("0.4"))
    assert report.at_ns == 1_700_000_000_500_000_000
    assert report.fills == ()


async def test_an_order_that_is_not_there_is_absent_and_nothing_else_is(venue, desk):
    venue.on("GET order", NOT_THERE)
    assert await desk.reads.query("BTCUSDT", "a-1", "") == Absent()
    for answer in (hang_up, refuse(-1121, "Invalid symbol."), text("<html>", 502), say({})):
        venue.on("GET order", answer)
        assert isinstance(await desk.reads.query("BTCUSDT", "a-1", ""), Ambiguous)


async def test_history_is_read_from_another_endpoint_page_by_page(venue, desk, order):
    rows = [queried(order(f"o-{n}"), n) for n in range(1, 2_501)]
    rows += [queried(order("a-1"), 2_501), queried(order("a-1"), 2_502, executedQty="0.4")]
    rows += [queried(order("b"), 2_503)]
    venue.on("GET allOrders", pages_of(rows, "orderId"))
    venue.on("GET myTrades", say([trade(7)]))
    found = await desk.reads.query_history("BTCUSDT", "a-1", SIGNED_NS)

    assert isinstance(found, Acknowledged)
    assert found.report.venue_order_id == "2502"
    (fill,) = found.report.fills
    assert fill == Fill(
        trade_id="7",
        quantity=Decimal("0.4"),
        price=Decimal("100.5"),
        fee=Decimal("0.0004"),
        fee_asset="BNB",
        maker=True,
        executed_at_ns=1_700_000_000_400_000_000,
    )
    first, *others = map(asked, venue.requests("GET allOrders"))
    assert (first["startTime"], "orderId" in first) == ("1700000000000", False)
    assert [(page["orderId"], "startTime" in page) for page in others] == [
        ("1001", False),
        ("2001", False),
    ]
    assert not venue.requests("GET order")


async def test_an_older_order_of_the_same_id_is_no_history(venue, desk, order):
    venue.on("GET allOrders", say([queried(order())]))
    later_ns = SIGNED_NS + 1_000_000
    assert await desk.reads.query_history("BTCUSDT", "a-1", later_ns) == Absent()
    assert isinstance(await desk.reads.query_history("BTCUSDT", "a-1", SIGNED_NS), Acknowledged)


async def test_a_history_that_was_not_read_to_its_end_proves_no_absence(venue, desk, order):
    rows = [queried(order(f"o-{n}"), n) for n in range(1, 1_002)]
    venue.on("GET allOrders", say(rows[:1000]), hang_up)
    assert isinstance(await desk.reads.query_history("BTCUSDT", "a-1", SIGNED_NS), Ambiguous)
    venue.on("GET allOrders", say(rows[:1000]))
    assert isinstance(await desk.reads.query_history("BTCUSDT", "a-1", SIGNED_NS), Ambiguous)
    assert len(venue.requests("GET allOrders")) == 2 + 20


async def test_history_without_the_trades_it_speaks_of_is_none(venue, desk, order):
    venue.on("GET allOrders", say([queried(order(), executedQty="1", status="FILLED")]))
    venue.on("GET myTrades", hang_up)
    assert isinstance(await desk.reads.query_history("BTCUSDT", "a-1", SIGNED_NS), Ambiguous)


async def test_trades_are_read_to_the_last_one(venue, desk):
    venue.on("GET myTrades", pages_of([trade(n, "0.001") for n in range(1, 2_002)], "fromId"))
    fills = await desk.reads.trades("BTCUSDT", "28")
    assert [fill.trade_id for fill in fills] == [str(n) for n in range(1, 2_002)]
    assert {asked(heard)["orderId"] for heard in venue.requests("GET myTrades")} == {"28"}
    assert [asked(heard).get("fromId") for heard in venue.requests("GET myTrades")] == [
        None,
        "1001",
        "2001",
    ]


@pytest.mark.parametrize("answer", [hang_up, say({}), say([{"id": 1}]), text("<html>")])
async def test_what_cannot_be_read_is_none(venue, desk, answer):
    for what in ("GET myTrades", "GET openOrders", "GET account"):
        venue.on(what, answer)
    assert await desk.reads.trades("BTCUSDT", "28") is None
    assert await desk.reads.open_orders() is None
    assert not hasattr(await desk.reads.account(), "free")


async def test_open_orders_are_ours_and_oldest_first(venue, desk, order):
    rows = [
        queried(order("young"), 3, time=1_700_000_000_200),
        queried(order("old"), 2),
        {**queried(order("other"), 1), "symbol": "DOGEUSDT"},
    ]
    venue.on("GET openOrders", say(rows))
    assert [report.request_id for report in await desk.reads.open_orders()] == ["old", "young"]
    assert asked(venue.requests("GET openOrders")[0])["symbol"] == "BTCUSDT"


async def test_balances_are_exact(venue, desk):
    balances = [
        {"asset": "BTC", "free": "0.10000000", "locked": "0.00000001"},
        {"asset": "USDT", "free": "12345678901.12345678", "locked": "0"},
    ]
    venue.on("GET account", say({"canTrade": True, "balances": balances}))
    snapshot = await desk.reads.account()
    assert snapshot.total("BTC") == Decimal("0.10000001")
    assert snapshot.free["USDT"] == Decimal("12345678901.12345678")
    assert asked(venue.requests("GET account")[0])["omitZeroBalances"] == "true"
    venue.on("GET account", say({"balances": [{"asset": "A", "free": "NaN", "locked": "0"}]}))
    assert not hasattr(await desk.reads.account(), "free")
