"""CPU time of `aitrader` against `python -c pass`: python tests/bench/bench_cli_start.py.

Takes CPU seconds of the child and the best of interleaved runs, which a busy machine disturbs
least. Exits 1 when a ratio is over its goal.
"""

import asyncio
import os
import resource
import subprocess
import sys
from pathlib import Path

import grpc.aio
from aitrader.v1 import trading_pb2, trading_pb2_grpc

RUNS = 21
AITRADER = str(Path(sys.executable).with_name("aitrader"))
GOALS = {"aitrader --help": 6.0, "aitrader status": 14.0}


class Engine(trading_pb2_grpc.TradingServiceServicer):
    """Answers what `status` asks, with nothing in it."""

    async def GetStatus(self, request, context):  # noqa: N802 -- the contract's name
        return trading_pb2.GetStatusResponse(environment="paper")

    async def GetBroker(self, request, context):  # noqa: N802 -- the contract's name
        return trading_pb2.GetBrokerResponse()

    async def GetPnl(self, request, context):  # noqa: N802 -- the contract's name
        return trading_pb2.GetPnlResponse()


def child_cpu_s(line, environment):
    """Run to the end and return the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(endpoint):
    """Return the ratio of each line in `GOALS` to an empty interpreter."""
    environment = os.environ | {"AITRADER_ENDPOINT": endpoint}
    lines = {"pass": [sys.executable, "-c", "pass"]} | {
        goal: [AITRADER, *goal.split()[1:]] for goal in GOALS
    }
    best = dict.fromkeys(lines, float("inf"))
    for _ in range(RUNS):
        for name, line in lines.items():
            best[name] = min(best[name], child_cpu_s(line, environment))
    return {name: best[name] / best["pass"] for name in GOALS}


async def main():
    """Serve, measure in a thread, print."""
    server = grpc.aio.server()
    trading_pb2_grpc.add_TradingServiceServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ratios = await asyncio.to_thread(measure, f"127.0.0.1:{port}")
    await server.stop(0)
    for name, ratio in ratios.items():
        print(f"{name:16} {ratio:5.1f}x python -c pass, goal {GOALS[name]:g}x")  # noqa: T201 -- its output
    return int(any(ratio > GOALS[name] for name, ratio in ratios.items()))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
