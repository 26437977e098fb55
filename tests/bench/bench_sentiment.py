"""A score against PyTorch and plain ONNX Runtime: python tests/bench/bench_sentiment.py.

A model of FinBERT's shape is served as the engine serves it (a process of its own, a pipe, a queue,
the tokenizer) in eight bits. One headline at a time it takes turns with the same weights in PyTorch
and in a plain session, both in 32-bit floats with only the forward pass timed. With many in flight,
batches of texts of a length are set against the same weights one text at a time. Then: how soon it
answers after a start, what it holds, and what the rules take that stand in for it.
"""

import asyncio
import os
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import chain, cycle, islice
from pathlib import Path
from random import shuffle
from statistics import fmean, median, quantiles
from typing import NamedTuple

import uvloop
from aitrader_models.manifest import FP32, INT8_DYNAMIC, INT8_STATIC, read_manifest
from aitrader_models.onnx.processor import has_dot_product
from aitrader_models.rules.engine import Rules
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.metric_names import SENTIMENT_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.domain.decision.views import News, SentimentView
from aitrader_server.engine.news_desk import DeskSettings, NewsDesk, Tier
from processes import resident_mib
from rounds import ratios, show, show_machine, spread
from sentiment_floor import Floor, floor
from sentiment_full_model import FullModel, full_model
from sentiment_served import Served, served
from sentiment_texts import HEADLINES, Texts

ROUNDS = 5
LENGTHS = (16, 32, 64)
GOAL_LENGTH = 32
LAPS = 12
TORCH, PLAIN, PLAIN_INT8 = "PyTorch fp32", "ONNX Runtime fp32", "ONNX Runtime INT8, 2 threads"
OURS, INFERENCE = "served INT8", "served INT8, inference alone"
SINGLE_GOALS = {TORCH: "at most 0.20 with VNNI", PLAIN: "at most 0.37 with VNNI"}
BATCHED, UNBATCHED, DYNAMIC = "static, batches", "static, one by one", "dynamic, one by one"
WAYS: Mapping[str, Mapping[str, object]] = {
    BATCHED: {"precision": INT8_STATIC},
    UNBATCHED: {"precision": INT8_STATIC, "batch_max": 1},
    DYNAMIC: {"precision": INT8_DYNAMIC},
}
# Texts in flight, and how many are scored so.
LOADS = {1: 40, 8: 160, 64: 480}
STARTS = 5
READY_GOAL_S = 2
MEMORY_GOAL_MIB = 300
VARIED_LENGTHS = range(8, 128, 5)
# How many are scored before the memory is looked at.
SATURATING = {"headlines": 480, "long texts": 128}
RULES_GOAL_MS = 1
TIMEOUT_S = 10.0


class Taken(NamedTuple):
    """What came of texts in flight."""

    per_s: float
    p50_ms: float
    p99_ms: float
    batch_size: float
    padding_ratio: float


def percentiles(laps: Iterable[float]) -> tuple[float, float]:
    """The 50th and the 99th."""
    cuts = quantiles(laps, n=100, method="inclusive")
    return cuts[49], cuts[98]


async def main() -> None:
    show_machine()
    show(
        "products of bytes (VNNI)", "there are" if has_dot_product() else "none: goals do not apply"
    )
    made = full_model()
    texts = Texts(made.folder)
    lengths = [len(texts.tokens(headline)) for headline in HEADLINES]
    show("headlines", f"{len(lengths)}, {fmean(lengths):.1f} tokens (..{max(lengths)})")
    await compare_singles(made, texts)
    await compare_loads(made)
    await time_starts(made)
    await weigh(made, texts)
    await time_rules()
    show_machine()


