"""After the faults: what the engine believes against what is true at the venue and on the disk."""

from collections.abc import Mapping
from decimal import Decimal

from aitrader_gateway.sandbox.counter import report_of
from aitrader_server.adapters.journal.storage import Store
from aitrader_server.domain.book import Book
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import decode_event, decode_state, encode_state
from aitrader_server.domain.venue import VenueStatus
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.engine import Engine

from simulation.oracle import Broken, Oracle
from simulation.venue import ACCOUNT, SimVenue

STATES = {
    VenueStatus.ACCEPTED: {OrderState.ACCEPTED},
    VenueStatus.TRIGGERED: {OrderState.TRIGGERED},
    VenueStatus.PARTIALLY_FILLED: {OrderState.PARTIALLY_FILLED},
    VenueStatus.FILLED: {OrderState.FILLED},
    VenueStatus.CANCELED: {OrderState.CANCELED},
    # Said of an order that was taken on with a list, and refused when its turn came.
    VenueStatus.REJECTED: {OrderState.EXPIRED, OrderState.REJECTED},
    VenueStatus.EXPIRED: {OrderState.EXPIRED},
}
Orders = Mapping[str, Order]
NOT_THERE = {OrderState.DENIED, OrderState.REJECTED}


def expect(condition: object, claim: str, what: str) -> None:
    if not condition:
        raise Broken(f"{claim}: {what}")


def check_truth(oracle: Oracle, venue: SimVenue, engine: Engine) -> None:
    """Raises Broken for the first claim that does not hold."""
    book = engine.book
    orders = {request_id: versions[-1] for request_id, versions in oracle.versions.items()}
    check_resolved(orders)
    expect(not engine.parts.gatekeeper.reconciling, "C6", "the engine still reconciles")
    expect(engine.parts.gatekeeper.stream_up, "C6", "the stream still counts as down")
    check_orders(orders, oracle, venue)
    check_changes(oracle, venue)
    check_fills(orders, venue)
    check_balances(book, venue)
    expect(
        encode_state(book.state) == encode_state(oracle.durable.state),
        "C7",
        "the engine's state is not the fold of its journal",
    )
    check_indexes(book, oracle.durable, "the engine's running sums")
    expect(
        oracle.heard == oracle.records,
        "I7",
        f"a subscriber got {len(oracle.heard)} of {len(oracle.records)} records",
    )


def check_resolved(orders: Orders) -> None:
    for order in orders.values():
        in_doubt = order.state in (
            OrderState.SUBMITTED,
            OrderState.UNKNOWN,
            OrderState.PENDING_CANCEL,
            OrderState.PENDING_REPLACE,
            OrderState.INITIALIZED,
        )
        expect(not in_doubt, "C6", f"{order.request_id} is {order.state} for ever")
        expect(not order.gap, "C6", f"{order.request_id} lacks {order.gap} for ever")


def check_orders(orders: Orders, oracle: Oracle, venue: SimVenue) -> None:
    symbols = venue.exchange.listings
    placed = [order for symbol in symbols for order in venue.exchange.orders(ACCOUNT, symbol)]
    reports = {str(order.number): report_of(order) for order in placed}
    for request_id, venue_order_id in oracle.at_venue.items():
        theirs = reports[venue_order_id]
        ours = orders.get(request_id)
        if ours is None:
            raise Broken(f"C1: the venue has {request_id}, the journal does not")
        expect(
            ours.state in STATES[theirs.status],
            "C6",
            f"{request_id} is {ours.state}, at the venue {theirs.status}",
        )
    for order in orders.values():
        if order.request_id not in oracle.at_venue:
            expect(
                order.state in NOT_THERE or not order.attempts,
                "C6",
                f"{order.request_id} is {order.state}, the venue never had it",
            )


def check_changes(oracle: Oracle, venue: SimVenue) -> None:
    """What took an order's place executes with it no more than was wished for."""
    executed = {
        order.client_order_id: order.cumulative_quantity
        for symbol in venue.exchange.listings
        for order in venue.exchange.orders(ACCOUNT, symbol)
    }
    for old, new, wanted in oracle.changes:
        both = executed.get(old, ZERO) + executed.get(new, ZERO)
        if new in executed:
            expect(both <= wanted, "C1", f"{old} and {new} executed {both}, {wanted} was wished")


def check_fills(orders: Orders, venue: SimVenue) -> None:
    theirs = {
        (order.client_order_id, str(trade.number)): (trade.quantity, trade.price, trade.fee)
        for symbol in venue.exchange.listings
        for trade in venue.exchange.trades(ACCOUNT, symbol)
        if (order := venue.exchange.order(ACCOUNT, symbol, order_id=trade.order_number))
    }
    ours = [
        ((order.request_id, fill.trade_id), (fill.quantity, fill.price, fill.fee))
        for order in orders.values()
        for fill in order.fills
    ]
    expect(len(ours) == len(dict(ours)), "C2", "a trade is booked twice")
    expect(dict(ours) == theirs, "C2", f"{len(theirs)} trades at the venue, {len(ours)} booked")


def check_balances(book: Book, venue: SimVenue) -> None:
    account, ledger = venue.counter.account(0), book.state.ledger
    for asset in account.assets:
        expect(
            account.total(asset) == ledger.held(asset),
            "C2",
            f"{account.total(asset)} {asset} at the venue, {ledger.held(asset)} booked",
        )
    sums: dict[str, Decimal] = {}
    for balances in ledger.balances.values():
        for asset, amount in balances.items():
            sums[asset] = sums.get(asset, ZERO) + amount
    expect(not any(sums.values()), "C2", f"the books do not balance: {sums}")


def check_indexes(book: Book, again: Book, whose: str) -> None:
    """What limits are judged by must not depend on how the book came to be."""
    expect(book.recent == again.recent, "C3", f"{whose} remember other intents after a restart")
    expect(_sums(book) == _sums(again), "C3", f"{whose} reserve otherwise after a restart")


def _sums(book: Book) -> object:
    exposure = book.exposure
    return (
        {asset: amount for asset, amount in exposure.reserved.items() if amount},
        list(exposure.working),
        sorted(exposure.missing),
        exposure.unknown,
        exposure.buy_notional,
    )


def check_recovery(oracle: Oracle, store: Store) -> None:
    """Snapshot and tail must come to the same as all records from the first."""
    records = store.read(0, 10**9)
    expect(records == oracle.records, "C4", "the disk and what it acknowledged differ")
    snapshot = store.latest_snapshot()
    ended_orders_max = oracle.ended_orders_max
    scratch = Book(ended_orders_max=ended_orders_max)
    state = None if snapshot is None else decode_state(snapshot.state)
    restarted = Book(state, ended_orders_max=ended_orders_max)
    for book in (restarted, scratch):
        for record in records[book.state.sequence :]:
            event = decode_event(record.payload)
            book.evolve(event, at_ns=record.at_ns, trace_id=record.trace_id)
    expect(
        encode_state(restarted.state) == encode_state(scratch.state),
        "C7",
        "a snapshot and its tail are not the fold of the journal",
    )
    check_indexes(restarted, scratch, "snapshots")
    store.close()
