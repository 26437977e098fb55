"""What was used up, lost, halted or switched off stays so when the engine is killed."""

import asyncio
import json
import time

import pytest
from callers import PATIENCE_S, breaches, caller, events_over_rest, eventually, halt, reconciled
from exchange_beside import Beside, lose

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}
SELL = {**BUY, "side": "sell"}
ETH = {**BUY, "symbol": "ETHUSDT", "quantity": "0.1"}
SCALPER = {**BUY, "strategy": "scalper"}
LOST = {"DAILY_LOSS_LIMIT", "ROLLING_24H_LOSS_LIMIT", "MAX_DRAWDOWN", "CONSECUTIVE_LOSSES"}
# Less than the minute that rates are counted in; a slow machine may take longer to start.
FRESH_S = 50
USED_UP = {
    "STRATEGY_DISABLED",
    "MAX_ORDERS_PER_DAY",
    "MAX_TURNOVER_PER_DAY",
    "STRATEGY_MAX_DAILY_TRADES",
    "REPEATED_EXECUTION",
    "ORDER_RATE_LIMIT",
}


@pytest.fixture
async def beside(tmp_path):
    server = Beside(tmp_path)
    await asyncio.to_thread(server.start)
    yield server
    server.kill9()


async def place(rest, body):
    answer = await rest.post("/live/orders", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["order"]


async def change(rest, reason, **limits):
    """Changes limits; the answer."""
    version = int((await rest.get("/live/limits")).json()["version"])
    body = {"risk_config": limits, "version": version, "reason": reason}
    answer = await rest.patch("/live/limits", json=body)
    assert answer.status_code == 200, answer.text
    return body, answer.json()


async def used(rest):
    """What the day has used so far, without what moves with prices and time."""
    daily = (await rest.get("/live/limits")).json()["daily"]
    names = ("day", "start_equity", "orders", "turnover", "consecutive_losses")
    return {name: daily[name] for name in (*names, "by_symbol", "by_strategy")}


async def test_what_a_day_and_a_strategy_have_used_up_stays_so(beside):
    async with caller(beside) as rest:
        await reconciled(rest)
        for body in (SCALPER, {**SCALPER, "side": "sell", "quantity": "0.009"}, SCALPER, ETH):
            await place(rest, body)
        placed_s = time.monotonic()
        assert await breaches(rest, SCALPER) == {}
        path = "/live/strategies/scalper"
        assert (await rest.patch(path, json={"max_daily_trades": 3})).status_code == 200
        _, changed = await change(
            rest,
            "enough for today",
            max_orders_per_day=4,
            max_orders_per_minute=4,
            max_executions=2,
            by_symbol={"ETHUSDT": {"max_turnover_per_day": "500"}},
            by_strategy={"scalper": {"max_turnover_per_day": "3000"}},
        )
        # All that a change allows holds with its answer; only switching off takes a second.
        now = await breaches(rest, SCALPER)
        assert set(now) | {"STRATEGY_DISABLED"} == USED_UP
        assert "for strategy scalper" in now["MAX_TURNOVER_PER_DAY"]
        assert "for ETHUSDT" in (await breaches(rest, ETH))["MAX_TURNOVER_PER_DAY"]

        async def worn_out():
            return set(await breaches(rest, SCALPER)) == USED_UP

        await eventually(worn_out, "the end of the strategy")
        before = await used(rest)
        strategies = (await rest.get("/live/strategies")).json()

    await beside.cut_and_restart()
    async with caller(beside) as rest:
        await reconciled(rest)
        held = set(await breaches(rest, SCALPER))
        if time.monotonic() - placed_s < FRESH_S:
            assert "ORDER_RATE_LIMIT" in held
        assert held | {"ORDER_RATE_LIMIT"} == USED_UP
        assert "for ETHUSDT" in (await breaches(rest, ETH))["MAX_TURNOVER_PER_DAY"]
        assert await used(rest) == before
        assert (await rest.get("/live/strategies")).json() == strategies
        assert (await rest.get("/live/limits")).json()["version"] == changed["version"]
        denied = await rest.post("/live/orders", json=SCALPER)
        assert (denied.status_code, denied.json()["details"][0]["reason"]) == (
            400,
            "STRATEGY_DISABLED",
        )
        # Only whoever switches it on has its executions counted anew.
        assert (await rest.patch(path, json={"enabled": True})).status_code == 200
        again = set(await breaches(rest, SCALPER))
        assert again | {"ORDER_RATE_LIMIT"} == USED_UP - {
            "STRATEGY_DISABLED",
            "REPEATED_EXECUTION",
        }


async def test_what_was_lost_halts_and_stays_lost(beside):
    async with caller(beside) as rest:
        await reconciled(rest)
        await lose(beside, rest)
        assert await breaches(rest, BUY) == {}
        await change(
            rest,
            "no more of this",
            daily_loss_limit="0.02",
            rolling_24h_loss_limit="0.02",
            max_drawdown="0.02",
            max_consecutive_losses=2,
        )
        assert set(await breaches(rest, BUY)) - {"TRADING_HALTED"} == LOST
        halted = await eventually(lambda: halt(rest), "the halt")
    assert halted["actor"] == "DAILY_LOSS_LIMIT"
    assert halted["reason"].startswith("the day has lost ")

    await beside.cut_and_restart()
    async with caller(beside) as rest:
        await reconciled(rest)
        assert await halt(rest) == halted
        assert set(await breaches(rest, BUY)) == {"TRADING_HALTED", *LOST}
        assert set(await breaches(rest, SELL)) == {"TRADING_HALTED"}
        refused = await rest.post("/live/resume", json={"reason": "let me"})
        assert (refused.status_code, refused.json()["details"][0]["reason"]) == (
            400,
            "RESUME_CAUSE_STANDS",
        )
        assert "the day has lost" in refused.json()["message"]
        assert "the last 24 hours have lost" in refused.json()["message"]
        eased = {
            "risk_config": {},
            "remove": ["daily_loss_limit", "rolling_24h_loss_limit"],
            "reason": "approved by the desk",
        }
        assert (await rest.patch("/live/limits", json=eased)).status_code == 200
        # Whoever resumes what a fall or losses in a row have stopped begins to count anew.
        for code in ("MAX_DRAWDOWN", "CONSECUTIVE_LOSSES"):
            resumed = await rest.post("/live/resume", json={"reason": "looked"})
            assert resumed.status_code == 200, resumed.text
            assert (await eventually(lambda: halt(rest), "another halt"))["actor"] == code
            assert code in await breaches(rest, BUY)
        assert (await rest.post("/live/resume", json={"reason": "looked"})).status_code == 200
        assert await breaches(rest, BUY) == {}


async def test_a_change_of_limits_is_told_to_all_who_listen(served, rest):
    await reconciled(rest)
    listening = asyncio.Event()
    told = asyncio.create_task(next_change(rest, listening))
    await listening.wait()
    body, changed = await change(rest, "smaller steps", max_order_notional="500")
    event = await asyncio.wait_for(told, PATIENCE_S)
    assert (event["actor"], event["reason"]) == ("operator", "smaller steps")
    assert event["limits"]["max_order_notional"] == "500"
    assert event["version"] == int(changed["version"]) == body["version"] + 1
    assert set(await breaches(rest, {**BUY, "quantity": "0.02"})) == {"MAX_ORDER_NOTIONAL"}
    stale = await rest.patch("/live/limits", json=body)
    assert (stale.status_code, stale.json()["code"]) == (409, 10)


async def next_change(rest, listening):
    """The first change of limits after all that was there before."""
    async for _, told in events_over_rest(rest, None):
        if "caught_up" in told:
            listening.set()
        elif listening.is_set() and told.get("event", {}).get("kind") == "LimitsChanged":
            return json.loads(told["event"]["detail"])
    raise AssertionError("the stream has ended")
