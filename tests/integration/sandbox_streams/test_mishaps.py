"""Faults of the WebSocket API, each as it shows itself to a plain client."""

import asyncio
import json
import socket

import pytest
import websockets
from aitrader_gateway.sandbox.connection import ConnectionSettings
from aitrader_server.domain.words import Side
from sandbox_faces import ED25519_KEY, USER, Faces, connected, running_faces, signed

SUBSCRIBE = "userDataStream.subscribe.signature"
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "100.00",
    "quantity": "1.00000",
}


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1008])
@pytest.mark.parametrize(
    ("fault", "executed", "answered"),
    [("close-before", False, False), ("close-after", True, False), ("close-answered", True, True)],
)
async def test_a_connection_closes_around_an_order(faces: Faces, code, fault, executed, answered):
    faces.inject(fault, "order.place", close_code=code)
    async with connected(faces.ws_api_url) as peer:
        await peer.socket.send(
            json.dumps({"id": 1, "method": "order.place", "params": signed(ORDER)})
        )
        if answered and code != 1006:
            assert (await peer.next())["status"] == 200
        assert await peer.closed() == code
    assert len(faces.exchange.open_orders(USER)) == executed


@pytest.mark.parametrize(("fault", "executed"), [("drop-before", False), ("drop-after", True)])
async def test_a_connection_is_dropped_around_an_order(faces: Faces, fault, executed):
    faces.inject(fault, "order.place")
    async with connected(faces.ws_api_url) as peer:
        await peer.socket.send(
            json.dumps({"id": 1, "method": "order.place", "params": signed(ORDER)})
        )
        assert await peer.closed() == 1006
    assert len(faces.exchange.open_orders(USER)) == executed


@pytest.mark.parametrize(("fault", "executed"), [("code-before", False), ("code-after", True)])
async def test_an_order_is_answered_with_a_code_whatever_became_of_it(
    faces: Faces, fault, executed
):
    faces.inject(fault, "order.place", status=503, code=-1008)
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask("order.place", signed(ORDER))
        assert (reply["status"], reply["error"]["code"]) == (503, -1008)
    assert len(faces.exchange.open_orders(USER)) == executed


async def test_a_late_error_comes_after_the_order_was_executed(faces: Faces):
    faces.inject("late-error", "order.place", delay_ms=300, status=400, code=-1007)
    async with connected(faces.ws_api_url) as peer:
        late = asyncio.create_task(peer.ask("order.place", signed(ORDER)))
        await asyncio.sleep(0.1)
        assert len(faces.exchange.open_orders(USER)) == 1
        reply = await late
        assert (reply["status"], reply["error"]["code"]) == (400, -1007)


async def test_a_delayed_reply_lets_others_pass(faces: Faces):
    faces.inject("reply-delay", "order.place", delay_ms=200)
    async with connected(faces.ws_api_url) as peer:
        for number, frame in enumerate(
            ({"method": "order.place", "params": signed(ORDER)}, {"method": "ping"})
        ):
            await peer.socket.send(json.dumps({"id": number, **frame}))
        assert [(await peer.next())["id"] for _ in range(2)] == [1, 0]


async def test_a_revocation_carries_no_id(faces: Faces):
    faces.inject("session-revoked", "ping")
    async with connected(faces.ws_api_url) as peer:
        assert (await peer.ask("ping"))["status"] == 200
        frame = await peer.next()
        assert frame == {
            "id": None,
            "status": 401,
            "error": {
                "code": -2015,
                "msg": "Invalid API-key, IP, or permissions for action.",
            },
        }


async def test_a_revocation_ends_what_the_session_subscribed_to(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        await peer.ask("session.logon", signed({}, key=ED25519_KEY))
        await peer.ask("userDataStream.subscribe")
        faces.inject("session-revoked", "user")
        faces.place(Side.BUY, "100.00", "1", by=USER)
        assert (await peer.next())["event"]["e"] == "executionReport"
        assert (await peer.next())["status"] == 401
        assert (await peer.next())["event"]["e"] == "eventStreamTerminated"
        assert (await peer.ask("session.status"))["result"]["apiKey"] is None


async def test_a_shutdown_is_announced(faces: Faces):
    faces.inject("server-shutdown", "ping", delay_ms=200, close_code=1001)
    async with connected(faces.ws_api_url) as peer:
        await peer.ask("ping")
        frame = await peer.next()
        assert set(frame) == {"event"}
        assert frame["event"]["e"] == "serverShutdown"
        assert (await peer.ask("ping"))["status"] == 200
        assert await peer.closed() == 1001


async def test_a_half_open_connection_answers_nothing(faces: Faces):
    faces.inject("half-open", "ping")
    async with connected(faces.ws_api_url, ping_interval=None) as peer:
        await peer.socket.send('{"id":1,"method":"ping"}')
        assert await peer.quiet()
        pong = await peer.socket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pong, 0.3)


async def test_a_subscription_is_answered_in_one_segment_with_its_first_event(faces: Faces):
    faces.inject("event-with-reply", SUBSCRIBE, delay_ms=5000)
    async with connected(faces.ws_api_url) as peer:
        raw = peer.socket.transport.get_extra_info("socket")
        peer.socket.transport.pause_reading()
        await peer.socket.send(json.dumps({"id": 1, "method": SUBSCRIBE, "params": signed({})}))
        while not faces.hub.accounts.wanted(USER):
            await asyncio.sleep(0.01)
        faces.place(Side.BUY, "100.00", "1", by=USER)
        received = b""
        duplicate = socket.socket(fileno=socket.dup(raw.fileno()))
        with duplicate:
            while not received:
                await asyncio.sleep(0.01)
                try:
                    received = duplicate.recv(65536, socket.MSG_PEEK)
                except BlockingIOError:
                    continue
        assert b'"subscriptionId":0}' in received
        assert b"executionReport" in received
        peer.socket.transport.resume_reading()
        assert (await peer.next())["result"] == {"subscriptionId": 0}
        assert (await peer.next())["event"]["e"] == "executionReport"


