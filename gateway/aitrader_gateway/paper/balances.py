"""The money of the paper account."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Self

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.venue import AccountSnapshot


class Balances:
    """Free and locked amounts by asset; an amount below zero is a bug and raises."""

    __slots__ = ("free", "locked")

    def __init__(self, free: Mapping[str, Decimal], locked: Mapping[str, Decimal]) -> None:
        self.free = dict(free)
        self.locked = dict(locked)

    def copy(self) -> Self:
        """An independent account with the same amounts."""
        return type(self)(self.free, self.locked)

    def available(self, asset: str) -> Decimal:
        """What a new order may use."""
        return self.free.get(asset, ZERO)

    def total(self, asset: str) -> Decimal:
        """Free and locked together."""
        return self.available(asset) + self.locked.get(asset, ZERO)

    def lock(self, asset: str, amount: Decimal) -> None:
        """Sets `amount` aside for an order; a negative one gives back."""
        self._move(self.free, asset, -amount)
        self._move(self.locked, asset, amount)

    def spend(self, asset: str, amount: Decimal) -> None:
        """Pays out of what is locked."""
        self._move(self.locked, asset, -amount)

    def receive(self, asset: str, amount: Decimal) -> None:
        """Adds to what is free."""
        self._move(self.free, asset, amount)

    def snapshot(self, at_ns: int) -> AccountSnapshot:
        """All amounts, copied."""
        return AccountSnapshot(free=dict(self.free), locked=dict(self.locked), at_ns=at_ns)

    def _move(self, amounts: dict[str, Decimal], asset: str, delta: Decimal) -> None:
        amount = amounts.get(asset, ZERO) + delta
        if amount < ZERO:
            raise AssertionError(f"{asset} would fall to {amount}")
        amounts[asset] = amount
