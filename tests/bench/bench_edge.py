"""What the chain costs a call: run `python tests/bench/bench_edge.py`.

Bursts of the bare echo and of the guarded one alternate, so that a noisy neighbour meets both.
"""

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import uvloop
from aitrader.v1 import trading_pb2
from aitrader_server.adapters.ids import RandomIds
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.tokens import TokenHolder, TokenStore, hash_token
from aitrader_server.rpc.chain import Bounds, build_chain
from aitrader_server.rpc.inprocess import InProcessInvoker
from aitrader_server.rpc.server import RpcServer, ServerOptions

TRADING = trading_pb2.DESCRIPTOR.services_by_name["TradingService"]
CHECK = "/aitrader.v1.TradingService/GetOrder"
METADATA = (("authorization", "Bearer bench-token"),)
REQUEST = trading_pb2.GetOrderRequest(request_id="a" * 36).SerializeToString()
BURSTS = 15
CALLS_PER_BURST = 300
BUDGET_US = 120

Send = Callable[[], Awaitable[Any]]


class Echo:
    """Answers everything with nothing."""

    def __getattr__(self, name: str) -> Any:
        method = TRADING.methods_by_name[name]
        if method.server_streaming:
            return self._stream
        return self._unary

    async def _unary(self, request: Any, context: Any) -> Any:
        return trading_pb2.GetOrderResponse()

    async def _stream(self, request: Any, context: Any) -> Any:
        yield trading_pb2.StreamEventsResponse()


async def burst(send: Send) -> tuple[float, float]:
    """Median latency and processor time per call of both ends, microseconds."""
    latencies = []
    cpu_started = time.process_time()
    for _ in range(CALLS_PER_BURST):
        started = time.perf_counter()
        await send()
        latencies.append(time.perf_counter() - started)
    cpu = (time.process_time() - cpu_started) / CALLS_PER_BURST
    return statistics.median(latencies) * 1e6, cpu * 1e6


async def main() -> int:
    """Prints medians over the bursts and returns 1 when the chain is over its budget."""
    holder = TokenHolder("bench", "viewer", hash_token("bench-token"))
    chain = build_chain(
        ids=RandomIds(),
        metrics=PrometheusMetrics(),
        tokens=TokenStore([holder]),
        environment="paper",
        bounds=Bounds(),
    )
    bare = RpcServer(ServerOptions(port=0), [(TRADING, Echo())], (), asyncio.Event().set)
    guarded = RpcServer(ServerOptions(port=0), [(TRADING, Echo())], chain, asyncio.Event().set)
    invoker = InProcessInvoker(guarded.handlers, chain)
    channels = [
        grpc.aio.insecure_channel(f"127.0.0.1:{await server.start()}") for server in (bare, guarded)
    ]
    calls: list[Any] = [channel.unary_unary(CHECK) for channel in channels]
    bare_call, guarded_call = calls
    sends: dict[str, Send] = {
        "bare echo": lambda: bare_call(REQUEST, metadata=METADATA),
        "guarded echo": lambda: guarded_call(REQUEST, metadata=METADATA),
        "guarded, in process": lambda: invoker.unary(CHECK, REQUEST, METADATA, 5.0),
    }
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in sends}
    for send in sends.values():
        await burst(send)
    gc.freeze()
    for _ in range(BURSTS):
        for name, send in sends.items():
            results[name].append(await burst(send))
    medians = {
        name: (statistics.median(r[0] for r in rows), statistics.median(r[1] for r in rows))
        for name, rows in results.items()
    }
    bare_us, bare_cpu_us = medians["bare echo"]
    for name, (latency_us, cpu_us) in medians.items():
        print(  # noqa: T201 - printing is what this is for
            f"{name:20} p50 {latency_us:6.0f} us ({latency_us / bare_us:4.2f}x)"
            f"  cpu {cpu_us:6.0f} us ({cpu_us / bare_cpu_us:4.2f}x)"
        )
    cost_us = medians["guarded echo"][0] - bare_us
    print(f"the chain costs {cost_us:.0f} us a call; budget {BUDGET_US}")  # noqa: T201 - as above
    for channel in channels:
        await channel.close()
    for server in (bare, guarded):
        await server.drain(grace_s=0.0)
    return int(cost_us > BUDGET_US)


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
