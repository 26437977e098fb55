"""An engine for the TypeScript client to talk to, and the client, built."""

import asyncio
import itertools
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import grpc
import pytest
from aitrader.v1 import (
    common_pb2,
    market_data_pb2,
    market_data_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
)

PACKAGE = Path(__file__).parents[3] / "clients/typescript"


@dataclass(frozen=True)
class Engine:
    """A running engine, as a client is told about it."""

    endpoint: str
    token: str


class FakeTrading(trading_pb2_grpc.TradingServiceServicer):
    """Journals, accepts every order at once and cancels it when asked."""

    def __init__(self) -> None:
        self._orders: dict[str, common_pb2.Order] = {}
        self._events: list[trading_pb2.Event] = []
        self._journalled = asyncio.Condition()

    async def GetStatus(self, request, context):  # noqa: N802 - the contract's name
        return trading_pb2.GetStatusResponse(
            configured=True, gateway="fake", environment="paper", sequence=len(self._events)
        )

    async def PlaceOrder(self, request, context):  # noqa: N802 - the contract's name
        order = common_pb2.Order(
            request_id=request.request_id,
            symbol=request.symbol,
            side=request.side,
            quantity=request.quantity,
            limit_price=request.limit_price,
            cumulative_quantity="0",
        )
        self._orders[order.request_id] = order
        await self._journal(order, "OrderSubmitted", common_pb2.ORDER_STATE_SUBMITTED)
        answer = trading_pb2.PlaceOrderResponse(order=order)
        await self._journal(order, "OrderAccepted", common_pb2.ORDER_STATE_ACCEPTED)
        return answer

    async def CancelOrder(self, request, context):  # noqa: N802 - the contract's name
        order = self._orders[request.request_id]
        await self._journal(order, "OrderCanceled", common_pb2.ORDER_STATE_CANCELED)
        return trading_pb2.CancelOrderResponse(
            request_id=order.request_id, cancelled=True, order=order
        )

    async def GetOrder(self, request, context):  # noqa: N802 - the contract's name
        order = self._orders.get(request.request_id)
        return trading_pb2.GetOrderResponse(
            request_id=request.request_id, found=order is not None, order=order
        )

    async def ListOrders(self, request, context):  # noqa: N802 - the contract's name
        return trading_pb2.ListOrdersResponse(orders=reversed(self._orders.values()))

    async def StreamEvents(self, request, context):  # noqa: N802 - the contract's name
        for sequence in itertools.count(request.after_sequence + 1):
            async with self._journalled:
                while len(self._events) < sequence:
                    await self._journalled.wait()
            event = self._events[sequence - 1]
            yield trading_pb2.StreamEventsResponse(sequence=sequence, event=event)

    async def _journal(self, order, kind, state):
        order.state = state
        async with self._journalled:
            self._events.append(
                trading_pb2.Event(
                    sequence=len(self._events) + 1,
                    kind=kind,
                    request_id=order.request_id,
                    symbol=order.symbol,
                    state=state,
                )
            )
            self._journalled.notify_all()


class FakeMarketData(market_data_pb2_grpc.MarketDataServiceServicer):
    async def GetQuote(self, request, context):  # noqa: N802 - the contract's name
        quote = market_data_pb2.Quote(symbol=request.symbol, bid="64000.10", ask="64000.20")
        return market_data_pb2.GetQuoteResponse(quote=quote)


class TokenCheck(grpc.aio.ServerInterceptor):
    def __init__(self, token: str) -> None:
        self._header = ("authorization", f"Bearer {token}")

    async def intercept_service(self, continuation, details):
        if self._header in details.invocation_metadata:
            return await continuation(details)

        async def refuse(request, context):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is not known")

        return grpc.unary_unary_rpc_method_handler(refuse)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    token = "test-token"
    server = grpc.aio.server(interceptors=[TokenCheck(token)])
    trading_pb2_grpc.add_TradingServiceServicer_to_server(FakeTrading(), server)
    market_data_pb2_grpc.add_MarketDataServiceServicer_to_server(FakeMarketData(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield Engine(f"127.0.0.1:{port}", token)
    await server.stop(grace=None)


@pytest.fixture(scope="session")
def built() -> Path:
    """The package, built; its dependencies are installed beforehand, so nothing is fetched here."""
    compiler = PACKAGE / "node_modules/typescript/bin/tsc"
    if not (which("node") and compiler.is_file()):
        missing = "needs node and `npm ci` in clients/typescript"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    answer = subprocess.run(
        ["node", compiler], cwd=PACKAGE, capture_output=True, text=True, check=False, timeout=100
    )
    assert answer.returncode == 0, answer.stdout
    return PACKAGE / "dist"
