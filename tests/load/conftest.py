"""A server to press, on loopback, that stalls, refuses and breaks off when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc
import pytest
from aitrader.v1 import common_pb2, trading_pb2, trading_pb2_grpc

# Which call stalls, and for how long every call then waits.
STALL_AT, STALL_S = 100, 0.4
# The symbol whose orders the server refuses, every third one.
REFUSED = "REFUSED"
# The symbol whose session the server breaks off after so many orders.
BROKEN, BROKEN_AFTER = "BROKEN", 50


class FakeTrading(trading_pb2_grpc.TradingServiceServicer):
    def __init__(self) -> None:
        self.request_ids: list[str] = []
        self.connections: set[str] = set()
        self.stalls = False
        self._asked = 0
        self._stall_ends_at = 0.0

    def rewind(self) -> None:
        """Makes the stall happen again."""
        self._asked = 0

    async def GetStatus(self, request, context):  # noqa: N802 - the contract's name
        now = asyncio.get_running_loop().time()
        self._asked += 1
        if self.stalls and self._asked == STALL_AT:
            self._stall_ends_at = now + STALL_S
        await asyncio.sleep(max(0.0, self._stall_ends_at - now))
        return trading_pb2.GetStatusResponse(version="fake")

    async def PlaceOrder(self, request, context):  # noqa: N802 - the contract's name
        self.connections.add(context.peer())
        self.request_ids.append(request.request_id)
        if request.symbol == REFUSED and len(self.request_ids) % 3 == 0:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "refused")
        order = common_pb2.Order(request_id=request.request_id)
        return trading_pb2.PlaceOrderResponse(order=order)

    async def OrderSession(self, requests, context):  # noqa: N802 - the contract's name
        self.connections.add(context.peer())
        async for command in requests:
            self.request_ids.append(command.place.request_id)
            if command.place.symbol == BROKEN and len(self.request_ids) > BROKEN_AFTER:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "broken off")
            answer = trading_pb2.OrderSessionResponse(command_id=command.command_id)
            if command.place.symbol == REFUSED and len(self.request_ids) % 3 == 0:
                answer.error.code = grpc.StatusCode.FAILED_PRECONDITION.value[0]
            else:
                answer.place.order.request_id = command.place.request_id
            yield answer


@dataclass(frozen=True)
class Server:
    address: str
    trading: FakeTrading = field(repr=False)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    trading = FakeTrading()
    running = grpc.aio.server()
    trading_pb2_grpc.add_TradingServiceServicer_to_server(trading, running)
    port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    yield Server(f"127.0.0.1:{port}", trading)
    await running.stop(grace=None)
