"""Orders at any venue: what is acknowledged, what executes, what the stream repeats."""

from decimal import Decimal

import pytest
from aitrader_server.domain.venue import Acknowledged, Refused, VenueStatus
from aitrader_server.domain.words import OrderType, TimeInForce


def fills_of(reports):
    return [fill for report in reports for fill in report.fills]


async def test_a_market_order_fills_and_pays_its_fee_in_what_it_receives(venue, buy):
    before = await venue.broker.account()
    outcome = await venue.submit(buy("m-1"))

    assert isinstance(outcome, Acknowledged)
    report = outcome.report
    assert (report.request_id, report.symbol) == ("m-1", "BTCUSDT")
    assert report.status is VenueStatus.FILLED
    assert report.cumulative_quantity == report.quantity == 1
    (fill,) = report.fills
    assert (fill.price, fill.quantity, fill.maker) == (Decimal("100.01"), 1, False)
    assert (fill.fee, fill.fee_asset) == (venue.fee, "BTC")
    after = await venue.broker.account()
    assert before.total("USDT") - after.total("USDT") == Decimal("100.01")
    assert after.total("BTC") - before.total("BTC") == 1 - venue.fee


async def test_a_large_market_order_pays_more_and_expires_with_what_it_got(venue, buy):
    report = (await venue.submit(buy("big", quantity="7"))).report

    assert report.status is VenueStatus.EXPIRED
    assert report.reason == "INSUFFICIENT_LIQUIDITY"
    assert report.quantity == 7
    assert report.cumulative_quantity == 5
    prices = [fill.price for fill in report.fills]
    assert prices == [Decimal("100.01") + Decimal("0.01") * level for level in range(5)]
    assert (await venue.broker.account()).locked.get("USDT", 0) == 0


async def test_a_quote_quantity_buys_what_it_is_worth_on_the_step(venue, buy):
    report = (await venue.submit(buy("q", quote_quantity="250"))).report

    assert report.status is VenueStatus.FILLED
    spent = sum(fill.price * fill.quantity for fill in report.fills)
    assert Decimal("249.99") < spent <= 250
    assert report.quantity == report.cumulative_quantity
    assert report.quantity % venue.instruments["BTCUSDT"].step_size == 0


async def test_a_quote_quantity_sells_what_it_is_worth_on_the_step(venue, sell):
    report = (await venue.submit(sell("q", quote_quantity="50"))).report

    assert report.status is VenueStatus.FILLED
    assert report.quantity == Decimal("0.5")


async def test_a_resting_order_locks_its_worth_and_gives_it_back_when_cancelled(venue, buy):
    before = await venue.broker.account()
    placed = (await venue.submit(buy("r", OrderType.LIMIT, limit_price="90"))).report
    assert (placed.status, placed.cumulative_quantity) == (VenueStatus.ACCEPTED, 0)
    resting = await venue.broker.account()
    assert resting.locked["USDT"] == 90
    assert resting.total("USDT") == before.total("USDT")

    canceled = (await venue.broker.cancel("BTCUSDT", "r", placed.venue_order_id)).report
    assert canceled.status is VenueStatus.CANCELED
    assert canceled.venue_order_id == placed.venue_order_id
    after = await venue.broker.account()
    assert (after.locked["USDT"], after.free["USDT"]) == (0, before.free["USDT"])
    statuses = [r.status for r in await venue.streamed("r", VenueStatus.CANCELED)]
    assert statuses == [VenueStatus.ACCEPTED, VenueStatus.CANCELED]


async def test_a_resting_order_fills_at_its_own_price_by_what_the_quotes_offer(venue, buy):
    await venue.submit(buy("r", OrderType.LIMIT, limit_price="99.50", quantity="3"))
    venue.move("99.40", "99.50", quantity="2")
    first = (await venue.streamed("r", VenueStatus.PARTIALLY_FILLED))[-1]
    assert first.cumulative_quantity == 2
    venue.move("99.40", "99.50", quantity="2")
    reports = await venue.streamed("r", VenueStatus.FILLED)

    assert [(fill.price, fill.quantity) for fill in fills_of(reports)] == [
        (Decimal("99.50"), 2),
        (Decimal("99.50"), 1),
    ]
    assert all(fill.maker for fill in fills_of(reports))
    assert reports[-1].cumulative_quantity == 3


