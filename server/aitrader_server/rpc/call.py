"""What the edge knows about the call that the current task serves."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aitrader_server.rpc.access import Caller

if TYPE_CHECKING:
    from google.protobuf.message import Message

ANONYMOUS = Caller(name="anonymous", role=None)


def _free() -> None:
    """Whoever was never admitted has nothing to pay from."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One RPC in progress.

    `sampled` traces are kept. `parent_span_id` is the caller's own, empty where it sent none, and
    `trace_state` its W3C header as it came.

    `arrived_s` is by `time.perf_counter`. `deadline_at_s` is on the event loop's clock; None when
    the call may last for ever. `peer` is the address that we saw, `forwarded` the one that the
    caller says it calls for. `pay` counts one more message of a stream as a call and raises
    Overloaded when the caller has had too many.
    """

    method: str
    trace_id: str
    span_id: str
    sampled: bool
    parent_span_id: str = ""
    trace_state: str = ""
    caller: Caller = ANONYMOUS
    arrived_s: float | None = None
    deadline_at_s: float | None = None
    peer: str = ""
    forwarded: str = ""
    request: "Message | None" = None
    pay: Callable[[], None] = _free

    @property
    def traceparent(self) -> str:
        """The W3C header for calls that this one makes."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def remaining_s(self) -> float | None:
        """Seconds left, never negative; None without a deadline."""
        if self.deadline_at_s is None:
            return None
        return max(self.deadline_at_s - asyncio.get_running_loop().time(), 0.0)


_current: ContextVar[Call] = ContextVar("aitrader_call")


def current_call() -> Call:
    """The call that this task serves.

    Raises:
        LookupError: The task serves none.
    """
    return _current.get()


def enter_call(call: Call) -> None:
    """Makes `call` the current one until the task ends; every RPC runs in a task of its own."""
    _current.set(call)
