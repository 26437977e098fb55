"""One line for a call: in the audit log where it would change something, else where it fails."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import grpc
import structlog

from aitrader_server.rpc.access import is_mutating
from aitrader_server.rpc.audit import audit, described
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.outcome import outcome_of
from aitrader_server.rpc.refusals import RateLimited

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.handlers import Context, Handler

_QUIET = (grpc.StatusCode.OK, grpc.StatusCode.CANCELLED)

log = structlog.get_logger(__name__)


class AccessLogInterceptor(CallInterceptor):
    """Reads that succeed leave no line, and what is refused for its rate leaves one a second."""

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
        if isinstance(error, RateLimited):
            return
        reason = getattr(error, "reason", "")
        call = current_call()
        ms = round((asyncio.get_running_loop().time() - self._started_s) * 1000, 3)
        if self._mutating:
            audit(call, code.name, reason, call.request, ms=ms)
        # A reader who closes a stream has done nothing worth a line.
        elif code not in _QUIET:
            log.info("rpc", **described(call, code.name, reason), ms=ms)
