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


class News(msgspec.Struct, frozen=True, kw_only=True):
    """A text to score; `symbol` and `source` are empty, `published_at_ns` zero, when not known."""

    text: str
    symbol: str = ""
    source: str = ""
    published_at_ns: int = 0


class Probabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Of good, no and bad news; they sum to 1."""

    positive: float
    neutral: float
    negative: float


class Span(msgspec.Struct, frozen=True):
    """Characters `start` to `end` of the scored text, and what they weigh: above zero is good."""

    start: int
    end: int
    text: str
    weight: float


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of a score went, ms, and the batch that it shared.

    `padding_ratio` is the share of the batch's tokens that only fill it up, 0 to 1.
    """

    queue_ms: float = 0.0
    tokenize_ms: float = 0.0
    infer_ms: float = 0.0
    batch_size: int = 1
    padding_ratio: float = 0.0


class SentimentView(msgspec.Struct, frozen=True, kw_only=True):
    """The tone of a text; `score` is P(positive) - P(negative) of the calibrated probabilities.

    `raw` is what the model said before `calibration`, None when nothing was calibrated.
    `fallback_reason` says why the first model of the chain did not answer; empty when it did.
    """

    label: Literal["positive", "neutral", "negative"]
    score: float
    probabilities: Probabilities
    model: str
    engine: str
    raw: Probabilities | None = None
    calibration: str = ""
    sha256: str = ""
    precision: str = ""
    tokens: int = 0
    truncated: bool = False
    spans: tuple[Span, ...] = ()
    fallback_reason: str = ""
    cached: bool = False
    latency: Latency = Latency()


class ModelDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentiment model is and whether it serves.

    `why` says what keeps it from serving, or why it serves as it does.

    `engine` is `rules`, `onnx` or the name of a cloud service; `remote` models send texts away.
    `edition` is another one whenever the same weights may score a text otherwise than before.
    It refuses more than `texts_at_once_max` at a time; zero when only its queue bounds them.
    `queue_tokens` waits now, of `queue_tokens_max`; both zero for a model without a queue.
    """

    engine: str
    model: str
    ready: bool = True
    why: str = ""
    remote: bool = False
    sha256: str = ""
    edition: str = ""
    precision: str = ""
    calibrations: tuple[str, ...] = ()
    tokens_max: int = 0
    texts_at_once_max: int = 0
    queue_tokens: int = 0
    queue_tokens_max: int = 0


def label_of(probabilities: Probabilities) -> Literal["positive", "neutral", "negative"]:
    """The likeliest word; good and bad that are as likely cancel out to no news."""
    positive, neutral, negative = (
        probabilities.positive,
        probabilities.neutral,
        probabilities.negative,
    )
    if positive > max(neutral, negative):
        return "positive"
    return "negative" if negative > max(neutral, positive) else "neutral"
