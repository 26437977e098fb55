"""Four eyes: what is worth much leaves once a second person has said so, and not before."""

import hashlib

import grpc
import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import Rpc, caller, eventually, reconciled

ANN, BOB = "ann-asks", "bob-approves"
TOKENS = {"ann": ("trader", ANN), "bob": ("risk_admin", BOB)}
SETTINGS = (
    "risk.approval_notional=500",
    "access.tokens=["
    + ", ".join(
        f"{{name: {name}, role: {role}, sha256: {hashlib.sha256(token.encode()).hexdigest()}}}"
        for name, (role, token) in TOKENS.items()
    )
    + "]",
)
SMALL = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
LARGE = {**SMALL, "quantity": "0.01"}
PENDING = "ORDER_STATE_PENDING_APPROVAL"


@pytest.fixture
async def ann(served):
    async with caller(served, ANN) as client:
        await reconciled(client)
        yield client


@pytest.fixture
async def bob(served):
    async with caller(served, BOB) as client:
        yield client


async def ask(client, name, body=LARGE):
    answer = await client.post("/live/orders", json={**body, "request_id": name})
    assert answer.status_code in (200, 202), answer.text
    return answer.json()["order"]


async def approve(client, name):
    body = {"reason": "seen and agreed"}
    return await client.post(f"/live/orders/{name}/approve", json=body)


def reason(answer):
    return answer.status_code, answer.json()["details"][0]["reason"]


async def state(client, name):
    return (await client.get(f"/live/orders/{name}")).json()["order"]["state"]


async def test_what_is_worth_little_needs_nobody(ann, new_id):
    assert (await ask(ann, new_id(), SMALL))["state"] == "ORDER_STATE_FILLED"


async def test_one_asks_and_another_lets_it_go(ann, bob, new_id):
    checked = (await ann.post("/live/risk/check", json=LARGE)).json()
    assert [breach["code"] for breach in checked["breaches"]] == ["APPROVAL_REQUIRED"]
    asked = await ask(ann, name := new_id())
    assert (asked["state"], asked["venue_order_id"]) == (PENDING, "")
    assert asked["approve_by"]
    assert reason(await approve(ann, name)) == (403, "ROLE_REQUIRED")

    approved = await approve(bob, name)
    assert approved.status_code == 200, approved.text
    order = approved.json()["order"]
    assert (order["state"], order["approved_by"]) == ("ORDER_STATE_FILLED", "bob")
    # Whoever repeats a question gets the answer that there was to it.
    assert await ask(ann, name) == asked
    assert (await approve(bob, name)).json()["order"] == order


async def test_nobody_approves_an_order_of_their_own(bob, rest, new_id):
    await ask(bob, name := new_id())
    assert reason(await approve(bob, name)) == (400, "SAME_PERSON")
    assert await state(bob, name) == PENDING
    assert (await approve(rest, name)).json()["order"]["state"] == "ORDER_STATE_FILLED"
    assert reason(await approve(bob, name)) == (400, "NOT_PENDING_APPROVAL")
    assert reason(await approve(rest, "never-asked")) == (404, "UNKNOWN_ORDER")


async def test_what_is_withdrawn_cannot_be_approved(ann, bob, new_id):
    await ask(ann, name := new_id())
    withdrawn = (await ann.post(f"/live/orders/{name}/cancel", json={})).json()
    assert (withdrawn["cancelled"], withdrawn["order"]["state"]) == (True, "ORDER_STATE_CANCELED")
    assert reason(await approve(bob, name)) == (400, "NOT_PENDING_APPROVAL")


async def test_a_limit_that_was_tightened_meanwhile_holds(ann, bob, rest, new_id):
    await ask(ann, name := new_id())
    limits = {"risk_config": {"max_order_notional": "600"}, "reason": "a calm day"}
    assert (await rest.patch("/live/limits", json=limits)).status_code == 200
    assert reason(await approve(bob, name)) == (400, "MAX_ORDER_NOTIONAL")
    assert await state(bob, name) == "ORDER_STATE_DENIED"
    eased = {"risk_config": {}, "remove": ["max_order_notional"], "reason": "over"}
    assert (await rest.patch("/live/limits", json=eased)).status_code == 200


async def test_over_grpc_it_is_the_same(served, ann, new_id):
    request = trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_MARKET,
        quantity="0.01",
        request_id=(name := new_id()),
    )
    approval = trading_pb2.ApproveOrderRequest(request_id=name, reason="seen")
    async with Rpc(served, ANN) as asks, Rpc(served, BOB) as approves:
        asked = (await asks.trading.PlaceOrder(request, **asks.auth)).order
        assert asked.state == common_pb2.ORDER_STATE_PENDING_APPROVAL
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await asks.trading.ApproveOrder(approval, **asks.auth)
        assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
        order = (await approves.trading.ApproveOrder(approval, **approves.auth)).order
    assert (order.state, order.approved_by) == (common_pb2.ORDER_STATE_FILLED, "bob")


async def short_of_money(client):
    """Whether there is not enough for most of what the account began with."""
    checked = await client.post("/live/risk/check", json={**SMALL, "quantity": "0.8"})
    return "INSUFFICIENT_BALANCE" in {breach["code"] for breach in checked.json()["breaches"]}


async def test_what_waits_survives_a_kill_and_what_waits_too_long_ends(serve):
    server = serve(*SETTINGS)
    async with caller(server, ANN) as ann:
        await reconciled(ann)
        assert not await short_of_money(ann)
        asked = await ask(ann, "waits", {**LARGE, "quantity": "0.3"})
        assert await short_of_money(ann)
    server.kill9()
    server.restart()
    async with caller(server, ANN) as ann, caller(server, BOB) as bob, caller(server) as operator:
        await reconciled(ann)
        assert (await ann.get("/live/orders/waits")).json()["order"] == asked
        # Its money is kept for it, then as now.
        assert await short_of_money(ann)
        approved = await approve(bob, "waits")
        assert approved.json()["order"]["state"] == "ORDER_STATE_FILLED"

        short = {"risk_config": {"approval_ttl_s": 1}, "reason": "be quick"}
        assert (await operator.patch("/live/limits", json=short)).status_code == 200
        await ask(ann, "late")

        async def expired():
            return await state(ann, "late") == "ORDER_STATE_EXPIRED"

        await eventually(expired, "the end of the patience")
        assert reason(await approve(bob, "late")) == (400, "NOT_PENDING_APPROVAL")
    assert server.stop() == 0
    venue = server.venue()
    assert [len(venue.of(name)) for name in ("waits", "late")] == [1, 0]