async def compare_singles(made: FullModel, texts: Texts) -> None:
    """One headline at a time, one thread each."""
    figures: dict[tuple[str, int], list[list[float]]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        plain = {
            name: stack.enter_context(floor(python, library, weights, threads))
            for name, python, library, weights, threads in (
                (TORCH, made.python, "torch", made.source, 1),
                (PLAIN, sys.executable, "onnx", weights_of(made.folder, FP32), 1),
                (PLAIN_INT8, sys.executable, "onnx", weights_of(made.folder, INT8_DYNAMIC), 2),
            )
        }
        ours = await stack.enter_async_context(
            served(made.folder, HEADLINES[0], precision=INT8_DYNAMIC, threads=1)
        )
        # What is allocated at first use is.
        await take_turns(plain, ours, texts, HEADLINES[:LAPS])
        for _ in range(ROUNDS):
            for length in LENGTHS:
                samples = texts.of_length(length, LAPS)
                for name, laps in (await take_turns(plain, ours, texts, samples)).items():
                    figures[name, length].append(laps)
    report_singles(figures)


def weights_of(folder: Path, precision: str) -> Path:
    return folder / read_manifest(folder).weights[precision].file


async def take_turns(
    plain: Mapping[str, Floor], ours: Served, texts: Texts, samples: list[str]
) -> dict[str, list[float]]:
    """Milliseconds of each text; no way always follows the same other one, which may still spin."""
    laps: dict[str, list[float]] = defaultdict(list)
    names = [*plain, OURS]
    for sample in samples:
        tokens = texts.tokens(sample)
        for name in names:
            if name != OURS:
                laps[name].append(plain[name].lap_ms(tokens))
                continue
            begun = time.perf_counter()
            view = await ours.score(sample)
            laps[OURS].append((time.perf_counter() - begun) * 1000)
            assert view.tokens == len(tokens), "the texts were not read alike"
            laps[INFERENCE].append(view.latency.infer_ms)
        shuffle(names)
    return laps


def report_singles(figures: Mapping[tuple[str, int], list[list[float]]]) -> None:
    p50s = {key: [median(laps) for laps in rounds] for key, rounds in figures.items()}
    for (name, length), rounds in figures.items():
        _, p99 = percentiles(chain.from_iterable(rounds))
        figure = f"p50 {spread(p50s[name, length], '.1f')} ms   p99 {p99:.1f} ms"
        show(f"{length} tokens, {name}", figure)
    for length in LENGTHS:
        for other, goal in SINGLE_GOALS.items():
            over = spread(ratios(p50s[OURS, length], p50s[other, length]), ".2f")
            show(f"{length} tokens, {OURS} / {other}", over, goal if length == GOAL_LENGTH else "")


async def compare_loads(made: FullModel) -> None:
    """Many texts in flight, on all cores."""
    figures: dict[tuple[int, str], list[Taken]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        ways = {
            name: await stack.enter_async_context(served(made.folder, HEADLINES[0], **settings))
            for name, settings in WAYS.items()
        }
        for _ in range(ROUNDS):
            for in_flight, texts in LOADS.items():
                for name, way in ways.items():
                    figures[in_flight, name].append(await press(way, in_flight, HEADLINES, texts))
    for (in_flight, name), rounds in figures.items():
        p50s, p99s = [taken.p50_ms for taken in rounds], [taken.p99_ms for taken in rounds]
        show(
            f"{in_flight} in flight, {name}",
            f"{spread([taken.per_s for taken in rounds])} texts/s   p50 {spread(p50s)}"
            f"   p99 {spread(p99s)} ms",
        )
        if name == BATCHED:
            padding = fmean(taken.padding_ratio for taken in rounds)
            show(
                "",
                f"{fmean(taken.batch_size for taken in rounds):.1f} a batch, {padding:.1%} padding",
            )
    for in_flight in LOADS:
        rates = [[taken.per_s for taken in figures[in_flight, n]] for n in (BATCHED, UNBATCHED)]
        goal = "at least 1.6 with VNNI" if in_flight == max(LOADS) else ""
        show(f"{in_flight} in flight, batches / one by one", spread(ratios(*rates), ".2f"), goal)


async def press(model: Served, in_flight: int, texts: Sequence[str], count: int) -> Taken:
    """Scores `count` texts with so many on their way, and says how fast."""
    left = islice(cycle(texts), count)
    laps: list[float] = []
    views: list[SentimentView] = []

    async def work() -> None:
        for text in left:
            begun = time.perf_counter()
            views.append(await model.score(text))
            laps.append((time.perf_counter() - begun) * 1000)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as workers:
        for _ in range(in_flight):
            workers.create_task(work())
    elapsed_s = time.perf_counter() - begun
    batch_size = fmean(view.latency.batch_size for view in views)
    padding_ratio = fmean(view.latency.padding_ratio for view in views)
    return Taken(count / elapsed_s, *percentiles(laps), batch_size, padding_ratio)


async def time_starts(made: FullModel) -> None:
    """From `start` to the first answer, by turns with the weights in memory and on the disk."""
    ready_s: dict[str, list[float]] = defaultdict(list)
    for _ in range(STARTS):
        for how in ("warm", "cold"):
            if how == "cold":
                drop_from_memory(made.folder)
            async with served(made.folder, HEADLINES[0]) as model:
                ready_s[how].append(model.ready_s)
    goal = f"at most {READY_GOAL_S} s"
    show("first answer after a start", f"{spread(ready_s['warm'], '.2f')} s", goal)
    show("the same, weights read from the disk", f"{spread(ready_s['cold'], '.2f')} s")


def drop_from_memory(folder: Path) -> None:
    """Tells the system to forget what it keeps of the files."""
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def weigh(made: FullModel, texts: Texts) -> None:
    """What the process holds."""
    varied = [texts.of_length(length, 1)[0] for length in VARIED_LENGTHS]
    long = texts.of_length(max(VARIED_LENGTHS), LAPS)
    for precision in (INT8_DYNAMIC, INT8_STATIC):
        async with served(made.folder, HEADLINES[0], precision=precision) as model:
            figures = {"ready": resident_mib(model.pid)}
            for text in (*varied, *reversed(varied)):
                await model.score(text)
            figures["varied lengths"] = resident_mib(model.pid)
            for what, pressed in (("headlines", HEADLINES), ("long texts", long)):
                await press(model, max(LOADS), pressed, SATURATING[what])
                figures[f"saturated with {what}"] = resident_mib(model.pid)
        figure = ", ".join(f"{when} {mib:.0f}" for when, mib in figures.items())
        show(f"memory, {precision}", f"{figure} MiB", f"under {MEMORY_GOAL_MIB} MiB")


async def time_rules() -> None:
    """The packaged headlines by the rules, then through the desk: new to it, and known."""
    rules = Rules()
    figures: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(ROUNDS):
        desk = desk_of(rules)
        figures["rules"].append(await lap(rules.analyze))
        for what in ("desk and rules, new text", "desk, known text"):
            figures[what].append(await lap(desk.analyze))
    for what, rounds in figures.items():
        p50s, p99s = ([1000 * each for each in column] for column in zip(*rounds, strict=True))
        goal = f"p99 under {RULES_GOAL_MS} ms" if what == "rules" else ""
        show(what, f"p50 {spread(p50s)} us   p99 {spread(p99s)} us", goal)


async def lap(score: Callable[[News, float], Awaitable[SentimentView]]) -> tuple[float, float]:
    """Median and p99 over the headlines, ms."""
    laps = []
    for headline in HEADLINES:
        news = News(text=headline, symbol="BTCUSDT", source="bench")
        begun = time.perf_counter()
        await score(news, TIMEOUT_S)
        laps.append((time.perf_counter() - begun) * 1000)
    return percentiles(laps)


def desk_of(rules: Rules) -> NewsDesk:
    def refuse(what: str, error: BaseException) -> None:
        raise AssertionError(what) from error

    return NewsDesk(
        [Tier(model=rules, timeout_s=TIMEOUT_S)],
        DeskSettings(),
        clock=SystemClock(),
        metrics=PrometheusMetrics(SENTIMENT_METRICS),
        on_trouble=refuse,
        report=lambda line: show("", line),
    )


if __name__ == "__main__":
    uvloop.run(main())
