"""Turns every exception into a status: what was raised on purpose tells, a bug does not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import grpc
import structlog

from aitrader_server.errors import AiTraderError
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.status import (
    STATUS_CODE_BY_NUMBER,
    bug_status,
    status_of,
    trailing_metadata,
)

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.engine.ports import IdFactory
    from aitrader_server.rpc.handlers import Context, Handler

log = structlog.get_logger(__name__)


class BarrierInterceptor(CallInterceptor):
    """The traceback of a bug goes to the log under an id, and only the id to the caller."""

    def __init__(self, ids: IdFactory) -> None:
        super().__init__()
        self._ids = ids

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Stand outside of `handler`."""
        return surround(handler, partial(_Barrier, self._ids, method))


class _Barrier:
    __slots__ = ("_context", "_ids", "_method")

    def __init__(self, ids: IdFactory, method: str, context: Context) -> None:
        self._ids = ids
        self._method = method
        self._context = context

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Cancellation is no Exception and passes, and so do an abort and a transport that is gone.
        if not isinstance(error, Exception) or is_transport(error):
            return
        if isinstance(error, AiTraderError):
            status = status_of(error)
        else:
            error_id = self._ids.trace_id()[:12]
            log.error("rpc failed on a bug", method=self._method, error_id=error_id, exc_info=error)
            status = bug_status(error_id)
        await self._context.abort(
            STATUS_CODE_BY_NUMBER[status.code],
            status.message,
            (*self._context.trailing_metadata(), *trailing_metadata(status)),
        )


def is_transport(error: BaseException) -> bool:
    """Whether `error` is grpc.aio's own way to end a call; misuse of its API is a bug of ours."""
    return isinstance(error, grpc.aio.BaseError) and not isinstance(error, grpc.aio.UsageError)