async def test_a_cancelled_part_keeps_its_fills(venue, buy):
    await venue.submit(buy("p", OrderType.LIMIT, limit_price="100.01", quantity="3"))
    canceled = (await venue.broker.cancel("BTCUSDT", "p", "")).report

    assert canceled.status is VenueStatus.CANCELED
    assert canceled.cumulative_quantity == 1
    fills = await venue.broker.trades("BTCUSDT", canceled.venue_order_id)
    assert sum(fill.quantity for fill in fills) == 1


async def test_the_stream_repeats_the_facts_of_the_reply(venue, buy):
    reply = (await venue.submit(buy("s", quantity="2.5"))).report
    reports = await venue.streamed("s", VenueStatus.FILLED)

    assert {report.venue_order_id for report in reports} == {reply.venue_order_id}
    assert reports[0].status is VenueStatus.ACCEPTED
    assert reports[-1].status is reply.status
    assert reports[-1].cumulative_quantity == reply.cumulative_quantity
    assert tuple(fills_of(reports)) == reply.fills
    cumulative = [report.cumulative_quantity for report in reports]
    assert cumulative == sorted(cumulative)


async def test_immediate_or_cancel_takes_what_is_there_and_expires(venue, buy):
    spec = buy("i", OrderType.LIMIT, limit_price="100.02", quantity="3", tif=TimeInForce.IOC)
    report = (await venue.submit(spec)).report
    assert (report.status, report.cumulative_quantity) == (VenueStatus.EXPIRED, 2)
    assert (await venue.broker.account()).locked["USDT"] == 0


async def test_fill_or_kill_takes_all_or_nothing(venue, buy):
    killed = buy("k", OrderType.LIMIT, limit_price="100.02", quantity="3", tif=TimeInForce.FOK)
    filled = buy("f", OrderType.LIMIT, limit_price="100.02", quantity="2", tif=TimeInForce.FOK)
    report = (await venue.submit(killed)).report
    assert (report.status, report.cumulative_quantity) == (VenueStatus.EXPIRED, 0)
    report = (await venue.submit(filled)).report
    assert (report.status, report.cumulative_quantity) == (VenueStatus.FILLED, 2)


async def test_a_post_only_order_never_takes(venue, buy):
    taking = await venue.submit(buy("t", OrderType.LIMIT_MAKER, limit_price="100.01"))
    assert taking == Refused("-2010", "Order would immediately match and take.")
    resting = await venue.submit(buy("u", OrderType.LIMIT_MAKER, limit_price="100.00"))
    assert resting.report.status is VenueStatus.ACCEPTED


@pytest.mark.parametrize(
    ("kind", "stop", "path"),
    [
        (OrderType.STOP_LOSS, "95", [("95.50", "95.51"), ("94.99", "95.00")]),
        (OrderType.TAKE_PROFIT, "105", [("104.00", "104.01"), ("105.00", "105.01")]),
    ],
)
async def test_a_stop_waits_for_its_price_and_then_sells(venue, sell, kind, stop, path):
    placed = (await venue.submit(sell("stop", kind, stop_price=stop))).report
    assert placed.status is VenueStatus.ACCEPTED
    assert (await venue.broker.account()).locked["BTC"] == 1
    for prices in path:
        venue.move(*prices)
    reports = await venue.streamed("stop", VenueStatus.FILLED)
    assert [report.status for report in reports] == [
        VenueStatus.ACCEPTED,
        VenueStatus.TRIGGERED,
        VenueStatus.FILLED,
    ]
    assert reports[-1].fills[0].price == Decimal(path[-1][0])


async def test_a_stop_limit_rests_once_it_is_live(venue, sell):
    spec = sell("sl", OrderType.STOP_LOSS_LIMIT, stop_price="95", limit_price="94.50")
    await venue.submit(spec)
    venue.move("94.00", "94.01")
    await venue.streamed("sl", VenueStatus.TRIGGERED)
    live = (await venue.broker.query("BTCUSDT", "sl", "")).report
    assert live.status is VenueStatus.TRIGGERED
    venue.move("94.50", "94.51")
    filled = (await venue.streamed("sl", VenueStatus.FILLED))[-1]
    assert (filled.fills[0].price, filled.fills[0].maker) == (Decimal("94.50"), True)


async def test_a_stop_on_the_wrong_side_is_refused(venue, buy):
    outcome = await venue.submit(buy("w", OrderType.STOP_LOSS, stop_price="95"))
    assert outcome == Refused("-2010", "Order would trigger immediately.")
