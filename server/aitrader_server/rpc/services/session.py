"""Commands and reports on one stream, for callers that count microseconds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aitrader.v1 import trading_pb2

from aitrader_server.errors import AiTraderError
from aitrader_server.rpc.interceptors.validation import check_fields
from aitrader_server.rpc.refusals import OrderDenied
from aitrader_server.rpc.services.orders import OrderRpcs, placed_message
from aitrader_server.rpc.status import code_of

COMMANDS_IN_FLIGHT_MAX = 256

Requests = AsyncIterator[trading_pb2.OrderSessionRequest]
Responses = AsyncIterator[trading_pb2.OrderSessionResponse]


class SessionRpcs:
    """Each command runs on its own; reports come in the order in which they are known.

    A session that has `COMMANDS_IN_FLIGHT_MAX` commands whose reports have not been taken is not
    read from until one has.
    A refused command ends nothing but itself.
    """

    def __init__(self, orders: OrderRpcs) -> None:
        self._orders = orders

    async def OrderSession(self, requests: Requests, context: Any) -> Responses:
        reports: asyncio.Queue[trading_pb2.OrderSessionResponse | None] = asyncio.Queue()
        room = asyncio.Semaphore(COMMANDS_IN_FLIGHT_MAX)
        reader = asyncio.create_task(self._read(requests, context, reports, room))
        try:
            while (report := await reports.get()) is not None:
                yield report
                room.release()
            await reader
        finally:
            reader.cancel()

    async def _read(
        self,
        requests: Requests,
        context: Any,
        reports: "asyncio.Queue[trading_pb2.OrderSessionResponse | None]",
        room: asyncio.Semaphore,
    ) -> None:
        async def run(request: trading_pb2.OrderSessionRequest) -> None:
            reports.put_nowait(await self._answer(request, context))

        refusal: AiTraderError | None = None
        try:
            async with asyncio.TaskGroup() as commands:
                try:
                    async for request in requests:
                        await room.acquire()
                        commands.create_task(run(request))
                except AiTraderError as error:
                    # A request that is none ends the session, once what came before is answered.
                    refusal = error
        finally:
            reports.put_nowait(None)
        if refusal is not None:
            raise refusal

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
