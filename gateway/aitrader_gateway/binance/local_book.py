"""A symbol's order book, kept from a snapshot and the numbered changes that follow it."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from aitrader_gateway.binance.market_events import DepthChange, DepthSnapshot, Level

# Changes held until the snapshot is there: more than a quarter of an hour of them.
BUFFERED_MAX: Final = 10_000


class BookSide:
    """Quantities by price, best first for whoever iterates; `rising` when the lowest is best."""

    def __init__(self, *, rising: bool) -> None:
        self._rising = rising
        self._quantities: dict[Decimal, Decimal] = {}
        self._prices: list[Decimal] = []
        # The worst price that a snapshot cut short still showed; beyond it nothing is known.
        self._horizon: Decimal | None = None

    def __iter__(self) -> Iterator[Level]:
        prices = self._prices if self._rising else reversed(self._prices)
        return ((price, self._quantities[price]) for price in prices)

    @property
    def best(self) -> Level | None:
        """Best price and its quantity; None for an empty side."""
        return next(iter(self), None)

    @property
    def exhausted(self) -> bool:
        """Whether the market has gone through everything that the snapshot showed."""
        if self._horizon is None:
            return False
        best = self.best
        if best is None:
            return True
        return best[0] > self._horizon if self._rising else best[0] < self._horizon

    def load(self, levels: tuple[Level, ...], *, cut_short: bool) -> None:
        """Begins again with `levels`, best first."""
        self._quantities = dict(levels)
        self._prices = sorted(self._quantities)
        self._horizon = levels[-1][0] if cut_short and levels else None

    def set(self, levels: Iterable[Level]) -> None:
        """Puts absolute quantities; zero takes the price away."""
        for price, quantity in levels:
            known = price in self._quantities
            if quantity:
                self._quantities[price] = quantity
                if not known:
                    insort(self._prices, price)
            elif known:
                del self._quantities[price]
                del self._prices[bisect_left(self._prices, price)]


class LocalBook:
    """Out of step until a snapshot is loaded, and again whenever a change is missing.

    Out of step it holds the changes back; `change` and `load` say whether it is in step after
    them. Rules: "How to manage a local order book correctly" in the venue's stream documentation.
    """

    def __init__(self) -> None:
        self.bids = BookSide(rising=False)
        self.asks = BookSide(rising=True)
        self.update_id = 0
        self.in_step = False
        self._held: deque[DepthChange] = deque(maxlen=BUFFERED_MAX)

    def change(self, change: DepthChange) -> bool:
        """Takes the next change; a missing one before it puts the book out of step."""
        if self.in_step:
            self._apply(change)
        if not self.in_step:
            self._held.append(change)
        return self.in_step

    def load(self, snapshot: DepthSnapshot, levels_max: int) -> bool:
        """Begins with a `snapshot` that was asked for with `levels_max` a side.

        False: changes that were held back do not continue it; ask for another.
        """
        self.bids.load(snapshot.bids, cut_short=len(snapshot.bids) >= levels_max)
        self.asks.load(snapshot.asks, cut_short=len(snapshot.asks) >= levels_max)
        self.update_id = snapshot.update_id
        self.in_step = True
        held = tuple(self._held)
        for change in held:
            self._apply(change)
            if not self.in_step:
                return False
        self._held.clear()
        return True

    def lose(self) -> None:
        """Changes may have been missed: nothing counts until the next snapshot."""
        self.in_step = False
        self._held.clear()

    def _apply(self, change: DepthChange) -> None:
        if change.last <= self.update_id:
            return
        if change.first > self.update_id + 1:
            self.in_step = False
            return
        self.bids.set(change.bids)
        self.asks.set(change.asks)
        self.update_id = change.last
        if self.bids.exhausted or self.asks.exhausted:
            self.in_step = False
