"""What an order would meet if it came to the book now; nothing changes by looking."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from aitrader_server.domain.money import ZERO, floor_to_step
from aitrader_server.domain.words import SelfTradePrevention

from aitrader_gateway.sandbox.matching.book import Ladder, Resting

EXPIRES_TAKER: Final = frozenset(
    {SelfTradePrevention.EXPIRE_TAKER, SelfTradePrevention.EXPIRE_BOTH}
)
EXPIRES_MAKER: Final = frozenset(
    {SelfTradePrevention.EXPIRE_MAKER, SelfTradePrevention.EXPIRE_BOTH}
)


class Meeting(NamedTuple):
    """Trades `quantity` with one resting order, or by `prevention` keeps that from happening."""

    price: Decimal
    maker: Resting
    quantity: Decimal
    prevention: SelfTradePrevention | None = None


class Plan(NamedTuple):
    """Meetings in order; `quantity` is the order's own, or what its quote amount comes to."""

    quantity: Decimal
    meetings: tuple[Meeting, ...]

    @property
    def traded(self) -> Decimal:
        """Base asset that changes hands."""
        return sum((each.quantity for each in self.meetings if each.prevention is None), ZERO)

    @property
    def cost(self) -> Decimal:
        """Quote asset that changes hands."""
        return sum(
            (each.price * each.quantity for each in self.meetings if each.prevention is None), ZERO
        )


class Taker(NamedTuple):
    """Who comes to the book, and how far he goes."""

    account: str
    limit: Decimal | None
    prevention: SelfTradePrevention


def plan_quantity(ladder: Ladder, taker: Taker, quantity: Decimal) -> Plan:
    """How an order for so much of the base asset would execute."""
    meetings = []
    left = quantity
    for meeting in _meetings(ladder, taker):
        met = _limited(meeting, left)
        meetings.append(met)
        left -= _used(met)
        if not left or met.prevention in EXPIRES_TAKER:
            break
    return Plan(quantity, tuple(meetings))


def plan_quote(ladder: Ladder, taker: Taker, quote: Decimal, step: Decimal) -> Plan:
    """How an order worth so much of the quote asset would execute, in whole steps.

    Where the book ends first, the rest is counted at the last price.
    """
    meetings = []
    quantity, price = ZERO, ladder.best
    for meeting in _meetings(ladder, taker):
        price = meeting.price
        left = floor_to_step(quote / price, step)
        if not left:
            break
        met = _limited(meeting, left)
        meetings.append(met)
        quantity += _used(met)
        quote -= _used(met) * price
        if met.quantity < meeting.quantity or met.prevention in EXPIRES_TAKER:
            break
    rest = ZERO if price is None else floor_to_step(quote / price, step)
    return Plan(quantity + rest, tuple(meetings))


def _limited(meeting: Meeting, left: Decimal) -> Meeting:
    """With no more than is left of the taker, but where the maker alone is cut."""
    if meeting.prevention is SelfTradePrevention.EXPIRE_MAKER or meeting.quantity <= left:
        return meeting
    return meeting._replace(quantity=left)


def _used(meeting: Meeting) -> Decimal:
    """What the meeting takes from the taker."""
    expires = meeting.prevention in EXPIRES_TAKER or meeting.prevention in EXPIRES_MAKER
    return ZERO if expires else meeting.quantity


def _meetings(ladder: Ladder, taker: Taker) -> Iterator[Meeting]:
    """Everything within the limit, at its full size."""
    prevents = taker.prevention is not SelfTradePrevention.NONE
    for price, resting in _slices(ladder, taker):
        if not prevents or resting.account != taker.account:
            yield Meeting(price, resting, resting.visible)
        elif taker.prevention is SelfTradePrevention.EXPIRE_MAKER:
            yield Meeting(price, resting, resting.leaves, taker.prevention)
        else:
            yield Meeting(price, resting, resting.visible, taker.prevention)


def _slices(ladder: Ladder, taker: Taker) -> Iterator[tuple[Decimal, Resting]]:
    """Slices in the order in which they are reached, the next ones of icebergs behind the queue."""
    expires_makers = taker.prevention is SelfTradePrevention.EXPIRE_MAKER
    for price, level in ladder.levels(taker.limit):
        behind: deque[Resting] = deque()
        for resting in level.queue.values():
            yield price, resting
            if resting.hidden and not (expires_makers and resting.account == taker.account):
                behind.append(resting.refreshed())
        while behind:
            resting = behind.popleft()
            yield price, resting
            if resting.hidden:
                behind.append(resting.refreshed())
