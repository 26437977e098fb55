"""Runs the models and weighs what they say; a model that fails or is late means hold."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from aitrader_server.domain.book import Book
from aitrader_server.domain.decision.decide import Decision, Opinions, decide
from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.indicators import BARS_WANTED, Missing, complete
from aitrader_server.domain.decision.views import News, RegimeView, SentimentView, SignalView
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO, from_float
from aitrader_server.domain.terms import DecisionRecord, SentimentRecord
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.commands import TradeIntent
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.engine.news_desk import NewsDesk
from aitrader_server.engine.ports import Clock, Metrics, QuoteSource, RegimeModel, SignalModel
from aitrader_server.engine.writer import Writer
from aitrader_server.errors import InvalidRequest, Unavailable

# Of a caller's time; the venue must have the rest for its answer.
NEWS_SHARE_MAX: Final = 0.5


class Models(msgspec.Struct, frozen=True):
    """The three opinions that make a decision."""

    signal: SignalModel
    regime: RegimeModel
    sentiment: NewsDesk


class Decider:
    """From a wish to trade to a decision with every number that led to it."""

    def __init__(
        self,
        *,
        models: Models,
        writer: Writer,
        account: AccountBook,
        quotes: QuoteSource,
        instruments: Mapping[str, Instrument],
        metrics: Metrics,
        on_model_failure: Callable[[str, BaseException], None],
        clock: Clock,
        sentiment_timeout_s: float,
        symbol_decides: bool,
    ) -> None:
        self._models = models
        self._writer = writer
        self._account = account
        self._quotes = quotes
        self._instruments = instruments
        self._metrics = metrics
        self._on_model_failure = on_model_failure
        self._clock = clock
        self._sentiment_timeout_s = sentiment_timeout_s
        self._symbol_decides = symbol_decides

    async def decide(self, intent: TradeIntent, timeout_s: float) -> Decision:
        """The decision on `intent` for a caller who waits `timeout_s` for all of the trade.

        Raises InvalidRequest for a symbol that is not configured.
        """
        instrument = find_instrument(self._instruments, intent.symbol)
        account, quote = self._account.view(), self._quotes.quote(intent.symbol)
        if account.equity is None or quote is None or not quote.usable:
            return _held("there is no price to value the account or the trade with")
        completed = complete(
            intent.features,
            self._quotes.bars(intent.symbol, BARS_WANTED),
            quote,
            account.equity,
            account.day_pnl,
        )
        if isinstance(completed, Missing):
            return _held(f"features are missing: {completed.why}")
        features, computed = completed
        opinions = await self._opinions(intent, features, timeout_s)
        if isinstance(opinions, str):
            return _held(opinions)
        return decide(
            opinions,
            features,
            computed,
            limits=self._book.state.limits,
            instrument=instrument,
            free_base=self._free(instrument.base),
            free_quote=self._free(instrument.quote),
            strategy_cap=self._strategy_cap(intent.strategy),
            equity_max=account.equity,
            price_min=quote.mid,
        )

    @property
    def _book(self) -> Book:
        return self._writer.book

    def _free(self, asset: str) -> Decimal:
        reserved = self._book.exposure.reserved.get(asset, ZERO)
        return max(self._book.state.ledger.held(asset) - reserved, ZERO)

    def _strategy_cap(self, name: str) -> Decimal | None:
        strategy = self._book.state.strategies.get(name)
        return None if strategy is None else from_float(strategy.max_risk_fraction)

    async def _opinions(
        self, intent: TradeIntent, features: Features, timeout_s: float
    ) -> Opinions | str:
        """What the models say, or which one could not be heard."""
        signal = self._ask(self._models.signal.name, self._models.signal.signal, features)
        regime = self._ask(self._models.regime.name, self._models.regime.regime, features)
        if not isinstance(signal, SignalView):
            return f"{self._models.signal.name} failed"
        if not isinstance(regime, RegimeView):
            return f"{self._models.regime.name} failed"
        return Opinions(
            signal=signal,
            signal_model=self._models.signal.name,
            regime=regime,
            regime_model=self._models.regime.name,
            sentiment=await self._sentiment(intent, timeout_s),
        )

    def _ask(self, name: str, model: Callable[[Features], object], features: Features) -> object:
        try:
            return model(features)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it means hold
            self._failed(name, error)
            return None

    async def _sentiment(self, intent: TradeIntent, timeout_s: float) -> SentimentRecord | None:
        """What the news say, or why they have no say; None when there are none."""
        if intent.news is not None:
            allowed_s = min(self._sentiment_timeout_s, timeout_s * NEWS_SHARE_MAX)
            return await self._of_news(intent.news, allowed_s, counts=not intent.dry_run)
        return self._of_symbol(intent.symbol) if self._symbol_decides else None

    async def _of_news(self, news: News, allowed_s: float, *, counts: bool) -> SentimentRecord:
        desk, now_ns = self._models.sentiment, self._clock.now_ns()
        if desk.board.is_stale(news.published_at_ns or now_ns, now_ns):
            return SentimentRecord(origin="news", unused_because="stale: published too long ago")
        try:
            view = await desk.analyze(news, allowed_s, deciding=True, counts=counts)
        except TimeoutError:
            return SentimentRecord(origin="news", unused_because="late: no model was done in time")
        except (InvalidRequest, Unavailable) as error:
            return SentimentRecord(origin="news", unused_because=error.message)
        return _record(view)

    def _of_symbol(self, symbol: str) -> SentimentRecord | None:
        """What was said of the symbol before, unless nothing was."""
        heard = self._models.sentiment.of_symbol(symbol)
        if not heard.count:
            return None
        return SentimentRecord(
            origin="symbol",
            label=heard.label,
            score=heard.score,
            model=f"mean of {heard.count} texts",
            unused_because="stale: nothing was published of late" if heard.stale else "",
        )

    def _failed(self, name: str, error: BaseException) -> None:
        self._metrics.count("aitrader_model_failures_total", {"model": name})
        self._on_model_failure(name, error)


def _record(view: SentimentView) -> SentimentRecord:
    """A score for the trace."""
    return SentimentRecord(
        origin="news",
        label=view.label,
        score=view.score,
        model=view.model,
        engine=view.engine,
        sha256=view.sha256,
        calibration=view.calibration,
        fallback_reason=view.fallback_reason,
    )


def _held(reason: str) -> Decision:
    """A hold without opinions."""
    record = DecisionRecord(
        signal="hold",
        confidence=0.0,
        reasons=(reason,),
        signal_model="",
        regime="",
        regime_confidence=0.0,
        regime_model="",
    )
    return Decision(record=record, side=None, reason=reason)
