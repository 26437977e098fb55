"""Comparing what we booked with what the venue holds; nothing here waits or decides to send."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from aitrader_server.domain.book import Book
from aitrader_server.domain.events import BalanceAdjusted
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.observe import is_anothers
from aitrader_server.domain.order import Order
from aitrader_server.domain.venue import AccountSnapshot, VenueReport
from aitrader_server.domain.words import IN_FLIGHT_STATES, OrderState

# Their senders still wait for a reply, or for a second person.
_NOT_THERE_YET = frozenset({OrderState.SUBMITTED, OrderState.PENDING_APPROVAL})


class OrderDifferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of the venue's open orders says about ours.

    `ask` are ours that the list does not confirm and the venue must be asked about one by one;
    `apply` are reports of ours that are open there; `foreign` are orders that we never sent.
    """

    ask: tuple[Order, ...]
    apply: tuple[VenueReport, ...]
    foreign: tuple[VenueReport, ...]


def compare_orders(book: Book, open_at_venue: Sequence[VenueReport]) -> OrderDifferences:
    """Sorts the venue's open orders and ours into what to apply and what to ask."""
    ours: list[VenueReport] = []
    foreign: list[VenueReport] = []
    for report in open_at_venue:
        (ours if _is_ours(book, report) else foreign).append(report)
    there = {report.request_id for report in ours}
    ask = tuple(
        order
        for order in book.working()
        if order.state not in _NOT_THERE_YET and order.request_id not in there
    )
    return OrderDifferences(ask=ask, apply=tuple(ours), foreign=tuple(foreign))


def compare_balances(
    book: Book,
    snapshot: AccountSnapshot,
    price_of: Callable[[str], Decimal | None],
    reason: str,
) -> tuple[BalanceAdjusted, ...]:
    """One event per asset of which the venue holds more or less than we booked.

    Only to be asked while no order is in flight and no execution is missing: otherwise a
    difference is a fill that has not arrived, and booking it would count it twice.
    """
    ledger = book.state.ledger
    differences: list[BalanceAdjusted] = []
    for asset in _assets(ledger.assets, snapshot.assets):
        delta = snapshot.total(asset) - ledger.held(asset)
        if not delta:
            continue
        price = price_of(asset)
        differences.append(
            BalanceAdjusted(
                asset=asset,
                delta=delta,
                value=ZERO if price is None else delta * price,
                reason=reason,
            )
        )
    return tuple(differences)


def _is_ours(book: Book, report: VenueReport) -> bool:
    """Whether the order was sent from here, and not only under an id that was."""
    order = book.order(report.request_id)
    return book.taken(report.request_id) and (order is None or not is_anothers(order, report))


def settled(book: Book) -> bool:
    """Whether every order's executions are fully booked, so that balances may be compared."""
    return not unsettled(book)


def unsettled(book: Book) -> frozenset[str]:
    """Orders of which executions may not be booked yet."""
    in_flight = {order.request_id for order in book.working() if order.state in IN_FLIGHT_STATES}
    return frozenset(in_flight.union(book.exposure.missing))


def _assets(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    return sorted({*ours, *theirs})
