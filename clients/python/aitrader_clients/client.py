"""The one object to start from."""

import functools
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from aitrader.v1 import common_pb2, trading_pb2, trading_pb2_grpc

from aitrader_clients.amounts import wire
from aitrader_clients.calls import CallChannel
from aitrader_clients.connection import Connection
from aitrader_clients.methods import SILENCE_S_MAX
from aitrader_clients.order_requests import (
    ContingencyWord,
    Leg,
    OrderTypeWord,
    SelfTradePreventionWord,
    SideWord,
    TimeInForceWord,
    place_request,
)

if TYPE_CHECKING:
    from aitrader.v1.market_data_pb2_grpc import MarketDataServiceAsyncStub
    from aitrader.v1.observability_pb2_grpc import ObservabilityServiceAsyncStub
    from aitrader.v1.risk_pb2_grpc import RiskServiceAsyncStub
    from aitrader.v1.sentiment_pb2_grpc import SentimentServiceAsyncStub
    from aitrader.v1.trading_pb2_grpc import TradingServiceAsyncStub

    from aitrader_clients.events import EventItem, OpenStream


class TradingClient:
    """Async client of the five services, over one connection.

    The services are the generated stubs, `await client.risk.Halt(HaltRequest(reason=...))`, each
    call with the deadline of `methods.METHODS` unless `timeout=` (seconds) says otherwise. Calls
    raise `errors.CallError`. What people do most has a method of its own.
    """

    def __init__(
        self, connection: Connection | None = None, timeout_s: float | None = None
    ) -> None:
        self._channel = CallChannel(connection or Connection.from_environment(), timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._channel.close()

    @functools.cached_property
    def trading(self) -> "TradingServiceAsyncStub":
        return cast("TradingServiceAsyncStub", trading_pb2_grpc.TradingServiceStub(self._stubs))

    # The other services are imported when they are first used: each costs a start some time.

    @functools.cached_property
    def risk(self) -> "RiskServiceAsyncStub":
        from aitrader.v1 import risk_pb2_grpc  # noqa: PLC0415 -- start-up time

        return cast("RiskServiceAsyncStub", risk_pb2_grpc.RiskServiceStub(self._stubs))

    @functools.cached_property
    def sentiment(self) -> "SentimentServiceAsyncStub":
        from aitrader.v1 import sentiment_pb2_grpc as services  # noqa: PLC0415 -- start-up time

        return cast("SentimentServiceAsyncStub", services.SentimentServiceStub(self._stubs))

    @functools.cached_property
    def market_data(self) -> "MarketDataServiceAsyncStub":
        from aitrader.v1 import market_data_pb2_grpc as services  # noqa: PLC0415 -- start-up time

        return cast("MarketDataServiceAsyncStub", services.MarketDataServiceStub(self._stubs))

    @functools.cached_property
    def observability(self) -> "ObservabilityServiceAsyncStub":
        from aitrader.v1 import observability_pb2_grpc as services  # noqa: PLC0415 -- start-up time

        return cast("ObservabilityServiceAsyncStub", services.ObservabilityServiceStub(self._stubs))

    @property
    def _stubs(self) -> Any:
        # The generated stubs name grpc's channels; they use the three methods that ours has.
        return self._channel

    async def place(
        self,
        symbol: str,
        side: SideWord,
        quantity: Decimal | int | None = None,
        *,
        quote_quantity: Decimal | int | None = None,
        limit_price: Decimal | int | None = None,
        stop_price: Decimal | int | None = None,
        order_type: OrderTypeWord | None = None,
        trailing_delta_bips: int = 0,
        iceberg_quantity: Decimal | int | None = None,
        time_in_force: TimeInForceWord | None = None,
        self_trade_prevention: SelfTradePreventionWord | None = None,
        reduce_only: bool = False,
        strategy: str = "",
        request_id: str = "",
        dry_run: bool = False,
        contingency: ContingencyWord | None = None,
        legs: Sequence[Leg] = (),
        timeout_s: float | None = None,
    ) -> trading_pb2.PlaceOrderResponse:
        """Place one order, or with `contingency` and its `legs` several, all or none.

        `order_type` follows from the prices unless it is given.

        Raises:
            Denied: a control said no, nothing was sent.
            OutcomeUnknown: the reply was lost; `request_id` finds the order if there is one.
        """
        request = place_request(
            symbol=symbol,
            side=side,
            quantity=quantity,
            quote_quantity=quote_quantity,
            limit_price=limit_price,
            stop_price=stop_price,
            order_type=order_type,
            trailing_delta_bips=trailing_delta_bips,
            iceberg_quantity=iceberg_quantity,
            time_in_force=time_in_force,
            self_trade_prevention=self_trade_prevention,
            reduce_only=reduce_only,
            strategy=strategy,
            request_id=request_id,
            dry_run=dry_run,
            contingency=contingency,
            legs=legs,
        )
        return await self.trading.PlaceOrder(request, timeout=timeout_s)

    async def replace(
        self,
        request_id: str,
        *,
        quantity: Decimal | int | None = None,
        limit_price: Decimal | int | None = None,
        stop_price: Decimal | int | None = None,
        new_request_id: str = "",
        timeout_s: float | None = None,
    ) -> trading_pb2.ReplaceOrderResponse:
        """Change an open order; what is not given stays.

        A lower quantity alone amends it: it keeps its id and its place in the queue, and the answer
        has no `replaced`. Everything else cancels it and places another under `new_request_id`.

        Raises:
            Denied: it is not open, or a control said no to the new one; the order works on.
            OutcomeUnknown: the reply was lost; ask for both ids.
        """
        request = trading_pb2.ReplaceOrderRequest(
            request_id=request_id,
            quantity=wire(quantity),
            limit_price=wire(limit_price),
            stop_price=wire(stop_price),
            new_request_id=new_request_id,
        )
        return await self.trading.ReplaceOrder(request, timeout=timeout_s)

    async def cancel(
        self, request_id: str, *, timeout_s: float | None = None
    ) -> trading_pb2.CancelOrderResponse:
        """Cancel by either id; repeating it is harmless."""
        request = trading_pb2.CancelOrderRequest(request_id=request_id)
        return await self.trading.CancelOrder(request, timeout=timeout_s)

    async def order(
        self, request_id: str, *, timeout_s: float | None = None
    ) -> common_pb2.Order | None:
        """Return the order with either id, None when there is none."""
        request = trading_pb2.GetOrderRequest(request_id=request_id)
        answer = await self.trading.GetOrder(request, timeout=timeout_s)
        return answer.order if answer.found else None

    def events(
        self,
        after: int = 0,
        *,
        live_only: bool = False,
        kinds: Sequence[str] = (),
        symbol: str = "",
        resume: bool = True,
        silence_s_max: float = SILENCE_S_MAX,
    ) -> "AsyncGenerator[EventItem, None]":
        """Follow the journal; see `events.follow_events`."""
        from aitrader_clients.events import follow_events  # noqa: PLC0415 -- start-up time

        request = trading_pb2.StreamEventsRequest(
            after_sequence=after, live_only=live_only, kinds=kinds, symbol=symbol
        )
        open_stream = cast("OpenStream", self.trading.StreamEvents)
        return follow_events(open_stream, request, resume=resume, silence_s_max=silence_s_max)
