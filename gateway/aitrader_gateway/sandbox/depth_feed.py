"""What changed in the books since it was last told, once for each pace of telling."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.model import LevelChange


class DepthDiff(msgspec.Struct, frozen=True, kw_only=True):
    """Levels that changed with the updates from `first` to `last`, at their newest quantity."""

    symbol: str
    first: int
    last: int
    bids: Sequence[tuple[Decimal, Decimal]]
    asks: Sequence[tuple[Decimal, Decimal]]


class _Pending:
    def __init__(self, first: int) -> None:
        self.first = first
        self.last = first
        self.sides: dict[Side, dict[Decimal, Decimal]] = {Side.BUY: {}, Side.SELL: {}}


class DepthFeed:
    """Collects level changes; whoever takes them leaves no gap between one diff and the next."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}
        self._told: dict[str, int] = {}

    def add(self, change: LevelChange) -> None:
        """Changes of a symbol come in the order of their updates."""
        pending = self._pending.get(change.symbol)
        if pending is None:
            # What follows the last diff, whatever numbers the venue left out.
            first = self._told.get(change.symbol, change.update - 1) + 1
            pending = self._pending[change.symbol] = _Pending(first)
        pending.last = change.update
        pending.sides[change.side][change.price] = change.quantity

    def take(self) -> Sequence[DepthDiff]:
        """One diff for each symbol whose book changed since the last call."""
        taken, self._pending = self._pending, {}
        for symbol, pending in taken.items():
            self._told[symbol] = pending.last
        return [
            DepthDiff(
                symbol=symbol,
                first=pending.first,
                last=pending.last,
                bids=sorted(pending.sides[Side.BUY].items(), reverse=True),
                asks=sorted(pending.sides[Side.SELL].items()),
            )
            for symbol, pending in taken.items()
        ]
