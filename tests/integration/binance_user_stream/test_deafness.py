"""A stream that looks well and brings nothing is found out by what REST acknowledged."""

import asyncio

from misbehaving_ws_api import new_order, wait_until

LATER_NS = 2_000_000_000


async def test_an_acknowledged_change_without_an_event_is_a_loss(
    venue, listener, open_stream, clock
):
    stream = await open_stream()
    stream.expect("BTCUSDT", "17", clock.now_ns() + LATER_NS)
    await wait_until(lambda: len(listener.streams) == 2)
    assert listener.streams[0] == (False, "no event of BTCUSDT order 17 within 0.4 s")
    assert len(venue.connections) == 2


async def test_an_event_that_comes_is_enough_and_is_timed(venue, listener, open_stream, clock):
    stream = await open_stream()
    at_ms = (clock.now_ns() + LATER_NS) // 1_000_000
    stream.expect("BTCUSDT", "17", at_ms * 1_000_000 + 999_999)
    await asyncio.sleep(0.05)
    await venue.newest.tell(new_order("a", i=17, T=at_ms))
    await wait_until(lambda: listener.orders == ["a"])
    assert 50 <= stream.health().ack_lag_ms < 400
    await asyncio.sleep(0.5)
    assert listener.streams == []


async def test_an_event_that_came_first_is_enough(venue, listener, open_stream, clock):
    stream = await open_stream()
    at_ms = (clock.now_ns() + LATER_NS) // 1_000_000
    await venue.newest.tell(new_order("a", i=17, T=at_ms))
    await wait_until(lambda: listener.orders == ["a"])
    stream.expect("BTCUSDT", "17", at_ms * 1_000_000)
    assert stream.health().ack_lag_ms == 0
    await asyncio.sleep(0.5)
    assert listener.streams == []


async def test_an_event_of_an_earlier_change_is_not_enough(venue, listener, open_stream, clock):
    stream = await open_stream()
    at_ms = (clock.now_ns() + LATER_NS) // 1_000_000
    stream.expect("BTCUSDT", "17", (at_ms + 1) * 1_000_000)
    await venue.newest.tell(new_order("a", i=17, T=at_ms))
    await wait_until(lambda: len(listener.streams) == 2)


async def test_what_happened_before_the_subscription_has_no_event(
    venue, listener, open_stream, clock
):
    before_ns = clock.now_ns()
    stream = await open_stream()
    stream.expect("BTCUSDT", "17", before_ns)
    await asyncio.sleep(0.5)
    assert listener.streams == []


async def test_what_was_awaited_at_a_loss_is_left_to_the_snapshot(
    venue, listener, open_stream, clock
):
    stream = await open_stream()
    stream.expect("BTCUSDT", "17", clock.now_ns() + LATER_NS)
    venue.newest.cut()
    await wait_until(lambda: len(listener.streams) == 2)
    await asyncio.sleep(0.5)
    assert len(listener.streams) == 2
    stream.expect("BTCUSDT", "18", clock.now_ns() + LATER_NS)
    await wait_until(lambda: len(listener.streams) == 4)
