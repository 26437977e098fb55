"""The edge on a loopback port, before servicers that do what a test tells them."""
# ruff: noqa: N802 - methods are named by the contract

import asyncio
import io
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
import pytest
from aitrader.v1 import (
    common_pb2,
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    risk_pb2_grpc,
    sentiment_pb2,
    sentiment_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
)
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.logs import start_logging
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.tokens import TokenHolder, TokenStore, hash_token
from aitrader_server.rpc.access import Role
from aitrader_server.rpc.chain import Bounds, build_chain
from aitrader_server.rpc.server import RpcServer, ServerOptions
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status.rpc_status import aio as rich_status

TRADING = trading_pb2.DESCRIPTOR.services_by_name["TradingService"]
RISK = risk_pb2.DESCRIPTOR.services_by_name["RiskService"]
SENTIMENT = sentiment_pb2.DESCRIPTOR.services_by_name["SentimentService"]
SERVICES = (
    TRADING,
    RISK,
    SENTIMENT,
    market_data_pb2.DESCRIPTOR.services_by_name["MarketDataService"],
    observability_pb2.DESCRIPTOR.services_by_name["ObservabilityService"],
)
TOKENS = {role: f"canary-{role}-{secrets.token_hex(8)}" for role in ("viewer", "trader")}
TOKENS["risk_admin"] = f"canary-risk-admin-{secrets.token_hex(8)}"

DETAIL_BY_NAME = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        error_details_pb2.ErrorInfo,
        error_details_pb2.BadRequest,
        error_details_pb2.RetryInfo,
        error_details_pb2.PreconditionFailure,
        common_pb2.Breach,
    )
}

Act = Callable[[Any, Any], Awaitable[Any]]


class Trading(trading_pb2_grpc.TradingServiceServicer):
    """`act` answers GetOrder and PlaceOrder; the streams count."""

    def __init__(self, draining: asyncio.Event) -> None:
        self.draining = draining
        self.act: Act = self._echo
        self.ended = asyncio.Event()

    async def GetOrder(self, request, context):
        return await self.act(request, context)

    async def PlaceOrder(self, request, context):
        return await self.act(request, context)

    async def StreamEvents(self, request, context) -> AsyncIterator[Any]:
        sequence = request.after_sequence
        try:
            while not self.draining.is_set():
                sequence += 1
                yield trading_pb2.StreamEventsResponse(sequence=sequence)
                if sequence % 3 == 0:
                    if request.symbol == "THREE":
                        return
                    await self.draining.wait()
            end = trading_pb2.StreamEnd(reason="draining", resume_after=sequence)
            yield trading_pb2.StreamEventsResponse(sequence=sequence, end=end)
        finally:
            self.ended.set()

    async def OrderSession(self, request_iterator, context) -> AsyncIterator[Any]:
        async for request in request_iterator:
            yield trading_pb2.OrderSessionResponse(command_id=request.command_id)

    @staticmethod
    async def _echo(request, context):
        if isinstance(request, trading_pb2.GetOrderRequest):
            return trading_pb2.GetOrderResponse(request_id=request.request_id)
        return trading_pb2.PlaceOrderResponse()


class Sentiment(sentiment_pb2_grpc.SentimentServiceServicer):
    async def Analyze(self, request, context):
        return sentiment_pb2.AnalyzeResponse(label="neutral", model=request.text)

    async def AnalyzeBatch(self, request, context):
        results = [sentiment_pb2.AnalyzeResponse(model=item.text) for item in request.items]
        return sentiment_pb2.AnalyzeBatchResponse(results=results)

    async def StreamAnalyze(self, request_iterator, context) -> AsyncIterator[Any]:
        async for request in request_iterator:
            result = sentiment_pb2.AnalyzeResponse(model=request.item.text)
            yield sentiment_pb2.StreamAnalyzeResponse(item_id=request.item_id, result=result)


class Empty:
    """A servicer with nothing of its own."""


def fill_in(service, servicer):
    """Gives every method that `servicer` lacks an empty answer."""
    for method in service.methods:
        own = getattr(type(servicer), method.name, None)
        if own is not None and own.__module__ == __name__:
            continue
        response = GetMessageClass(method.output_type)
        if method.server_streaming:

            async def stream(request, context, response=response) -> AsyncIterator[Any]:
                if hasattr(request, "__aiter__"):
                    async for _ in request:
                        yield response()
                else:
                    yield response()

            setattr(servicer, method.name, stream)
        else:

            async def unary(request, context, response=response):
                return response()

            setattr(servicer, method.name, unary)
    return service, servicer


