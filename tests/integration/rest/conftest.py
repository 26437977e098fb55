"""A real facade on a loopback port, before a real gRPC server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import grpc
import httpx
import pytest
import pytest_asyncio
from aitrader_gateway.rest.app import create_app
from aitrader_gateway.rest.invoker import ChannelInvoker
from aitrader_gateway.rest.streams import StreamTiming
from aitrader_gateway.rest.transcoder import Limits
from asgi_server import serve


@dataclass
class Backend:
    """Answers any method from a table, and remembers what it was asked."""

    unary: dict = field(default_factory=dict)
    streams: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def forget(self):
        self.unary.clear()
        self.streams.clear()
        self.calls.clear()
        self.ended = asyncio.Event()
        return self

    def service(self, details):
        method = details.method
        if method in self.streams:
            return grpc.unary_stream_rpc_method_handler(self._stream(method))
        if method in self.unary:
            return grpc.unary_unary_rpc_method_handler(self._unary(method))
        return None

    def _unary(self, method):
        async def handle(request, context):
            self.calls.append((method, request, dict(context.invocation_metadata()), context))
            answer = self.unary[method]
            return await answer(request, context) if callable(answer) else answer

        return handle

    def _stream(self, method):
        async def handle(request, context):
            self.calls.append((method, request, dict(context.invocation_metadata()), context))
            try:
                async for message in self.streams[method](request, context):
                    yield message
            finally:
                self.ended.set()

        return handle


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, backend):
        self._backend = backend

    def service(self, handler_call_details):
        return self._backend.service(handler_call_details)


@dataclass
class Facade:
    backend: Backend
    client: httpx.AsyncClient
    port: int
    drain: Callable[[], None]

    async def raw(self, text: bytes, *, timeout_s: float = 5.0) -> bytes:
        """Send bytes as they are and read until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(text)
            await writer.drain()
            async with asyncio.timeout(timeout_s):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def facade_of(**options):
    backend = Backend()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([_Handlers(backend)])
    grpc_port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        app = create_app(ChannelInvoker(channel), **options)
        async with (
            serve(app) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
        ):
            yield Facade(backend, client, port, app.state.drain)
    await server.stop(None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running():
    limits = Limits(
        body_bytes_max=4096,
        body_timeout_s=0.3,
        call_timeout_s=5.0,
        stream=StreamTiming(open_after_s=0.3, heartbeat_s=0.2, send_timeout_s=1.0),
    )
    async with facade_of(limits=limits) as made:
        yield made


@pytest.fixture
def start_facade():
    """Start a facade that a test may stop."""
    return facade_of


@pytest.fixture
def facade(running):
    """A facade whose server knows no method yet."""
    return replace(running, backend=running.backend.forget())
