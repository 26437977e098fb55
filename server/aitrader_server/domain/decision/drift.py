"""Whether a model still tells news apart: its share of neutral labels, against what is usual.

A model that meets texts unlike those it learned from, or that was loaded with a wrong vocabulary,
calls nearly everything neutral, or nearly nothing.
"""

from collections import deque
from typing import Final

import msgspec

LABELS_MIN: Final = 100
# Of the usual range: a share must come back this far, so that one that wavers is no news each time.
RETURN_MARGIN: Final = 0.1


class DriftSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Shares from `neutral_min` to `neutral_max` of the latest `labels_max` texts are usual."""

    neutral_min: float = 0.1
    neutral_max: float = 0.9
    labels_max: int = 500


class DriftWatch:
    """The latest labels of one model."""

    def __init__(self, settings: DriftSettings) -> None:
        self._settings = settings
        self._neutral: deque[bool] = deque(maxlen=settings.labels_max)
        self._neutrals = 0
        self.drifting = False

    @property
    def neutral_share(self) -> float:
        """Share of neutral among the latest labels, 0 to 1."""
        return self._neutrals / len(self._neutral) if self._neutral else 0.0

    def see(self, label: str) -> bool:
        """Takes one more label; true when that begins or ends a drift."""
        if len(self._neutral) == self._neutral.maxlen:
            self._neutrals -= self._neutral[0]
        self._neutral.append(label == "neutral")
        self._neutrals += self._neutral[-1]
        if len(self._neutral) < LABELS_MIN or self._usual() != self.drifting:
            return False
        self.drifting = not self.drifting
        return True

    def _usual(self) -> bool:
        least, most = self._settings.neutral_min, self._settings.neutral_max
        margin = RETURN_MARGIN * (most - least) if self.drifting else 0.0
        return least + margin <= self.neutral_share <= most - margin
