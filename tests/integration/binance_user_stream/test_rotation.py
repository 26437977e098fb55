"""A connection that is to end is replaced first: nothing is missed and nobody is told."""

import asyncio
import gc

import msgspec
from aitrader_gateway.binance.subscription import Subscription
from misbehaving_ws_api import new_order, wait_until

SHUTDOWN = {"event": {"e": "serverShutdown", "E": 1}}
SUBSCRIBE = "userDataStream.subscribe.signature"


async def tell_all(venue, event):
    for connection in venue.live:
        await connection.tell(event)


async def test_events_of_both_connections_arrive_once(venue, listener, open_stream, quick):
    stream = await open_stream(msgspec.structs.replace(quick, overlap_s=0.3))
    await venue.newest.send(SHUTDOWN)
    await wait_until(lambda: len(venue.live) == 2 and SUBSCRIBE in venue.newest.methods)
    await venue.connections[0].tell(new_order("only-the-old-one"))
    await tell_all(venue, new_order("both"))
    await venue.connections[1].tell(new_order("only-the-new-one"))
    await wait_until(lambda: len(venue.live) == 1)
    await venue.newest.tell(new_order("afterwards"))
    await wait_until(lambda: "afterwards" in listener.orders)
    assert sorted(listener.orders) == [
        "afterwards", "both", "only-the-new-one", "only-the-old-one"
    ]  # fmt: skip
    assert listener.streams == []
    health = stream.health()
    assert (health.up, health.rotations, health.repeats, health.losses) == (True, 1, 1, 0)
    assert venue.live == [venue.connections[1]]


async def test_age_and_a_changed_key_rotate_too(venue, listener, open_stream, quick, client):
    settings = msgspec.structs.replace(quick, rotation_age_s=0.3, overlap_s=0.01)
    stream = await open_stream(settings)
    await wait_until(lambda: stream.health().rotations == 2)
    client.API_KEY = "another-key"
    stream.rotate("the key has changed")
    await wait_until(lambda: stream.health().rotations == 3)
    assert venue.newest.requests[0]["params"]["apiKey"] == "another-key"
    assert listener.streams == []


async def test_balance_changes_of_both_connections_are_told_once(
    venue, listener, open_stream, quick
):
    await open_stream(msgspec.structs.replace(quick, overlap_s=0.3))
    await venue.newest.send(SHUTDOWN)
    await wait_until(lambda: len(venue.live) == 2 and SUBSCRIBE in venue.newest.methods)
    await tell_all(venue, {"e": "balanceUpdate", "E": 1, "a": "BTC", "d": "-2.50000000", "T": 1})
    await tell_all(venue, {"e": "externalLockUpdate", "E": 1, "a": "NEO", "d": "1", "T": 1})
    await wait_until(lambda: len(listener.external) == 2)
    await wait_until(lambda: len(venue.live) == 1)
    assert listener.external == ["balanceUpdate of -2.50000000 BTC", "externalLockUpdate of 1 NEO"]


async def test_a_connection_that_ends_before_its_successor_stands_is_a_loss(
    venue, listener, open_stream
):
    async def do_not_answer_the_second(connection, request):
        return connection.number == 2

    venue.on_request = do_not_answer_the_second
    stream = await open_stream()
    await venue.newest.send(SHUTDOWN)
    await wait_until(lambda: len(venue.connections) == 2)
    venue.connections[0].cut()
    await wait_until(lambda: len(listener.streams) == 2)
    assert [up for up, _ in listener.streams] == [False, True]
    await wait_until(lambda: venue.live == [venue.connections[2]])
    assert stream.health().rotations == 0


async def test_what_was_given_up_is_let_go(venue, listener, open_stream):
    async def do_not_answer_the_even(connection, request):
        return connection.number % 2 == 0

    venue.on_request = do_not_answer_the_even
    await open_stream()
    for times in (1, 2, 3):
        old = venue.live[0]
        await old.send(SHUTDOWN)
        await wait_until(lambda times=times: len(venue.connections) == 2 * times)
        old.cut()
        await wait_until(lambda times=times: len(listener.streams) == 2 * times)
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Subscription)]
    # The one in use, and the last that was lost; six were opened.
    assert len(kept) <= 2


async def test_a_connection_that_ends_before_it_was_read_out_is_a_loss(
    venue, listener, open_stream, quick
):
    """What it still had for us may be missing, although the successor is well."""
    stream = await open_stream(msgspec.structs.replace(quick, overlap_s=3.0))
    await venue.newest.send(SHUTDOWN)
    await wait_until(lambda: len(venue.live) == 2 and SUBSCRIBE in venue.newest.methods)
    venue.connections[0].cut()
    await wait_until(lambda: len(listener.streams) == 2)
    assert [up for up, _ in listener.streams] == [False, True]
    assert len(venue.connections) == 2
    assert stream.health().up
    await venue.newest.tell(new_order("a"))
    await wait_until(lambda: listener.orders == ["a"])


async def test_a_successor_is_sought_while_the_old_connection_lives(
    venue, listener, open_stream, quick
):
    async def refuse_two_to_four(connection, request):
        if connection.number not in (2, 3, 4) or request["method"] != SUBSCRIBE:
            return False
        await connection.reply(request, {"code": -1000, "msg": "Not now."}, status=500)
        return True

    venue.on_request = refuse_two_to_four
    stream = await open_stream()
    await venue.newest.send(SHUTDOWN)
    await wait_until(lambda: stream.health().rotations == 1)
    await wait_until(lambda: venue.live == [venue.connections[4]])
    assert listener.streams == []


async def test_an_old_connection_that_hangs_is_let_go(venue, listener, open_stream):
    """It answers no more, so that nobody knows what it had for us."""
    stream = await open_stream()
    await venue.newest.send(SHUTDOWN)
    venue.connections[0].freeze()
    await wait_until(lambda: len(listener.streams) == 2)
    assert [up for up, _ in listener.streams] == [False, True]
    assert stream.health().up
    assert stream.health().rotations == 1


async def test_stopping_in_the_middle_of_a_rotation_closes_both(
    venue, listener, open_stream, quick
):
    stream = await open_stream(msgspec.structs.replace(quick, overlap_s=10.0))
    await venue.newest.send(SHUTDOWN)
    await wait_until(lambda: len(venue.live) == 2 and SUBSCRIBE in venue.newest.methods)
    await stream.stop()
    await wait_until(lambda: venue.live == [])
    await asyncio.sleep(0)
    assert listener.said == []