@dataclass
class Edge:
    """A running server and one channel to it."""

    server: RpcServer
    chain: tuple[Any, ...]
    metrics: PrometheusMetrics
    draining: asyncio.Event
    trading_servicer: Trading
    ready: asyncio.Event
    port: int = 0
    channel: Any = None
    tokens: Mapping[str, str] = field(default_factory=lambda: TOKENS)

    def as_role(self, role: str) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.tokens[role]}"),)

    @property
    def trading(self):
        return trading_pb2_grpc.TradingServiceStub(self.channel)

    @property
    def sentiment(self):
        return sentiment_pb2_grpc.SentimentServiceStub(self.channel)

    @property
    def risk(self):
        return risk_pb2_grpc.RiskServiceStub(self.channel)


@dataclass
class Statuses:
    """An error with its details unpacked, by message type."""

    code: grpc.StatusCode
    message: str
    details: dict[type[Any], Any]

    @classmethod
    async def of(cls, call: Any) -> "Statuses":
        """Awaits `call`, which must fail with a rich status of ours."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        status = await rich_status.from_call(call)
        assert status is not None, caught.value
        details = {}
        for packed in status.details:
            kind = DETAIL_BY_NAME[packed.TypeName()]
            details[kind] = kind.FromString(packed.value)
        assert details[error_details_pb2.ErrorInfo].domain == "aitrader"
        return cls(caught.value.code(), caught.value.details(), details)

    @property
    def info(self) -> error_details_pb2.ErrorInfo:
        return self.details[error_details_pb2.ErrorInfo]


def _channel(port: int, credentials: grpc.ChannelCredentials | None) -> grpc.aio.Channel:
    if credentials is None:
        return grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    return grpc.aio.secure_channel(f"localhost:{port}", credentials)


@asynccontextmanager
async def running_edge(
    *,
    bounds: Bounds | None = None,
    options: ServerOptions | None = None,
    clients: Mapping[str, Role] | None = None,
    credentials: grpc.ChannelCredentials | None = None,
) -> AsyncIterator[Edge]:
    metrics = PrometheusMetrics()
    holders = [TokenHolder(name, name, hash_token(token)) for name, token in TOKENS.items()]
    chain = build_chain(
        ids=RandomIds(),
        metrics=metrics,
        tokens=TokenStore(holders),
        environment="paper",
        bounds=bounds or Bounds(),
        clients=clients,
    )
    draining = asyncio.Event()
    trading = Trading(draining)
    services = [fill_in(TRADING, trading), fill_in(SENTIMENT, Sentiment())]
    services += [fill_in(service, Empty()) for service in SERVICES[1:] if service is not SENTIMENT]
    ready = asyncio.Event()
    ready.set()
    server = RpcServer(
        replace(options or ServerOptions(), port=0), services, chain, draining.set, ready.is_set
    )
    edge = Edge(server, chain, metrics, draining, trading, ready)
    edge.port = await server.start()
    try:
        async with _channel(edge.port, credentials) as channel:
            edge.channel = channel
            yield edge
    finally:
        await server.drain(grace_s=1.0)


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    async with running_edge() as running:
        yield running


@pytest.fixture
def statuses():
    """Reads the error of a failing call."""
    return Statuses


@pytest.fixture
def start_edge():
    """A context manager that runs an edge with other bounds or options."""
    return running_edge


class LogFile:
    """Logs to memory until somebody reads."""

    def __init__(self, level: str = "DEBUG") -> None:
        self._stream = io.StringIO()
        self._logs = start_logging(level=level, stream=self._stream)

    def lines(self) -> list[str]:
        self._logs.stop()
        return self._stream.getvalue().splitlines()


@pytest.fixture
def start_log():
    """Starts a log at a level; it ends with the test."""
    started: list[LogFile] = []

    def start(level: str) -> LogFile:
        started.append(LogFile(level))
        return started[-1]

    yield start
    for log_file in started:
        log_file.lines()


@pytest.fixture
def log_file(start_log):
    return start_log("DEBUG")
