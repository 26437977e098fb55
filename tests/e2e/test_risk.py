"""Limits, checks and the trading state, as an operator works them."""

from decimal import Decimal

import grpc
import pytest
from aitrader.v1 import common_pb2, risk_pb2, trading_pb2
from callers import caller, eventually, far_below, history, reconciled

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
SELL = {**BUY, "side": "sell"}


@pytest.fixture(autouse=True)
async def active(served, rest):
    """Every test begins with nothing halted and one coin's worth to sell."""
    resumed = await rest.post("/live/resume", json={"reason": "next test"})
    assert resumed.status_code == 200, resumed.text
    await reconciled(rest)


def codes(denial: dict) -> list[str]:
    """The breaches that a denial's details carry."""
    return [d["code"] for d in denial["details"] if d["@type"].endswith("aitrader.v1.Breach")]


async def denied(rest, body: dict) -> dict:
    answer = await rest.post("/live/orders", json=body)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (400, 9), told
    info = told["details"][0]
    assert info["@type"].endswith("google.rpc.ErrorInfo")
    assert (info["reason"], info["domain"]) == (codes(told)[0], "aitrader")
    return told


async def test_a_denial_carries_every_breach(rest, new_id):
    # Too dear for the balance, too far from the market, off the tick.
    body = {
        **BUY,
        "order_type": "limit",
        "quantity": "50",
        "limit_price": "200000.001",
        "request_id": (name := new_id()),
    }
    told = await denied(rest, body)
    assert {"INSUFFICIENT_BALANCE", "PRICE_COLLAR", "PRICE_FILTER"} <= set(codes(told))

    order = (await rest.get(f"/live/orders/{name}")).json()["order"]
    assert order["state"] == "ORDER_STATE_DENIED"
    assert [breach["code"] for breach in order["breaches"]] == codes(told)
    assert order["venue_order_id"] == ""

    del body["request_id"]
    checked = (await rest.post("/live/risk/check", json=body)).json()
    assert checked["allowed"] is False
    assert [breach["code"] for breach in checked["breaches"]] == codes(told)


async def test_a_denial_over_grpc_carries_every_breach(rpc):
    request = trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_LIMIT,
        quantity="50",
        limit_price="200000.001",
    )
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await rpc.trading.PlaceOrder(request, **rpc.auth)
    assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    details = dict(refusal.value.trailing_metadata())["grpc-status-details-bin"]
    for code in (b"INSUFFICIENT_BALANCE", b"PRICE_COLLAR", b"PRICE_FILTER"):
        assert code in details


async def test_a_check_sends_nothing(rest, rpc):
    before = await history(rpc)
    checked = (await rest.post("/live/risk/check", json=BUY)).json()
    assert (checked["allowed"], checked["breaches"]) == (True, [])
    assert await history(rpc) == before


async def test_a_halt_stops_orders_and_lets_cancels_through(rest, new_id):
    resting = {**BUY, "order_type": "limit", "limit_price": await far_below(rest)}
    await rest.post("/live/orders", json={**resting, "request_id": (name := new_id())})

    halted = (await rest.post("/live/halt", json={"reason": "desk call"})).json()
    assert halted["trading_state"]["state"] == "TRADING_STATE_HALTED"
    assert halted["trading_state"]["reason"] == "desk call"
    assert halted["trading_state"]["actor"] == "operator"
    assert [order["request_id"] for order in halted["open_orders"]] == [name]

    for body in (BUY, SELL):
        assert codes(await denied(rest, body))[0] == "TRADING_HALTED"
    traded = await rest.post(
        "/live/trade", json={"symbol": "BTCUSDT", "side": "buy", "quantity": "0.001"}
    )
    assert (traded.status_code, traded.json()["executed"]) == (200, False)
    assert traded.json()["decision"]["breaches"][0]["code"] == "TRADING_HALTED"
    cancelled = (await rest.post(f"/live/orders/{name}/cancel", json={})).json()
    assert (cancelled["cancelled"], cancelled["order"]["state"]) == (True, "ORDER_STATE_CANCELED")


