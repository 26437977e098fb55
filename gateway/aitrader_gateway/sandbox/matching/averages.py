"""The volume-weighted price of the last minutes."""

from collections import deque
from copy import copy
from decimal import Decimal
from typing import Final, Self

from aitrader_server.domain.money import ZERO

_SECOND_NS: Final = 10**9


class Average:
    """Trades of a sliding window, summed by the second; time never goes back."""

    def __init__(self, window_mins: int) -> None:
        self._window_s = window_mins * 60
        self._seconds: deque[tuple[int, Decimal, Decimal]] = deque()
        self._quote = ZERO
        self._base = ZERO

    def copy(self) -> Self:
        """An independent window."""
        twin = copy(self)
        vars(twin).update(_seconds=self._seconds.copy())
        return twin

    def record(self, price: Decimal, quantity: Decimal, at_ns: int) -> None:
        """Counts one trade."""
        second, quote, base = at_ns // _SECOND_NS, price * quantity, quantity
        self._quote += quote
        self._base += base
        if self._seconds and self._seconds[-1][0] == second:
            _, quote_before, base_before = self._seconds.pop()
            quote, base = quote + quote_before, base + base_before
        self._seconds.append((second, quote, base))
        self._forget(second)

    def price(self, at_ns: int) -> Decimal | None:
        """None when nothing traded within the window."""
        self._forget(at_ns // _SECOND_NS)
        return self._quote / self._base if self._base else None

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - self._window_s:
            _, quote, base = self._seconds.popleft()
            self._quote -= quote
            self._base -= base
