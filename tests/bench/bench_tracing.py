"""What spans cost a call: run `python tests/bench/bench_tracing.py`.

Calls in process, without a socket, so that nothing hides the cost. Bursts without a collector and
with none, one in a hundred or all of the traces kept take turns; figures are multiples of those
without.
"""

import asyncio
import sys
import time
from typing import Any

import uvloop
from aitrader.v1 import trading_pb2
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.otlp import OtlpSpans
from aitrader_server.adapters.tokens import TokenHolder, TokenStore, hash_token
from aitrader_server.rpc.chain import Bounds, build_chain
from aitrader_server.rpc.handlers import service_handlers
from aitrader_server.rpc.inprocess import InProcessInvoker
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from rounds import ratios, show, show_machine, spread

TRADING = trading_pb2.DESCRIPTOR.services_by_name["TradingService"]
METHOD = "/aitrader.v1.TradingService/GetOrder"
METADATA = (("authorization", "Bearer bench-token"),)
REQUEST = trading_pb2.GetOrderRequest(request_id="a" * 36).SerializeToString()
ROUNDS = 15
CALLS = 400
US_PER_S = 1e6
RATIOS = {"no collector": None, "0 % kept": 0.0, "1 % kept": 0.01, "100 % kept": 1.0}


class Sink(SpanExporter):
    """Takes everything at once: what a collector costs is its own."""

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class Echo:
    """Answers everything with nothing."""

    def __getattr__(self, name: str) -> Any:
        if TRADING.methods_by_name[name].server_streaming:
            return self._stream
        return self._unary

    async def _unary(self, request: Any, context: Any) -> Any:
        return trading_pb2.GetOrderResponse()

    async def _stream(self, request: Any, context: Any) -> Any:
        yield trading_pb2.StreamEventsResponse()


def invoker(ratio: float | None) -> InProcessInvoker:
    """The guarded services, whose spans go nowhere."""
    spans = None
    if ratio is not None:
        spans = OtlpSpans(Sink(), ratio, {"service.name": "bench"}, lambda _: None)
        spans.start()
    chain = build_chain(
        ids=RandomIds(),
        metrics=PrometheusMetrics(),
        tokens=TokenStore([TokenHolder("bench", "viewer", hash_token("bench-token"))]),
        environment="paper",
        bounds=Bounds(calls_per_s=1e9, calls_burst=1e9),
        spans=spans,
    )
    return InProcessInvoker(service_handlers(TRADING, Echo()), chain)


async def burst_us(calls: InProcessInvoker) -> float:
    """Wall time of one call, on average."""
    begun_s = time.perf_counter()
    for _ in range(CALLS):
        await calls.unary(METHOD, REQUEST, METADATA, 5.0)
    return (time.perf_counter() - begun_s) / CALLS * US_PER_S


async def main() -> None:
    """Prints medians and extremes over the rounds."""
    invokers = {name: invoker(ratio) for name, ratio in RATIOS.items()}
    for calls in invokers.values():
        await burst_us(calls)
    results: dict[str, list[float]] = {name: [] for name in invokers}
    for _ in range(ROUNDS):
        for name, calls in invokers.items():
            results[name].append(await burst_us(calls))
            # What was handed over leaves before the next is measured.
            await asyncio.sleep(0.05)
    show_machine()
    base, *others = results.items()
    show(base[0], f"{spread(base[1], '.0f')} us a call")
    for name, figures in others:
        show(name, f"{spread(ratios(figures, base[1]), '.2f')} x")


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
