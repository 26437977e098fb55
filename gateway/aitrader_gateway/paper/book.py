"""One symbol's market as the paper venue sees it: the quote's depth and our resting orders."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from copy import copy
from decimal import Decimal
from typing import Final, NamedTuple, Self

from aitrader_server.domain.events import OrderSpec
from aitrader_server.domain.instrument import Instrument, Quote
from aitrader_server.domain.money import ONE, ZERO
from aitrader_server.domain.words import Side

from aitrader_gateway.paper.orders import PaperOrder, triggers_upward

# Sorts behind every order of the same price.
_AFTER_ALL: Final = 2**63


class Slice(NamedTuple):
    """So much can be had at this price."""

    price: Decimal
    quantity: Decimal


class Book:
    """Depth is `depth_levels` prices a tick apart, each with the quantity that the touch shows.

    What was taken is gone until the next quote. Our own orders meet the quote only, never each
    other. Resting orders are kept in the order in which a moving price reaches them, older first.
    """

    def __init__(self, instrument: Instrument, depth_levels: int) -> None:
        self.quote: Quote | None = None
        self._instrument = instrument
        self._depth_levels = depth_levels
        self._each = {Side.BUY: ZERO, Side.SELL: ZERO}
        self._taken = {Side.BUY: ZERO, Side.SELL: ZERO}
        self._resting: dict[Side, list[tuple[Decimal, int]]] = {Side.BUY: [], Side.SELL: []}
        self._stops: dict[bool, list[tuple[Decimal, int]]] = {True: [], False: []}

    def copy(self) -> Self:
        """An independent book in the same state."""
        twin = copy(self)
        vars(twin).update(
            _taken=dict(self._taken),
            _resting={side: list(lane) for side, lane in self._resting.items()},
            _stops={upward: list(lane) for upward, lane in self._stops.items()},
        )
        return twin

    def refresh(self, quote: Quote) -> None:
        """Takes over a new quote with all its depth."""
        floor = self._instrument.floor_quantity
        self.quote = quote
        self._each = {Side.BUY: floor(quote.ask_quantity), Side.SELL: floor(quote.bid_quantity)}
        self._taken = {Side.BUY: ZERO, Side.SELL: ZERO}

    def slices(self, side: Side, limit: Decimal | None) -> Iterator[Slice]:
        """What an order of `side` meets, best price first, no further than `limit`."""
        each, taken = self._each[side], self._taken[side]
        if self.quote is None or not each:
            return
        sign = ONE if side is Side.BUY else -ONE
        quantity = each - taken % each
        for level in range(int(taken // each), self._depth_levels):
            price = self.quote.touch(side) + sign * level * self._instrument.tick_size
            if price <= ZERO or (limit is not None and price * sign > limit * sign):
                return
            yield Slice(price, quantity)
            quantity = each

    def plan(self, side: Side, quantity: Decimal, limit: Decimal | None) -> list[Slice]:
        """How `quantity` would execute now; adds up to less where the depth ends."""
        planned = []
        for price, available in self.slices(side, limit):
            taken = min(available, quantity)
            planned.append(Slice(price, taken))
            quantity -= taken
            if not quantity:
                break
        return planned

    def cost(self, quantity: Decimal) -> Decimal:
        """What buying `quantity` now costs in quote, as far as the depth goes."""
        plan = self.plan(Side.BUY, quantity, None)
        return sum((price * taken for price, taken in plan), ZERO)

    def size_of(self, side: Side, quote_quantity: Decimal) -> Decimal | None:
        """Base quantity that `quote_quantity` is worth now; None when there is no price at all."""
        if self.quote is None:
            return None
        floor = self._instrument.floor_quantity
        size, price = ZERO, self.quote.touch(side)
        for price, available in self.slices(side, None):
            taken = min(available, floor(quote_quantity / price))
            size += taken
            quote_quantity -= taken * price
            if taken < available:
                return size
        return size + floor(quote_quantity / price)

    def take(self, side: Side, quantity: Decimal) -> None:
        """Removes depth that an order of `side` executed against."""
        self._taken[side] += quantity

    def add(self, order: PaperOrder) -> None:
        """Rests an order: in the book when it is live, among the stops when it is not."""
        lane, entry = self._place(order)
        insort(lane, entry)

    def remove(self, order: PaperOrder) -> None:
        """Takes out what `add` put in."""
        lane, entry = self._place(order)
        del lane[bisect_left(lane, entry)]

    @property
    def stop_count(self) -> int:
        """Stops that wait for their price."""
        return sum(map(len, self._stops.values()))

    @property
    def order_count(self) -> int:
        """Everything that `add` put in."""
        return self.stop_count + sum(map(len, self._resting.values()))

    def reaches(self, spec: OrderSpec) -> bool:
        """Whether a limit order would execute at once."""
        if self.quote is None:
            return False
        assert spec.limit_price is not None
        touch = self.quote.touch(spec.side)
        return self._key(spec.side, spec.limit_price) <= self._key(spec.side, touch)

    def would_trigger(self, spec: OrderSpec) -> bool:
        """Whether a stop would go live at once."""
        if self.quote is None:
            return False
        assert spec.stop_price is not None
        if triggers_upward(spec):
            return spec.stop_price <= self.quote.last
        return spec.stop_price >= self.quote.last

    def crossed(self, side: Side) -> list[int]:
        """Resting orders of `side` that the quote has reached, best price first, then oldest."""
        if self.quote is None:
            return []
        return self._reached(self._resting[side], self._key(side, self.quote.touch(side)))

    def triggered(self) -> list[int]:
        """Stops that the last price has reached, in the order in which it reached them."""
        if self.quote is None:
            return []
        last = self.quote.last
        return self._reached(self._stops[True], last) + self._reached(self._stops[False], -last)

    @staticmethod
    def _reached(lane: list[tuple[Decimal, int]], key: Decimal) -> list[int]:
        return [number for _, number in lane[: bisect_left(lane, (key, _AFTER_ALL))]]

    @staticmethod
    def _key(side: Side, price: Decimal) -> Decimal:
        return -price if side is Side.BUY else price

    def _place(self, order: PaperOrder) -> tuple[list[tuple[Decimal, int]], tuple[Decimal, int]]:
        spec = order.spec
        if order.waits_for_trigger:
            assert spec.stop_price is not None
            upward = triggers_upward(spec)
            key = spec.stop_price if upward else -spec.stop_price
            return self._stops[upward], (key, order.number)
        assert spec.limit_price is not None
        return self._resting[spec.side], (self._key(spec.side, spec.limit_price), order.number)
