"""Counts calls by method and code, and times them."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from aitrader_server.rpc.handlers import CallInterceptor, surround
from aitrader_server.rpc.outcome import outcome_of

if TYPE_CHECKING:
    from types import TracebackType

    import grpc

    from aitrader_server.engine.ports import Metrics
    from aitrader_server.rpc.handlers import Context, Handler

CALLS = "aitrader_rpc_calls_total"
SECONDS = "aitrader_rpc_seconds"


class MeasureInterceptor(CallInterceptor):
    """Times streams too: from first to last message."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Measure calls of `handler`."""
        return surround(handler, partial(_Measure, _MethodMeter(self._metrics, method)))


class _MethodMeter:
    """One method's labels, made once per code."""

    def __init__(self, metrics: Metrics, method: str) -> None:
        self._metrics = metrics
        self._method = method
        self._labels: dict[grpc.StatusCode, dict[str, str]] = {}
        self._seconds_labels = {"method": method}

    def record(self, code: grpc.StatusCode, seconds: float) -> None:
        labels = self._labels.get(code)
        if labels is None:
            labels = self._labels[code] = {"method": self._method, "code": code.name}
        self._metrics.count(CALLS, labels)
        self._metrics.observe(SECONDS, seconds, self._seconds_labels)


class _Measure:
    __slots__ = ("_context", "_meter", "_started_s")

    def __init__(self, meter: _MethodMeter, context: Context) -> None:
        self._meter = meter
        self._context = context

    async def __aenter__(self) -> None:
        # The loop's own clock may count whole milliseconds.
        self._started_s = time.perf_counter()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        seconds = time.perf_counter() - self._started_s
        self._meter.record(outcome_of(error, self._context), seconds)
