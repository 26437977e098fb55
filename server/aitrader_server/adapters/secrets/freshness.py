"""How old the last look at each secret is, and a line in the log when it gets no younger."""

import time
from collections.abc import Callable, Collection

import structlog

log = structlog.get_logger(__name__)


class Freshness:
    """By the configuration's key; `now_s` is a clock that never jumps."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._looked_s: dict[str, float] = {}
        self._causes: dict[tuple[str, ...], str] = {}

    def seen(self, names: Collection[str]) -> None:
        """They were just read."""
        lost = self._causes.pop(tuple(names), None)
        if lost is not None:
            log.info("secrets can be read again", names=[*names], age_s=self._age_s(names))
        self._looked_s |= dict.fromkeys(names, self._now_s())

    def lost(self, names: Collection[str], cause: str) -> None:
        """They could not be read; said once for each cause."""
        if self._causes.get(tuple(names)) != cause:
            log.warning(
                "secrets cannot be read; the last ones go on to hold",
                names=[*names],
                cause=cause,
                age_s=self._age_s(names),
            )
        self._causes[tuple(names)] = cause

    def ages_s(self) -> dict[str, float]:
        """Time since the last look that succeeded."""
        now_s = self._now_s()
        return {name: now_s - looked_s for name, looked_s in self._looked_s.items()}

    def _age_s(self, names: Collection[str]) -> float:
        return round(max(self.ages_s()[name] for name in names), 1)
