"""News, scores and models in the contract's words."""

from typing import Final

from aitrader.v1 import sentiment_pb2, trading_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from aitrader_server.domain.decision.symbol_sentiment import SymbolSentiment
from aitrader_server.domain.decision.views import (
    ModelDescription,
    News,
    Probabilities,
    SentimentView,
)
from aitrader_server.engine.news_desk import Tier
from aitrader_server.errors import InvalidRequest
from aitrader_server.rpc.convert.words import NS_PER_S, nanoseconds, timestamp

# Years 1 to 9999, which is what a time can be written as.
SECONDS_MIN: Final = -62_135_596_800
SECONDS_MAX: Final = 253_402_300_799


def analyzed_news(request: sentiment_pb2.AnalyzeRequest) -> News:
    """The text of a request with what is known of it; raises InvalidRequest for a time."""
    return News(
        text=request.text,
        symbol=request.symbol,
        source=request.source,
        published_at_ns=_published_ns(request.published_at, "published_at"),
    )


def traded_news(request: trading_pb2.TradeRequest) -> News | None:
    """The news that a wish to trade came with, if any; raises InvalidRequest for a time."""
    if not request.news_text:
        return None
    return News(
        text=request.news_text,
        symbol=request.symbol,
        source=request.news_source,
        published_at_ns=_published_ns(request.news_published_at, "news_published_at"),
    )


def analysis_message(view: SentimentView, latency_ms: float) -> sentiment_pb2.AnalyzeResponse:
    """A score of a text with everything that made it."""
    message = sentiment_pb2.AnalyzeResponse(
        label=view.label,
        score=view.score,
        probabilities=_probabilities(view.probabilities),
        model=view.model,
        latency_ms=latency_ms,
        reasons=[span.text for span in view.spans],
        engine=view.engine,
        model_sha256=view.sha256,
        precision=view.precision,
        calibration=view.calibration,
        token_count=view.tokens,
        truncated=view.truncated,
        fallback_reason=view.fallback_reason,
        cached=view.cached,
        latency=sentiment_pb2.SentimentLatency(
            queue_ms=view.latency.queue_ms,
            tokenize_ms=view.latency.tokenize_ms,
            infer_ms=view.latency.infer_ms,
            batch_size=view.latency.batch_size,
        ),
        spans=[
            sentiment_pb2.Span(start=span.start, end=span.end, text=span.text, weight=span.weight)
            for span in view.spans
        ],
    )
    if view.raw is not None:
        message.raw_probabilities.CopyFrom(_probabilities(view.raw))
    return message


def model_message(
    backends: list[tuple[Tier, ModelDescription]], *, neutral_share: float, drifting: bool
) -> sentiment_pb2.GetModelResponse:
    """The model that serves, which is the first that is ready, among all of them."""
    first = backends[0][1]
    serving = next((described for _, described in backends if described.ready), first)
    return sentiment_pb2.GetModelResponse(
        model=serving.model,
        engine=serving.engine,
        sha256=serving.sha256,
        fallback_reason="" if first.ready else first.why,
        precision=serving.precision,
        calibrations=serving.calibrations,
        tokens_max=serving.tokens_max,
        backends=[_backend(tier, described) for tier, described in backends],
        neutral_share=neutral_share,
        drifting=drifting,
    )


def symbol_message(
    sentiment: SymbolSentiment, half_life_s: float
) -> sentiment_pb2.GetSymbolSentimentResponse:
    """What was said of a symbol."""
    return sentiment_pb2.GetSymbolSentimentResponse(
        symbol=sentiment.symbol,
        score=sentiment.score,
        label=sentiment.label,
        count=sentiment.count,
        updated_at=timestamp(sentiment.updated_at_ns),
        half_life_s=half_life_s,
        weight=sentiment.weight,
        stale=sentiment.stale,
    )


def _published_ns(at: Timestamp, field: str) -> int:
    """Raises InvalidRequest for a time that could not be told again."""
    if SECONDS_MIN <= at.seconds <= SECONDS_MAX and 0 <= at.nanos < NS_PER_S:
        return nanoseconds(at)
    raise InvalidRequest(
        f"{field} is no time; write one such as 2026-01-31T12:00:00Z, or leave it out", field=field
    )


def _backend(tier: Tier, described: ModelDescription) -> sentiment_pb2.SentimentBackend:
    return sentiment_pb2.SentimentBackend(
        model=described.model,
        engine=described.engine,
        ready=described.ready,
        why=described.why,
        remote=described.remote,
        decides=tier.decides,
        model_sha256=described.sha256,
        queue_tokens=described.queue_tokens,
        queue_tokens_max=described.queue_tokens_max,
        precision=described.precision,
    )


def _probabilities(probabilities: Probabilities) -> sentiment_pb2.Probabilities:
    return sentiment_pb2.Probabilities(
        positive=probabilities.positive,
        neutral=probabilities.neutral,
        negative=probabilities.negative,
    )
