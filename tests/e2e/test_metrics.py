"""What an engine shows of itself, as curl and a real Prometheus read it."""

import asyncio
import re

import pytest
from aitrader.v1.observability_pb2 import GetMetricsRequest
from aitrader_server.adapters.metric_names import ALL_METRICS, GaugeSpec, series
from callers import Rpc, caller, eventually, far_below, reconciled
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_families,
)
from prometheus_client.parser import text_string_to_metric_families
from prometheus_server import running_prometheus
from serving import SCRIPT, Server
from web_program import WebProgram

SETTINGS = (
    "risk.max_orders_per_day=1000",
    "risk.max_orders_per_minute=500",
    "risk.max_turnover_per_day=1000000",
    "risk.max_gross_exposure=50000",
    "risk.max_position_notional=20000",
    "risk.max_drawdown=0.5",
    "risk.rolling_24h_loss_limit=0.2",
    "risk.max_executions=100000",
)
ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
STAGES = {"queue", "risk", "journal", "venue", "ack", "ledger"}
# What they tell of is not on the paper venue, or not configured, or over.
QUIET = {
    "aitrader_last_halt_info",
    "aitrader_rate_budget_used_ratio",
    "aitrader_secret_age_seconds",
}


@pytest.fixture(autouse=True)
async def quiet(rest):
    await rest.post("/live/resume", json={"reason": "next test"})
    await reconciled(rest)


@pytest.fixture
def place(rest, new_id):
    async def send(**order):
        body = {**ORDER, "request_id": new_id(), **order}
        return await rest.post("/live/orders", json=body, headers={"traceparent": TRACEPARENT})

    return send