async def test_halting_again_keeps_the_first_reason(rest):
    first = (await rest.post("/live/halt", json={"reason": "first"})).json()["trading_state"]
    again = (await rest.post("/live/halt", json={"reason": "second"})).json()["trading_state"]
    assert again == first
    reduced = (await rest.post("/live/reduce", json={"reason": "third"})).json()["trading_state"]
    assert reduced == first
    assert (await rest.get("/live/state")).json()["trading_state"] == first


async def test_a_halt_may_cancel_what_is_open(rest, new_id):
    resting = {**BUY, "order_type": "limit", "limit_price": await far_below(rest)}
    names = [new_id() for _ in range(3)]
    for name in names:
        await rest.post("/live/orders", json={**resting, "request_id": name})
    halted = await rest.post("/live/halt", json={"reason": "out", "cancel_open_orders": True})
    assert halted.json()["open_orders"] == []
    for name in names:
        order = (await rest.get(f"/live/orders/{name}")).json()["order"]
        assert order["state"] == "ORDER_STATE_CANCELED"


async def test_reducing_lets_sells_of_what_is_held_through(rest):
    assert (await rest.post("/live/orders", json=BUY)).status_code == 200
    await rest.post("/live/reduce", json={"reason": "calm down"})

    assert codes(await denied(rest, BUY))[0] == "TRADING_STATE_REDUCING"
    sold = await rest.post("/live/orders", json={**SELL, "quantity": "0.0005"})
    assert (sold.status_code, sold.json()["order"]["state"]) == (200, "ORDER_STATE_FILLED")
    assert "TRADING_STATE_REDUCING" in codes(await denied(rest, {**SELL, "quantity": "5"}))


async def test_reduce_only_never_sells_more_than_is_held(rest):
    await rest.post("/live/orders", json=BUY)
    body = {**SELL, "reduce_only": True}
    assert (await rest.post("/live/orders", json={**body, "quantity": "0.0001"})).status_code == 200
    assert "REDUCE_ONLY_WOULD_INCREASE" in codes(await denied(rest, {**body, "quantity": "5"}))
    assert "REDUCE_ONLY_WOULD_INCREASE" in codes(await denied(rest, {**BUY, "reduce_only": True}))


async def test_a_change_of_limits_holds_at_once_and_a_stale_one_not_at_all(rest, rpc):
    seen = (await rest.get("/live/limits")).json()
    version = int(seen["version"])
    changed = await rest.patch(
        "/live/limits",
        json={
            "risk_config": {"max_order_notional": "20"},
            "version": version,
            "reason": "small steps",
        },
    )
    assert (changed.status_code, int(changed.json()["version"])) == (200, version + 1)
    assert changed.json()["risk_config"] == {**seen["risk_config"], "max_order_notional": "20"}
    assert "MAX_ORDER_NOTIONAL" in codes(await denied(rest, BUY))

    stale = {
        "risk_config": {"max_order_notional": "1000000"},
        "version": version,
        "reason": "too late",
    }
    answer = await rest.patch("/live/limits", json=stale)
    assert (answer.status_code, answer.json()["code"]) == (409, 10)
    assert str(version) in answer.json()["message"]
    assert str(version + 1) in answer.json()["message"]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await rpc.risk.UpdateLimits(risk_pb2.UpdateLimitsRequest(**stale), **rpc.auth)
    assert refusal.value.code() is grpc.StatusCode.ABORTED
    assert (await rest.get("/live/limits")).json()["risk_config"] == changed.json()["risk_config"]

    event = next(e for e in reversed(await history(rpc)) if e.kind == "LimitsChanged")
    assert '"small steps"' in event.detail
    assert '"operator"' in event.detail
    unexplained = {"risk_config": {"max_order_notional": "1000000"}, "version": version + 1}
    silent = await rest.patch("/live/limits", json=unexplained)
    assert (silent.status_code, silent.json()["message"][:7]) == (400, "reason:")
    eased = {**unexplained, "reason": "as before"}
    assert (await rest.patch("/live/limits", json=eased)).status_code == 200


