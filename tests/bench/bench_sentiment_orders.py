"""Orders while texts are scored as fast as can be: python tests/bench/bench_sentiment_orders.py.

`aitrader serve` places durable market orders one at a time, at a steady pace. A client in a process
of its own, at the lowest priority since it stands for others elsewhere, keeps 64 texts in flight
that nobody has seen before, and pauses in every other phase: what an order then takes longer is
what scoring costs it. The scoring process itself runs at its usual priority, which is the lowest.
"""

import asyncio
import time
from collections import defaultdict
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import grpc
import uvloop
from aitrader.v1 import sentiment_pb2, sentiment_pb2_grpc, trading_pb2, trading_pb2_grpc
from processes import ORDER, Served, connected, cpu_s, folder, running
from rounds import ratios, show, show_machine, spread
from sentiment_crowd import Crowd, crowd
from sentiment_full_model import full_model

# Pairs of phases, one quiet and one with texts in flight.
PAIRS = {"paper": 5, "binance": 2}
TITLES = {"paper": "paper", "binance": "sandbox"}
ORDERS = 400
WARMUP_ORDERS = 50
ORDER_PERIOD_S = 0.02
CALL_TIMEOUT_S = 30.0
READY_TIMEOUT_S = 60.0
POLL_S = 0.1
GOAL = "at most 1.5x"


class Phase(NamedTuple):
    """Orders of one phase; `engine_cores` is what the engine's process used meanwhile."""

    p50_ms: float
    p99_ms: float
    engine_cores: float
    texts_per_s: float


class Trader:
    """Places one order after the other."""

    def __init__(self, channel: grpc.aio.Channel, served: Served) -> None:
        self._stub = trading_pb2_grpc.TradingServiceStub(channel)
        self._served = served
        # By turns, and the fee stays in the account, so that no balance runs out.
        self._orders = cycle(
            [
                trading_pb2.PlaceOrderRequest(**ORDER),
                trading_pb2.PlaceOrderRequest(**{**ORDER, "side": 2, "quantity": "0.00099"}),
            ]
        )

    async def place(self, count: int) -> tuple[list[float], float]:
        """Milliseconds of each order, and the cores that the engine used."""
        laps = []
        begun, before_s = time.perf_counter(), cpu_s(self._served.pid)
        due = begun
        for order in (next(self._orders) for _ in range(count)):
            await asyncio.sleep(due - time.perf_counter())
            sent = time.perf_counter()
            due = max(due + ORDER_PERIOD_S, sent)
            await self._stub.PlaceOrder(
                order, metadata=self._served.metadata, timeout=CALL_TIMEOUT_S
            )
            laps.append((time.perf_counter() - sent) * 1000)
        return laps, (cpu_s(self._served.pid) - before_s) / (time.perf_counter() - begun)


async def main() -> None:
    show_machine()
    model = full_model()
    for venue, pairs in PAIRS.items():
        await compare(venue, pairs, model.folder)
    show_machine()


async def compare(venue: str, pairs: int, model: Path) -> None:
    settings = (
        f"execution.gateway={venue}",
        "models.sentiment.name=onnx",
        f"models.sentiment.settings={{folder: {model}}}",
        # Nobody is to be answered by the rules meanwhile.
        "models.sentiment.timeout_ms=60000",
    )
    async with (
        folder() as state,
        running("serve", state, *settings) as served,
        crowd(served) as texts,
        connected(served) as channel,
    ):
        await wait_for_model(channel, served)
        trader = Trader(channel, served)
        await trader.place(WARMUP_ORDERS)
        phases: dict[str, list[Phase]] = defaultdict(list)
        for _ in range(pairs):
            for name, pressed in (("quiet", None), ("texts in flight", texts)):
                phases[name].append(await measure(trader, pressed))
        report(TITLES[venue], phases)


async def wait_for_model(channel: grpc.aio.Channel, served: Served) -> None:
    """Until the weights serve; TimeoutError when they do not in time."""
    stub = sentiment_pb2_grpc.SentimentServiceStub(channel)
    async with asyncio.timeout(READY_TIMEOUT_S):
        while True:
            told = await stub.GetModel(sentiment_pb2.GetModelRequest(), metadata=served.metadata)
            if told.backends[0].ready:
                return
            await asyncio.sleep(POLL_S)


async def measure(trader: Trader, texts: Crowd | None) -> Phase:
    if texts is not None:
        await texts.begin()
    laps, engine_cores = await trader.place(ORDERS)
    rates = await texts.end() if texts is not None else {}
    others = {who: rate for who, rate in rates.items() if who != "onnx"}
    if others:
        show("", f"answered by others or refused, a second: {others}")
    return Phase(
        median(laps),
        quantiles(laps, n=100, method="inclusive")[98],
        engine_cores,
        rates.get("onnx", 0.0),
    )


def report(venue: str, phases: dict[str, list[Phase]]) -> None:
    for name, taken in phases.items():
        p50, p99 = ([getattr(phase, key) for phase in taken] for key in ("p50_ms", "p99_ms"))
        cores = [phase.engine_cores for phase in taken]
        show(
            f"{venue}, order, {name}",
            f"p50 {spread(p50, '.2f')} ms   p99 {spread(p99, '.2f')} ms"
            f"   engine on {spread(cores, '.2f')} cores",
        )
    quiet, pressed = phases["quiet"], phases["texts in flight"]
    show(
        f"{venue}, texts meanwhile", f"{spread([phase.texts_per_s for phase in pressed])} a second"
    )
    for key, goal in (("p50_ms", ""), ("p99_ms", GOAL)):
        both = [[getattr(phase, key) for phase in side] for side in (pressed, quiet)]
        show(f"{venue}, order, texts / quiet, {key[:3]}", spread(ratios(*both), ".2f"), goal)


if __name__ == "__main__":
    uvloop.run(main())
