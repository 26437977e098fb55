"""What the watchdog needs of a venue: far less than the engine."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from aitrader_server.domain.words import Side


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that works at the venue."""

    symbol: str
    venue_order_id: str
    request_id: str
    side: Side

    @property
    def name(self) -> str:
        """As the engine's pulse spells it: a venue counts its orders by symbol."""
        return f"{self.symbol}:{self.venue_order_id}"


class Trouble(msgspec.Struct, frozen=True):
    """Why the venue did not do what was asked, or may not have."""

    reason: str


class Canceller(Protocol):
    """The account at the venue under a key of the watchdog's own; every wait is bounded."""

    @property
    def fence_s(self) -> float:
        """How long after its sending an order may still come to work."""
        ...

    async def start(self) -> None:
        """Opens connections; a venue that does not answer is no reason to fail.

        Raises ConfigError when the venue refuses the key.
        """
        ...

    async def stop(self) -> None:
        """Closes them."""
        ...

    async def open_orders(self) -> Sequence[OpenOrder] | Trouble:
        """Every order of the configured symbols that works."""
        ...

    async def cancel(self, order: OpenOrder) -> Trouble | None:
        """Cancels one order, and with a leg of a list the whole list; None: it works no more."""
        ...
