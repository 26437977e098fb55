"""Whatever ends a connection: the engine is told once, and the stream comes back subscribed."""

import asyncio

import msgspec
import pytest
from aiohttp import web
from misbehaving_ws_api import new_order, wait_until

SUBSCRIBE = "userDataStream.subscribe.signature"


async def test_events_reach_the_listener(venue, listener, open_stream):
    stream = await open_stream()
    await venue.newest.tell(new_order("a-1"))
    await wait_until(lambda: listener.orders == ["a-1"])
    assert listener.streams == []
    assert stream.health().up
    assert 0 <= stream.health().event_lag_ms < 1000


async def close_1000(connection):
    await connection.ws.close(code=1000)


async def close_1001(connection):
    await connection.ws.close(code=1001)


async def close_1008(connection):
    await connection.ws.close(code=1008, message=b"Disconnected")


async def cut(connection):
    connection.cut()


async def terminate(connection):
    await connection.tell({"e": "eventStreamTerminated", "E": 1})


async def revoke(connection):
    error = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    await connection.send({"id": None, "status": 401, "error": error})


async def send_no_json(connection):
    await connection.ws.send_str("<html>")


async def send_no_object(connection):
    await connection.ws.send_str("[1]")


async def send_binary(connection):
    await connection.ws.send_bytes(b"\xff\x00")


async def send_an_event_without_its_fields(connection):
    await connection.tell({"e": "executionReport", "E": 1, "s": "BTCUSDT"})


async def send_an_event_that_is_none(connection):
    await connection.send({"subscriptionId": 0, "event": 5})


async def send_a_frame_without_end(connection):
    await connection.ws.send_str(" " * (2**24 + 1))


LOSSES = [
    close_1000, close_1001, close_1008, cut, terminate, revoke, send_no_json, send_no_object,
    send_binary, send_an_event_without_its_fields, send_an_event_that_is_none,
    send_a_frame_without_end,
]  # fmt: skip


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
async def test_a_loss_is_told_once_and_mended(venue, listener, open_stream, lose):
    stream = await open_stream()
    await lose(venue.newest)
    await wait_until(lambda: len(listener.streams) == 2)
    (down, detail), (up, _) = listener.streams
    assert (down, up) == (False, True)
    assert detail
    await venue.newest.tell(new_order("after"))
    await wait_until(lambda: listener.orders == ["after"])
    await wait_until(lambda: len(venue.live) == 1)
    assert len(venue.connections) == 2
    assert venue.newest.methods[0] == SUBSCRIBE
    assert stream.health().losses == 1
    assert len(listener.streams) == 2


async def test_a_peer_that_is_gone_without_a_word_is_noticed(venue, listener, open_stream, quick):
    wire = msgspec.structs.replace(quick.wire, ping_interval_s=0.1, ping_timeout_s=0.1)
    await open_stream(msgspec.structs.replace(quick, wire=wire))
    venue.newest.freeze()
    await wait_until(lambda: [up for up, _ in listener.streams] == [False, True])


async def test_a_subscription_that_is_not_listed_is_opened_anew(
    venue, listener, open_stream, quick
):
    await open_stream(msgspec.structs.replace(quick, probe_interval_s=0.05))
    venue.newest.subscriptions.clear()
    await wait_until(lambda: len(listener.streams) == 2)
    assert listener.streams[0] == (False, "the venue does not list the subscription")


async def test_a_subscription_that_is_listed_in_more_words_lives(
    venue, listener, open_stream, quick
):
    async def say_more(connection, request):
        if request["method"] != "session.subscriptions":
            return False
        await connection.reply(request, [{"subscriptionId": 7}, {"subscriptionId": 0, "new": 1}])
        return True

    venue.on_request = say_more
    await open_stream(msgspec.structs.replace(quick, probe_interval_s=0.02))
    await wait_until(lambda: len(venue.newest.requests) > 4)
    assert listener.streams == []


@pytest.mark.parametrize("reply", [{}, None, "yes", [], [0], [{"subscriptionId": 1}]])
async def test_a_probe_that_is_answered_with_anything_else_is_a_loss(
    venue, listener, open_stream, reply
):
    async def answer_the_first(connection, request):
        if connection.number > 1 or request["method"] != "session.subscriptions":
            return False
        await connection.reply(request, reply)
        return True

    venue.on_request = answer_the_first
    await open_stream()
    await wait_until(lambda: len(listener.streams) == 2)


@pytest.mark.parametrize("reply", [{}, None, "yes", [], 0])
async def test_a_subscription_without_a_number_is_none(venue, listener, open_stream, reply):
    async def answer_the_first(connection, request):
        if connection.number > 1:
            return False
        await connection.reply(request, reply)
        return True

    venue.on_request = answer_the_first
    stream = await open_stream()
    assert stream.health().connects == 2


async def test_a_probe_without_a_reply_is_a_loss(venue, listener, open_stream, quick):
    async def swallow_the_first_connections_probes(connection, request):
        return connection.number == 1 and request["method"] == "session.subscriptions"

    venue.on_request = swallow_the_first_connections_probes
    await open_stream(quick)
    await wait_until(lambda: len(listener.streams) == 2)
    assert "no reply within 0.5 s" in listener.streams[0][1]


async def test_a_refused_probe_is_a_loss(venue, listener, open_stream):
    async def refuse_the_first_connections_probes(connection, request):
        if connection.number != 1 or request["method"] != "session.subscriptions":
            return False
        await connection.reply(request, {"code": -1003, "msg": "Too many."}, status=429)
        return True

    venue.on_request = refuse_the_first_connections_probes
    await open_stream()
    await wait_until(lambda: len(listener.streams) == 2)
    assert "-1003 Too many." in listener.streams[0][1]


