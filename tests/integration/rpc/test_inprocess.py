"""The same calls over the socket and in the process: the answers must not differ."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_server.errors import Overloaded, StaleVersion
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.chain import Bounds
from aitrader_server.rpc.inprocess import CallFailed, InProcessInvoker
from aitrader_server.rpc.refusals import OrderDenied

TRACEPARENT = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
GET_ORDER = "/aitrader.v1.TradingService/GetOrder"
PLACE_ORDER = "/aitrader.v1.TradingService/PlaceOrder"
STREAM_EVENTS = "/aitrader.v1.TradingService/StreamEvents"
ASK = trading_pb2.GetOrderRequest(request_id="a").SerializeToString()
ORDER = trading_pb2.PlaceOrderRequest(
    symbol="BTCUSDT", side=1, order_type=1, quantity="1"
).SerializeToString()
BREACH = common_pb2.Breach(code="MAX_MESSAGES", message="slow down")


@dataclass
class Ending:
    """All that a caller sees of a call, with what differs each time blotted out."""

    body: bytes
    code: int
    message: str
    details: bytes
    initial: Any
    trailing: Any

    def __post_init__(self):
        self.initial = dict(self.initial)
        trailing = dict(self.trailing)
        assert trailing.pop("grpc-status-details-bin", b"") == self.details
        self.trailing = trailing
        if self.code == grpc.StatusCode.INTERNAL.value[0]:
            self.message = re.sub(r"[0-9a-f]{12}", "ID", self.message)
            self.details = b""


async def over_socket(edge, path, request, metadata) -> Ending:
    call = edge.channel.unary_unary(path)(request, metadata=metadata, timeout=5)
    body = b""
    with suppress(grpc.aio.AioRpcError):
        body = await call
    initial, trailing = await call.initial_metadata(), await call.trailing_metadata()
    details = dict(trailing).get("grpc-status-details-bin", b"")
    code = (await call.code()).value[0]
    return Ending(body, code, await call.details() or "", details, initial, trailing)


async def in_process(edge, path, request, metadata) -> Ending:
    invoker = InProcessInvoker(edge.server.handlers, edge.chain)
    try:
        reply = await invoker.unary(path, request, tuple(metadata), 5)
    except CallFailed as error:
        return Ending(
            b"",
            error.code,
            error.message,
            error.details,
            error.initial_metadata,
            error.trailing_metadata,
        )
    return Ending(reply.body, 0, "", b"", reply.initial_metadata, reply.trailing_metadata)


async def _trailing(request, context):
    context.set_trailing_metadata((("x-left", "9"),))
    return trading_pb2.GetOrderResponse(request_id=request.request_id)


async def _set_code(request, context):
    context.set_code(grpc.StatusCode.OUT_OF_RANGE)
    context.set_details("no such page")
    return trading_pb2.GetOrderResponse()


async def _abort(request, context):
    await context.abort(grpc.StatusCode.ABORTED, "stop", (("x-why", "because"),))


async def _slow(request, context):
    await asyncio.sleep(30)


def _raise(error):
    async def act(request, context):
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "path", "request_bytes", "role"),
    [
        (None, GET_ORDER, ASK, "viewer"),
        (None, PLACE_ORDER, ORDER, "trader"),
        (None, PLACE_ORDER, ORDER, "viewer"),
        (None, PLACE_ORDER, ORDER, None),
        (None, PLACE_ORDER, b"", "trader"),
        (None, PLACE_ORDER, b"\xff\xff", "trader"),
        (None, "/aitrader.v1.TradingService/Gamble", b"", "trader"),
        (None, "/grpc.health.v1.Health/Check", b"", None),
        (None, "/grpc.health.v1.Health/Check", b"\x0a\x01x", None),
        (None, "/aitrader.v1.RiskService/GetLimits", b"", "viewer"),
        (_trailing, GET_ORDER, ASK, "viewer"),
        (_set_code, GET_ORDER, ASK, "viewer"),
        (_abort, GET_ORDER, ASK, "viewer"),
        (_slow, GET_ORDER, ASK, "viewer"),
        (_raise(RuntimeError("boom")), GET_ORDER, ASK, "viewer"),
        (_raise(StaleVersion("read again")), GET_ORDER, ASK, "viewer"),
        (_raise(Overloaded("full", retry_after_s=0.25)), GET_ORDER, ASK, "viewer"),
        (_raise(OrderDenied([BREACH])), PLACE_ORDER, ORDER, "trader"),
    ],
)
async def test_both_ways_answer_alike(start_edge, act, path, request_bytes, role):
    async with start_edge(bounds=Bounds(default_cap_s=0.3)) as edge:
        if act is not None:
            edge.trading_servicer.act = act
        metadata = (TRACEPARENT, *(edge.as_role(role) if role else ()))
        socket = await over_socket(edge, path, request_bytes, metadata)
        process = await in_process(edge, path, request_bytes, metadata)
        assert process == socket


@pytest.fixture
def invoker(edge):
    return InProcessInvoker(edge.server.handlers, edge.chain)


async def test_a_stream_ends_by_itself(edge, invoker):
    request = trading_pb2.StreamEventsRequest(symbol="THREE").SerializeToString()
    stream = invoker.stream(STREAM_EVENTS, request, edge.as_role("viewer"), None)
    assert re.fullmatch("[0-9a-f]{32}", dict(await stream.initial_metadata())["x-trace-id"])
    sequences = [
        trading_pb2.StreamEventsResponse.FromString(body).sequence async for body in stream
    ]
    assert sequences == [1, 2, 3]


async def test_a_stream_is_refused_as_a_call_is(edge, invoker):
    stream = invoker.stream(STREAM_EVENTS, b"", (), None)
    with pytest.raises(CallFailed) as caught:
        await anext(aiter(stream))
    assert caught.value.code == grpc.StatusCode.UNAUTHENTICATED.value[0]
    assert "x-trace-id" in dict(caught.value.initial_metadata)

    stream = invoker.stream("/aitrader.v1.TradingService/Gamble", b"", (), None)
    with pytest.raises(CallFailed) as caught:
        await stream.initial_metadata()
    assert caught.value.code == grpc.StatusCode.UNIMPLEMENTED.value[0]


async def test_cancelling_a_stream_ends_its_handler(edge, invoker):
    stream = invoker.stream(STREAM_EVENTS, b"", edge.as_role("viewer"), None)
    messages = aiter(stream)
    await anext(messages)
    stream.cancel()
    async with asyncio.timeout(5):
        await edge.trading_servicer.ended.wait()
        with pytest.raises(CallFailed) as caught:
            [body async for body in messages]
    assert caught.value.code == grpc.StatusCode.CANCELLED.value[0]


async def test_a_stream_has_the_deadline_of_its_caller(edge, invoker):
    stream = invoker.stream(STREAM_EVENTS, b"", edge.as_role("viewer"), 0.1)
    with pytest.raises(CallFailed) as caught:
        async for _ in stream:
            pass
    assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert edge.trading_servicer.ended.is_set()


async def test_cancelling_the_caller_cancels_the_handler(edge, invoker):
    entered, cancelled = asyncio.Event(), asyncio.Event()

    async def act(request, context):
        entered.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    edge.trading_servicer.act = act
    task = asyncio.create_task(invoker.unary(GET_ORDER, ASK, edge.as_role("viewer"), 5))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()


async def test_a_call_leaves_no_trace_in_its_callers_context(edge, invoker):
    await invoker.unary(GET_ORDER, ASK, edge.as_role("viewer"), 5)
    with pytest.raises(LookupError):
        current_call()