async def test_a_strategys_switches(rest):
    path = "/live/strategies/scalper"
    changed = (await rest.patch(path, json={"enabled": False, "notes": "paused"})).json()
    assert changed["strategy"]["enabled"] is False
    assert "STRATEGY_DISABLED" in codes(await denied(rest, {**BUY, "strategy": "scalper"}))

    await rest.patch(path, json={"enabled": True, "max_daily_trades": 1})
    assert (await rest.post("/live/orders", json={**BUY, "strategy": "scalper"})).status_code == 200
    told = await denied(rest, {**BUY, "strategy": "scalper"})
    assert "STRATEGY_MAX_DAILY_TRADES" in codes(told)

    listed = (await rest.get("/live/strategies")).json()["strategies"]
    (scalper,) = [strategy for strategy in listed if strategy["name"] == "scalper"]
    assert (scalper["notes"], scalper["trades_today"], scalper["max_daily_trades"]) == (
        "paused",
        1,
        1,
    )
    only_notes = {"notes": "on", "enabled": False, "update_mask": "notes"}
    masked = (await rest.patch(path, json=only_notes)).json()["strategy"]
    assert (masked["notes"], masked["enabled"]) == ("on", True)


async def test_flattening_sells_what_is_held_and_stops_entries(rest):
    await rest.post("/live/orders", json=BUY)
    planned = (await rest.post("/live/flatten", json={"dry_run": True})).json()
    assert [order["state"] for order in planned["orders"]] == ["ORDER_STATE_INITIALIZED"]

    flat = (await rest.post("/live/flatten", json={})).json()
    assert flat["trading_state"]["state"] == "TRADING_STATE_REDUCING"
    assert {order["state"] for order in flat["orders"]} == {"ORDER_STATE_FILLED"}
    positions = (await rest.post("/live/sync", json={})).json()["positions"]
    # What the step cannot hold stays.
    assert Decimal(positions["BTCUSDT"]) < Decimal("0.00001")


async def switches(rest) -> tuple:
    limits = (await rest.get("/live/limits")).json()
    state = (await rest.get("/live/state")).json()
    strategies = (await rest.get("/live/strategies")).json()
    return limits["risk_config"], limits["version"], limits["strategies"], state, strategies


async def test_what_was_switched_survives_restarts(serve, new_id):
    server = serve()
    async with caller(server) as rest:
        await reconciled(rest)
        small = {"risk_config": {"max_order_notional": "1000"}, "reason": "over night"}
        assert (await rest.patch("/live/limits", json=small)).status_code == 200
        await rest.patch("/live/strategies/s", json={"enabled": False})
        await rest.post("/live/halt", json={"reason": "over night"})
        before = await switches(rest)
    for end in (server.kill9, server.stop):
        end()
        server.restart()
        async with caller(server) as rest:
            await reconciled(rest)
            assert await switches(rest) == before
            assert codes(await denied(rest, BUY))[0] == "TRADING_HALTED"
            ready = await rest.get("/readyz")
            assert ready.status_code == 200, ready.text
    async with caller(server) as rest:
        await rest.post("/live/resume", json={"reason": "morning"})
        assert "MAX_ORDER_NOTIONAL" in codes(await denied(rest, {**BUY, "quantity": "0.1"}))
        assert (await rest.post("/live/orders", json=BUY)).status_code == 200


async def test_a_dead_man_that_nobody_feeds_stops_orders(serve, tmp_path):
    beat = tmp_path / "beat"
    server = serve(f"risk.deadman={beat}", "risk.deadman_limit_s=1")
    async with caller(server) as rest:

        async def stopped() -> bool:
            checked = await rest.post("/live/risk/check", json=BUY)
            breaches = {breach["code"] for breach in checked.json()["breaches"]}
            return bool(breaches & {"DEAD_MAN_EXPIRED", "TRADING_HALTED"})

        await eventually(stopped, "the dead man's switch")
        fed = (await rest.post("/live/heartbeat", json={})).json()
        assert fed["limit_ms"] == 1000
