"""A caller with less patience than the venue needs: 202, and the order goes on under its id."""

import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import eventually, far_below, history, reconciled

SETTINGS = ("execution.paper.latency_ms=[400, 500]",)
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}


@pytest.fixture(autouse=True)
async def quiet(rest):
    await reconciled(rest)


async def order_in(rest, name: str, state: str) -> dict:
    async def there() -> dict | None:
        order = (await rest.get(f"/live/orders/{name}")).json()["order"]
        return order if order["state"] == state else None

    return await eventually(there, f"{name} is {state}")


@pytest.mark.parametrize(
    ("path", "extra"), [("/live/orders", {"order_type": "market"}), ("/live/trade", {})]
)
async def test_an_order_under_way_is_202_and_ends_under_the_same_id(rest, new_id, path, extra):
    body = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.001", **extra}
    body["request_id"] = name = new_id()
    answer = await rest.post(path, json=body, headers={"grpc-timeout": "300m"})

    assert answer.status_code == 202, answer.text
    told = answer.json()["order"]
    assert (told["request_id"], told["state"]) == (name, "ORDER_STATE_SUBMITTED")
    order = await order_in(rest, name, "ORDER_STATE_FILLED")
    assert order["quantity"] == "0.001"

    again = await rest.post(path, json=body)
    assert again.status_code == 200, again.text
    assert (again.json()["replayed"], again.json()["order"]["state"]) == (
        True,
        "ORDER_STATE_FILLED",
    )


async def test_over_grpc_the_answer_comes_before_the_deadline(rest, rpc, new_id):
    request = trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_MARKET,
        quantity="0.001",
        request_id=(name := new_id()),
    )
    answer = await rpc.trading.PlaceOrder(request, metadata=rpc.auth["metadata"], timeout=0.35)
    assert answer.order.state == common_pb2.ORDER_STATE_SUBMITTED
    await order_in(rest, name, "ORDER_STATE_FILLED")


async def test_a_caller_that_hangs_up_leaves_its_order_running(rest, rpc, new_id):
    request = trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_MARKET,
        quantity="0.001",
        request_id=(name := new_id()),
    )
    events = rpc.events(len(await history(rpc)))
    call = rpc.trading.PlaceOrder(request, **rpc.auth)
    async for message in events:
        if message.event.kind == "OrderSubmitted" and message.event.request_id == name:
            break
    call.cancel()
    events.cancel()
    await order_in(rest, name, "ORDER_STATE_FILLED")


async def test_a_cancel_under_way_is_answered_and_ends(rest, new_id):
    body = {**BUY, "order_type": "limit", "limit_price": await far_below(rest)}
    await rest.post("/live/orders", json={**body, "request_id": (name := new_id())})
    answer = await rest.post(
        f"/live/orders/{name}/cancel", json={}, headers={"grpc-timeout": "200m"}
    )
    assert answer.status_code in (200, 202), answer.text
    assert answer.json()["cancelled"] is False
    assert answer.json()["order"]["state"] == "ORDER_STATE_PENDING_CANCEL"
    await order_in(rest, name, "ORDER_STATE_CANCELED")


async def test_a_read_with_no_time_left_is_504(rest):
    answer = await rest.post("/live/sync", json={}, headers={"grpc-timeout": "60m"})
    assert (answer.status_code, answer.json()["code"]) == (504, 4), answer.text


async def test_a_timeout_that_is_none_is_named(rest):
    answer = await rest.get("/live/status", headers={"grpc-timeout": "soon"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert "grpc-timeout" in answer.json()["message"]
