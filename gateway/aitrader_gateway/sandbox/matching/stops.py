"""Orders of one symbol that wait for a price."""

from bisect import bisect_left, insort
from copy import copy
from decimal import Decimal
from typing import Final, NamedTuple, Self

from aitrader_gateway.sandbox.matching.model import Order
from aitrader_gateway.sandbox.matching.orders import upward

# Sorts behind every order of the same price.
_AFTER_ALL: Final = 2**63


class Waiting(NamedTuple):
    """Sorted by the price at which the last price reaches it, then by age."""

    key: Decimal
    number: int
    account: str


class Stops:
    """Two lanes by stop price, for a rising and a falling price, and the stops that trail.

    Those that trail are looked at with every trade; filters keep them few.
    """

    def __init__(self) -> None:
        self._rising: list[Waiting] = []
        self._falling: list[Waiting] = []
        self._trailing: dict[int, str] = {}
        self._fired: dict[int, None] = {}

    def copy(self) -> Self:
        """Independent, with the same orders."""
        twin = copy(self)
        vars(twin).update(
            _rising=list(self._rising),
            _falling=list(self._falling),
            _trailing=dict(self._trailing),
            _fired=dict(self._fired),
        )
        return twin

    def add(self, order: Order) -> None:
        """Waits for the stop price, or without one for the next trade to trail from."""
        if _trails(order):
            self._trailing[order.number] = order.account
        else:
            lane, waiting = self._place(order)
            insort(lane, waiting)

    def remove(self, order: Order) -> None:
        """Undoes `add`, wherever the order has come since."""
        if order.number in self._fired:
            del self._fired[order.number]
        elif order.number in self._trailing:
            del self._trailing[order.number]
        else:
            lane, waiting = self._place(order)
            del lane[bisect_left(lane, waiting)]

    def fire(self, order: Order) -> None:
        """The order's turn to go live will come; until then it may still end."""
        self.remove(order)
        self._fired[order.number] = None

    def trail(self, order: Order) -> None:
        """The stop price is reached, and the order follows the price from here."""
        self.remove(order)
        self._trailing[order.number] = order.account

    @property
    def trailing(self) -> list[tuple[int, str]]:
        """Number and account of every order that follows the price."""
        return list(self._trailing.items())

    def reached(self, price: Decimal) -> list[Waiting]:
        """The orders whose stop price `price` has reached."""
        return [*_reached(self._rising, price), *_reached(self._falling, -price)]

    def _place(self, order: Order) -> tuple[list[Waiting], Waiting]:
        if upward(order.request):
            return self._rising, Waiting(order.stop_price, order.number, order.account)
        return self._falling, Waiting(-order.stop_price, order.number, order.account)


def _trails(order: Order) -> bool:
    """Whether the order follows the price already, its stop price being reached or absent."""
    return bool(order.request.trailing_delta) and (
        not order.stop_price or order.trail_extreme is not None
    )


def _reached(lane: list[Waiting], key: Decimal) -> list[Waiting]:
    return lane[: bisect_left(lane, Waiting(key, _AFTER_ALL, ""))]
