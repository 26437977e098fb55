"""One line for a call that changes something or fails; reads that succeed leave none."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import grpc
import structlog

from aitrader_server.rpc.access import is_mutating
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.outcome import outcome_of

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.handlers import Context, Handler

log = structlog.get_logger(__name__)


class AccessLogInterceptor(CallInterceptor):
    """A line names the caller, the code and the reason; never the request."""

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Log calls of `handler`."""
        return surround(handler, partial(_Line, is_mutating(method)))


class _Line:
    __slots__ = ("_context", "_mutating", "_started_s")

    def __init__(self, mutating: bool, context: Context) -> None:
        self._mutating = mutating
        self._context = context

    async def __aenter__(self) -> None:
        self._started_s = asyncio.get_running_loop().time()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        code = outcome_of(error, self._context)
        if code is grpc.StatusCode.OK and not self._mutating:
            return
        # A reader who closes a stream has done nothing worth a line.
        if code is grpc.StatusCode.CANCELLED and not self._mutating:
            return
        call = current_call()
        log.info(
            "rpc",
            method=call.method,
            caller=call.caller.name,
            code=code.name,
            reason=getattr(error, "reason", ""),
            ms=round((asyncio.get_running_loop().time() - self._started_s) * 1000, 3),
        )
