"""User data streams over the WebSocket API, as a plain client hears them."""

from decimal import Decimal

from aitrader_gateway.sandbox.limits import LimitSettings
from aitrader_server.domain.words import Side
from sandbox_faces import (
    ED25519_KEY,
    OTHER_KEY,
    OTHER_SECRET,
    USER,
    Faces,
    connected,
    running_faces,
    signed,
)

SUBSCRIBE = "userDataStream.subscribe.signature"


async def test_events_come_wrapped_in_the_order_in_which_they_happened(faces: Faces):
    faces.place(Side.SELL, "100.00", "1")
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask(SUBSCRIBE, signed({}))
        assert reply["result"] == {"subscriptionId": 0}
        faces.place(Side.BUY, "100.00", "2", by=USER)
        frames = [await peer.next() for _ in range(3)]
        assert all(set(frame) == {"subscriptionId", "event"} for frame in frames)
        assert all(frame["subscriptionId"] == 0 for frame in frames)
        events = [frame["event"] for frame in frames]
        assert [event["e"] for event in events] == [
            "executionReport",
            "executionReport",
            "outboundAccountPosition",
        ]
        new, traded, position = events
        assert (new["x"], new["X"], new["w"], new["z"]) == ("NEW", "NEW", True, "0.00000000")
        assert (traded["x"], traded["X"], traded["l"]) == (
            "TRADE",
            "PARTIALLY_FILLED",
            "1.00000000",
        )
        assert (traded["m"], traded["M"], traded["N"]) == (False, True, "BTC")
        assert {row["a"] for row in position["B"]} >= {"BTC", "USDT"}


async def test_only_the_account_subscribed_to_is_heard(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        await peer.ask(SUBSCRIBE, signed({}, key=OTHER_KEY, secret=OTHER_SECRET))
        faces.place(Side.BUY, "100.00", "1", by=USER)
        assert await peer.quiet()


async def test_numbers_count_up_and_an_account_has_one_subscription(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        assert (await peer.ask(SUBSCRIBE, signed({})))["result"]["subscriptionId"] == 0
        again = await peer.ask(SUBSCRIBE, signed({}))
        assert (again["status"], again["error"]["code"]) == (400, -2035)
        other = signed({}, key=OTHER_KEY, secret=OTHER_SECRET)
        assert (await peer.ask(SUBSCRIBE, other))["result"]["subscriptionId"] == 1
        listed = await peer.ask("session.subscriptions")
        assert listed["result"] == [{"subscriptionId": 0}, {"subscriptionId": 1}]
        ended = await peer.ask("userDataStream.unsubscribe", {"subscriptionId": 0})
        assert ended["result"] == {}
        terminated = await peer.next()
        assert terminated["subscriptionId"] == 0
        assert terminated["event"]["e"] == "eventStreamTerminated"
        assert (await peer.ask(SUBSCRIBE, signed({})))["result"]["subscriptionId"] == 2
        unknown = await peer.ask("userDataStream.unsubscribe", {"subscriptionId": 0})
        assert unknown["error"]["code"] == -2036


async def test_unsubscribing_from_all_ends_all(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        await peer.ask(SUBSCRIBE, signed({}))
        await peer.ask(SUBSCRIBE, signed({}, key=OTHER_KEY, secret=OTHER_SECRET))
        assert (await peer.ask("userDataStream.unsubscribe"))["result"] == {}
        assert [(await peer.next())["subscriptionId"] for _ in range(2)] == [0, 1]
        faces.place(Side.BUY, "100.00", "1", by=USER)
        assert await peer.quiet()


async def test_a_logout_ends_what_the_session_subscribed_to_and_nothing_else(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        refused = await peer.ask("userDataStream.subscribe")
        assert refused["status"] == 401
        other = signed({}, key=OTHER_KEY, secret=OTHER_SECRET)
        await peer.ask(SUBSCRIBE, other)
        await peer.ask("session.logon", signed({}, key=ED25519_KEY))
        assert (await peer.ask("userDataStream.subscribe"))["result"]["subscriptionId"] == 1
        assert (await peer.ask("session.status"))["result"]["userDataStream"] is True
        await peer.ask("session.logout")
        assert (await peer.next())["event"]["e"] == "eventStreamTerminated"
        listed = await peer.ask("session.subscriptions")
        assert listed["result"] == [{"subscriptionId": 0}]


async def test_a_deposit_is_told(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        await peer.ask(SUBSCRIBE, signed({}))
        faces.venue.run(
            lambda exchange, at_ns: exchange.deposit(USER, "BNB", Decimal("1.5"), at_ns)
        )
        update = (await peer.next())["event"]
        assert update["e"] == "balanceUpdate"
        assert (update["a"], update["d"]) == ("BNB", "1.50000000")
        position = (await peer.next())["event"]
        assert {"a": "BNB", "f": "1.50000000", "l": "0.00000000"} in position["B"]


async def test_subscriptions_end_with_their_connection(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        await peer.ask(SUBSCRIBE, signed({}))
        assert faces.hub.accounts.wanted(USER)
    async with connected(faces.ws_api_url) as peer:
        # The server has seen the end of the first connection when it serves the second.
        assert (await peer.ask("session.subscriptions"))["result"] == []
        assert not faces.hub.accounts.wanted(USER)


async def test_a_cancel_names_both_ids(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        await peer.ask(SUBSCRIBE, signed({}))
        placed = faces.place(Side.BUY, "100.00", "1", by=USER)
        await peer.next()
        await peer.next()
        faces.cancel(placed.order.number, by=USER)
        event = (await peer.next())["event"]
        assert (event["x"], event["X"]) == ("CANCELED", "CANCELED")
        assert (event["c"], event["C"]) == ("c", placed.order.client_order_id)


async def test_a_subscription_needs_a_good_signature(faces: Faces):
    async with connected(faces.ws_api_url) as peer:
        reply = await peer.ask(SUBSCRIBE, signed({}) | {"signature": "0" * 64})
        assert (reply["status"], reply["error"]["code"]) == (400, -1022)
        assert (await peer.ask("session.subscriptions"))["result"] == []
        bad = await peer.ask("userDataStream.unsubscribe", {"subscriptionId": "first"})
        assert bad["error"]["code"] == -1100


async def test_a_sessions_own_requests_weigh_too(tmp_path):
    limits = LimitSettings(weight_max_per_minute=5)
    async with (
        running_faces(tmp_path, limits=limits) as faces,
        connected(faces.ws_api_url) as peer,
    ):
        # Two for the connection and two for the first request leave one.
        assert (await peer.ask("session.status"))["status"] == 200
        refused = await peer.ask("session.status")
        assert (refused["status"], refused["error"]["code"]) == (429, -1003)
