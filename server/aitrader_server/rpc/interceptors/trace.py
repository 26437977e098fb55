"""Joins the caller's trace, or starts one, and says which it is.

A stream says it before its first message. A single answer says it with its status: metadata of its
own before the answer would cost another tenth of a millisecond.
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from aitrader_server.rpc.call import Call, enter_call
from aitrader_server.rpc.handlers import CallInterceptor, surround

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.engine.ports import IdFactory
    from aitrader_server.rpc.handlers import Context, Handler
    from aitrader_server.spans import Spans

# https://www.w3.org/TR/trace-context/#traceparent-header; a version after 00 may add fields.
TRACEPARENT = re.compile(
    r"(?!ff|00.{53}-)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
TRACE_HEADERS = ("traceparent", "tracestate")
SAMPLED = 0x01
# What the W3C asks everybody to pass on.
TRACE_STATE_CHARS_MAX = 512


class TraceInterceptor(CallInterceptor):
    """Gives each call its `Call`, binds the trace to the log and answers it as metadata."""

    def __init__(self, ids: IdFactory, environment: str, spans: Spans | None = None) -> None:
        super().__init__()
        self._ids = ids
        self._environment = environment
        self._spans = spans

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Trace calls of `handler`."""
        kind = _StreamTrace if handler.response_streaming else _Trace
        return surround(handler, partial(kind, self, method))

    def begin(self, method: str, metadata: Any) -> tuple[tuple[str, str], ...]:
        """Makes the call known to this task and returns what its caller is told."""
        headers = {key: value for key, value in metadata if key in TRACE_HEADERS}
        trace_id, parent_span_id, sampled = read_traceparent(headers.get("traceparent")) or (
            self._ids.trace_id(),
            "",
            False,
        )
        span_id = self._ids.trace_id()[:16]
        state = headers.get("tracestate", "") if parent_span_id else ""
        call = Call(
            method=method,
            trace_id=trace_id,
            span_id=span_id,
            sampled=sampled,
            parent_span_id=parent_span_id,
            arrived_s=time.perf_counter(),
            trace_state=state if len(state) <= TRACE_STATE_CHARS_MAX else "",
        )
        if self._spans is not None:
            call.sampled = self._spans.begin(trace_id, span_id, parent=sampled)
        enter_call(call)
        structlog.contextvars.bind_contextvars(trace_id=trace_id, span_id=span_id)
        return (("x-trace-id", trace_id), ("x-aitrader-environment", self._environment))


def read_traceparent(value: Any) -> tuple[str, str, bool] | None:
    """Trace id, span id and sampled flag of a header; None for one that breaks the format."""
    match = TRACEPARENT.fullmatch(value) if isinstance(value, str) else None
    return (match[1], match[2], bool(int(match[3], 16) & SAMPLED)) if match else None


class _Trace:
    __slots__ = ("_answered", "_context", "_method", "_trace")

    def __init__(self, trace: TraceInterceptor, method: str, context: Context) -> None:
        self._trace = trace
        self._method = method
        self._context = context

    async def __aenter__(self) -> None:
        self._answered = self._begin()
        self._context.set_trailing_metadata(self._answered)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        trailing = self._context.trailing_metadata()
        if trailing != self._answered and not self._context.done():
            self._context.set_trailing_metadata((*self._answered, *trailing))

    def _begin(self) -> tuple[tuple[str, str], ...]:
        return self._trace.begin(self._method, self._context.invocation_metadata() or ())


class _StreamTrace(_Trace):
    __slots__ = ()

    async def __aenter__(self) -> None:
        await self._context.send_initial_metadata(self._begin())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None
