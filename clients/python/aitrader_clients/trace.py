"""W3C trace context: one trace id from the caller to the journal."""

import contextlib
import contextvars
import os
from collections.abc import Iterator

_trace_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("trace_id", default=None)


@contextlib.contextmanager
def trace(trace_id: str | None = None) -> Iterator[str]:
    """Give every call made inside one trace id (32 hex digits), and say which.

    Outside of any such block each call has a trace of its own.
    """
    chosen = trace_id or os.urandom(16).hex()
    token = _trace_id.set(chosen)
    try:
        yield chosen
    finally:
        _trace_id.reset(token)


def current_trace_id() -> str:
    """Return the trace id of the enclosing `trace` block, or a fresh one."""
    return _trace_id.get() or os.urandom(16).hex()


def traceparent(trace_id: str) -> str:
    """Return the header for one call, a span of its own; whether it is kept the engine decides."""
    return f"00-{trace_id}-{os.urandom(8).hex()}-00"