async def test_a_reply_that_waits_for_an_event_does_not_wait_for_ever(faces: Faces):
    faces.inject("event-with-reply", SUBSCRIBE, delay_ms=100)
    async with connected(faces.ws_api_url) as peer:
        assert (await peer.ask(SUBSCRIBE, signed({})))["result"] == {"subscriptionId": 0}


async def _heard(faces: Faces, fault: str) -> list[str]:
    """What a user hears of two orders when a fault befalls the second order's report."""
    faces.inject(fault, "user", skip=2)
    async with connected(faces.ws_api_url) as peer:
        await peer.ask(SUBSCRIBE, signed({}))
        for price in ("100.00", "101.00"):
            faces.place(Side.BUY, price, "1", by=USER)
        # Events are sent before the reply of a later request.
        await peer.socket.send('{"id":"end","method":"ping"}')
        heard = []
        while "id" not in (frame := await peer.next()):
            event = frame["event"]
            heard.append(event.get("p", event["e"]))
        return heard


POSITION = "outboundAccountPosition"


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ("event-lost", ["100.00000000", POSITION, POSITION]),
        (
            "event-duplicated",
            ["100.00000000", POSITION, "101.00000000", "101.00000000", POSITION],
        ),
        ("event-reordered", ["100.00000000", POSITION, POSITION, "101.00000000"]),
    ],
)
async def test_events_get_lost_doubled_and_out_of_order(faces: Faces, fault, heard):
    assert await _heard(faces, fault) == heard


async def test_frames_may_be_malformed_or_huge(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        faces.inject("huge-frame", "ping", size_bytes=1_200_000)
        await peer.socket.send('{"id":1,"method":"ping"}')
        frame = await peer.socket.recv()
        assert len(frame) == 1_200_000
        assert json.loads(frame)["status"] == 200
        faces.inject("malformed-frame", "ping")
        await peer.socket.send('{"id":1,"method":"ping"}')
        with pytest.raises(json.JSONDecodeError):
            json.loads(await peer.socket.recv())


async def test_a_banned_peer_is_disconnected_and_kept_out(faces: Faces):
    faces.inject("ban", "ping", retry_after_s=60)
    async with connected(faces.ws_api_url) as peer:
        await peer.socket.send('{"id":1,"method":"ping"}')
        assert await peer.closed() == 1008
    with pytest.raises(Exception, match="418"):
        async with connected(faces.ws_api_url):
            pass


async def test_a_peer_without_pongs_is_closed(tmp_path):
    hasty = ConnectionSettings(ping_every_s=0.1, pong_within_s=1.0)
    async with (
        running_faces(tmp_path, ws_api=hasty) as faces,
        connected(faces.ws_api_url) as lively,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", faces.port)
        writer.write(
            b"GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        received = await asyncio.wait_for(reader.read(), 5)
        # Several pings, then the close frame with its code.
        assert received.count(b"\x89\x01") >= 2
        assert b"\x03\xf0" in received
        writer.close()
        await writer.wait_closed()
        assert (await lively.ask("ping"))["status"] == 200


async def test_a_connection_lives_for_a_day_at_most(tmp_path):
    short = ConnectionSettings(lives_s=0.2)
    async with running_faces(tmp_path, ws_api=short) as faces, connected(faces.ws_api_url) as peer:
        assert await peer.closed() == 1000


async def test_a_peer_that_does_not_read_is_cut_off_and_others_hear_everything(tmp_path):
    tight = ConnectionSettings(frames_max=200)
    async with (
        running_faces(tmp_path, ws_api=tight) as faces,
        connected(faces.ws_api_url, ping_interval=None) as slow,
        connected(faces.ws_api_url) as quick,
    ):
        await slow.ask(SUBSCRIBE, signed({}))
        await quick.ask(SUBSCRIBE, signed({}))
        slow.socket.transport.pause_reading()
        # Big frames fill the system's own buffers soon.
        faces.inject("huge-frame", "user", hits=0, size_bytes=100_000)
        orders = 0
        while len(faces.entrance.connections) == 2:
            for _ in range(25):
                placed = faces.place(Side.BUY, "100.00", "1", by=USER)
                faces.cancel(placed.order.number, by=USER)
                orders += 1
            for _ in range(25 * 4):
                await quick.next()
            assert orders < 1_000
        assert (await quick.ask("ping"))["status"] == 200


@pytest.mark.parametrize("fault", ["drop-before", "code-before"])
@pytest.mark.parametrize("path", ["ws-api/v3", "ws/btcusdt@trade", "stream"])
async def test_a_connection_can_be_kept_out(faces: Faces, fault, path):
    faces.inject(fault, f"GET /{path}", status=503)
    with pytest.raises((websockets.InvalidStatus, websockets.InvalidMessage, ConnectionError)):
        async with connected(f"{faces.stream_url}{path}"):
            pass
    async with connected(f"{faces.stream_url}{path}"):
        assert len(faces.entrance.connections) == 1


async def test_a_silent_connection_can_still_be_ended(faces: Faces):
    faces.inject("half-open", "ping")
    async with connected(faces.ws_api_url) as peer:
        await peer.socket.send('{"id":1,"method":"ping"}')
        assert await peer.quiet()
        assert faces.entrance.connections.close(1001) == 1
        assert await peer.closed() == 1006
