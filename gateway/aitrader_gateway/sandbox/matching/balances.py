"""The money of one account."""

from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from typing import Self

from aitrader_server.domain.money import ZERO


class Balances:
    """Free and locked amounts by asset; an amount below zero is a bug and raises."""

    def __init__(self, free: Mapping[str, Decimal], locked: Mapping[str, Decimal]) -> None:
        self._free = dict(free)
        self._locked = dict(locked)
        self._touched: dict[str, None] = {}

    def copy(self) -> Self:
        """Independent, with the same amounts."""
        twin = copy(self)
        vars(twin).update({name: dict(held) for name, held in vars(self).items()})
        return twin

    def free(self, asset: str) -> Decimal:
        """What a new order may use."""
        return self._free.get(asset, ZERO)

    def total(self, asset: str) -> Decimal:
        """Free and locked together."""
        return self.free(asset) + self._locked.get(asset, ZERO)

    def lock(self, asset: str, amount: Decimal) -> None:
        """Sets `amount` aside for an order; a negative one gives back."""
        self._move(self._free, asset, -amount)
        self._move(self._locked, asset, amount)

    def spend(self, asset: str, amount: Decimal) -> None:
        """Pays out of what is locked."""
        self._move(self._locked, asset, -amount)

    def receive(self, asset: str, amount: Decimal) -> None:
        """Adds to what is free; a negative amount leaves the account."""
        self._move(self._free, asset, amount)

    def snapshot(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Free and locked of every asset ever held."""
        assets = dict.fromkeys((*self._free, *self._locked))
        return {asset: self._pair(asset) for asset in assets}

    def take_touched(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Free and locked of what moved since the last call."""
        touched, self._touched = self._touched, {}
        return {asset: self._pair(asset) for asset in touched}

    def _pair(self, asset: str) -> tuple[Decimal, Decimal]:
        return self.free(asset), self._locked.get(asset, ZERO)

    def _move(self, amounts: dict[str, Decimal], asset: str, delta: Decimal) -> None:
        amount = amounts.get(asset, ZERO) + delta
        if amount < ZERO:
            raise AssertionError(f"{asset} would fall to {amount}")
        amounts[asset] = amount
        self._touched[asset] = None
