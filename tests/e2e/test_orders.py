"""Orders as their owner sees them: placed, found, listed, paged, traced, cancelled."""

import itertools
from decimal import Decimal

import grpc
import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import far_below, reconciled

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}


@pytest.fixture(autouse=True)
async def quiet(rest):
    await reconciled(rest)
    yield
    await rest.post("/live/orders/cancel-all", json={})


async def rest_buy(rest, name: str, symbol: str = "BTCUSDT", **fields) -> dict:
    """An order far below the market."""
    answer = await rest.post(
        "/live/orders",
        json={
            **BUY,
            "symbol": symbol,
            "quantity": "0.01",
            "order_type": "limit",
            "limit_price": await far_below(rest, symbol),
            "request_id": name,
            **fields,
        },
    )
    assert answer.status_code == 200, answer.text
    order = answer.json()["order"]
    assert order["state"] == "ORDER_STATE_ACCEPTED"
    return order


async def listed(rest, **query) -> list[str]:
    answer = await rest.get("/live/orders", params=query)
    assert answer.status_code == 200, answer.text
    return [order["request_id"] for order in answer.json()["orders"]]


async def test_an_order_is_found_by_either_id(rest, new_id):
    order = await rest_buy(rest, new_id())
    for one in (order["request_id"], order["venue_order_id"]):
        found = (await rest.get(f"/live/orders/{one}")).json()
        assert (found["request_id"], found["found"], found["order"]) == (one, True, order)
    absent = await rest.get("/live/orders/none-such")
    assert absent.status_code == 200
    assert absent.json() == {"request_id": "none-such", "found": False, "order": None}


async def test_lists_are_newest_first_and_filtered(rest, new_id):
    names = [new_id() for _ in range(4)]
    await rest_buy(rest, names[0], strategy="one")
    await rest_buy(rest, names[1], "ETHUSDT", strategy="one")
    await rest_buy(rest, names[2], strategy="two")
    await rest_buy(rest, names[3], strategy="two")
    await rest.post(f"/live/orders/{names[3]}/cancel", json={})

    def ours(found: list[str]) -> list[int]:
        return [names.index(name) for name in found if name in names]

    assert ours(await listed(rest)) == [3, 2, 1, 0]
    assert ours(await listed(rest, symbol="ETHUSDT")) == [1]
    assert ours(await listed(rest, strategy="two")) == [3, 2]
    assert ours(await listed(rest, state="ACCEPTED")) == [2, 1, 0]
    assert ours(await listed(rest, state=["ORDER_STATE_CANCELED", "filled"])) == [3]
    assert ours(await listed(rest, open_only="true")) == [2, 1, 0]
    assert ours(await listed(rest, symbol="BTCUSDT", strategy="one", state="accepted")) == [0]
    refreshed = (await rest.get("/live/orders", params={"refresh": "true"})).json()
    assert (refreshed["source"], refreshed["as_of"][:2]) == ("venue", "20")
    assert (await rest.get("/live/orders")).json()["source"] == "engine"


@pytest.mark.parametrize("path", ["orders", "trades"])
async def test_pages_hold_everything_once(rest, new_id, path):
    for _ in range(7):
        await rest.post("/live/orders", json={**BUY, "quantity": "0.0001", "request_id": new_id()})
    whole = (await rest.get(f"/live/{path}", params={"page_size": 1000})).json()[path]
    found, token = [], ""
    for page in itertools.count():
        assert page < len(whole)
        query = {"page_size": 3, "page_token": token}
        answer = (await rest.get(f"/live/{path}", params=query)).json()
        assert len(answer[path]) <= 3
        found += answer[path]
        if not (token := answer["next_page_token"]):
            break
    assert found == whole


async def test_a_trace_tells_the_whole_story(rest, new_id):
    placed = await rest.post("/live/orders", json={**BUY, "request_id": (name := new_id())})
    trace = (await rest.get(f"/live/orders/{name}/trace")).json()

    assert trace["order"] == placed.json()["order"]
    kinds = [event["kind"] for event in trace["events"]]
    assert kinds[:2] == ["OrderInitialized", "OrderSubmitted"]
    assert "OrderFilled" in kinds
    sequences = [int(event["sequence"]) for event in trace["events"]]
    assert sequences == sorted(set(sequences))
    assert {event["trace_id"] for event in trace["events"][:2]} == {placed.headers["x-trace-id"]}
    (attempt,) = trace["attempts"]
    assert attempt["number"] == 1
    assert attempt["signed_at"] < attempt["fence_at"]
    assert int(trace["limits_version"]) >= 1
    assert trace["ledger"]
    for entry in trace["ledger"]:
        sums: dict[str, Decimal] = {}
        for posting in entry["postings"]:
            asset = posting["asset"]
            sums[asset] = sums.get(asset, Decimal(0)) + Decimal(posting["amount"])
        assert set(sums.values()) == {Decimal(0)}


