"""Sentiment models that do what a test tells them, and a news desk that asks them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.adapters.metrics import (
    PrometheusMetrics,
)
from aitrader_server.domain.decision.views import (
    ModelDescription,
    News,
    Probabilities,
    SentimentView,
    label_of,
)
from aitrader_server.engine.news_desk import DeskSettings, NewsDesk, Tier
from prometheus_client.parser import text_string_to_metric_families

NS_PER_S = 1_000_000_000
START_NS = 1_790_000_000 * NS_PER_S

Act = Callable[[News, float], Awaitable[float]]


def says(score: float) -> Act:
    """Gives `score` to everything."""

    async def act(news: News, timeout_s: float) -> float:
        return score

    return act


def fails(error: BaseException) -> Act:
    """Raises `error` whatever it is asked."""

    async def act(news: News, timeout_s: float) -> float:
        raise error

    return act


def hangs() -> Act:
    """Never answers."""

    async def act(news: News, timeout_s: float) -> float:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")

    return act


class ScriptedModel:
    """Keeps what it was asked with the time it was given, and who left before the answer."""

    def __init__(self, act: Act, name: str = "scripted-1", **described: Any) -> None:
        self.act = act
        self.described = {"engine": "scripted", "model": name} | described
        self.asked: list[tuple[News, float]] = []
        self.cancelled: list[News] = []
        self.came = asyncio.Semaphore(0)
        self.in_flight = self.in_flight_max = 0
        self.calls: list[str] = []
        self.trouble: dict[str, Exception] = {}

    def describe(self) -> ModelDescription:
        return ModelDescription(**self.described)

    async def start(self) -> None:
        await self._live("start")

    async def stop(self) -> None:
        await self._live("stop")

    async def _live(self, call: str) -> None:
        self.calls.append(call)
        if call in self.trouble:
            raise self.trouble[call]

    @property
    def texts(self) -> list[str]:
        return [news.text for news, _ in self.asked]

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        self.asked.append((news, timeout_s))
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight, self.in_flight_max)
        self.came.release()
        try:
            score = await self.act(news, timeout_s)
        except asyncio.CancelledError:
            self.cancelled.append(news)
            raise
        finally:
            self.in_flight -= 1
        return scored(score, self.describe())


def scored(score: float, described: ModelDescription) -> SentimentView:
    """What a model of that description makes of a text with that score."""
    probabilities = Probabilities(
        positive=max(score, 0.0), neutral=1.0 - abs(score), negative=max(-score, 0.0)
    )
    return SentimentView(
        label=label_of(probabilities),
        score=score,
        probabilities=probabilities,
        model=described.model,
        engine=described.engine,
        sha256=described.sha256,
    )


class HandClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.ns = START_NS

    def now_ns(self) -> int:
        return self.ns

    def step(self, seconds: float) -> None:
        self.ns += int(seconds * NS_PER_S)


@dataclass
class Newsroom:
    """A desk with everything that it was given."""

    desk: NewsDesk
    clock: Any
    metrics: PrometheusMetrics
    troubles: list[tuple[str, BaseException]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    def counted(self, name: str, **labels: str) -> float:
        """What the metric `name` says of exactly these labels; zero when it says nothing."""
        text, _ = self.metrics.exposition()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        )


def newsroom(
    models: Sequence[ScriptedModel | Tier],
    settings: DeskSettings | None = None,
    clock: Any = None,
) -> Newsroom:
    """A desk that asks `models` in turn, each for a minute unless its tier says otherwise."""
    clock = clock or HandClock()
    tiers = [each if isinstance(each, Tier) else Tier(model=each, timeout_s=60) for each in models]
    metrics = PrometheusMetrics(ALL_METRICS)
    troubles: list[tuple[str, BaseException]] = []
    reports: list[str] = []
    desk = NewsDesk(
        tiers,
        settings or DeskSettings(),
        clock=clock,
        metrics=metrics,
        on_trouble=lambda what, error: troubles.append((what, error)),
        report=reports.append,
    )
    return Newsroom(desk, clock, metrics, troubles, reports)
