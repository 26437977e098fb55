"""SentimentService on loopback ports, over gRPC and over REST, before scripted models."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest
from aitrader.v1 import sentiment_pb2, sentiment_pb2_grpc
from aitrader_gateway.rest.app import create_app
from aitrader_gateway.rest.invoker import ChannelInvoker
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.tokens import TokenHolder, TokenStore, hash_token
from aitrader_server.rpc.chain import Bounds, build_chain
from aitrader_server.rpc.sentiment import SentimentServicer
from aitrader_server.rpc.server import RpcServer, ServerOptions
from asgi_server import serve
from google.rpc import error_details_pb2
from grpc_status.rpc_status import aio as rich_status
from scripted_models import Newsroom, newsroom

SERVICE = sentiment_pb2.DESCRIPTOR.services_by_name["SentimentService"]
TOKENS = {role: f"token-{role}-{secrets.token_hex(8)}" for role in ("viewer", "trader")}
HALF_LIFE_S = 3_600.0


def as_role(role: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {TOKENS[role]}"),)


@dataclass
class Bureau:
    """The service with the desk behind it; `rest` and `rpc` are called as a trader."""

    room: Newsroom
    channel: grpc.aio.Channel
    rest: httpx.AsyncClient

    @property
    def stub(self) -> Any:
        return sentiment_pb2_grpc.SentimentServiceStub(self.channel)

    async def analyze(self, text="Bitcoin rises", role="trader", timeout_s=30.0, **fields) -> Any:
        request = sentiment_pb2.AnalyzeRequest(text=text, **fields)
        return await self.stub.Analyze(request, metadata=as_role(role), timeout=timeout_s)

    async def batch(self, *texts: str, timeout_s=30.0) -> Any:
        request = sentiment_pb2.AnalyzeBatchRequest(items=[{"text": text} for text in texts])
        return await self.stub.AnalyzeBatch(request, metadata=as_role("trader"), timeout=timeout_s)

    @property
    def stream_metadata(self) -> tuple[tuple[str, str], ...]:
        return as_role("trader")

    def stream(self, timeout_s=30.0) -> Any:
        return self.stub.StreamAnalyze(metadata=self.stream_metadata, timeout=timeout_s)

    async def model(self) -> Any:
        return await self.stub.GetModel(
            sentiment_pb2.GetModelRequest(), metadata=as_role("viewer"), timeout=30.0
        )

    async def of_symbol(self, symbol: str) -> Any:
        return await self.stub.GetSymbolSentiment(
            sentiment_pb2.GetSymbolSentimentRequest(symbol=symbol),
            metadata=as_role("viewer"),
            timeout=30.0,
        )


@dataclass
class Refusal:
    """A failed call's code and words, with the details that came along."""

    code: grpc.StatusCode
    message: str
    reason: str
    fields: tuple[str, ...] = ()
    retry_after_s: float | None = None


@asynccontextmanager
async def open_bureau(*models, settings=None) -> AsyncIterator[Bureau]:
    room = newsroom(models, settings)
    holders = [TokenHolder(name, name, hash_token(token)) for name, token in TOKENS.items()]
    chain = build_chain(
        ids=RandomIds(),
        metrics=room.metrics,
        tokens=TokenStore(holders),
        environment="paper",
        bounds=Bounds(),
    )
    servicer = SentimentServicer(room.desk, HALF_LIFE_S)
    server = RpcServer(ServerOptions(port=0), [(SERVICE, servicer)], chain, lambda: None)
    async with AsyncExitStack() as stack:
        port = await server.start()
        stack.push_async_callback(server.drain, 1.0)
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
        rest_port = await stack.enter_async_context(serve(create_app(ChannelInvoker(channel))))
        rest = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{rest_port}",
                headers={"authorization": f"Bearer {TOKENS['trader']}"},
                trust_env=False,
                timeout=30.0,
            )
        )
        yield Bureau(room, channel, rest)


@pytest.fixture
def bureau():
    """A context manager that opens a service before the given models."""
    return open_bureau


@pytest.fixture
def refused():
    """The refusal of a call, which must fail."""

    async def refusal_of(call) -> Refusal:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        seen = Refusal(caught.value.code(), caught.value.details() or "", "")
        status = await rich_status.from_call(Status(caught.value))
        for packed in () if status is None else status.details:
            for kind in (
                error_details_pb2.ErrorInfo,
                error_details_pb2.BadRequest,
                error_details_pb2.RetryInfo,
            ):
                if packed.Is(kind.DESCRIPTOR):
                    detail = kind.FromString(packed.value)
                    if kind is error_details_pb2.ErrorInfo:
                        seen.reason = detail.reason
                    elif kind is error_details_pb2.BadRequest:
                        seen.fields = tuple(each.field for each in detail.field_violations)
                    else:
                        seen.retry_after_s = detail.retry_delay.ToTimedelta().total_seconds()
        return seen

    return refusal_of


class Status:
    """An error as the call that it came from, for the reader of rich statuses."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self._error = error

    async def code(self):
        return self._error.code()

    async def details(self):
        return self._error.details()

    async def trailing_metadata(self):
        return self._error.trailing_metadata()
