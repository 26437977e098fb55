"""Working orders made smaller or replaced, and orders bound to each other, at any venue."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.terms import ListPlace
from aitrader_server.domain.venue import (
    Acknowledged,
    AcknowledgedList,
    ApprovedList,
    ApprovedReplacement,
    Refused,
    Replaced,
    Replacement,
    VenueStatus,
)
from aitrader_server.domain.words import Contingency, OrderType


@pytest.fixture
def replace(venue):
    """Replaces `old`, a report, by `spec`."""

    async def replace(old, spec):
        replacement = Replacement(
            request_id=old.request_id,
            venue_order_id=old.venue_order_id,
            spec=spec,
        )
        attempt = venue.broker.prepare_replacement(replacement, venue.clock.now_ns())
        return await venue.broker.replace(ApprovedReplacement(replacement, attempt))

    return replace


@pytest.fixture
def submit_list(venue):
    """Places specs together, bound by `contingency`."""

    async def submit(contingency, *specs):
        members = tuple(spec.request_id for spec in specs)
        places = [
            ListPlace(contingency=contingency, members=members, index=index)
            for index in range(len(specs))
        ]
        bound = tuple(
            msgspec.structs.replace(spec, place=place)
            for spec, place in zip(specs, places, strict=True)
        )
        attempt = venue.broker.prepare_list(bound, venue.clock.now_ns())
        return await venue.broker.submit_list(ApprovedList(bound, attempt))

    return submit


async def open_ids(venue):
    return [report.request_id for report in await venue.broker.open_orders()]


async def test_an_amended_order_is_smaller_and_otherwise_the_same(venue, buy):
    placed = (await venue.submit(buy("a", OrderType.LIMIT, limit_price="90", quantity="2"))).report
    outcome = await venue.broker.amend("BTCUSDT", "a", placed.venue_order_id, Decimal("0.5"))
    assert isinstance(outcome, Acknowledged)
    report = outcome.report
    assert (report.request_id, report.venue_order_id) == ("a", placed.venue_order_id)
    assert (report.quantity, report.cumulative_quantity) == (Decimal("0.5"), 0)
    assert report.status is VenueStatus.ACCEPTED
    found = (await venue.broker.query("BTCUSDT", "a", placed.venue_order_id)).report
    assert (found.quantity, found.status) == (Decimal("0.5"), VenueStatus.ACCEPTED)
    assert (await venue.broker.account()).locked["USDT"] == 45


@pytest.mark.parametrize("quantity", ["2", "3", "0.000001"])
async def test_an_order_can_only_shrink_and_within_the_filters(venue, buy, quantity):
    await venue.submit(buy("a", OrderType.LIMIT, limit_price="90", quantity="2"))
    refused = await venue.broker.amend("BTCUSDT", "a", "", Decimal(quantity))
    assert isinstance(refused, Refused)
    assert (await venue.broker.query("BTCUSDT", "a", "")).report.quantity == 2


async def test_what_is_not_open_is_not_amended(venue, buy):
    await venue.submit(buy("a"))
    for request_id in ("a", "never"):
        refused = await venue.broker.amend("BTCUSDT", request_id, "", Decimal("0.5"))
        assert isinstance(refused, Refused)


async def test_a_replaced_order_makes_way_for_the_new_one(venue, buy, replace):
    old = (await venue.submit(buy("old", OrderType.LIMIT, limit_price="90"))).report
    outcome = await replace(old, buy("new", OrderType.LIMIT, limit_price="91"))
    assert isinstance(outcome, Replaced)
    assert (outcome.canceled.request_id, outcome.canceled.status) == ("old", VenueStatus.CANCELED)
    assert outcome.canceled.venue_order_id == old.venue_order_id
    assert (outcome.placed.request_id, outcome.placed.status) == ("new", VenueStatus.ACCEPTED)
    assert await open_ids(venue) == ["new"]
    assert (await venue.broker.account()).locked["USDT"] == 91


async def test_a_new_order_that_is_refused_leaves_the_old_one_cancelled(venue, sell, replace):
    old = (await venue.submit(sell("old", OrderType.LIMIT, limit_price="150"))).report
    outcome = await replace(old, sell("new", OrderType.LIMIT, limit_price="150", quantity="2"))
    assert isinstance(outcome, Replaced)
    assert outcome.canceled.status is VenueStatus.CANCELED
    assert isinstance(outcome.placed, Refused)
    assert outcome.placed.code == "-2010"
    assert await open_ids(venue) == []


async def test_a_new_order_against_a_filter_touches_nothing(venue, buy, replace):
    old = (await venue.submit(buy("old", OrderType.LIMIT, limit_price="90"))).report
    outcome = await replace(old, buy("new", OrderType.LIMIT, limit_price="91.001"))
    assert isinstance(outcome, Refused)
    assert outcome.code == "-1013"
    assert await open_ids(venue) == ["old"]


async def test_an_order_that_has_ended_is_not_replaced(venue, buy, replace):
    old = (await venue.submit(buy("old", OrderType.LIMIT, limit_price="90"))).report
    await venue.broker.cancel("BTCUSDT", "old", "")
    assert isinstance(await replace(old, buy("new", OrderType.LIMIT, limit_price="91")), Refused)
    assert await open_ids(venue) == []


async def test_what_executed_meanwhile_is_not_placed_again(venue, buy, replace):
    """The caller saw the order before its first execution."""
    seen = (await venue.submit(buy("old", OrderType.LIMIT, limit_price="99", quantity="3"))).report
    venue.move("98.90", "99.00")
    await venue.streamed("old", VenueStatus.PARTIALLY_FILLED)
    outcome = await replace(seen, buy("new", OrderType.LIMIT, limit_price="98", quantity="3"))
    assert isinstance(outcome, Refused)
    assert await open_ids(venue) == ["old"]


async def test_an_order_that_executes_is_not_replaced(venue, buy, replace):
    spec = buy("old", OrderType.LIMIT, limit_price="100.01", quantity="3")
    seen = (await venue.submit(spec)).report
    assert seen.status is VenueStatus.PARTIALLY_FILLED
    outcome = await replace(seen, buy("new", OrderType.LIMIT, limit_price="90", quantity="2"))
    assert isinstance(outcome, Refused)
    (open_order,) = await venue.broker.open_orders()
    assert open_order.request_id == "old"


async def test_of_two_exits_only_one_executes(venue, sell, submit_list):
    outcome = await submit_list(
        Contingency.OCO,
        sell("up", OrderType.LIMIT_MAKER, limit_price="110"),
        sell("down", OrderType.STOP_LOSS, stop_price="90"),
    )
    assert isinstance(outcome, AcknowledgedList)
    assert [report.request_id for report in outcome.reports] == ["up", "down"]
    assert {report.status for report in outcome.reports} == {VenueStatus.ACCEPTED}
    # Both are for the same coin.
    assert (await venue.broker.account()).locked["BTC"] == 1

    venue.move("110.00", "110.01")
    await venue.streamed("up", VenueStatus.FILLED)
    down = (await venue.streamed("down", VenueStatus.EXPIRED))[-1]
    assert down.cumulative_quantity == 0
    assert await open_ids(venue) == []


async def test_one_exit_that_is_cancelled_takes_the_other_along(venue, sell, submit_list):
    await submit_list(
        Contingency.OCO,
        sell("up", OrderType.LIMIT_MAKER, limit_price="110"),
        sell("down", OrderType.STOP_LOSS, stop_price="90"),
    )
    canceled = (await venue.broker.cancel("BTCUSDT", "down", "")).report
    assert (canceled.request_id, canceled.status) == ("down", VenueStatus.CANCELED)
    await venue.streamed("up", VenueStatus.CANCELED)
    assert await open_ids(venue) == []
    assert (await venue.broker.account()).locked["BTC"] == 0


async def test_a_list_on_the_wrong_sides_of_the_market_is_refused_whole(venue, sell, submit_list):
    outcome = await submit_list(
        Contingency.OCO,
        sell("up", OrderType.LIMIT_MAKER, limit_price="95"),
        sell("down", OrderType.STOP_LOSS, stop_price="90"),
    )
    assert isinstance(outcome, Refused)
    assert await open_ids(venue) == []


async def test_exits_wait_until_their_entry_has_filled(venue, buy, sell, submit_list):
    outcome = await submit_list(
        Contingency.OTOCO,
        buy("in", OrderType.LIMIT, limit_price="99"),
        sell("up", OrderType.LIMIT_MAKER, limit_price="110", quantity="0.9"),
        sell("down", OrderType.STOP_LOSS, stop_price="90", quantity="0.9"),
    )
    assert isinstance(outcome, AcknowledgedList)
    assert [report.request_id for report in outcome.reports] == ["in", "up", "down"]
    account = await venue.broker.account()
    assert (account.locked.get("BTC", 0), account.locked["USDT"]) == (0, 99)

    venue.move("98.90", "99.00")
    await venue.streamed("in", VenueStatus.FILLED)
    venue.move("110.00", "110.01")
    await venue.streamed("up", VenueStatus.FILLED)
    await venue.streamed("down", VenueStatus.EXPIRED)
    assert await open_ids(venue) == []


async def test_an_exit_that_waits_for_an_entry_goes_with_it(venue, buy, sell, submit_list):
    await submit_list(
        Contingency.OTO,
        buy("in", OrderType.LIMIT, limit_price="99"),
        sell("out", OrderType.LIMIT, limit_price="110", quantity="0.9"),
    )
    assert sorted(await open_ids(venue)) == ["in", "out"]
    await venue.broker.cancel("BTCUSDT", "in", "")
    ended = await venue.streamed("in", VenueStatus.CANCELED)
    assert ended[-1].cumulative_quantity == 0
    assert await open_ids(venue) == []
    assert (await venue.broker.account()).locked["USDT"] == 0
