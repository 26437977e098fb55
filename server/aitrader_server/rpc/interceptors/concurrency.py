"""Bounds how many calls are in progress, unary ones and streams apart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aitrader_server.errors import Overloaded
from aitrader_server.rpc.access import OPEN_METHODS, STOPPING
from aitrader_server.rpc.handlers import CallInterceptor, surround

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.handlers import Context, Handler

RETRY_AFTER_S = 0.1


class Slots:
    """A bound on calls of one kind; whoever comes too many is told to come back."""

    def __init__(self, kind: str, calls_max: int) -> None:
        self.kind = kind
        self.calls_max = calls_max
        self.in_flight = 0


class ConcurrencyInterceptor(CallInterceptor):
    """Never queues: a caller who waits in line cannot tell slow from dead."""

    def __init__(self, *, unary_calls_max: int, streams_max: int) -> None:
        super().__init__()
        self.unary = Slots("calls", unary_calls_max)
        self.streams = Slots("streams", streams_max)
        # Their own, so that no crowd of other calls keeps anybody from stopping.
        self.stops = Slots("calls that stop trading", unary_calls_max)

    @property
    def in_flight(self) -> int:
        """Calls and streams in progress; health checks are not counted."""
        return self.unary.in_flight + self.streams.in_flight + self.stops.in_flight

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Count calls of `handler`; health checks are free, or overload would look like death."""
        if method in OPEN_METHODS:
            return handler
        if method in STOPPING:
            return surround(handler, partial(_Slot, self.stops))
        streaming = handler.request_streaming or handler.response_streaming
        return surround(handler, partial(_Slot, self.streams if streaming else self.unary))


class _Slot:
    __slots__ = ("_slots",)

    def __init__(self, slots: Slots, _context: Context) -> None:
        self._slots = slots

    async def __aenter__(self) -> None:
        slots = self._slots
        if slots.in_flight >= slots.calls_max:
            raise Overloaded(
                f"{slots.calls_max} {slots.kind} are in progress already: retry shortly",
                retry_after_s=RETRY_AFTER_S,
            )
        slots.in_flight += 1

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._slots.in_flight -= 1
