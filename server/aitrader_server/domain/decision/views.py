"""What models say; ratios are 0 to 1 unless noted."""

from typing import Literal

import msgspec


class SignalView(msgspec.Struct, frozen=True, kw_only=True):
    """A direction with what voted for it."""

    signal: Literal["buy", "sell", "hold"]
    confidence: float
    reasons: tuple[str, ...]


class RegimeView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of market."""

    regime: Literal["trend", "range", "high_volatility"]
    confidence: float


class SentimentView(msgspec.Struct, frozen=True, kw_only=True):
    """The tone of a text; the probabilities sum to 1, `score` is P(positive) - P(negative)."""

    label: Literal["positive", "neutral", "negative"]
    score: float
    positive: float
    neutral: float
    negative: float
    model: str
    reasons: tuple[str, ...] = ()
