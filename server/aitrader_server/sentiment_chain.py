"""The sentiment models that the configuration names, in the order in which they are asked."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from aitrader_server import plugins
from aitrader_server.config.models import LAST_SENTIMENT_MODEL, Fallback, Sentiment
from aitrader_server.domain.decision.drift import DriftSettings
from aitrader_server.domain.decision.symbol_sentiment import SymbolSettings
from aitrader_server.engine.news_desk import DeskSettings, NewsDesk, Tier
from aitrader_server.engine.ports import Clock, Metrics, ModelContext, SentimentModel
from aitrader_server.errors import ConfigError

MS_PER_S: Final = 1_000


def news_desk(
    section: Sentiment,
    environ: Mapping[str, str],
    *,
    clock: Clock,
    metrics: Metrics,
    on_trouble: Callable[[str, BaseException], None],
    report: Callable[[str], None],
) -> NewsDesk:
    """The chosen models, not started. Raises ConfigError for settings that a plug-in refuses."""
    chosen: list[Sentiment | Fallback] = [section, *section.fallbacks]
    if chosen[-1].name != LAST_SENTIMENT_MODEL:
        chosen.append(Fallback(name=LAST_SENTIMENT_MODEL))
    context = ModelContext(environ=environ, clock=clock, report=report)
    return NewsDesk(
        [_tier(at, choice, section, context) for at, choice in enumerate(chosen)],
        _settings(section),
        clock=clock,
        metrics=metrics,
        on_trouble=on_trouble,
        report=report,
    )


def _tier(at: int, choice: Sentiment | Fallback, section: Sentiment, context: ModelContext) -> Tier:
    where = "models.sentiment.settings"
    if at:
        where = f"models.sentiment.fallbacks[{at - 1}].settings"
    model = _model(where, choice, context)
    return Tier(
        model=model,
        timeout_s=choice.timeout_ms / MS_PER_S,
        decides=section.cloud_decides or not model.describe().remote,
    )


def _model(where: str, choice: Sentiment | Fallback, context: ModelContext) -> SentimentModel:
    create = plugins.load(plugins.SENTIMENT_MODELS, choice.name)
    try:
        return create(choice.settings, context)
    except ValidationError as error:
        raise ConfigError(plugins.problems(where, error)) from error
    except ValueError as error:
        raise ConfigError((f"{where}: {error}",)) from error


def _settings(section: Sentiment) -> DeskSettings:
    least, most = section.neutral_share
    return DeskSettings(
        cache_texts_max=section.cache_texts_max,
        symbols=SymbolSettings(
            half_life_s=section.half_life_s,
            stale_after_s=section.stale_after_s,
            source_weights=section.source_weights,
        ),
        drift=DriftSettings(neutral_min=least, neutral_max=most),
    )
