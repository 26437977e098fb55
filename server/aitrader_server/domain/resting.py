"""The best prices at which our own orders rest, found without looking at the others."""

from decimal import Decimal
from heapq import heapify, heappop, heappush

from aitrader_server.domain.words import Side

# Withdrawn orders stay in a heap until they come to its top or are this many, and most of it.
STALE_MAX = 1_000


class Resting:
    """Our orders in the book of one symbol; asking for the best costs the same with 100 000."""

    __slots__ = ("_heaps", "_prices")

    def __init__(self) -> None:
        self._prices: dict[Side, dict[str, Decimal]] = {side: {} for side in Side}
        self._heaps: dict[Side, list[tuple[Decimal, str]]] = {side: [] for side in Side}

    def add(self, side: Side, request_id: str, price: Decimal) -> None:
        """An order rests at `price`."""
        self._prices[side][request_id] = price
        heappush(self._heaps[side], (_key(side, price), request_id))

    def remove(self, side: Side, request_id: str) -> None:
        """The order rests no more, if it did."""
        prices, heap = self._prices[side], self._heaps[side]
        if prices.pop(request_id, None) is None:
            return
        if len(heap) > STALE_MAX + 2 * len(prices):
            heap[:] = [(_key(side, price), name) for name, price in prices.items()]
            heapify(heap)

    def best(self, side: Side) -> tuple[Decimal, str] | None:
        """The price that executes first on `side`, and whose it is; None when nothing rests."""
        prices, heap = self._prices[side], self._heaps[side]
        while heap:
            key, request_id = heap[0]
            price = prices.get(request_id)
            if price is not None and _key(side, price) == key:
                return price, request_id
            heappop(heap)
        return None


def _key(side: Side, price: Decimal) -> Decimal:
    """Sorts purchases from the highest price, sales from the lowest."""
    return -price if side is Side.BUY else price
