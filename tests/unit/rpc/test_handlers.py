"""All four kinds of handlers behind interceptors, over a real channel."""

from contextlib import asynccontextmanager

import grpc
import pytest
from aitrader.v1 import sentiment_pb2
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.rpc.handlers import service_handlers
from aitrader_server.rpc.interceptors.barrier import BarrierInterceptor
from aitrader_server.rpc.interceptors.codec import CodecInterceptor
from aitrader_server.rpc.interceptors.trace import TraceInterceptor
from aitrader_server.rpc.interceptors.validation import ValidationInterceptor

Request = sentiment_pb2.AnalyzeRequest
Response = sentiment_pb2.AnalyzeResponse


async def one_to_one(request, context):
    return Response(model=request.text)


async def one_to_many(request, context):
    for letter in request.text:
        yield Response(model=letter)


async def many_to_one(requests, context):
    return Response(model="".join([request.text async for request in requests]))


async def many_to_many(requests, context):
    async for request in requests:
        yield Response(model=request.text)


CODEC = {
    "request_deserializer": Request.FromString,
    "response_serializer": Response.SerializeToString,
}
HANDLERS = {
    "UnaryUnary": grpc.unary_unary_rpc_method_handler(one_to_one, **CODEC),
    "UnaryStream": grpc.unary_stream_rpc_method_handler(one_to_many, **CODEC),
    "StreamUnary": grpc.stream_unary_rpc_method_handler(many_to_one, **CODEC),
    "StreamStream": grpc.stream_stream_rpc_method_handler(many_to_many, **CODEC),
}


@asynccontextmanager
async def serving():
    ids = RandomIds()
    server = grpc.aio.server(
        interceptors=[
            BarrierInterceptor(ids),
            TraceInterceptor(ids, "paper"),
            CodecInterceptor(),
            ValidationInterceptor(),
        ],
        options=[("grpc.so_reuseport", 0)],
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("t.T", HANDLERS)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)


async def send(channel, kind: str, texts: list[bytes]) -> list[str]:
    """Models of all answers to `texts`, which are serialised requests."""
    method = {
        "UnaryUnary": channel.unary_unary,
        "UnaryStream": channel.unary_stream,
        "StreamUnary": channel.stream_unary,
        "StreamStream": channel.stream_stream,
    }[kind]("/t.T/" + kind, response_deserializer=Response.FromString)
    call = method(iter(texts) if kind.startswith("Stream") else texts[0])
    if kind.endswith("Stream"):
        return [answer.model async for answer in call]
    return [(await call).model]


AB = Request(text="ab").SerializeToString()


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("UnaryUnary", ["ab"]),
        ("UnaryStream", ["a", "b"]),
        ("StreamUnary", ["abab"]),
        ("StreamStream", ["ab", "ab"]),
    ],
)
async def test_each_kind_answers(kind, answers):
    async with serving() as channel:
        assert await send(channel, kind, [AB, AB]) == answers


@pytest.mark.parametrize("kind", sorted(HANDLERS))
@pytest.mark.parametrize(
    ("bad", "words"),
    [(b"\xff\xff", "aitrader.v1.AnalyzeRequest"), (b"", "text: must be at least 1 character")],
)
async def test_each_kind_refuses_what_is_malformed_or_breaks_a_rule(kind, bad, words):
    async with serving() as channel:
        texts = [AB, bad] if kind.startswith("Stream") else [bad]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await send(channel, kind, texts)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert words in caught.value.details()


def test_a_servicer_of_the_wrong_shape_is_found_at_startup():
    class Blocking:
        def __getattr__(self, name):
            return lambda request, context: None

    service = sentiment_pb2.DESCRIPTOR.services_by_name["SentimentService"]
    with pytest.raises(TypeError, match="must be a coroutine function"):
        service_handlers(service, Blocking())
