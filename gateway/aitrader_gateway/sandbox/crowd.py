"""The makers at work: a task that steps them at a pace, and stops when told."""

import asyncio
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from aitrader_gateway.sandbox.makers import Maker
from aitrader_gateway.sandbox.venue import Venue

PACE_PER_S_MAX: Final = 1000
STEPS_AT_ONCE_MAX: Final = 1_000
# Often enough that no burst is felt, seldom enough that an idle market costs nothing.
_TICK_S: Final = 0.05


class Crowd:
    """Steps the makers in turn, `pace_per_s` steps a second over all symbols; 0 stands still."""

    def __init__(self, venue: Venue, pace_per_s: float) -> None:
        self._venue = venue
        self._makers: dict[str, Maker] = {}
        self._turn = 0
        self.pace(pace_per_s)

    @property
    def pace_per_s(self) -> float:
        return self._pace_per_s

    def pace(self, pace_per_s: float) -> None:
        """Sets the pace from now on.

        Raises:
            ValueError: it is negative, or above PACE_PER_S_MAX.
        """
        if not 0 <= pace_per_s <= PACE_PER_S_MAX:
            raise ValueError(f"pace {pace_per_s}: give 0 to {PACE_PER_S_MAX} steps a second")
        self._pace_per_s = pace_per_s

    @property
    def makers(self) -> Mapping[str, Maker]:
        """Those at work, by symbol."""
        return self._makers

    def open(self, makers: Iterable[Maker]) -> None:
        """Lets every one of `makers` fill its book; those before them are forgotten."""
        self._makers = {maker.symbol: maker for maker in makers}
        for maker in self._makers.values():
            self._venue.run(maker.open)

    def step(self, steps: int) -> None:
        """Takes `steps` steps now, whatever the pace.

        Raises:
            ValueError: the number is not within 1 and STEPS_AT_ONCE_MAX.
        """
        if not 1 <= steps <= STEPS_AT_ONCE_MAX:
            raise ValueError(f"{steps} steps: give 1 to {STEPS_AT_ONCE_MAX}")
        self._step(steps)

    def move(self, symbol: str, price: Decimal) -> None:
        """Has the maker of `symbol` quote around `price` at once; KeyError: it has none."""
        maker = self._makers[symbol]
        self._venue.run(lambda exchange, at_ns: maker.move(exchange, price, at_ns))

    def fair_prices(self) -> dict[str, Decimal]:
        """What each maker quotes around."""
        return {symbol: maker.fair_price for symbol, maker in self._makers.items()}

    async def run(self) -> None:
        """Works until cancelled; time that the process did not get is not made up for."""
        due = 0.0
        while True:
            await asyncio.sleep(_TICK_S)
            due += self._pace_per_s * _TICK_S
            steps = int(due)
            due -= steps
            self._step(steps)

    def _step(self, steps: int) -> None:
        makers = tuple(self._makers.values())
        for _ in range(steps if makers else 0):
            maker = makers[self._turn % len(makers)]
            self._turn += 1
            self._venue.run(maker.step)
