"""The venue's account against ours."""

import pytest
from aitrader_server.domain.events import OrderCanceled, OrderGapFound
from aitrader_server.domain.reconcile import compare_balances, compare_orders, settled
from aitrader_server.domain.venue import AccountSnapshot, VenueStatus
from aitrader_server.domain.words import OrderState
from unit.domain.worlds import NOW_NS, D, evolve, funded, place, report, spec

REACHED_BY_NO_EVENT = (OrderState.PENDING_APPROVAL, OrderState.PENDING_REPLACE)


def snapshot(free: dict[str, str], locked: dict[str, str] | None = None) -> AccountSnapshot:
    return AccountSnapshot(
        free={asset: D(amount) for asset, amount in free.items()},
        locked={asset: D(amount) for asset, amount in (locked or {}).items()},
        at_ns=NOW_NS,
    )


def priced(asset: str):
    return {"USDT": D(1), "BTC": D(10000)}.get(asset)


def differences(book, free, locked=None):
    events = compare_balances(book, snapshot(free, locked), priced, "audit")
    return {event.asset: (event.delta, event.value) for event in events}


def test_a_snapshot_adds_what_is_free_and_what_is_locked():
    both = snapshot({"USDT": "3", "BTC": "1"}, {"USDT": "4", "BNB": "2"})
    assert both.assets == ["BNB", "BTC", "USDT"]
    assert [both.total(a) for a in (*both.assets, "ETH")] == [D(2), D(1), D(7), D(0)]


def test_equal_accounts_differ_in_nothing():
    assert differences(funded(USDT="7", BTC="1"), {"USDT": "3.0", "BTC": "1"}, {"USDT": "4"}) == {}


def test_a_difference_is_booked_with_its_value():
    book = funded(USDT="7", BTC="1")
    found = differences(book, {"USDT": "5", "BNB": "2"})
    assert found == {
        "BNB": (D(2), D(0)),
        "BTC": (D(-1), D(-10000)),
        "USDT": (D(-2), D(-2)),
    }
    events = compare_balances(book, snapshot({"USDT": "5", "BNB": "2"}), priced, "audit")
    assert [event.asset for event in events] == ["BNB", "BTC", "USDT"]
    evolve(book, *events)
    assert differences(book, {"USDT": "5", "BNB": "2"}) == {}


def test_orders_are_asked_for_applied_or_foreign():
    book = funded(USDT="1000")
    states = {
        "sending": OrderState.SUBMITTED,
        "doubted": OrderState.UNKNOWN,
        "open": OrderState.ACCEPTED,
        "gone": OrderState.ACCEPTED,
        "done": OrderState.FILLED,
        "reused": OrderState.CANCELED,
        "denied": OrderState.DENIED,
    }
    for request_id, state in states.items():
        place(book, spec(request_id), state)
    at_venue = [
        report(VenueStatus.ACCEPTED, request_id=request_id, venue_order_id=venue_order_id)
        for request_id, venue_order_id in (
            ("open", "v-1"),
            ("done", "v-1"),
            ("stranger", "v-2"),
            ("reused", "v-3"),
            ("denied", "v-4"),
        )
    ]
    found = compare_orders(book, at_venue)
    assert [order.request_id for order in found.ask] == ["doubted", "gone"]
    assert [said.request_id for said in found.apply] == ["open", "done"]
    assert [said.request_id for said in found.foreign] == ["stranger", "reused", "denied"]


@pytest.mark.parametrize(
    "state", [state for state in OrderState if state not in REACHED_BY_NO_EVENT]
)
def test_an_account_is_settled_while_nothing_is_in_flight(state):
    book = place(funded(USDT="1000"), spec(), state)
    assert settled(book) is (state not in (OrderState.SUBMITTED, OrderState.UNKNOWN))


def test_an_account_is_not_settled_while_executions_are_missing():
    book = place(funded(USDT="1000"), spec())
    at_venue = {"request_id": "r-1", "venue_order_id": "v-1"}
    evolve(book, OrderGapFound(**at_venue, reported_quantity=D("0.001")))
    assert not settled(book)
    evolve(book, OrderCanceled(**at_venue))
    assert not settled(book)
    assert book.working() == []
