"""The heartbeat file at a real engine: who feeds it, and what silence costs."""

import json
import subprocess
import time
from decimal import Decimal

import pytest
from callers import caller, eventually, far_below, reconciled
from serving import SCRIPT

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}


@pytest.fixture
def beat(tmp_path):
    return tmp_path / "beat"


def feed(beat):
    """What a supervisor runs."""
    subprocess.run([SCRIPT, "heartbeat", "--file", beat], check=True, timeout=60)


async def state(rest):
    return (await rest.get("/live/state")).json()["trading_state"]


async def halted(rest, why):
    async def check():
        now = await state(rest)
        return now if now["state"] == "TRADING_STATE_HALTED" else None

    now = await eventually(check, "the halt")
    assert now["actor"] == "DEAD_MAN_EXPIRED"
    assert why in now["reason"]


async def place(rest, **fields):
    answer = await rest.post("/live/orders", json={**BUY, **fields})
    assert answer.status_code in (200, 202), answer.text
    return answer.json()["order"]["request_id"]


async def resumed(rest):
    return await rest.post("/live/resume", json={"reason": "looked"})


async def test_without_a_file_nothing_trades_until_a_heartbeat_and_a_person(serve, beat):
    server = serve(f"risk.deadman={beat}")
    async with caller(server) as rest:
        await reconciled(rest)
        await halted(rest, "is missing")
        assert "heartbeat" in (await resumed(rest)).json()["message"]
        # By call: the engine makes the file.
        assert (await rest.post("/live/heartbeat", json={})).status_code == 200
        assert (await resumed(rest)).status_code == 200
        await place(rest)

        async def made():
            return beat.exists() and json.loads(beat.read_bytes())["pid"] == server.pid

        await eventually(made, "the file")
        beat.write_text("nonsense")
        await halted(rest, "holds something else than a heartbeat")


async def test_silence_costs_the_entries_and_keeps_what_protects(serve, beat):
    feed(beat)
    server = serve(f"risk.deadman={beat}", "risk.deadman_limit_s=15")
    async with caller(server) as rest:
        await reconciled(rest)
        quote = (await rest.get("/live/quotes/BTCUSDT")).json()["quote"]
        above = (Decimal(quote["ask"]) * Decimal("1.04")).quantize(Decimal("0.01"))
        await place(rest)
        limit = {"order_type": "limit", "quantity": "0.005"}
        await place(rest, **limit, side="sell", limit_price=str(above), request_id="protection")
        below = await far_below(rest)
        await place(rest, **limit, limit_price=below, request_id="entry")
        await halted(rest, "no heartbeat for")

        async def gone():
            orders = (await rest.get("/live/orders")).json()["orders"]
            states = {order["request_id"]: order["state"] for order in orders}
            return states if states["entry"] == "ORDER_STATE_CANCELED" else None

        states = await eventually(gone, "the end of the entry")
        assert states["protection"] == "ORDER_STATE_ACCEPTED"
        refused = await rest.post("/live/orders", json=BUY)
        assert refused.json()["details"][0]["reason"] == "TRADING_HALTED"
        # A heartbeat takes away the cause, and not the halt.
        beat.touch()
        await eventually(lambda: may_resume(rest), "the cause to pass")
        await place(rest)


async def may_resume(rest):
    assert (await state(rest))["state"] == "TRADING_STATE_HALTED"
    return (await resumed(rest)).status_code == 200


async def test_a_restart_grants_no_fresh_limit_and_halts_nobody_in_vain(serve, beat):
    feed(beat)
    server = serve(f"risk.deadman={beat}", "risk.deadman_limit_s=60")
    async with caller(server) as rest:
        await reconciled(rest)
    server.kill9()
    server.restart()
    async with caller(server) as rest:
        await reconciled(rest)
        assert (await state(rest))["state"] == "TRADING_STATE_ACTIVE"
        status = (await rest.get("/live/status")).json()
        assert status["ready"]["dead_man"]["ok"]
    server.stop()
    record = json.loads(beat.read_bytes())
    beat.write_text(json.dumps({**record, "monotonic_ns": time.monotonic_ns() - 61 * 10**9}))
    server.restart()
    async with caller(server) as rest:
        await halted(rest, "no heartbeat for")