async def test_the_trace_of_a_decided_order_holds_its_decision(rest, new_id):
    features = {"trend_ma_fast": 65100, "trend_ma_slow": 64000, "rsi": 55}
    body = {
        "symbol": "BTCUSDT",
        "features": {**features, "macd": 12, "macd_signal": 8},
        "news_text": "ETF inflows hit a record",
        "request_id": (name := new_id()),
    }
    told = (await rest.post("/live/trade", json=body)).json()
    trace = (await rest.get(f"/live/orders/{name}/trace")).json()
    assert trace["decision"] == told["decision"]


async def test_a_cancel_is_confirmed_once_and_for_all(rest, new_id):
    order = await rest_buy(rest, new_id())
    path = f"/live/orders/{order['request_id']}/cancel"
    first = (await rest.post(path, json={})).json()
    assert (first["request_id"], first["cancelled"]) == (order["request_id"], True)
    assert first["order"]["state"] == "ORDER_STATE_CANCELED"
    assert Decimal(first["order"]["leaves_quantity"]) == 0
    assert (await rest.post(path, json={})).json() == first


async def test_a_cancel_by_the_venues_id(rest, new_id):
    order = await rest_buy(rest, new_id())
    told = (await rest.post(f"/live/orders/{order['venue_order_id']}/cancel", json={})).json()
    assert (told["request_id"], told["cancelled"]) == (order["request_id"], True)


async def test_a_filled_order_cannot_be_cancelled(rest, new_id):
    await rest.post("/live/orders", json={**BUY, "request_id": (name := new_id())})
    told = (await rest.post(f"/live/orders/{name}/cancel", json={})).json()
    assert (told["cancelled"], told["order"]["state"]) == (False, "ORDER_STATE_FILLED")


async def test_cancel_all_of_one_symbol_and_of_all(rest, new_id):
    bitcoin = [(await rest_buy(rest, new_id()))["request_id"] for _ in range(3)]
    ether = [(await rest_buy(rest, new_id(), "ETHUSDT"))["request_id"] for _ in range(2)]

    told = (await rest.post("/live/orders/cancel-all", json={"symbol": "ETHUSDT"})).json()
    assert sorted(result["request_id"] for result in told["results"]) == sorted(ether)
    assert all(result["cancelled"] and not result["error"] for result in told["results"])
    assert sorted(await listed(rest, open_only="true")) == sorted(bitcoin)

    told = (await rest.post("/live/orders/cancel-all", json={})).json()
    assert sorted(result["request_id"] for result in told["results"]) == sorted(bitcoin)
    assert await listed(rest, open_only="true") == []
    assert (await rest.post("/live/orders/cancel-all", json={})).json()["results"] == []


async def test_only_unknown_orders_are_settled_by_hand(rest, new_id):
    order = await rest_buy(rest, new_id())
    body = {"outcome": "ABSENT", "evidence": "venue UI 02:58"}
    answer = await rest.post(f"/live/orders/{order['request_id']}/resolve", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 9)
    asked = await rest.post(
        f"/live/orders/{order['request_id']}/resolve", json={**body, "outcome": "PRESENT"}
    )
    assert (asked.status_code, asked.json()["order"]) == (200, order)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"order_type": "limit_maker"}, "ORDER_STATE_ACCEPTED"),
        ({"order_type": "limit", "time_in_force": "ioc"}, "ORDER_STATE_EXPIRED"),
        ({"order_type": "limit", "time_in_force": "fok"}, "ORDER_STATE_EXPIRED"),
        ({"order_type": "take_profit", "limit_price": ""}, "ORDER_STATE_ACCEPTED"),
        ({"order_type": "take_profit_limit"}, "ORDER_STATE_ACCEPTED"),
        ({"order_type": "limit", "iceberg_quantity": "0.001"}, "ORDER_STATE_ACCEPTED"),
    ],
    ids=lambda value: value["order_type"] if isinstance(value, dict) else "",
)
async def test_every_type_of_order(rest, new_id, fields, state):
    price = await far_below(rest)
    stop = {"stop_price": price} if "take_profit" in fields["order_type"] else {}
    body = {**BUY, "quantity": "0.01", "limit_price": price, **stop, **fields}
    answer = await rest.post("/live/orders", json={**body, "request_id": new_id()})
    assert (answer.status_code, answer.json()["order"]["state"]) == (200, state), answer.text


async def test_an_unknown_id_is_told(rest, rpc):
    for path in ("cancel", "resolve"):
        body = {"outcome": "PRESENT", "evidence": "x"} if path == "resolve" else {}
        answer = await rest.post(f"/live/orders/none-such/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, 5), answer.text
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await rpc.trading.GetOrderTrace(
            trading_pb2.GetOrderTraceRequest(request_id="none-such"), **rpc.auth
        )
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


async def test_both_faces_see_the_same_order(rest, rpc, new_id):
    order = await rest_buy(rest, new_id(), strategy="both")
    found = await rpc.trading.GetOrder(
        trading_pb2.GetOrderRequest(request_id=order["request_id"]), **rpc.auth
    )
    assert found.order.state == common_pb2.ORDER_STATE_ACCEPTED
    assert found.order.venue_order_id == order["venue_order_id"]
    assert found.order.limit_price == order["limit_price"]
    assert found.order.trace_id == order["trace_id"]
