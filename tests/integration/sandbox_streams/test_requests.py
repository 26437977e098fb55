"""Requests over the WebSocket API, as a plain client sends them."""

import json

import pytest
from aitrader_server.domain.words import Side
from sandbox_faces import (
    ED25519_KEY,
    KEY,
    Faces,
    connected,
    signed,
)

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "100.00",
    "quantity": "1.00000",
}


async def test_replies_echo_the_id_whatever_it_is(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        for number in (7, "seven", None, 2**62):
            await peer.socket.send(json.dumps({"id": number, "method": "ping"}))
            reply = await peer.next()
            assert reply["id"] == number
            assert reply["status"] == 200
            assert reply["result"] == {}


async def test_a_version_may_come_before_the_method(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask("v3/time")
        assert set(reply["result"]) == {"serverTime"}


async def test_limits_are_told_unless_they_are_not_wanted(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        told = await peer.ask("ping")
        assert told["rateLimits"] == [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": 6000,
                # Two for the connection, one for the ping.
                "count": 3,
            }
        ]
        untold = await peer.ask("ping", {"returnRateLimits": False})
        assert "rateLimits" not in untold
    async with connected(f"{faces.ws_api_url}?returnRateLimits=false") as peer:
        assert "rateLimits" not in await peer.ask("ping")
        assert "rateLimits" in await peer.ask("ping", {"returnRateLimits": True})


async def test_an_order_is_placed_signed_ad_hoc(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask("order.place", signed({**LIMIT, "newClientOrderId": "a-1"}))
        assert reply["status"] == 200
        assert reply["result"]["clientOrderId"] == "a-1"
        assert reply["result"]["status"] == "NEW"
        kinds = [limit["rateLimitType"] for limit in reply["rateLimits"]]
        assert kinds == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
        status = await peer.ask(
            "order.status", signed({"symbol": "BTCUSDT", "origClientOrderId": "a-1"})
        )
        assert status["result"]["orderId"] == reply["result"]["orderId"]


async def test_a_number_is_signed_as_it_was_written(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        params = signed({**LIMIT, "price": "100.10", "recvWindow": 5000})
        # The client sends numbers where strings were signed; their text is the same.
        frame = json.dumps({"id": 1, "method": "order.test", "params": params})
        frame = frame.replace('"100.10"', "100.10").replace('"1.00000"', "1.00000")
        await peer.socket.send(frame)
        assert (await peer.next())["status"] == 200


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        ({"signature": "0" * 64}, 400, -1022),
        ({"apiKey": "nobody"}, 401, -2015),
        ({"apiKey": ""}, 401, -2014),
        ({"timestamp": 1}, 400, -1021),
        ({"quantity": "0"}, 400, -1013),
    ],
)
async def test_refusals_carry_status_and_code(faces: Faces, spoil, status, code):
    async with connected(faces.ws_api_url) as peer:
        params = {**signed(LIMIT), **spoil} if "quantity" not in spoil else signed(LIMIT | spoil)
        reply = await peer.ask("order.place", params)
        assert reply["status"] == status
        assert reply["error"]["code"] == code
        assert "result" not in reply
        assert not faces.exchange.open_orders("user")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", -1135),
        ("[]", -1135),
        ('{"id":1.5,"method":"ping"}', -1102),
        ('{"id":1}', -1102),
        ('{"id":1,"method":"ping","params":[]}', -1102),
        ('{"id":1,"method":"no.such"}', -1020),
        ('{"id":1,"method":"depth","params":{"symbol":"NOSUCH"}}', -1121),
        ('{"id":1,"method":"depth"}', -1102),
        ('{"id":1,"method":"ping","params":{"x":' + "9" * 5000 + "}}", -1135),
        ('{"id":1,"method":"ping","params":{"x":"\\ud800"}}', -1135),
        ('{"id":1,"method":"ping","params":{"x":' + "[" * 1000 + "]" * 1000 + "}}", -1135),
        ('{"id":1,"method":"ping","params":{"x":[["a"]]}}', -1102),
        ('{"id":1,"method":"ping","params":{"x":{}}}', -1102),
    ],
)
async def test_what_cannot_be_understood_is_refused_and_the_connection_goes_on(
    faces: Faces, frame, code
):
    async with connected(faces.ws_api_url) as peer:
        await peer.socket.send(frame)
        reply = await peer.next()
        assert reply["error"]["code"] == code
        assert (await peer.ask("ping"))["status"] == 200


async def test_too_many_requests_are_turned_away_with_the_time_to_come_back(faces: Faces):
    faces.inject("throttle", "ping", retry_after_s=30)
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask("ping")
        assert reply["status"] == 429
        assert reply["error"]["code"] == -1003
        data = reply["error"]["data"]
        assert 0 < data["retryAfter"] - data["serverTime"] <= 30_000


async def test_times_may_be_in_microseconds(faces: Faces):
    async with connected(f"{faces.ws_api_url}?timeUnit=MICROSECOND") as peer:
        reply = await peer.ask("time")
        assert reply["result"]["serverTime"] > 10**15


async def test_a_session_needs_no_signatures_after_its_logon(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        logon = await peer.ask("session.logon", signed({}, key=ED25519_KEY))
        assert logon["status"] == 200
        assert logon["result"]["apiKey"] == ED25519_KEY
        assert logon["result"]["authorizedSince"] >= logon["result"]["connectedSince"]
        timestamp = logon["result"]["serverTime"]
        placed = await peer.ask("order.place", {**LIMIT, "timestamp": timestamp})
        assert placed["status"] == 200
        # A key of one's own with the request counts, not the session's.
        other = await peer.ask("account.status", signed({}))
        assert other["status"] == 200
        logout = await peer.ask("session.logout")
        assert logout["result"]["apiKey"] is None
        assert logout["result"]["authorizedSince"] is None
        refused = await peer.ask("order.place", {**LIMIT, "timestamp": timestamp})
        assert refused["status"] == 401


async def test_only_ed25519_keys_log_on(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask("session.logon", signed({}, key=KEY))
        assert reply["status"] == 400
        status = await peer.ask("session.status")
        assert status["result"]["apiKey"] is None


async def test_a_revoked_key_ends_its_session(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        logon = await peer.ask("session.logon", signed({}, key=ED25519_KEY))
        faces.keys.remove(ED25519_KEY)
        timestamp = logon["result"]["serverTime"]
        await peer.socket.send(
            json.dumps({"id": 9, "method": "account.status", "params": {"timestamp": timestamp}})
        )
        assert (await peer.next())["id"] is None
        assert (await peer.next())["status"] == 401


async def test_market_data_is_the_same_as_over_rest(faces: Faces):
    faces.place(Side.BUY, "100.00", "1")
    async with connected(faces.ws_api_url) as peer:
        depth = await peer.ask("depth", {"symbol": "BTCUSDT", "limit": 5})
        assert depth["result"]["bids"] == [["100.00000000", "1.00000000"]]
        many = await peer.ask("ticker.price", {"symbols": ["BTCUSDT", "ETHUSDT"]})
        assert [row["symbol"] for row in many["result"]] == ["BTCUSDT", "ETHUSDT"]
