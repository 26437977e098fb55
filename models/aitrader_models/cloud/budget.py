"""What may be sent in a day."""

from datetime import UTC, datetime
from typing import Final

DAY_S: Final = 86_400
DAY_NS: Final = DAY_S * 1_000_000_000


class DailyBudget:
    """Calls and characters of a UTC day; a clock that is set back renews nothing."""

    def __init__(self, *, calls_max: int, characters_max: int) -> None:
        self._calls_max = calls_max
        self._characters_max = characters_max
        self._day = 0
        self._calls = 0
        self._characters = 0

    def refusal(self, characters: int, now_ns: int) -> str:
        """Why `characters` more may not be sent now; empty when they may."""
        self._renew(now_ns)
        if self._calls >= self._calls_max:
            spent = f"{self._calls_max} calls"
        elif self._characters + characters > self._characters_max:
            spent = f"{self._characters_max} characters"
        else:
            return ""
        renewal = datetime.fromtimestamp((self._day + 1) * DAY_S, UTC)
        return f"the day's {spent} are spent; they renew at {renewal:%Y-%m-%dT%H:%M:%SZ}"

    def spend(self, characters: int, now_ns: int) -> None:
        """Counts one call before it is made: a failed one may be billed as well."""
        self._renew(now_ns)
        self._calls += 1
        self._characters += characters

    def _renew(self, now_ns: int) -> None:
        day = now_ns // DAY_NS
        if day > self._day:
            self._day, self._calls, self._characters = day, 0, 0
