"""kill -9 with orders in flight: the next life ends each of them as the venue has it."""

import asyncio
from contextlib import suppress
from decimal import Decimal

import grpc
import httpx
import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import (
    PATIENCE_S,
    Rpc,
    caller,
    events_over_rest,
    eventually,
    far_below,
    history,
    reconciled,
)

ORDERS = 50
# Long enough on the way for a kill to find orders in every stage, short of the receive window.
SLOW = "execution.paper.latency_ms=[100, 300]"
QUICK = "execution.paper.latency_ms=[1, 5]"
ENGINE_STATES = {
    "NEW": "ORDER_STATE_ACCEPTED",
    "PARTIALLY_FILLED": "ORDER_STATE_PARTIALLY_FILLED",
    "FILLED": "ORDER_STATE_FILLED",
    "CANCELED": "ORDER_STATE_CANCELED",
    "EXPIRED": "ORDER_STATE_EXPIRED",
}


def orders(prefix: str, price: str) -> list[trading_pb2.PlaceOrderRequest]:
    """Half of them execute at once, half rest."""
    market = {"order_type": common_pb2.ORDER_TYPE_MARKET}
    resting = {"order_type": common_pb2.ORDER_TYPE_LIMIT, "limit_price": price}
    return [
        trading_pb2.PlaceOrderRequest(
            symbol="BTCUSDT",
            side=common_pb2.SIDE_BUY,
            quantity="0.001",
            request_id=f"{prefix}-{number}",
            **(resting if number % 2 else market),
        )
        for number in range(ORDERS)
    ]


class Follower:
    """A subscriber that remembers what it was given and goes on where it stood."""

    def __init__(self) -> None:
        self.given: list[tuple[int, str, str]] = []

    @property
    def last(self) -> int:
        return self.given[-1][0] if self.given else 0

    async def over_grpc(self, rpc: Rpc) -> None:
        with suppress(grpc.aio.AioRpcError):
            async for message in rpc.events(self.last):
                if message.HasField("event"):
                    event = message.event
                    self.given.append((event.sequence, event.kind, event.request_id))

    async def over_rest(self, client: httpx.AsyncClient) -> None:
        with suppress(httpx.TransportError):
            async for sequence, data in events_over_rest(client, self.last):
                if event := data.get("event"):
                    assert sequence == int(event["sequence"])
                    self.given.append((sequence, event["kind"], event["request_id"]))


async def killed_while_placing(
    server, prefix: str, kind: str, count: int
) -> list[trading_pb2.PlaceOrderRequest]:
    """Sends orders and kills the server when `count` events of `kind` were seen."""
    async with caller(server) as client, Rpc(server) as rpc:
        await reconciled(client)
        requests = orders(prefix, await far_below(client))
        after = len(await history(rpc))
        events = rpc.events(after)
        sends = [
            asyncio.ensure_future(rpc.trading.PlaceOrder(request, **rpc.auth))
            for request in requests
        ]
        seen = 0
        async with asyncio.timeout(PATIENCE_S):
            async for message in events:
                seen += message.event.kind == kind
                if seen >= count:
                    break
        server.kill9()
        await asyncio.gather(*sends, return_exceptions=True)
        events.cancel()
    return requests


