"""One trace id from the caller's header to answer, log, journal, exemplar and collector."""

import json
import re
import secrets

import grpc
import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import Rpc, caller, eventually, history, reconciled
from log_shippers import fields_of
from otlp_collector import running_collector
from serving import SCRIPT, Server
from web_program import WebProgram

DENIED = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "5000"}
REASON = "INSUFFICIENT_BALANCE"
OPENMETRICS = {"accept": "application/openmetrics-text; version=1.0.0"}
SPAN_ID = "b7ad6b7169203331"


@pytest.fixture
def collecting():
    with running_collector() as running:
        yield running


@pytest.fixture
def server(tmp_path, collecting):
    collector, _ = collecting
    settings = (
        "logging.format=json",
        f"tracing.otlp_url={collector.url}",
        "tracing.sample_ratio=0",
    )
    server = Server(tmp_path, *settings)
    try:
        yield server.start()
    finally:
        server.kill9()


@pytest.fixture
async def rest(server):
    async with caller(server) as client:
        await reconciled(client)
        yield client


@pytest.fixture
async def rpc(server):
    async with Rpc(server) as rpc:
        yield rpc


def new_trace():
    trace_id = secrets.token_hex(16)
    return trace_id, f"00-{trace_id}-{SPAN_ID}-01"


def lines(server, trace_id):
    found = [json.loads(text) for text in server.log.splitlines() if text.startswith("{")]
    return {line["event"]: line for line in found if line.get("trace_id") == trace_id}


async def is_told_everywhere(trace_id, request_id, server, rest, rpc):
    async def logged():
        return lines(server, trace_id).keys() >= {"audit", "order denied"}

    await eventually(logged, "the lines of the trace")
    denied = lines(server, trace_id)["order denied"]
    assert (denied["request_id"], denied["level"], denied["state"]) == (
        request_id,
        "warning",
        "DENIED",
    )
    assert REASON in denied["reasons"]
    assert (denied["strategy"], denied["environment"], denied["account"]) == (
        "news",
        "paper",
        "paper",
    )
    events = [event for event in await history(rpc) if event.trace_id == trace_id]
    assert {"OrderInitialized", "OrderDenied"} <= {event.kind for event in events}
    assert {event.request_id for event in events} == {request_id}
    exposed = (await rest.get("/metrics", headers=OPENMETRICS)).text
    exemplars = re.findall(
        rf'^(\w+){{[^}}]*}} \S+ # {{trace_id="{trace_id}"}}', exposed, re.MULTILINE
    )
    assert {"aitrader_rpc_calls_total", "aitrader_orders_denied_total"} <= set(exemplars)


async def is_collected(trace_id, method, collector):
    async def collected():
        return collector.of(trace_id)

    (kept,) = await eventually(collected, "the span")
    assert kept.span.name == f"aitrader.v1.TradingService/{method}"
    assert kept.span.parent_span_id.hex() == SPAN_ID
    assert kept.span.trace_state == "house=7"
    assert kept.span.end_time_unix_nano > kept.span.start_time_unix_nano
    assert kept.attributes["rpc.grpc.status_code"] == "FAILED_PRECONDITION"
    assert kept.facts["service.name"] == "aitrader"
    assert kept.facts["deployment.environment.name"] == "paper"


async def test_over_rest(server, rest, rpc, collecting):
    trace_id, header = new_trace()
    answer = await rest.post(
        "/live/orders",
        json={**DENIED, "request_id": "over-rest", "strategy": "news"},
        headers={"traceparent": header, "tracestate": "house=7"},
    )
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-trace-id"] == trace_id
    await is_told_everywhere(trace_id, "over-rest", server, rest, rpc)
    await is_collected(trace_id, "PlaceOrder", collecting[0])


