"""Hands over a span for each call of a trace that is kept, once the call has ended."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import grpc

from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.outcome import outcome_of
from aitrader_server.spans import Span

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.handlers import Context, Handler
    from aitrader_server.spans import Spans


class SpanInterceptor(CallInterceptor):
    """Stands inside of the trace; a stream is one span."""

    def __init__(self, spans: Spans) -> None:
        super().__init__()
        self._spans = spans

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Tell of calls of `handler`."""
        return surround(handler, partial(_CallSpan, self._spans))


class _CallSpan:
    __slots__ = ("_begun_ns", "_context", "_spans")

    def __init__(self, spans: Spans, context: Context) -> None:
        self._spans = spans
        self._context = context

    async def __aenter__(self) -> None:
        self._begun_ns = time.time_ns()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        call = current_call()
        if not call.sampled:
            return
        code = outcome_of(error, self._context)
        service, _, method = call.method.lstrip("/").partition("/")
        self._spans.take(
            Span(
                name=call.method.lstrip("/"),
                trace_id=call.trace_id,
                span_id=call.span_id,
                parent_span_id=call.parent_span_id,
                trace_state=call.trace_state,
                begun_ns=self._begun_ns,
                ended_ns=time.time_ns(),
                attributes={
                    "rpc.system": "grpc",
                    "rpc.service": service,
                    "rpc.method": method,
                    "rpc.grpc.status_code": code.name,
                    "enduser.id": call.caller.name,
                },
                error="" if code is grpc.StatusCode.OK else code.name,
                served=True,
            )
        )
