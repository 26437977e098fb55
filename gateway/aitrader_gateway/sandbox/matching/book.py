"""One symbol's resting orders: price levels, best first, and in each a queue, oldest first."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from copy import copy
from decimal import Decimal
from typing import NamedTuple, Self

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.sandbox.matching.model import Order


class Resting(NamedTuple):
    """One order's place in a queue; all but `visible` of an iceberg waits in `hidden`."""

    number: int
    account: str
    visible: Decimal
    hidden: Decimal = ZERO
    slice_max: Decimal = ZERO

    @property
    def leaves(self) -> Decimal:
        """What the order may still execute."""
        return self.visible + self.hidden

    def refreshed(self) -> "Resting":
        """The next slice of an iceberg whose visible one is used up."""
        visible = min(self.slice_max, self.hidden)
        return self._replace(visible=visible, hidden=self.hidden - visible)


class Level:
    """The queue at one price, and the sum of what it shows."""

    __slots__ = ("queue", "visible")

    def __init__(self) -> None:
        # Ordered: taking from the front of a plain dict slows down with all that was taken.
        self.queue: OrderedDict[int, Resting] = OrderedDict()
        self.visible = ZERO

    def copy(self) -> "Level":
        """An independent level; places in the queue are immutable."""
        twin = Level()
        twin.queue, twin.visible = self.queue.copy(), self.visible
        return twin

    def put(self, resting: Resting) -> None:
        """At the back of the queue, or in the place that the order has in it."""
        old = self.queue.get(resting.number)
        self.visible += resting.visible - (ZERO if old is None else old.visible)
        self.queue[resting.number] = resting

    def remove(self, number: int) -> None:
        self.visible -= self.queue.pop(number).visible

    def take(self, number: int, quantity: Decimal) -> None:
        """Executes a part of what is visible; a refreshed slice goes to the back of the queue."""
        resting = self.queue[number]
        left = resting._replace(visible=resting.visible - quantity)
        assert left.visible >= ZERO
        if left.visible:
            self.put(left)
            return
        self.remove(number)
        if left.hidden:
            self.put(left.refreshed())


class Ladder:
    """The price levels of one side."""

    def __init__(self, side: Side) -> None:
        self._buys = side is Side.BUY
        self._levels: dict[Decimal, Level] = {}
        # Prices, the best last, so that what changes most is cheapest to move; asks negated.
        self._ranks: list[Decimal] = []

    def copy(self) -> Self:
        """An independent ladder."""
        twin = copy(self)
        vars(twin).update(
            _levels={price: level.copy() for price, level in self._levels.items()},
            _ranks=list(self._ranks),
        )
        return twin

    @property
    def best(self) -> Decimal | None:
        """The best price; None when nobody is there."""
        return self._price(self._ranks[-1]) if self._ranks else None

    def levels(self, limit: Decimal | None = None) -> Iterator[tuple[Decimal, Level]]:
        """Best first, no further than `limit`; the ladder must not change meanwhile."""
        last = None if limit is None else self._price(limit)
        for rank in reversed(self._ranks):
            if last is not None and rank < last:
                return
            price = self._price(rank)
            yield price, self._levels[price]

    def visible(self, price: Decimal) -> Decimal:
        """What one price shows; zero when nobody is there."""
        level = self._levels.get(price)
        return ZERO if level is None else level.visible

    def holds(self, quantity: Decimal) -> bool:
        """Whether all levels together show so much."""
        for _, level in self.levels():
            if quantity <= ZERO:
                break
            quantity -= level.visible
        return quantity <= ZERO

    def put(self, price: Decimal, resting: Resting) -> None:
        """Joins the queue, or changes a place in it."""
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = Level()
            insort(self._ranks, self._price(price))
        level.put(resting)

    def place(self, price: Decimal, number: int) -> Resting:
        """Where an order stands that rests at that price."""
        return self._levels[price].queue[number]

    def take(self, price: Decimal, number: int, quantity: Decimal) -> None:
        """Executes a part of one order."""
        self._levels[price].take(number, quantity)
        self._sweep(price)

    def remove(self, price: Decimal, number: int) -> None:
        """Takes an order out of its queue."""
        self._levels[price].remove(number)
        self._sweep(price)

    def _sweep(self, price: Decimal) -> None:
        if not self._levels[price].queue:
            del self._levels[price]
            del self._ranks[bisect_left(self._ranks, self._price(price))]

    def _price(self, rank: Decimal) -> Decimal:
        """From rank to price, and back."""
        return rank if self._buys else rank.copy_negate()


class Book:
    """Both sides of one symbol."""

    def __init__(self) -> None:
        self.sides = {side: Ladder(side) for side in Side}

    def copy(self) -> Self:
        """An independent book."""
        twin = type(self)()
        twin.sides = {side: ladder.copy() for side, ladder in self.sides.items()}
        return twin

    def opposite(self, side: Side) -> Ladder:
        """What an order of `side` meets."""
        return self.sides[Side.SELL if side is Side.BUY else Side.BUY]

    def rest(self, order: Order) -> None:
        """Puts an order at the back of its queue; of an iceberg one slice shows."""
        leaves = order.leaves_quantity
        shown = order.request.iceberg_quantity or leaves
        whole = Resting(order.number, order.account, ZERO, leaves, shown)
        self.sides[order.side].put(order.price, whole.refreshed())

    def take(self, order: Order, quantity: Decimal) -> None:
        """Executes a part of a resting order."""
        self.sides[order.side].take(order.price, order.number, quantity)

    def remove(self, order: Order) -> None:
        """Takes a resting order out."""
        self.sides[order.side].remove(order.price, order.number)

    def shrink(self, order: Order) -> None:
        """Leaves a resting order its place with less; a slice shrinks when it must."""
        ladder, leaves = self.sides[order.side], order.leaves_quantity
        place = ladder.place(order.price, order.number)
        visible = min(place.visible, leaves)
        ladder.put(order.price, place._replace(visible=visible, hidden=leaves - visible))

    def reaches(self, side: Side, price: Decimal) -> bool:
        """Whether a limit order would execute at once."""
        best = self.opposite(side).best
        if best is None:
            return False
        return best <= price if side is Side.BUY else best >= price

    def depth(self, side: Side, levels: int) -> tuple[tuple[Decimal, Decimal], ...]:
        """Price and visible quantity of the best `levels`."""
        found = zip(range(levels), self.sides[side].levels(), strict=False)
        return tuple((price, level.visible) for _, (price, level) in found)
