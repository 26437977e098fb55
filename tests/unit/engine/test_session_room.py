"""A caller who sends and never reads fills its session's room, not the engine's memory."""

import asyncio

from aitrader.v1 import trading_pb2
from aitrader_server.rpc.call import Call, enter_call
from aitrader_server.rpc.services.session import COMMANDS_IN_FLIGHT_MAX, SessionRpcs

COMMANDS = 3 * COMMANDS_IN_FLIGHT_MAX


class Prompt:
    """Answers every cancel at once."""

    async def CancelOrder(self, request, _context):  # noqa: N802 - the contract names it
        return trading_pb2.CancelOrderResponse(request_id=request.request_id)


async def test_commands_wait_until_reports_are_taken():
    enter_call(Call(method="OrderSession", trace_id="a" * 32, span_id="b" * 16, sampled=False))
    taken = 0

    async def commands():
        nonlocal taken
        for number in range(COMMANDS):
            taken += 1
            cancel = trading_pb2.CancelOrderRequest(request_id="r")
            yield trading_pb2.OrderSessionRequest(command_id=number, cancel=cancel)

    reports = SessionRpcs(Prompt()).OrderSession(commands(), None)
    answered = [(await anext(reports)).command_id]
    for _ in range(COMMANDS):
        await asyncio.sleep(0)
    assert taken <= COMMANDS_IN_FLIGHT_MAX + 1
    answered += [report.command_id async for report in reports]
    assert sorted(answered) == list(range(COMMANDS))
