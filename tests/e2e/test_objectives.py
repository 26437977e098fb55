"""Good and bad events at a real exchange, judged alike by the engine and by a real Prometheus."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from aitrader_server.objectives.table import BY_NAME, OBJECTIVES, WINDOWS, Sampled
from callers import caller, eventually, far_below, reconciled
from prometheus_server import running_prometheus
from sandbox_process import SandboxProcess
from serving import SCRIPT, Server

RULES = Path(__file__).parents[2] / "monitoring/rules"
# Its connections are cut and its calls refused: prices grow old.
CUT = (
    {"fault": "close-before", "subjects": "*@*"},
    {"fault": "code-before", "subjects": "GET /stream"},
)
# A gateway's error page in the place of the order: nobody knows whether it arrived.
LOST = {"fault": "code-before", "subjects": "POST */order"}
# Counts that stand still are the same, however `increase` extends them beyond the samples: it does
# so with good and bad alike. Seconds go on between two looks, and between the first and ours.
STILL, MOVING = 1e-6, 0.15
SECONDS_BETWEEN = 1.5
OLD_S = 5


@pytest.fixture
def sandbox(tmp_path):
    with SandboxProcess(tmp_path) as sandbox:
        yield sandbox


class SandboxServer(Server):
    """An engine at that exchange."""

    account = ()


@pytest.fixture
def server(tmp_path, sandbox):
    server = SandboxServer(
        tmp_path,
        f"execution.binance.sandbox_url={sandbox.ready['rest']}",
        "risk.automatic.error_budget=REDUCING",
        # These stay unknown for as long as the venue might still take them.
        "risk.max_unknown_orders=50",
    )
    keys = sandbox.credentials
    server.environ = {
        "BINANCE_SANDBOX_API_KEY": keys["api_key"],
        "BINANCE_SANDBOX_API_SECRET": keys["api_secret"],
    }
    try:
        yield server.start()
    finally:
        server.kill9()


@pytest.fixture
def prometheus(tmp_path, server):
    """It reads the engine each second with the operator's token, and evaluates all rules."""
    job = {
        "job_name": "aitrader",
        "authorization": {"credentials_file": str(server.state / "token")},
        "static_configs": [{"targets": [server.url.removeprefix("http://")]}],
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES / "*.yaml")],
        "scrape_configs": [job],
    }
    with running_prometheus(tmp_path / "prometheus", config) as prometheus:
        yield prometheus


async def fault(sandbox, rule):
    await asyncio.to_thread(sandbox.admin, "POST", "/faults", rule)


async def well_again(sandbox):
    await asyncio.to_thread(sandbox.admin, "DELETE", "/faults")


async def place(rest, name):
    order = {
        "symbol": "BTCUSDT",
        "side": "buy",
        "order_type": "limit",
        "quantity": "0.001",
        "limit_price": await far_below(rest),
        "request_id": name,
    }
    answer = await rest.post("/live/orders", json=order)
    assert answer.status_code in (200, 202), answer.text


async def told(rest):
    """What the engine says of each objective."""
    answer = await rest.get("/observability/slo")
    assert answer.status_code == 200, answer.text
    return {slo["name"]: slo for slo in answer.json()["slos"]}


def counted(slo):
    return int(slo["good"]), int(slo["total"])


async def counts(rest, name):
    return counted((await told(rest))[name])


async def seen(prometheus, expression):
    return await asyncio.to_thread(prometheus.value, expression)


async def seen_by(prometheus, name, good, total):
    """Waits until Prometheus has read these counts."""

    async def read():
        which = f'{{slo="{name}"}}'
        found = [
            await seen(prometheus, f"last_over_time(aitrader_slo_{kind}_total{which}[5m])")
            for kind in ("good", "events")
        ]
        return found == [good, total]

    await eventually(read, f"{total} events of {name} of which {good} are good")


async def same_ratio(rest, prometheus, name, begun):
    """Waits until both say the same of all that happened since Prometheus `begun` to read."""
    moving = isinstance(BY_NAME[name].source, Sampled)
    good_before, total_before = counted(begun[name])

    async def compared():
        good, total = await counts(rest, name)
        events = total - total_before
        ours = 1 - (good - good_before) / events
        theirs = await seen(prometheus, f'slo:sli_error:ratio_rate1h{{slo="{name}"}}')
        if theirs is None:
            return False
        if moving:
            return ours == pytest.approx(theirs, rel=MOVING, abs=SECONDS_BETWEEN / events)
        return ours == pytest.approx(theirs, rel=STILL)

    await eventually(compared, f"one error ratio of {name}")


