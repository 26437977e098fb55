"""What a venue's plug-in finds out about a key before anything trades with it."""

from typing import Protocol

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """The venue does not take the key: what it said, and what that usually means."""

    said: str
    advice: str


class VenueReport(msgspec.Struct, frozen=True, kw_only=True):
    """One visit at `place`; `trouble` says why there was none.

    `offset_ms` is the venue's clock minus ours, right within `error_ms`. `symbols` holds what is
    wrong with a symbol, in words.
    """

    place: str
    trouble: str = ""
    offset_ms: int = 0
    error_ms: int = 0
    refusal: Refusal | None = None
    uid: int = 0
    can_trade: bool = False
    may_withdraw: bool = False
    symbols: tuple[str, ...] = ()


class Examiner(Protocol):
    """Reads clock, account and symbols once each, under the key that would trade."""

    async def examine(self) -> VenueReport:
        """Bounded in time; places nothing."""
        ...
