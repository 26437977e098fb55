"""The default regime: the width of the bars, and the gap between the averages in such widths."""

from collections.abc import Mapping
from typing import Final

from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.sizing import VOLATILITY_REFERENCE
from aitrader_server.domain.decision.views import RegimeView

from aitrader_models.settings import refuse_settings

NAME: Final = "atr-bands-1"

# The averages of a driftless walk stay nearer than this most of the time.
TREND_ATRS: Final = 2.5


class AtrBands:
    """High volatility first, then trend, else range."""

    @property
    def name(self) -> str:
        return NAME

    def regime(self, features: Features) -> RegimeView:
        """Confidence is one half on the border between two regimes and grows away from it."""
        volatility = features.atr / features.price
        if volatility >= VOLATILITY_REFERENCE:
            return RegimeView(
                regime="high_volatility", confidence=_beyond(volatility / VOLATILITY_REFERENCE)
            )
        gap = abs(features.trend_ma_fast - features.trend_ma_slow)
        # Without any range in the bars, any gap at all is a trend.
        distance = gap / (features.atr * TREND_ATRS) if features.atr > 0.0 else 2.0 * (gap > 0.0)
        if distance >= 1.0:
            return RegimeView(regime="trend", confidence=_beyond(distance))
        return RegimeView(regime="range", confidence=1.0 - distance / 2.0)


def create(settings: Mapping[str, object]) -> AtrBands:
    """Entry point; there is nothing to set."""
    refuse_settings(NAME, settings)
    return AtrBands()


def _beyond(ratio: float) -> float:
    """One half at a ratio of 1, towards 1 as it grows."""
    return 1.0 - 1.0 / (1.0 + ratio)