async def samples(rest):
    """Values by name and the values of its labels, in the order of their names."""
    text = (await rest.get("/metrics")).text
    return {
        (sample.name, *[value for _, value in sorted(sample.labels.items())]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found, name):
    return {key[1:]: value for key, value in found.items() if key[0] == name}


async def open_samples(rest):
    answer = await rest.get("/metrics", headers={"accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    return [sample for family in open_families(answer.text) for sample in family.samples]


async def test_an_order_leaves_its_trace_at_every_stage(rest, place):
    assert (await place()).status_code == 200

    async def traced():
        return {
            sample.labels.get("stage")
            for sample in await open_samples(rest)
            if sample.exemplar is not None and sample.exemplar.labels == {"trace_id": TRACE}
        } >= STAGES

    await eventually(traced, "an exemplar of every stage")
    found = await samples(rest)
    assert found["aitrader_order_outcomes_total", "accepted"] >= 1
    counts = {
        key[0]: value for key, value in of(found, "aitrader_order_stage_seconds_count").items()
    }
    assert counts.keys() == STAGES
    assert min(counts.values()) >= 1


async def test_the_plain_text_has_no_exemplars(rest, place):
    await place()
    answer = await rest.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert " # {" not in answer.text


async def test_over_grpc_metadata_says_which_format(served):
    async with Rpc(served) as rpc:
        plain = await rpc.observability.GetMetrics(GetMetricsRequest(), **rpc.auth)
        wanted = (*rpc.auth["metadata"], ("grpcgateway-accept", OPENMETRICS))
        both = await rpc.observability.GetMetrics(GetMetricsRequest(), metadata=wanted)
    assert plain.content_type.startswith("text/plain")
    assert both.content_type.startswith("application/openmetrics-text")
    assert both.data.endswith(b"# EOF\n")


async def test_the_latest_denial_is_one_series_with_its_trace(rest, place):
    before = of(await samples(rest), "aitrader_orders_denied_total")
    await rest.post("/live/orders", json={**ORDER, "quantity": "8999"})
    denied = await place(quantity="8999")
    assert denied.status_code == 400
    code = denied.json()["details"][0]["reason"]
    found = await samples(rest)
    assert of(found, "aitrader_last_denial_info") == {(code, "BTCUSDT", TRACE): 1.0}
    after = of(found, "aitrader_orders_denied_total")
    assert after[code,] == before.get((code,), 0) + 2


async def test_a_halt_is_one_series_until_it_is_over(rest):
    states = of(await samples(rest), "aitrader_trading_state")
    assert states == {("ACTIVE",): 1.0, ("REDUCING",): 0.0, ("HALTED",): 0.0}
    headers = {"traceparent": TRACEPARENT}
    await rest.post("/live/reduce", json={"reason": "a test"})
    await rest.post("/live/halt", json={"reason": "a test"}, headers=headers)
    found = await samples(rest)
    assert of(found, "aitrader_trading_state")["HALTED",] == 1.0
    assert of(found, "aitrader_last_halt_info") == {("operator", "HALTED", TRACE): 1.0}
    await rest.post("/live/resume", json={"reason": "a test"})
    found = await samples(rest)
    assert of(found, "aitrader_trading_state")["ACTIVE",] == 1.0
    assert of(found, "aitrader_last_halt_info") == {}


async def test_orders_at_work_are_counted_by_state(rest, place):
    before = await samples(rest)
    price = await far_below(rest)
    placed = (await place(order_type="limit", limit_price=price)).json()["order"]
    found = await samples(rest)
    for key in (("aitrader_orders_open",), ("aitrader_orders_working", "ACCEPTED")):
        assert found[key] == before[key] + 1
    assert found["aitrader_orders_unknown",] == found["aitrader_unknown_age_seconds",] == 0
    await rest.post(f"/live/orders/{placed['request_id']}/cancel")

    async def gone():
        return (await samples(rest))["aitrader_orders_open",] == before["aitrader_orders_open",]

    await eventually(gone, "the end of the order")


async def test_limits_are_used_as_they_are_told_of(rest, place):
    await place()
    price = await far_below(rest)
    resting = (await place(order_type="limit", limit_price=price)).json()["order"]
    daily = (await rest.get("/live/limits")).json()["daily"]
    found = await samples(rest)
    used = {key[0]: value for key, value in of(found, "aitrader_limit_used_ratio").items()}
    assert used["max_orders_per_day"] == daily["orders"] / 1000
    assert used["max_orders_per_minute"] == pytest.approx(daily["orders_last_minute"] / 500)
    assert used["max_open_orders"] == found["aitrader_orders_open",] / 200
    worth = float(price) * float(ORDER["quantity"])
    assert used["max_turnover_per_day"] >= (float(daily["turnover"]) + worth) / 1_000_000 - 1e-9
    assert used["max_gross_exposure"] > 0
    assert 0 < used["max_position_notional"] < used["max_gross_exposure"] * 50_000 / 20_000 + 1e-6
    assert 0 <= used["daily_loss_limit"] < 1
    assert {"rolling_24h_loss_limit", "max_drawdown", "max_unknown_orders"} <= used.keys()
    # What has no bound has no share.
    assert "max_consecutive_losses" not in used
    assert found["aitrader_limits_version",] == 1
    await rest.post(f"/live/orders/{resting['request_id']}/cancel")


async def test_what_the_account_is_worth_is_what_it_is_told_to_be(rest):
    found, pnl = await samples(rest), (await rest.get("/live/pnl")).json()
    assert found["aitrader_equity", "USDT"] == pytest.approx(float(pnl["current_equity"]), rel=1e-3)
    assert abs(found["aitrader_day_pnl", "USDT"]) < 1000
    assert 0 <= found["aitrader_drawdown_ratio",] < 0.1


async def test_every_gauge_is_read(rest, place):
    await place(quantity="8999")
    await place()
    names = {name for name, *_ in await samples(rest)}
    gauges = {spec.name for spec in ALL_METRICS if isinstance(spec, GaugeSpec)}
    assert gauges - names <= QUIET
    assert names - series().keys() == set()


async def test_it_tells_how_it_runs(rest, served):
    status, found = (await rest.get("/live/status")).json(), await samples(rest)
    (build,) = of(found, "aitrader_build_info")
    assert build[:2] == ("paper", "paper")
    assert build[3] == status["version"]
    assert of(found, "aitrader_ready") == {(part,): 1.0 for part in status["ready"]}
    assert found["aitrader_stream_up",] == 1
    assert found["aitrader_reconcile_drift",] == 0
    assert 0 <= found["aitrader_reconcile_age_seconds",] < 600
    assert found["aitrader_quote_age_seconds", "BTCUSDT"] < 60
    async with Rpc(served) as rpc:
        call = rpc.events()
        await call.read()
        assert (await samples(rest))["aitrader_event_subscribers",] == 1
        call.cancel()


async def test_requests_are_counted_by_route(rest, place):
    await place()
    for path in ("/healthz", "/live/orders/nobody-has-this", "/wp-login.php"):
        await rest.get(path)
    requests = of(await samples(rest), "aitrader_rest_requests_total")
    assert requests["POST", "/live/orders", "200"] >= 1
    assert requests["GET", "/healthz", "200"] >= 1
    assert requests["GET", "/live/orders/{request_id}", "200"] >= 1
    assert requests["GET", "other", "404"] >= 1
    assert not any("nobody" in route or "login" in route for _, route, _ in requests)


# ---- a facade that runs apart -------------------------------------------------------------------


class EngineAlone(Server):
    command = "engine"


@pytest.fixture
def apart(tmp_path):
    """An engine without a facade, and a facade in front of it."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "gateway").mkdir()
    engine = EngineAlone(tmp_path / "engine").start()

    def command(port):
        line = [str(SCRIPT), "gateway", "--endpoint", engine.endpoint]
        for setting in (f"rest.port={port}", f"state={tmp_path / 'gateway' / 'state'}"):
            line += ["--set", setting]
        return line

    gateway = WebProgram(tmp_path / "gateway", command, ready_path="/healthz")
    try:
        gateway.start()
        engine.url = gateway.url
        yield engine
    finally:
        gateway.kill9()
        engine.kill9()


async def test_a_facade_apart_tells_of_the_engine_and_of_itself(apart):
    async with caller(apart) as rest:
        await reconciled(rest)
        found = await samples(rest)
        assert found["aitrader_trading_state", "ACTIVE"] == 1.0
        assert found["aitrader_rest_requests_total", "GET", "/live/status", "200"] >= 1
        assert found["aitrader_rest_requests_total", "GET", "/healthz", "200"] >= 1
        text = (await rest.get("/metrics", headers={"accept": OPENMETRICS})).text
        assert text.count("# EOF") == 1
        names = {family.name for family in open_families(text)}
        assert {"aitrader_rest_requests", "aitrader_events"} <= names


# ---- a real Prometheus ---------------------------------------------------------------------------


def scrapes(*servers, **options):
    """A configuration that reads each facade every second."""
    return {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {
                "job_name": "aitrader",
                "static_configs": [{"targets": [server.url.removeprefix("http://")]}],
                **options,
            }
            for server in servers
        ],
    }


async def test_prometheus_reads_an_order_with_its_trace(rest, served, place, tmp_path):
    token = tmp_path / "token"
    token.write_text(served.token)
    token.chmod(0o600)
    authorization = {"authorization": {"type": "Bearer", "credentials_file": str(token)}}
    config, flag = scrapes(served, **authorization), "--enable-feature=exemplar-storage"
    assert (await place()).status_code == 200
    with running_prometheus(tmp_path / "prometheus", config, flag) as prometheus:
        ask = asyncio.to_thread
        await ask(prometheus.wait_for, 'up{job="aitrader"} == 1')
        await ask(prometheus.wait_for, 'aitrader_order_outcomes_total{outcome="accepted"} >= 1')
        for stage in STAGES:
            bucket = f'aitrader_order_stage_seconds_bucket{{stage="{stage}"}}'

            async def seen(bucket=bucket):
                exemplars = await ask(prometheus.exemplars, bucket)
                return TRACE in {one["labels"]["trace_id"] for one in exemplars}

            await eventually(seen, f"the trace among the exemplars of {stage}")
        names = {name for name in await ask(prometheus.names) if name.startswith("aitrader_")}
        assert names <= series().keys()


async def test_prometheus_without_a_token_is_turned_away(served, tmp_path):
    with running_prometheus(tmp_path, scrapes(served)) as prometheus:
        ask = asyncio.to_thread
        await ask(prometheus.wait_for, 'up{job="aitrader"} == 0')
        (target,) = (await ask(prometheus.ask, "targets"))["activeTargets"]
        assert "401" in target["lastError"]


# ---- an engine without a facade ------------------------------------------------------------------


@pytest.fixture
def lone_engine(tmp_path):
    server = Server(tmp_path, "metrics.engine_port=0")
    server.command = "engine"
    try:
        yield server.start()
    finally:
        server.kill9()


async def test_an_engine_alone_may_be_watched_and_nothing_else(lone_engine):
    lone_engine.url = re.search(r"metrics (http://\S+)/metrics", lone_engine.log)[1]
    async with caller(lone_engine) as rest, caller(lone_engine, token="") as nobody:
        assert (await nobody.get("/metrics")).status_code == 401
        seen = await samples(rest)
        assert any(name == "aitrader_build_info" for name, *_ in seen)
        assert (await rest.get("/observability/slo")).status_code == 200
        assert (await nobody.get("/healthz")).status_code == 200
        assert (await rest.get("/live/status")).status_code == 404
        assert (await rest.post("/live/orders", json=ORDER)).status_code == 404
