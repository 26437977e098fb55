"""The code with which a call will end, read from inside before the barrier has spoken."""

import asyncio
from typing import TYPE_CHECKING

import grpc

from aitrader_server.rpc.status import code_of

if TYPE_CHECKING:
    from aitrader_server.rpc.handlers import Context


def outcome_of(error: BaseException | None, context: "Context") -> grpc.StatusCode:
    """The code that `error` will become; of a call without one, what its handler set."""
    match error:
        case None:
            return _code_set(context)
        case grpc.aio.AbortError():
            return _code_set(context)
        case asyncio.CancelledError() | GeneratorExit():
            return grpc.StatusCode.CANCELLED
        case Exception():
            return code_of(error)
        case _:
            return grpc.StatusCode.INTERNAL


def _code_set(context: "Context") -> grpc.StatusCode:
    code = context.code()
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.OK