async def grow_old(rest, sandbox):
    """Cuts the prices off until some seconds are bad, and lets them come back."""
    for rule in CUT:
        await fault(sandbox, rule)

    async def bad():
        good, total = await counts(rest, "market_data_age")
        return total - good >= OLD_S

    await eventually(bad, "seconds with old prices")
    await well_again(sandbox)

    async def fresh():
        return (await rest.get("/live/status")).json()["ready"]["quotes"]["ok"]

    await eventually(fresh, "fresh prices")


@pytest.mark.timeout(300)
async def test_engine_and_prometheus_judge_alike_and_a_burnt_budget_reduces(
    server, sandbox, prometheus
):
    async with caller(server) as rest:
        await reconciled(rest)
        await seen_by(prometheus, "order_acceptance", 0, 0)
        begun = await told(rest)
        for number in range(6):
            await place(rest, f"well-{number}")
        await fault(sandbox, {**LOST, "hits_max": 2})
        for number in range(2):
            await place(rest, f"lost-{number}")
        assert await counts(rest, "order_acceptance") == (6, 8)
        await seen_by(prometheus, "order_acceptance", 6, 8)
        await same_ratio(rest, prometheus, "order_acceptance", begun)
        acceptance = (await told(rest))["order_acceptance"]
        assert acceptance["compliance"] == 0.75
        assert acceptance["error_budget_left"] == pytest.approx(1 - 0.25 / 0.001)
        assert acceptance["burn_rates"] == pytest.approx(dict.fromkeys(WINDOWS, 250.0))
        assert (await rest.get("/live/state")).json()["trading_state"]["state"].endswith("ACTIVE")

        await grow_old(rest, sandbox)
        for objective in OBJECTIVES:
            if (await counts(rest, objective.name))[1]:
                await same_ratio(rest, prometheus, objective.name, begun)
        assert counted((await told(rest))["heartbeat"]) == (0, 0)
        firing = 'ALERTS{alertname="OrderAcceptanceBurnsFast", alertstate="firing"}'
        assert await asyncio.to_thread(prometheus.query, firing) == []

        await fault(sandbox, {**LOST, "hits_max": 1})
        await place(rest, "one-too-many")

        async def reduced():
            state = (await rest.get("/live/state")).json()["trading_state"]
            return state if state["state"] == "TRADING_STATE_REDUCING" else None

        state = await eventually(reduced, "REDUCING")
        assert state["actor"] == "ERROR_BUDGET_BURNT"
        assert "order_acceptance" in state["reason"]
        (alert,) = await asyncio.to_thread(prometheus.wait_for, firing)
        assert alert["metric"]["severity"] == "critical"
        assert alert["metric"]["slo"] == "order_acceptance"


@pytest.fixture
def paper(tmp_path):
    server = Server(tmp_path)
    try:
        yield server.start()
    finally:
        server.kill9()


async def test_counts_outlive_the_process(paper):
    async with caller(paper) as rest:
        await reconciled(rest)
        await place(rest, "first")
        assert await counts(rest, "order_acceptance") == (1, 1)
        before = await told(rest)
    assert paper.stop() == 0
    paper.start()
    async with caller(paper) as rest:
        await reconciled(rest)
        await place(rest, "second")
        assert await counts(rest, "order_acceptance") == (2, 2)
        assert (await counts(rest, "stream_gap"))[1] > counted(before["stream_gap"])[1]


async def test_a_broken_file_is_told_of_and_trading_goes_on(paper):
    assert paper.stop() == 0
    (paper.state / "objectives.json").write_text("{")
    paper.start()
    assert "objectives begin anew" in paper.log
    async with caller(paper) as rest:
        await reconciled(rest)
        await place(rest, "first")
        assert await counts(rest, "order_acceptance") == (1, 1)


async def test_the_command_shows_what_is_left(paper):
    environ = {
        "AITRADER_ENDPOINT": paper.endpoint,
        "AITRADER_TOKEN_FILE": str(paper.state / "token"),
    }
    done = await asyncio.to_thread(
        subprocess.run, [SCRIPT, "slo"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == [
        *("objective", "wanted", "is", "budget", "left", "burns", "1h", "events", "window")
    ]
    assert [row.split()[0] for row in rows] == sorted(BY_NAME)
    shown = rows[-1].split()
    assert shown[:5] == ["unknown_time", "99.900%", "100.000%", "100.0%", "0.0"]
    assert shown[-2:] == ["30", "d"]
