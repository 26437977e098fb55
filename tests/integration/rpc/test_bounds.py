"""Deadlines and the number of calls at a time."""

import asyncio

import grpc
import pytest
from aitrader.v1 import sentiment_pb2, trading_pb2
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.chain import Bounds, calls_in_flight
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

ASK = trading_pb2.GetOrderRequest(request_id="a")


class Gate:
    """Holds calls until a test lets them go, and keeps what they saw."""

    def __init__(self):
        self.open = asyncio.Event()
        self.entered = asyncio.Semaphore(0)
        self.cancelled = asyncio.Event()
        self.remaining_s = None

    async def __call__(self, request, context):
        self.remaining_s = current_call().remaining_s()
        self.entered.release()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return trading_pb2.GetOrderResponse(request_id="a")


async def test_without_a_deadline_the_cap_holds(start_edge, statuses):
    async with start_edge(bounds=Bounds(default_cap_s=0.05)) as edge:
        gate = edge.trading_servicer.act = Gate()
        seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
        assert seen.code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert "0.05 s" in seen.message
        assert 0 < gate.remaining_s <= 0.05
        assert gate.cancelled.is_set()


async def test_a_method_has_a_cap_of_its_own(start_edge):
    cap_s = {"/aitrader.v1.TradingService/GetOrder": 9.0}
    async with start_edge(bounds=Bounds(default_cap_s=0.05, cap_s=cap_s)) as edge:
        gate = edge.trading_servicer.act = Gate()
        gate.open.set()
        await edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"))
        assert 8 < gate.remaining_s <= 9


async def test_the_callers_deadline_holds_below_the_cap(edge):
    gate = edge.trading_servicer.act = Gate()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # gRPC tells what is left of a call in its own milliseconds.
    assert 0 < gate.remaining_s < 0.25


async def test_a_timeout_inside_a_handler_is_a_bug_not_a_deadline(edge, statuses):
    async def act(request, context):
        raise TimeoutError

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
    assert seen.code is grpc.StatusCode.INTERNAL


async def test_a_caller_who_leaves_cancels_the_handler(edge):
    gate = edge.trading_servicer.act = Gate()
    call = edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"))
    await gate.entered.acquire()
    call.cancel()
    async with asyncio.timeout(5):
        await gate.cancelled.wait()


async def test_too_many_calls_are_told_when_to_come_back(start_edge, statuses):
    async with start_edge(bounds=Bounds(unary_calls_max=2)) as edge:
        gate = edge.trading_servicer.act = Gate()
        metadata = edge.as_role("viewer")
        running = [edge.trading.GetOrder(ASK, metadata=metadata) for _ in range(2)]
        waiting = asyncio.gather(*running)
        await gate.entered.acquire()
        await gate.entered.acquire()
        assert calls_in_flight(edge.chain) == 2

        seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=metadata))
        assert seen.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        delay = seen.details[error_details_pb2.RetryInfo].retry_delay
        assert delay.ToMilliseconds() == 100
        health = health_pb2_grpc.HealthStub(edge.channel)
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == 1

        gate.open.set()
        assert [reply.request_id for reply in await waiting] == ["a", "a"]
        await edge.trading.GetOrder(ASK, metadata=metadata)
        assert calls_in_flight(edge.chain) == 0


async def test_streams_have_a_bound_of_their_own(start_edge):
    async with start_edge(bounds=Bounds(unary_calls_max=1, streams_max=1)) as edge:
        metadata = edge.as_role("viewer")
        events = trading_pb2.StreamEventsRequest()
        first = edge.trading.StreamEvents(events, metadata=metadata)
        assert (await first.read()).sequence == 1
        second = edge.trading.StreamEvents(events, metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await second.read()
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        # A stream takes no place from unary calls, and a reader who leaves gives its own back.
        await edge.sentiment.Analyze(sentiment_pb2.AnalyzeRequest(text="up"), metadata=metadata)
        first.cancel()
        async with asyncio.timeout(5):
            await edge.trading_servicer.ended.wait()
        third = edge.trading.StreamEvents(events, metadata=metadata)
        assert (await third.read()).sequence == 1
        third.cancel()
