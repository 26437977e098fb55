"""One request_id is one order, however often, over whichever face and in whichever life."""

import asyncio
from decimal import Decimal

import grpc
from aitrader.v1 import common_pb2, trading_pb2
from callers import Rpc, caller, far_below, history, reconciled
from google.protobuf.json_format import MessageToDict

CALLS = 100
MARKET_BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
PLACE = trading_pb2.PlaceOrderRequest(
    symbol="BTCUSDT",
    side=common_pb2.SIDE_BUY,
    order_type=common_pb2.ORDER_TYPE_MARKET,
    quantity="0.001",
)


def as_rest(answer) -> dict:
    """A gRPC answer in the words of REST, which says null where an order has no such thing."""
    told = MessageToDict(
        answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    told["order"].setdefault("approve_by", None)
    return told


def same_request(request_id: str) -> trading_pb2.PlaceOrderRequest:
    request = trading_pb2.PlaceOrderRequest()
    request.CopyFrom(PLACE)
    request.request_id = request_id
    return request


async def test_a_hundred_at_once_are_one_order(serve, new_id):
    server = serve()
    name = new_id()
    async with caller(server) as rest, Rpc(server) as rpc:
        await reconciled(rest)

        async def over_rest() -> dict:
            answer = await rest.post("/live/orders", json={**MARKET_BUY, "request_id": name})
            assert answer.status_code == 200, answer.text
            return answer.json()

        async def over_grpc() -> dict:
            return as_rest(await rpc.trading.PlaceOrder(same_request(name), **rpc.auth))

        answers = await asyncio.gather(
            *(over_rest() if number % 2 else over_grpc() for number in range(CALLS))
        )
        events = await history(rpc)

    assert [answer.pop("replayed") for answer in answers].count(False) == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["order"]["state"] == "ORDER_STATE_FILLED"
    assert [e.kind for e in events if e.request_id == name].count("OrderInitialized") == 1
    assert server.stop() == 0
    venue = server.venue()
    (order,) = venue.of(name)
    assert Decimal(order["quantity"]) == Decimal("0.001")
    assert len(venue.orders) == 1


async def test_other_content_under_the_same_id_is_refused(served, rest, rpc, new_id):
    name = new_id()
    placed = await rest.post("/live/orders", json={**MARKET_BUY, "request_id": name})
    assert placed.status_code == 200, placed.text
    before = await history(rpc)

    answer = await rest.post(
        "/live/orders", json={**MARKET_BUY, "quantity": "0.002", "request_id": name}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, 6), answer.text
    assert name in answer.json()["message"]
    assert answer.json()["details"][0]["reason"] == "DUPLICATE_CLIENT_ORDER_ID"

    other = same_request(name)
    other.side = common_pb2.SIDE_SELL
    try:
        await rpc.trading.PlaceOrder(other, **rpc.auth)
    except grpc.aio.AioRpcError as error:
        assert error.code() is grpc.StatusCode.ALREADY_EXISTS  # noqa: PT017 - as async has it
    else:
        raise AssertionError("the id of another order was taken")
    traded = await rest.post(
        "/live/trade",
        json={"symbol": "BTCUSDT", "side": "buy", "quantity": "0.001", "request_id": name},
    )
    assert traded.status_code == 409, traded.text
    assert await history(rpc) == before


async def test_a_replay_repeats_the_first_answer_whatever_happened_since(rest, new_id):
    body = {
        **MARKET_BUY,
        "order_type": "limit",
        "limit_price": await far_below(rest),
        "request_id": (name := new_id()),
    }
    first = (await rest.post("/live/orders", json=body)).json()
    assert first["order"]["state"] == "ORDER_STATE_ACCEPTED"
    assert (await rest.post(f"/live/orders/{name}/cancel", json={})).json()["cancelled"]

    again = (await rest.post("/live/orders", json=body)).json()
    assert again == {**first, "replayed": True}
    now = (await rest.get(f"/live/orders/{name}")).json()["order"]
    assert now["state"] == "ORDER_STATE_CANCELED"


async def test_a_denial_is_replayed_as_the_same_denial(rest, rpc, new_id):
    body = {**MARKET_BUY, "quantity": "100", "request_id": new_id()}
    first = await rest.post("/live/orders", json=body)
    assert (first.status_code, first.json()["code"]) == (400, 9), first.text
    before = await history(rpc)

    again = await rest.post("/live/orders", json=body)
    assert (again.status_code, again.json()) == (400, first.json())
    assert await history(rpc) == before


async def test_replays_survive_restarts(serve, new_id):
    server = serve()
    bodies = {
        "/live/orders": {**MARKET_BUY, "request_id": new_id()},
        "/live/trade": {
            "symbol": "BTCUSDT",
            "news_text": "ETF inflows hit a record",
            "features": {
                "trend_ma_fast": 65100,
                "trend_ma_slow": 64000,
                "rsi": 55,
                "macd": 12,
                "macd_signal": 8,
            },
            "request_id": new_id(),
        },
    }
    denied = {**MARKET_BUY, "quantity": "100", "request_id": new_id()}
    async with caller(server) as rest:
        await reconciled(rest)
        firsts = {path: (await rest.post(path, json=body)).json() for path, body in bodies.items()}
        denial = await rest.post("/live/orders", json=denied)
    assert all(first["order"]["state"] == "ORDER_STATE_FILLED" for first in firsts.values())

    for end in (server.kill9, server.stop):
        end()
        server.restart()
        async with caller(server) as rest:
            for path, body in bodies.items():
                again = (await rest.post(path, json=body)).json()
                assert again == {**firsts[path], "replayed": True}
            repeated = await rest.post("/live/orders", json=denied)
            assert (repeated.status_code, repeated.json()) == (400, denial.json())
    server.stop()
    assert len(server.venue().orders) == len(bodies)
