"""Asks the sentiment models in turn; the last of them always answers.

The first model is the one that was chosen. When it does not serve, fails or is late, the next is
asked, and the answer says why. A model whose queue is full is different: who can wait is told to
come back, and only an order that waits for its news goes on to the next model.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from aitrader_server.domain.decision.drift import DriftSettings, DriftWatch
from aitrader_server.domain.decision.news_text import fingerprint, normalize
from aitrader_server.domain.decision.symbol_sentiment import (
    SymbolBoard,
    SymbolSentiment,
    SymbolSettings,
)
from aitrader_server.domain.decision.views import ModelDescription, News, SentimentView
from aitrader_server.engine.ports import Clock, Metrics, SentimentModel
from aitrader_server.errors import AiTraderError, InvalidRequest, Overloaded, Unavailable

# What is kept of the caller's time for the models that come after a late one: more than a busy
# event loop needs to notice, but never more than half of it.
RESERVE_S: Final = 0.05
MS_PER_S: Final = 1_000
NS_PER_S: Final = 1_000_000_000
SPEECHLESS: Final = ModelDescription(
    engine="unknown", model="unknown", ready=False, why="it cannot describe itself; see the log"
)


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the chain and how long it may take; `decides` lets it be asked for an order."""

    model: SentimentModel
    timeout_s: float
    decides: bool = True


class DeskSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`cache_texts_max` scores are kept for texts that come again."""

    cache_texts_max: int = 10_000
    symbols: SymbolSettings = SymbolSettings()
    drift: DriftSettings = DriftSettings()


class NewsDesk:
    """The chain of models with their cache, their figures and the memory by symbol."""

    def __init__(
        self,
        tiers: Sequence[Tier],
        settings: DeskSettings,
        *,
        clock: Clock,
        metrics: Metrics,
        on_trouble: Callable[[str, BaseException], None],
        report: Callable[[str], None],
    ) -> None:
        self._tiers = tuple(tiers)
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._on_trouble = on_trouble
        self._report = report
        self._cache: OrderedDict[tuple[str | bytes, ...], SentimentView] = OrderedDict()
        self.board = SymbolBoard(settings.symbols)
        self.drift = DriftWatch(settings.drift)

    async def start(self) -> None:
        """Lets every model begin to load; one that cannot is stood in for."""
        for tier in self._tiers:
            await self._try(tier.model.start, f"{self._described(tier).model} did not start")

    async def stop(self) -> None:
        """Stops every model, whatever another one says to it."""
        for tier in self._tiers:
            await self._try(tier.model.stop, f"{self._described(tier).model} did not stop")

    @property
    def first(self) -> ModelDescription:
        """The chosen model."""
        return self._described(self._tiers[0])

    def describe(self) -> list[tuple[Tier, ModelDescription]]:
        """Every model in the order in which they are asked."""
        return [(tier, self._described(tier)) for tier in self._tiers]

    def at_once(self, texts_max: int) -> int:
        """How many texts one caller brings at once, so that the model that serves takes them."""
        serving = (described for _, described in self.describe() if described.ready)
        bound = next(serving, SPEECHLESS).texts_at_once_max
        return min(bound or texts_max, texts_max)

    def of_symbol(self, symbol: str) -> SymbolSentiment:
        """What was said of `symbol` of late."""
        return self.board.read(symbol, self._clock.now_ns())

    async def analyze(
        self, news: News, timeout_s: float, *, deciding: bool = False, counts: bool = True
    ) -> SentimentView:
        """The score of `news` within `timeout_s`.

        `deciding` asks only models that may be asked while an order waits; `counts` lets the text
        have its share in the sentiment of its symbol.

        Raises:
            InvalidRequest: the text has nothing to read.
            Overloaded: the model's queue is full, and no order waits.
            TimeoutError: no model answered in time.
            Unavailable: not even the last model answered.
        """
        news = msgspec.structs.replace(news, text=normalize(news.text))
        if not news.text:
            raise InvalidRequest(
                "the text has no visible characters; send a headline or a sentence",
                field="text",
                reason="EMPTY_TEXT",
            )
        view = await self._ask(news, timeout_s, deciding=deciding)
        if counts:
            self.board.hear(news, view, self._clock.now_ns())
        return view

    def _described(self, tier: Tier) -> ModelDescription:
        try:
            return tier.model.describe()
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
            self._on_trouble("a sentiment model cannot describe itself", error)
            return SPEECHLESS

    async def _try(self, call: Callable[[], Awaitable[None]], complaint: str) -> None:
        try:
            await call()
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
            self._on_trouble(complaint, error)

    async def _ask(self, news: News, timeout_s: float, *, deciding: bool) -> SentimentView:
        loop = asyncio.get_running_loop()
        begun_s, begun_ns = loop.time(), self._clock.now_ns()
        reason = ""
        reserve_s = min(RESERVE_S, timeout_s / 2)
        chain = [tier for tier in self._tiers if tier.decides or not deciding]
        for later, tier in zip(range(len(chain) - 1, -1, -1), chain, strict=True):
            left_s = begun_s + timeout_s - loop.time()
            # The last is asked however late it is: it is there to answer.
            allowed_s = left_s - reserve_s if later else max(left_s, reserve_s)
            allowed_s = min(tier.timeout_s, allowed_s)
            try:
                view = await self._ask_one(tier.model, news, allowed_s)
            except Overloaded as error:
                if not deciding:
                    self._metrics.count("aitrader_sentiment_refusals_total", {})
                    raise
                failure: Exception = error
            except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
                failure = error
            else:
                view = msgspec.structs.replace(view, fallback_reason=reason)
                self._count(view, max(self._clock.now_ns() - begun_ns, 0) / NS_PER_S)
                if tier is self._tiers[0] and not view.cached:
                    self._watch(view.label)
                return view
            noted = self._note(self._described(tier), failure)
            reason = reason or noted
        if isinstance(failure, TimeoutError):
            raise TimeoutError(f"no sentiment model answered within {timeout_s:.3g} s")
        raise Unavailable("no sentiment model answers; see the log", reason=noted)

    async def _ask_one(self, model: SentimentModel, news: News, allowed_s: float) -> SentimentView:
        described = model.describe()
        text = fingerprint(news.text)
        served = (described.model, described.sha256, described.edition)
        key = (*served, news.symbol, news.source, text)
        known = self._cache.get(key)
        if known is not None:
            self._cache.move_to_end(key)
            return msgspec.structs.replace(known, cached=True)
        if allowed_s <= 0.0:
            raise TimeoutError(f"there was no time left for {described.model}")
        async with asyncio.timeout(allowed_s):
            try:
                view = await model.analyze(news, allowed_s)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # Nobody left and no time is up: the model gave up its own work.
                raise RuntimeError(f"{described.model} was cancelled") from None
        # NaN compares false, so that it is refused as well.
        if not -1.0 <= view.score <= 1.0:
            raise ValueError(f"{view.model} gave the score {view.score}, outside -1 to 1")
        # A model that was replaced meanwhile must not answer for its successor.
        if (view.model, view.sha256, model.describe().edition) == served:
            self._cache[key] = view
            if len(self._cache) > self._settings.cache_texts_max:
                self._cache.popitem(last=False)
        return view

    def _note(self, described: ModelDescription, failure: Exception) -> str:
        """Counts why a model did not answer, and says as a code what it was."""
        reason = "FAILED"
        if isinstance(failure, TimeoutError):
            reason = "TIMEOUT"
        elif isinstance(failure, AiTraderError):
            reason = failure.reason
        labels = {"engine": described.engine, "reason": reason}
        self._metrics.count("aitrader_sentiment_fallbacks_total", labels)
        if not isinstance(failure, (TimeoutError, Overloaded, Unavailable)):
            self._metrics.count("aitrader_model_failures_total", {"model": described.model})
            self._on_trouble(f"{described.model} failed", failure)
        return reason

    def _count(self, view: SentimentView, took_s: float) -> None:
        engine = {"engine": view.engine}
        metrics = self._metrics
        metrics.count("aitrader_sentiment_texts_total", {**engine, "label": view.label})
        metrics.observe("aitrader_sentiment_seconds", took_s, engine)
        if view.cached:
            metrics.count("aitrader_sentiment_cache_hits_total", {})
            return
        if view.truncated:
            metrics.count("aitrader_sentiment_truncated_total", engine)
        for stage, stage_ms in (
            ("queue", view.latency.queue_ms),
            ("tokenize", view.latency.tokenize_ms),
            ("infer", view.latency.infer_ms),
        ):
            metrics.observe(
                "aitrader_sentiment_stage_seconds", stage_ms / MS_PER_S, {**engine, "stage": stage}
            )
        metrics.observe("aitrader_sentiment_batch_size", view.latency.batch_size, engine)
        metrics.observe("aitrader_sentiment_padding_ratio", view.latency.padding_ratio, engine)

    def _watch(self, label: str) -> None:
        """Takes a label of the chosen model, and says so when its labels become unusual."""
        if self.drift.see(label):
            share = f"{self.drift.neutral_share:.0%} of the latest texts are neutral"
            self._report(
                f"sentiment drifts: {share}; look at the texts and at the model"
                if self.drift.drifting
                else f"sentiment is as usual again: {share}"
            )
