"""The default signal: trend and MACD must agree, RSI raises or lowers the confidence.

A new version of the rules is a new name, so that a recorded decision says which rules made it.
"""

from collections.abc import Mapping
from typing import Final, Literal

from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.views import SignalView

from aitrader_models.settings import refuse_settings

NAME: Final = "trend-rsi-macd-1"

# The weights sum to 1. Trend alone does not pass the threshold, nor do MACD and RSI together: the
# two that follow the price must agree.
TREND_WEIGHT: Final = 0.5
MACD_WEIGHT: Final = 0.3
RSI_WEIGHT: Final = 0.2
THRESHOLD: Final = 0.5
# Averages closer than this many ATRs are noise.
FLAT_ATRS: Final = 0.1
# Wilder's own levels (1978, section VI).
RSI_OVERSOLD: Final = 30.0
RSI_OVERBOUGHT: Final = 70.0

Vote = Literal[-1, 0, 1]


class TrendRsiMacd:
    """Three votes and a threshold."""

    @property
    def name(self) -> str:
        return NAME

    def signal(self, features: Features) -> SignalView:
        """Direction by weighted vote; confidence grows with agreement and with trend strength."""
        gap = features.trend_ma_fast - features.trend_ma_slow
        strength = min(abs(gap) / features.atr, 1.0) if features.atr > 0.0 else 1.0
        trend = _vote(gap if strength > FLAT_ATRS else 0.0)
        macd = _vote(features.macd - features.macd_signal)
        rsi = _rsi_vote(features.rsi)
        score = TREND_WEIGHT * trend + MACD_WEIGHT * macd + RSI_WEIGHT * rsi
        spoken = (
            ("trend_down", "trend_flat", "trend_up")[trend + 1],
            ("macd_cross_down", "macd_flat", "macd_cross_up")[macd + 1],
            ("rsi_overbought", "rsi_neutral", "rsi_oversold")[rsi + 1],
        )
        if abs(score) <= THRESHOLD:
            # The nearer to the threshold, the less sure it is to do nothing.
            doubt = abs(score) / (2.0 * THRESHOLD)
            return SignalView(signal="hold", confidence=1.0 - doubt, reasons=spoken)
        confidence = abs(score) * (1.0 + strength) / 2.0
        direction: Literal["buy", "sell"] = "buy" if score > 0.0 else "sell"
        return SignalView(signal=direction, confidence=min(confidence, 1.0), reasons=spoken)


def create(settings: Mapping[str, object]) -> TrendRsiMacd:
    """Entry point; there is nothing to set."""
    refuse_settings(NAME, settings)
    return TrendRsiMacd()


def _vote(difference: float) -> Vote:
    if difference > 0.0:
        return 1
    return -1 if difference < 0.0 else 0


def _rsi_vote(rsi: float) -> Vote:
    if rsi <= RSI_OVERSOLD:
        return 1
    return -1 if rsi >= RSI_OVERBOUGHT else 0