async def test_over_grpc(server, rest, rpc, collecting):
    trace_id, header = new_trace()
    request = trading_pb2.PlaceOrderRequest(
        request_id="over-grpc",
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_MARKET,
        quantity="5000",
        strategy="news",
    )
    metadata = (*rpc.auth["metadata"], ("traceparent", header), ("tracestate", "house=7"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc.trading.PlaceOrder(request, metadata=metadata, timeout=rpc.auth["timeout"])
    assert dict(caught.value.trailing_metadata())["x-trace-id"] == trace_id
    await is_told_everywhere(trace_id, "over-grpc", server, rest, rpc)
    await is_collected(trace_id, "PlaceOrder", collecting[0])


async def spans_by_outcome(rest):
    exposed = (await rest.get("/metrics")).text
    pairs = re.findall(r'^aitrader_spans_total{outcome="(\w+)"} (\S+)', exposed, re.MULTILINE)
    return {outcome: float(count) for outcome, count in pairs}


async def test_a_collector_that_goes_away_is_nobody_elses_trouble(server, rest, collecting):
    collector, its_server = collecting

    async def buy(number):
        _, header = new_trace()
        body = {**DENIED, "quantity": "0.001", "request_id": f"b-{number}"}
        answer = await rest.post("/live/orders", json=body, headers={"traceparent": header})
        assert answer.status_code == 200, answer.text
        assert answer.json()["order"]["state"] == "ORDER_STATE_FILLED"

    async def failed():
        await rest.get("/live/state", headers={"traceparent": new_trace()[1]})
        return (await spans_by_outcome(rest)).get("failed")

    for number in range(10):
        await buy(number)

    async def some():
        return [kept for kept in collector.spans if kept.span.name == "order at the venue"]

    async def whole():
        names = {kept.span.name.rpartition("/")[2]: kept for kept in collector.of(trace_id)}
        return names.get("PlaceOrder")

    at_venue = (await eventually(some, "the first order at the venue"))[0]
    trace_id = at_venue.trace_id
    placing = await eventually(whole, "the call that placed it")
    assert at_venue.span.parent_span_id == placing.span.span_id
    assert at_venue.attributes["aitrader.request_id"].startswith("b-")
    assert at_venue.span.end_time_unix_nano >= at_venue.span.start_time_unix_nano
    its_server.stop(None).wait()
    for number in range(10, 40):
        await buy(number)
    await eventually(failed, "a count of what was not exported")
    assert server.stop() == 0
    assert server.log.count('"event":"spans are not exported"') == 1
    told = [fields_of(line) for line in server.log.splitlines() if line.startswith("{")]
    assert sum(line["event"] == "order filled" for line in told) >= 40


async def test_traces_that_nobody_keeps_are_left_alone(server, rest, collecting):
    trace_id = secrets.token_hex(16)
    await rest.get("/live/state", headers={"traceparent": f"00-{trace_id}-{SPAN_ID}-00"})
    kept, header = new_trace()
    await rest.get("/live/state", headers={"traceparent": header})

    async def collected():
        return collecting[0].of(kept)

    await eventually(collected, "the span of the trace that is kept")
    assert not collecting[0].of(trace_id)
    assert {span.trace_id for span in collecting[0].spans} == {kept}


@pytest.fixture
def apart(tmp_path, server):
    """A facade in a process of its own, in front of the same engine."""
    (tmp_path / "gateway").mkdir()

    def command(port):
        state = tmp_path / "gateway" / "state"
        sets = ("--set", f"rest.port={port}", "--set", f"state={state}")
        return [str(SCRIPT), "gateway", "--endpoint", server.endpoint, *sets]

    gateway = WebProgram(tmp_path / "gateway", command, ready_path="/healthz")
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.kill9()


async def test_through_a_facade_apart(apart, server, rest, rpc, collecting):
    trace_id, header = new_trace()
    async with caller(server) as client:
        client.base_url = apart.url
        answer = await client.post(
            "/live/orders",
            json={**DENIED, "request_id": "from-apart", "strategy": "news"},
            headers={"traceparent": header, "tracestate": "house=7"},
        )
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-trace-id"] == trace_id
    await is_told_everywhere(trace_id, "from-apart", server, rest, rpc)
    await is_collected(trace_id, "PlaceOrder", collecting[0])
