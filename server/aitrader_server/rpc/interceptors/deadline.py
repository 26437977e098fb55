"""Ends calls that take longer than the caller, or the server, allows."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.refusals import DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from aitrader_server.rpc.handlers import Context, Handler

DEFAULT_CAP_S = 5.0

# Methods that ask the venue about many things, or a model about many texts.
CAP_S: Mapping[str, float] = {
    "/aitrader.v1.TradingService/CancelAllOrders": 30.0,
    "/aitrader.v1.TradingService/Flatten": 30.0,
    "/aitrader.v1.TradingService/ListOrders": 30.0,
    "/aitrader.v1.TradingService/SyncAccount": 30.0,
    "/aitrader.v1.TradingService/Trade": 15.0,
    "/aitrader.v1.RiskService/Halt": 30.0,
    "/aitrader.v1.SentimentService/Analyze": 15.0,
    "/aitrader.v1.SentimentService/AnalyzeBatch": 60.0,
}


class DeadlineInterceptor(CallInterceptor):
    """A stream lasts as long as its caller says; one answer is due before the method's cap."""

    def __init__(
        self, cap_s: Mapping[str, float] = CAP_S, default_cap_s: float = DEFAULT_CAP_S
    ) -> None:
        super().__init__()
        self._cap_s = cap_s
        self._default_cap_s = default_cap_s

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Put calls of `handler` under a deadline."""
        if handler.response_streaming:
            return surround(handler, _Announcement)
        cap_s = self._cap_s.get(method, self._default_cap_s)
        return surround(handler, partial(_Deadline, cap_s))


class _Announcement:
    """Tells the handler of a stream the caller's deadline, which gRPC itself enforces."""

    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __aenter__(self) -> None:
        left_s = _left_s(self._context)
        if left_s is not None:
            current_call().deadline_at_s = asyncio.get_running_loop().time() + left_s

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


class _Deadline:
    __slots__ = ("_allowed_s", "_cap_s", "_context", "_timeout")

    def __init__(self, cap_s: float, context: Context) -> None:
        self._cap_s = cap_s
        self._context = context

    async def __aenter__(self) -> None:
        left_s = _left_s(self._context)
        self._allowed_s = self._cap_s if left_s is None else min(left_s, self._cap_s)
        if self._allowed_s <= 0:
            raise DeadlineExceeded("the deadline had passed when the call arrived")
        at_s = asyncio.get_running_loop().time() + self._allowed_s
        current_call().deadline_at_s = at_s
        self._timeout = asyncio.timeout_at(at_s)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise DeadlineExceeded(
                f"not done within {self._allowed_s:.3g} s; what was begun may still take effect"
            ) from None


def _left_s(context: Context) -> float | None:
    # The type stubs leave out that a call may have no deadline.
    left_s: float | None = context.time_remaining()
    return left_s
