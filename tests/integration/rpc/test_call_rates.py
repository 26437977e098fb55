"""Bounds on how often callers call, over the socket."""

import asyncio
import json
import re
from dataclasses import replace

import grpc
import pytest
from aitrader.v1 import risk_pb2, sentiment_pb2, trading_pb2
from aitrader_server.rpc.access import STOPPING
from aitrader_server.rpc.chain import Bounds
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

BURST = 5
# One call an hour: whatever a test does within its time is burst.
SCARCE = Bounds(calls_per_s=1 / 3600, calls_burst=BURST)
ASK = trading_pb2.GetOrderRequest(request_id="a")


@pytest.fixture
async def scarce(start_edge):
    async with start_edge(bounds=SCARCE) as edge:
        yield edge


async def spend(edge, role):
    for _ in range(BURST):
        await edge.trading.GetOrder(ASK, metadata=edge.as_role(role))


async def test_whoever_calls_too_often_is_told_when_to_come_back(scarce, statuses):
    await spend(scarce, "viewer")
    seen = await statuses.of(scarce.trading.GetOrder(ASK, metadata=scarce.as_role("viewer")))
    assert seen.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert seen.info.reason == "RATE_LIMITED"
    delay = seen.details[error_details_pb2.RetryInfo].retry_delay
    assert 0 < delay.ToTimedelta().total_seconds() <= 3600
    await scarce.trading.GetOrder(ASK, metadata=scarce.as_role("trader"))
    text = scarce.metrics.exposition()[0].decode()
    assert re.search(r'^aitrader_rpc_limited_total\{caller="viewer"\} 1\.0', text, re.MULTILINE)


async def test_what_stops_trading_is_never_counted(scarce):
    await spend(scarce, "trader")
    for path in STOPPING:
        for _ in range(2 * BURST):
            call = scarce.channel.unary_unary(path)(b"\xff", metadata=scarce.as_role("trader"))
            assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT, path
    health = health_pb2_grpc.HealthStub(scarce.channel)
    for _ in range(2 * BURST):
        await health.Check(health_pb2.HealthCheckRequest())


async def test_opening_a_stream_is_a_call_too(scarce):
    await spend(scarce, "viewer")
    asked = trading_pb2.StreamEventsRequest()
    call = scarce.trading.StreamEvents(asked, metadata=scarce.as_role("viewer"))
    assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_crowd_of_other_calls_keeps_nobody_from_stopping(start_edge):
    async with start_edge(bounds=Bounds(unary_calls_max=1)) as edge:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def act(request, context):
            entered.set()
            await leave.wait()
            return trading_pb2.GetOrderResponse()

        edge.trading_servicer.act = act
        slow = edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"))
        await asyncio.wait_for(entered.wait(), 30)
        full = edge.sentiment.GetModel(
            sentiment_pb2.GetModelRequest(), metadata=edge.as_role("viewer")
        )
        assert await full.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await edge.risk.Halt(risk_pb2.HaltRequest(reason="now"), metadata=edge.as_role("trader"))
        leave.set()
        await slow


async def test_strangers_are_counted_by_address_and_lock_nobody_out(start_edge):
    codes = []
    async with start_edge(bounds=replace(SCARCE, calls_burst=10 * BURST)) as edge:
        for number in range(2 * BURST):
            metadata = (("authorization", f"Bearer guess-{number}"),)
            codes.append(await edge.trading.GetOrder(ASK, metadata=metadata).code())
        await edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"))
        text = edge.metrics.exposition()[0].decode()
    assert (
        codes
        == [grpc.StatusCode.UNAUTHENTICATED] * BURST + [grpc.StatusCode.RESOURCE_EXHAUSTED] * BURST
    )
    assert f"aitrader_rpc_unauthenticated_total {2.0 * BURST}" in text


async def test_a_flood_of_refusals_leaves_a_line_a_second(scarce, log_file):
    await spend(scarce, "viewer")
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    refused = 0
    while loop.time() - began_s < 1.5:
        call = scarce.trading.GetOrder(ASK, metadata=scarce.as_role("viewer"))
        assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        refused += 1
    took_s = loop.time() - began_s
    lines = [line for line in map(json.loads, log_file.lines()) if line["level"] != "debug"]
    assert {(line["event"], line["who"]) for line in lines} == {("calls limited", "viewer")}
    assert 1 <= len(lines) <= took_s + 1
    assert sum(line["refused"] for line in lines) <= refused
