"""Commands and reports on one stream, for callers that count microseconds."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from aitrader.v1 import trading_pb2

from aitrader_server.errors import AiTraderError
from aitrader_server.rpc.interceptors.validation import check_fields
from aitrader_server.rpc.refusals import OrderDenied
from aitrader_server.rpc.services.answering import answers
from aitrader_server.rpc.services.orders import OrderRpcs, placed_message
from aitrader_server.rpc.status import code_of

COMMANDS_IN_FLIGHT_MAX = 256

Requests = AsyncIterator[trading_pb2.OrderSessionRequest]
Responses = AsyncIterator[trading_pb2.OrderSessionResponse]


class SessionRpcs:
    """Each command runs on its own; a refused one ends nothing but itself."""

    def __init__(self, orders: OrderRpcs) -> None:
        self._orders = orders

    async def OrderSession(self, requests: Requests, context: Any) -> Responses:
        async def answer(
            request: trading_pb2.OrderSessionRequest,
        ) -> trading_pb2.OrderSessionResponse:
            return await self._answer(request, context)

        async with aclosing(answers(requests, answer, COMMANDS_IN_FLIGHT_MAX)) as reports:
            async for report in reports:
                yield report

    async def _answer(
        self, request: trading_pb2.OrderSessionRequest, context: Any
    ) -> trading_pb2.OrderSessionResponse:
        response = trading_pb2.OrderSessionResponse(command_id=request.command_id)
        try:
            check_fields(request)
            if request.HasField("place"):
                placed = await self._orders.place(request.place)
                response.place.CopyFrom(placed_message(placed))
            else:
                response.cancel.CopyFrom(await self._orders.CancelOrder(request.cancel, context))
        except AiTraderError as error:
            response.error.CopyFrom(_refusal(error))
        return response


def _refusal(error: AiTraderError) -> trading_pb2.CommandError:
    number: int = code_of(error).value[0]
    return trading_pb2.CommandError(
        code=number,
        message=error.message,
        reason=error.reason,
        breaches=error.breaches if isinstance(error, OrderDenied) else (),
    )