@pytest.mark.parametrize(
    ("kind", "count"),
    [("OrderSubmitted", 1), ("OrderSubmitted", ORDERS), ("OrderFilled", 1), ("OrderAccepted", 10)],
)
async def test_every_order_in_flight_ends_as_the_venue_has_it(serve, kind, count):
    server = serve(SLOW)
    before = (await limits_of(server))["version"]
    await killed_while_placing(server, "k", kind, count)
    at_kill = server.venue()

    server.settings = (QUICK,)
    server.restart()
    async with caller(server) as client, Rpc(server) as rpc:
        await reconciled(client)
        placed = await all_orders(client)
        events = await history(rpc)
        synced = (await client.post("/live/sync", json={})).json()
    limits = await limits_of(server)
    server.stop()
    venue = server.venue()

    assert venue.orders.keys() == at_kill.orders.keys()
    assert "OrderUnknown" in {event.kind for event in events}, "nothing was in flight"
    assert len(placed) >= count * (kind == "OrderSubmitted")
    for order in placed.values():
        found = venue.of(order["request_id"])
        assert len(found) <= 1
        if not found:
            assert order["state"] == "ORDER_STATE_REJECTED", order
            assert "try again under a new id" in order["reason"]
            continue
        assert order["state"] == ENGINE_STATES[found[0]["status"]]
        assert order["venue_order_id"] == str(found[0]["number"])
        assert Decimal(order["cumulative_quantity"]) == Decimal(
            found[0].get("cumulative_quantity", "0")
        )
        trades = {str(fill["number"]) for fill in venue.fills.get(found[0]["number"], [])}
        assert {fill["trade_id"] for fill in order["fills"]} == trades
    assert {o["client_order_id"] for o in venue.orders.values()} <= placed.keys()

    assert synced["external"] == {}
    assert Decimal(synced["positions"]["BTCUSDT"]) == venue.total("BTC")
    for asset, balance in synced["balances"].items():
        assert Decimal(balance["total"]) == venue.total(asset)
    assert limits["version"] == before
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


async def test_subscribers_that_resume_miss_nothing_and_are_told_nothing_twice(serve):
    server = serve(SLOW)
    followers = (Follower(), Follower())
    for life, (kind, count) in enumerate((("OrderSubmitted", 20), ("OrderFilled", 3))):
        async with caller(server) as client, Rpc(server) as rpc:
            following = [
                asyncio.ensure_future(followers[0].over_grpc(rpc)),
                asyncio.ensure_future(followers[1].over_rest(client)),
            ]
            await killed_while_placing(server, f"life{life}", kind, count)
            await asyncio.gather(*following)
        server.settings = (SLOW,) if life == 0 else (QUICK,)
        server.restart()
    async with caller(server) as client, Rpc(server) as rpc:
        await reconciled(client)
        truth = [(e.sequence, e.kind, e.request_id) for e in await history(rpc)]
        following = [
            asyncio.ensure_future(followers[0].over_grpc(rpc)),
            asyncio.ensure_future(followers[1].over_rest(client)),
        ]

        async def caught_up() -> bool:
            return all(follower.last >= len(truth) for follower in followers)

        await eventually(caught_up, "both followers have everything")
        server.kill9()
        await asyncio.gather(*following)

    assert [sequence for sequence, _, _ in truth] == list(range(1, len(truth) + 1))
    for follower in followers:
        assert follower.given[: len(truth)] == truth
        further = [sequence for sequence, _, _ in follower.given[len(truth) :]]
        assert further == list(range(len(truth) + 1, len(truth) + 1 + len(further)))


async def test_callers_that_repeat_themselves_after_a_kill_get_one_order_each(serve):
    server = serve(SLOW)
    requests = await killed_while_placing(server, "r", "OrderFilled", 1)
    server.settings = (QUICK,)
    server.restart()
    async with caller(server) as client, Rpc(server) as rpc:
        await reconciled(client)
        known = await all_orders(client)
        answers = await asyncio.gather(
            *(rpc.trading.PlaceOrder(request, **rpc.auth) for request in requests)
        )
        now = await all_orders(client)
    server.stop()
    venue = server.venue()

    for request, answer in zip(requests, answers, strict=True):
        name = request.request_id
        assert answer.replayed == (name in known)
        assert answer.order.request_id == name
        state = now[name]["state"]
        # Who was in flight is first answered with UNKNOWN; how it ended, the order itself says.
        assert common_pb2.OrderState.Name(answer.order.state) in ("ORDER_STATE_UNKNOWN", state)
        assert len(venue.of(name)) == (state != "ORDER_STATE_REJECTED")


async def limits_of(server) -> dict:
    async with caller(server) as client:
        return (await client.get("/live/limits")).json()


async def all_orders(client: httpx.AsyncClient) -> dict[str, dict]:
    answer = (await client.get("/live/orders", params={"page_size": 1000})).json()
    assert not answer["next_page_token"]
    return {order["request_id"]: order for order in answer["orders"]}
