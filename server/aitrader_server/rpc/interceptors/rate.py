"""Bounds how often a caller calls; what stops trading is always let through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aitrader_server.rpc.access import OPEN_METHODS, STOPPING
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, surround

if TYPE_CHECKING:
    from types import TracebackType

    from aitrader_server.rpc.handlers import Context, Handler
    from aitrader_server.rpc.rates import CallRates


class RateInterceptor(CallInterceptor):
    """Counts each call; the messages of a stream of commands pay for themselves as they come."""

    def __init__(self, rates: CallRates) -> None:
        super().__init__()
        self._rates = rates

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Count calls of `handler`."""
        if method in OPEN_METHODS or method in STOPPING:
            return handler
        return surround(handler, partial(_Toll, self._rates))


class _Toll:
    __slots__ = ("_rates",)

    def __init__(self, rates: CallRates, _context: Context) -> None:
        self._rates = rates

    async def __aenter__(self) -> None:
        call = current_call()
        call.pay = partial(self._rates.admit, call.caller.name)
        call.pay()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None