async def test_late_replies_and_frames_without_an_id_are_survived(
    venue, listener, open_stream, quick
):
    """python-binance's own read loop ends at the first of these, and stays silent for good."""
    stream = await open_stream()
    await venue.newest.send({"id": "long-ago", "status": 400, "error": {"code": -1, "msg": "no"}})
    await venue.newest.send({"id": None, "status": 400, "error": {"code": -1, "msg": "no"}})
    await venue.newest.send({"id": None})
    await venue.newest.tell(new_order("still-there"))
    await wait_until(lambda: listener.orders == ["still-there"])
    assert listener.streams == []
    assert stream.health().orphan_replies == 3


async def test_an_unknown_kind_is_counted_and_survived(venue, listener, open_stream):
    stream = await open_stream()
    await venue.newest.tell({"e": "invented", "E": 1})
    await venue.newest.tell(new_order("a"))
    await wait_until(lambda: listener.orders == ["a"])
    assert stream.health().unknown_events == 1


async def test_the_venue_is_tried_until_it_takes_the_subscription(
    venue, listener, open_stream, quick
):
    open_to_us = False

    async def refuse_at_first(connection, request):
        if open_to_us or request["method"] != SUBSCRIBE:
            return False
        await connection.reply(request, {"code": -2015, "msg": "Invalid API-key."}, status=401)
        return True

    venue.on_request = refuse_at_first
    stream = await open_stream(msgspec.structs.replace(quick, start_timeout_s=0.05))
    assert [up for up, _ in listener.streams] == [False]
    await wait_until(lambda: "-2015 Invalid API-key." in stream.health().detail)
    await wait_until(lambda: stream.health().connects > 7)
    open_to_us = True
    await wait_until(lambda: len(listener.streams) == 2)
    assert [up for up, _ in listener.streams] == [False, True]
    await wait_until(lambda: len(venue.live) == 1)


async def test_nothing_listens_there_until_something_does(venue, listener, open_stream, quick):
    settings = msgspec.structs.replace(quick, start_timeout_s=0.3)
    stream = await open_stream(settings, url="ws://127.0.0.1:1/ws-api/v3")
    await wait_until(lambda: stream.health().connects > 5)
    assert [up for up, _ in listener.streams] == [False]


async def test_a_ban_is_waited_out(venue, listener, open_stream, quick, clock):
    async def ban_once(connection, request):
        if connection.number > 1:
            return False
        until_ms = clock.now_ns() // 1_000_000 + 400
        banned = {"code": -1003, "msg": "IP banned.", "data": {"retryAfter": until_ms}}
        await connection.reply(request, banned, status=418)
        return True

    venue.on_request = ban_once
    began_s = asyncio.get_running_loop().time()
    stream = await open_stream()
    assert asyncio.get_running_loop().time() - began_s >= 0.39
    assert stream.health().connects == 2


async def test_a_ban_told_at_the_handshake_is_waited_out(venue, listener, open_stream):
    async def refuse_the_first(number):
        venue.attempts += 1
        if venue.attempts > 1:
            return None
        return web.Response(status=418, headers={"Retry-After": "1"})

    venue.attempts = 0
    venue.on_connect = refuse_the_first
    began_s = asyncio.get_running_loop().time()
    await open_stream()
    assert asyncio.get_running_loop().time() - began_s >= 1.0
    assert venue.attempts == 2


async def test_the_budget_of_connects_holds_for_rotations_too(venue, listener, open_stream, quick):
    """A venue that announces its end to every connection is not stormed."""

    async def say_goodbye(connection, request):
        await connection.send({"event": {"e": "serverShutdown", "E": 1}})
        return False

    venue.on_request = say_goodbye
    few = msgspec.structs.replace(quick, connects_max=3, connects_window_s=60.0, overlap_s=0.01)
    stream = await open_stream(few)
    await wait_until(lambda: stream.health().rotations == 2)
    await asyncio.sleep(0.2)
    assert len(venue.connections) == 3
    assert stream.health().up


async def test_a_crash_of_the_supervisor_is_told(venue, listener, open_stream, clock):
    """It is a bug, so that nobody mends it; the engine and the loop hear of it."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    stream = await open_stream()
    clock.now_ns = None
    venue.newest.cut()
    await wait_until(lambda: told)
    assert isinstance(told[0]["exception"], TypeError)
    assert [up for up, _ in listener.streams] == [False, False]
    assert not stream.health().up
    assert stream.health().detail == "the supervisor of the user stream crashed"


async def test_an_error_of_the_listener_drops_no_connection(venue, listener, open_stream):
    """A bug of the engine's is told as a bug; the stream goes on."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    def fail_once(report):
        del listener.on_report
        raise ZeroDivisionError

    await open_stream()
    listener.on_report = fail_once
    await venue.newest.tell(new_order("a"))
    await venue.newest.tell(new_order("b"))
    await wait_until(lambda: listener.orders == ["b"])
    assert [type(context["exception"]) for context in told] == [ZeroDivisionError]
    assert len(venue.connections) == 1


async def test_what_a_wiped_venue_tells_under_numbers_of_before_is_heard(
    venue, listener, open_stream
):
    await open_stream()
    event = new_order("old")
    await venue.newest.tell(event)
    await wait_until(lambda: listener.orders == ["old"])
    await cut(venue.newest)
    await wait_until(lambda: len(listener.streams) == 2)
    await venue.newest.tell(event | {"c": "new"})
    await wait_until(lambda: listener.orders == ["old", "new"])
