"""Commands and reports on one stream, for callers that count microseconds."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from aitrader.v1 import trading_pb2

from aitrader_server.errors import AiTraderError
from aitrader_server.rpc.audit import audit
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.interceptors.validation import check_fields
from aitrader_server.rpc.refusals import OrderDenied, RateLimited
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
        try:
            response = await self._obey(request, context)
        except AiTraderError as error:
            response = trading_pb2.OrderSessionResponse(error=_refusal(error))
            if not isinstance(error, RateLimited):
                _audit(request, code_of(error), error.reason)
        except BaseException:
            # What a caller who leaves, or a bug, makes of it nobody here will know.
            _audit(request, grpc.StatusCode.UNKNOWN, "")
            raise
        else:
            _audit(request, grpc.StatusCode.OK, "")
        response.command_id = request.command_id
        return response

    async def _obey(
        self, request: trading_pb2.OrderSessionRequest, context: Any
    ) -> trading_pb2.OrderSessionResponse:
        if not request.HasField("cancel"):
            current_call().pay()
        check_fields(request)
        if request.HasField("place"):
            placed = await self._orders.place(request.place)
            return trading_pb2.OrderSessionResponse(place=placed_message(placed))
        cancelled = await self._orders.CancelOrder(request.cancel, context)
        return trading_pb2.OrderSessionResponse(cancel=cancelled)


def _audit(request: trading_pb2.OrderSessionRequest, code: grpc.StatusCode, reason: str) -> None:
    """A command is a call of its own to whoever asks later who did what."""
    command = request.WhichOneof("command") or ""
    subject = getattr(request, command) if command else None
    audit(current_call(), code.name, reason, subject, command=command)


def _refusal(error: AiTraderError) -> trading_pb2.CommandError:
    number: int = code_of(error).value[0]
    return trading_pb2.CommandError(
        code=number,
        message=error.message,
        reason=error.reason,
        breaches=error.breaches if isinstance(error, OrderDenied) else (),
    )
