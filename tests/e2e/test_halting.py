"""A halt is answered when nothing can leave any more, and the exchange's own books agree."""

import asyncio
import time
from decimal import Decimal

import pytest
from callers import caller, eventually, far_below, reconciled
from exchange_beside import Beside

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
SELL = {**BUY, "side": "sell"}
ORDERS = 32
APART_S = 0.04
REPLY_MS = 1_000
HANGS_MS = 60_000


@pytest.fixture
async def beside(tmp_path):
    server = Beside(tmp_path)
    await asyncio.to_thread(server.start)
    yield server
    server.kill9()


def at_the_exchange(server):
    """When each order came to be there, UTC seconds by its name."""
    orders = server.admin("GET", "/accounts/main")["orders"]
    return {o["client_order_id"]: int(o["created_at_ns"]) / 1e9 for o in orders}


async def standing(rest):
    return (await rest.get("/live/state")).json()["trading_state"]


async def test_after_its_answer_no_order_comes_to_the_exchange(beside):
    async with caller(beside) as rest:
        await reconciled(rest)
        beside.delay_replies("POST /api/v3/order", REPLY_MS)

        async def place(number):
            await asyncio.sleep(number * APART_S)
            answer = await rest.post("/live/orders", json={**BUY, "request_id": f"n-{number}"})
            return answer.json()

        placing = [asyncio.create_task(place(number)) for number in range(ORDERS)]
        await eventually(lambda: asyncio.to_thread(at_the_exchange, beside), "the first order")
        begun_s = time.monotonic()
        halted = await rest.post("/live/halt", json={"reason": "stop it"})
        took_s = time.monotonic() - begun_s
        answered_s = time.time()
        then = at_the_exchange(beside)
        answers = await asyncio.gather(*placing)
        now = at_the_exchange(beside)
    assert halted.status_code == 200, halted.text
    assert then == now
    assert 0 < len(now) < ORDERS
    assert max(now.values()) < answered_s
    # What had begun to leave was waited for.
    assert took_s > REPLY_MS / 2_000
    sent = [told["order"]["request_id"] for told in answers if "order" in told]
    refused = [told["details"][0]["reason"] for told in answers if "order" not in told]
    assert sorted(sent) == sorted(now)
    assert set(refused) <= {"TRADING_HALTED", "NOT_SENT"}
    assert len(refused) == ORDERS - len(now)


async def test_when_the_exchange_hangs_it_is_halted_and_says_what_is_not_known(beside):
    async with caller(beside) as rest:
        await reconciled(rest)
        beside.delay_replies("POST /api/v3/order", HANGS_MS)
        hanging = asyncio.create_task(
            rest.post("/live/orders", json={**BUY, "request_id": "hangs"})
        )
        await eventually(lambda: asyncio.to_thread(at_the_exchange, beside), "the order")
        halted = await rest.post(
            "/live/halt", json={"reason": "stop it"}, headers={"grpc-timeout": "1S"}
        )
        assert (halted.status_code, halted.json()["details"][0]["reason"]) == (
            503,
            "HALT_NOT_CONFIRMED",
        )
        before = await standing(rest)
        denied = await rest.post("/live/orders", json=BUY)
        assert denied.json()["details"][0]["reason"] == "TRADING_HALTED"
        hanging.cancel()
    assert (before["state"], before["actor"], before["reason"]) == (
        "TRADING_STATE_HALTED",
        "operator",
        "stop it",
    )
    await beside.cut_and_restart()
    async with caller(beside) as rest:
        assert await standing(rest) == before
        await reconciled(rest)
        assert await standing(rest) == before
        order = (await rest.get("/live/orders/hangs")).json()["order"]
        assert order["state"] == "ORDER_STATE_FILLED"
        assert list(at_the_exchange(beside)) == ["hangs"]
        again = await rest.post("/live/halt", json={"reason": "is it now?"})
        assert (again.status_code, again.json()["trading_state"]) == (200, before)


@pytest.fixture
async def holding(served, rest):
    """Trading is on, and five hundredths of a coin are held."""
    await reconciled(rest)
    assert (await rest.post("/live/resume", json={"reason": "next test"})).status_code == 200
    body = {**BUY, "quantity": "0.05"}
    assert (await rest.post("/live/orders", json=body)).status_code == 200


async def far_above(rest):
    return format((Decimal(await far_below(rest)) * Decimal("1.1")).quantize(Decimal("0.01")), "f")


async def test_what_protects_stays_and_what_opens_goes(holding, rest, new_id):
    low, high = await far_below(rest), await far_above(rest)
    stop = {**SELL, "order_type": "stop_loss", "stop_price": low, "request_id": new_id()}
    target = {**SELL, "order_type": "limit", "limit_price": high, "request_id": new_id()}
    entry = {**BUY, "order_type": "limit", "limit_price": low, "request_id": new_id()}
    for body in (stop, target, entry):
        placed = await rest.post("/live/orders", json=body)
        assert placed.status_code == 200, placed.text
    halted = await rest.post("/live/halt", json={"reason": "out", "cancel_open_orders": True})
    assert {order["request_id"] for order in halted.json()["open_orders"]} == {
        stop["request_id"],
        target["request_id"],
    }
    gone = (await rest.get(f"/live/orders/{entry['request_id']}")).json()["order"]
    assert gone["state"] == "ORDER_STATE_CANCELED"
    assert (await rest.post("/live/orders/cancel-all", json={})).status_code == 200


async def test_a_position_above_the_greatest_order_is_sold_in_parts(holding, rest):
    limits = {"risk_config": {"max_order_quantity": "0.02"}, "reason": "small steps"}
    assert (await rest.patch("/live/limits", json=limits)).status_code == 200
    flat = (await rest.post("/live/flatten", json={})).json()
    sold = [Decimal(order["quantity"]) for order in flat["orders"]]
    assert {order["state"] for order in flat["orders"]} == {"ORDER_STATE_FILLED"}
    assert len(sold) > 2
    assert max(sold) <= Decimal("0.02")
    positions = (await rest.post("/live/sync", json={})).json()["positions"]
    assert Decimal(positions["BTCUSDT"]) < Decimal("0.00001")
    eased = {"risk_config": {}, "remove": ["max_order_quantity"], "reason": "over"}
    assert (await rest.patch("/live/limits", json=eased)).status_code == 200
