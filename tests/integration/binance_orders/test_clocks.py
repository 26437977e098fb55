"""Orders are dated by the venue's clock, whatever ours shows."""

import time
from urllib.parse import parse_qsl

from aitrader_server.domain.venue import Acknowledged, Approved, Mistimed
from scripted_http_venue import accepted, hang_up, refuse, say, server_time

OUTSIDE = refuse(-1021, "Timestamp for this request is outside of the recvWindow.")


def dates_ms(venue, what):
    return [int(dict(parse_qsl(h.body or h.query))["timestamp"]) for h in venue.requests(what)]


async def test_our_clock_may_be_hours_off(venue, desk, order):
    desk.clock.shift_ms = -7_200_000
    assert await desk.calls.sync()
    venue.on("POST order", say(accepted(order())))
    await desk.submit(order())
    (dated,) = dates_ms(venue, "POST order")
    assert abs(dated - time.time() * 1000) < 200
    assert abs(desk.calls.server_time.offset_ms - 7_200_000) < 200


async def test_an_ill_timed_order_sets_the_clock_and_leaves_once(venue, desk, order):
    desk.clock.shift_ms = 5_000
    venue.on("POST order", OUTSIDE, say(accepted(order())))
    attempt = desk.entry.prepare(order(), 1, desk.clock.now_ns())
    outcome = await desk.entry.submit(Approved(order(), attempt))
    # What leaves has been journalled: whoever owns the order signs it anew.
    assert isinstance(outcome, Mistimed)
    assert outcome.code == "-1021"
    assert len(venue.requests("POST order")) == 1

    again = desk.entry.prepare(order(), 2, desk.clock.now_ns())
    assert isinstance(await desk.entry.submit(Approved(order(), again)), Acknowledged)
    first, second = dates_ms(venue, "POST order")
    assert first == attempt.signed_at_ns // 1_000_000
    assert abs(second - time.time() * 1000) < 200


async def test_without_the_venue_s_clock_an_ill_timed_order_is_refused_all_the_same(
    venue, desk, order
):
    venue.on("POST order", OUTSIDE)
    venue.on("GET time", hang_up)
    assert isinstance(await desk.submit(order()), Mistimed)
    assert len(venue.requests("POST order")) == 1


async def test_ill_timed_reads_and_cancels_are_tried_once_more(venue, desk):
    desk.clock.shift_ms = 5_000
    venue.on("GET account", OUTSIDE, say({"balances": []}))
    venue.on("DELETE order", OUTSIDE, refuse(-2011, "Unknown order sent."))
    assert (await desk.reads.account()).free == {}
    assert (await desk.entry.cancel("BTCUSDT", "a", "")).code == "-2011"
    assert abs(dates_ms(venue, "GET account")[1] - time.time() * 1000) < 200


async def test_the_venue_s_clock_ahead_of_ours_is_followed_too(venue, desk, order):
    venue.on("GET time", server_time(90_000))
    await desk.calls.sync()
    venue.on("POST order", say(accepted(order())))
    await desk.submit(order())
    assert abs(dates_ms(venue, "POST order")[0] - time.time() * 1000 - 90_000) < 200
