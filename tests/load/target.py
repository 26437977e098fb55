"""What is called: a unary method or an order session, over one or more connections."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import grpc
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
    trading_pb2_grpc,
)
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from pacing import NOT_SENT, OK, Call

Metadata = tuple[tuple[str, str], ...]
Unary = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]

FILES = (market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2)
# A call that repeated an idempotency key would be answered from the record.
FRESH_FIELDS = ("request_id", "new_request_id")
SESSION = "TradingService/OrderSession"
CODE_NAMES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}
# The server ended a session, with status OK, before it had answered.
UNANSWERED = "UNANSWERED"


class Target:
    """One method, its requests and its caller's name.

    Raises LookupError for a method that cannot be driven, ParseError for fields it does not have.
    """

    def __init__(
        self, method: str, fields: dict[str, object], metadata: Metadata, timeout_s: float
    ) -> None:
        self.timeout_s = timeout_s
        self._metadata = metadata
        self._method = find_method(method)
        self._is_session = method == SESSION
        request_type: type[Message] = (
            trading_pb2.PlaceOrderRequest
            if self._is_session
            else GetMessageClass(self._method.input_type)
        )
        self._make = request_factory(request_type, fields)

    @asynccontextmanager
    async def caller(self, channels: list[grpc.aio.Channel]) -> AsyncIterator[Call]:
        """Calls by turns over the connections; a session lives as long as the context."""
        if not self._is_session:
            yield self._unary(channels)
            return
        sessions = [OrderSession(channel, self._metadata, self.timeout_s) for channel in channels]

        async def place(number: int) -> str:
            order = self._make()
            assert isinstance(order, trading_pb2.PlaceOrderRequest)
            return await sessions[number % len(sessions)].place(order)

        try:
            yield place
        finally:
            await asyncio.gather(*(session.close() for session in sessions))

    def _unary(self, channels: list[grpc.aio.Channel]) -> Call:
        path = f"/{self._method.containing_service.full_name}/{self._method.name}"
        # Answers stay undecoded: only their status is of interest.
        stubs: list[Unary] = [channel.unary_unary(path) for channel in channels]

        async def call(number: int) -> str:
            send = stubs[number % len(stubs)]
            request = self._make().SerializeToString()
            try:
                await send(request, metadata=self._metadata, timeout=self.timeout_s)
            except grpc.aio.AioRpcError as error:
                return error.code().name
            return OK

        return call


def find_method(name: str) -> MethodDescriptor:
    """Finds `Service/Method`; raises LookupError, which names those that can be driven."""
    methods: dict[str, MethodDescriptor] = {
        f"{service.name}/{method.name}": method
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    drivable = {
        known: method
        for known, method in methods.items()
        if known == SESSION or not (method.client_streaming or method.server_streaming)
    }
    if name not in drivable:
        raise LookupError(f"{name}: give one of {', '.join(sorted(drivable))}")
    return drivable[name]


def request_factory(
    request_type: type[Message], fields: dict[str, object]
) -> Callable[[], Message]:
    """Makes requests with the given fields, and a fresh id in each that was left out."""
    template = ParseDict(fields, request_type())
    ids = [
        name
        for name in FRESH_FIELDS
        if name in request_type.DESCRIPTOR.fields_by_name and not getattr(template, name)
    ]
    run, numbers = secrets.token_hex(6), itertools.count(1)

    def make() -> Message:
        request = request_type()
        request.CopyFrom(template)
        number = next(numbers)
        for name in ids:
            setattr(request, name, f"load-{run}-{number}")
        return request

    return make


@asynccontextmanager
async def connections(
    address: str, count: int, ready_timeout_s: float
) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Opens `count` TCP connections; raises TimeoutError when the server is not there."""
    # Without a pool of its own, channels to one address share a connection.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(count)]
    try:
        async with asyncio.timeout(ready_timeout_s):
            await asyncio.gather(*(channel.channel_ready() for channel in channels))
        yield channels
    finally:
        await asyncio.gather(*(channel.close() for channel in channels))


class OrderSession:
    """One stream of orders; each waits for the report that carries its number."""

    def __init__(self, channel: grpc.aio.Channel, metadata: Metadata, timeout_s: float) -> None:
        self._stream = trading_pb2_grpc.TradingServiceStub(channel).OrderSession(metadata=metadata)
        self._timeout_s = timeout_s
        self._sent = 0
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._writing = asyncio.Lock()  # gRPC allows one write at a time.
        self._has_ended = False
        self._reader = asyncio.create_task(self._read())

    async def place(self, order: trading_pb2.PlaceOrderRequest) -> str:
        """Sends one order and names the status of its report, or of the stream if that ends."""
        if self._has_ended:
            return NOT_SENT
        self._sent += 1
        number = self._sent
        report: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = report
        command = trading_pb2.OrderSessionRequest(command_id=number, place=order)
        try:
            async with asyncio.timeout(self._timeout_s):
                # A stream that broke under the write has a status, which the reader learns.
                with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    async with self._writing:
                        await self._stream.write(command)
                return await report
        except TimeoutError:
            return grpc.StatusCode.DEADLINE_EXCEEDED.name
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """Ends the stream, by force when the server does not."""
        try:
            async with asyncio.timeout(self._timeout_s):
                with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    await self._stream.done_writing()
                await asyncio.shield(self._reader)
        except TimeoutError:
            self._stream.cancel()
            await self._reader

    async def _read(self) -> None:
        # However the stream ends, its status says how.
        with suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
            async for answer in self._stream:
                report = self._waiting.get(answer.command_id)
                if report is not None and not report.done():
                    report.set_result(status_of(answer))
        code = await self._stream.code()
        self._has_ended = True
        for report in self._waiting.values():
            if not report.done():
                report.set_result(UNANSWERED if code is grpc.StatusCode.OK else code.name)


def status_of(answer: trading_pb2.OrderSessionResponse) -> str:
    if answer.WhichOneof("report") != "error":
        return OK
    return CODE_NAMES.get(answer.error.code, grpc.StatusCode.UNKNOWN.name)
