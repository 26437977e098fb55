"""What the wall clock does to a day's limits: midnight, and clocks that somebody sets."""

import asyncio
from datetime import datetime, time, timedelta

import pytest
from callers import breaches, caller, eventually, halt, reconciled
from exchange_beside import Beside, lose
from sandbox_process import SandboxProcess
from serving import Server
from stepped_clock import stepped_clock

# Before midnight: longer than a kill and a start take on a slow machine.
LATE = timedelta(minutes=3)
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}


@pytest.fixture
def clock(tmp_path):
    clock = stepped_clock(tmp_path)
    yield clock
    clock.forget()


async def started(server, clock):
    server.environ = clock.environ
    await asyncio.to_thread(server.start)
    return server


async def daily(rest):
    return (await rest.get("/live/limits")).json()["daily"]


async def test_a_loss_before_midnight_still_halts_after_it(tmp_path, clock):
    midnight = datetime.combine(clock.now.date() + timedelta(days=2), time(), clock.now.tzinfo)
    clock.step_to(midnight - timedelta(hours=1))
    server = await started(Beside(tmp_path), clock)
    try:
        async with caller(server) as rest:
            await reconciled(rest)
            await lose(server, rest)
            limits = {"daily_loss_limit": "0.02", "rolling_24h_loss_limit": "0.02"}
            clock.step_to(midnight - LATE)
            body = {"risk_config": limits, "reason": "no more of this"}
            assert (await rest.patch("/live/limits", json=body)).status_code == 200
            halted = await eventually(lambda: halt(rest), "the halt")
            before = await daily(rest)
        assert halted["actor"] == "DAILY_LOSS_LIMIT"
        assert halted["since"].startswith(f"{before['day']}T23:5")

        await server.cut_and_restart()
        async with caller(server) as rest:
            await reconciled(rest)
            assert await halt(rest) == halted
            assert (await daily(rest))["day"] == before["day"]
            clock.step_to(midnight + timedelta(seconds=30))

            async def turned():
                today = await daily(rest)
                return today if today["day"] == midnight.date().isoformat() else None

            today = await eventually(turned, "the next day")
            # The day begins with what is left, and the 24 hours go on.
            assert (float(today["pnl"]), today["orders"]) == (0, 0)
            assert float(today["rolling_pnl"]) < -0.02 * float(before["start_equity"])
            assert await halt(rest) == halted
            denied = await breaches(rest, BUY)
            assert set(denied) - {"CLOCK_SKEW"} == {"TRADING_HALTED", "ROLLING_24H_LOSS_LIMIT"}
            refused = await rest.post("/live/resume", json={"reason": "a new day"})
            assert refused.json()["details"][0]["reason"] == "RESUME_CAUSE_STANDS"

            clock.step(timedelta(hours=25))

            async def over():
                return "ROLLING_24H_LOSS_LIMIT" not in await breaches(rest, BUY)

            await eventually(over, "the end of the 24 hours")
            assert await halt(rest) == halted
            resumed = await rest.post("/live/resume", json={"reason": "two days later"})
            assert resumed.status_code == 200, resumed.text

            async def clear():
                return not await breaches(rest, BUY)

            await eventually(clear, "another order")
    finally:
        server.kill9()


async def test_a_clock_that_runs_ahead_of_the_exchange_turns_no_day(tmp_path, clock):
    with SandboxProcess(tmp_path) as sandbox:
        server = Server(tmp_path, f"execution.binance.sandbox_url={sandbox.ready['rest']}")
        server.account = ()
        keys = sandbox.credentials
        clock.environ["BINANCE_SANDBOX_API_KEY"] = keys["api_key"]
        clock.environ["BINANCE_SANDBOX_API_SECRET"] = keys["api_secret"]
        await started(server, clock)
        try:
            async with caller(server) as rest:
                await reconciled(rest)
                assert (await rest.post("/live/orders", json=BUY)).status_code == 200
                body = {"risk_config": {"max_orders_per_day": 1}, "reason": "one a day"}
                assert (await rest.patch("/live/limits", json=body)).status_code == 200
                before = await daily(rest)
                for by in (timedelta(days=1), timedelta(days=-2)):
                    clock.step(by)

                    async def skewed():
                        return "CLOCK_SKEW" in await breaches(rest, BUY)

                    await eventually(skewed, "that the clock was set")
                    assert "MAX_ORDERS_PER_DAY" in await breaches(rest, BUY)
                    now = await daily(rest)
                    assert (now["day"], now["orders"]) == (before["day"], 1)
                clock.step(timedelta(days=1))

                async def right():
                    return set(await breaches(rest, BUY)) == {"MAX_ORDERS_PER_DAY"}

                await eventually(right, "the right time")
                assert (await daily(rest))["start_equity"] == before["start_equity"]
        finally:
            server.kill9()
