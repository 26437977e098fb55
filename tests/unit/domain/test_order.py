"""The life of one order: every event in every state."""

import typing

import pytest
from aitrader_server.domain.events import (
    AnyEvent,
    OrderAccepted,
    OrderAmended,
    OrderAnswered,
    OrderApprovalRequested,
    OrderApproved,
    OrderCanceled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderCompleted,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderGapFound,
    OrderInitialized,
    OrderLost,
    OrderRecalled,
    OrderRejected,
    OrderReplaceRefused,
    OrderReplaceRequested,
    OrderTriggered,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.order import ADMITTED, NotAdmitted, Order, apply
from aitrader_server.domain.terms import Breach
from aitrader_server.domain.words import TERMINAL_STATES, OrderState
from unit.domain.worlds import (
    NOW_NS,
    D,
    attempt,
    fill,
    filled,
    market,
    order_in,
    spec,
    submitted,
)

LATER_NS = NOW_NS + 1
ID = {"request_id": "r-1"}
AT_VENUE = {"request_id": "r-1", "venue_order_id": "v-1"}

EVENTS: dict[str, OrderEvent] = {
    "denied": OrderDenied(**ID, breaches=(Breach("A", "first"), Breach("B", "second"))),
    "approval asked": OrderApprovalRequested(**ID, reason="large", expires_at_ns=NOW_NS + 9),
    "approved": OrderApproved(**ID, actor="bob", reason="fine"),
    "submitted": submitted(),
    "unknown": OrderUnknown(**ID, cause="timeout"),
    "accepted": OrderAccepted(**AT_VENUE, quantity=D("0.01")),
    "triggered": OrderTriggered(**AT_VENUE),
    "part": filled(fill("t-9", "0.001")),
    "all": filled(fill("t-9", "0.01")),
    "gap": OrderGapFound(**AT_VENUE, reported_quantity=D("0.005")),
    "completed": OrderCompleted(**AT_VENUE, quantity=D("0.008")),
    "cancel requested": OrderCancelRequested(**ID, actor="ann"),
    "cancel refused": OrderCancelRefused(**ID, reason="it works on"),
    "replace requested": OrderReplaceRequested(**ID, by="r-2", actor="ann"),
    "replace refused": OrderReplaceRefused(**ID, reason="it stays as it was"),
    "amended": OrderAmended(**ID, quantity=D("0.006")),
    "canceled": OrderCanceled(**AT_VENUE, reason="asked to"),
    "expired": OrderExpired(**AT_VENUE, reason="IOC"),
    "rejected": OrderRejected(**ID, code="-2010", reason="no funds"),
    "lost": OrderLost(**ID, evidence="the blotter", actor="ann"),
    "answered": OrderAnswered(**ID, answers=True),
    "ignored": ReportIgnored(**ID, state="FILLED", reported="REJECTED"),
}

# The whole life cycle: state, event, state that follows. What is not here is not admitted; STAYS
# names the events that change no state.
LIFE = """
    INITIALIZED      denied            DENIED
    INITIALIZED      approval-asked    PENDING_APPROVAL
    INITIALIZED      submitted         SUBMITTED
    PENDING_APPROVAL approved          PENDING_APPROVAL
    PENDING_APPROVAL denied            DENIED
    PENDING_APPROVAL submitted         SUBMITTED
    PENDING_APPROVAL canceled          CANCELED
    PENDING_APPROVAL expired           EXPIRED
    SUBMITTED        submitted         SUBMITTED
    SUBMITTED        unknown           UNKNOWN
    SUBMITTED        accepted          ACCEPTED
    SUBMITTED        triggered         TRIGGERED
    SUBMITTED        part              PARTIALLY_FILLED
    SUBMITTED        all               FILLED
    SUBMITTED        canceled          CANCELED
    SUBMITTED        expired           EXPIRED
    SUBMITTED        rejected          REJECTED
    UNKNOWN          accepted          ACCEPTED
    UNKNOWN          triggered         TRIGGERED
    UNKNOWN          part              PARTIALLY_FILLED
    UNKNOWN          all               FILLED
    UNKNOWN          canceled          CANCELED
    UNKNOWN          expired           EXPIRED
    UNKNOWN          rejected          REJECTED
    UNKNOWN          lost              LOST
    ACCEPTED         triggered         TRIGGERED
    ACCEPTED         part              PARTIALLY_FILLED
    ACCEPTED         all               FILLED
    ACCEPTED         cancel-requested  PENDING_CANCEL
    ACCEPTED         replace-requested PENDING_REPLACE
    ACCEPTED         amended           ACCEPTED
    ACCEPTED         canceled          CANCELED
    ACCEPTED         expired           EXPIRED
    ACCEPTED         lost              LOST
    TRIGGERED        part              PARTIALLY_FILLED
    TRIGGERED        all               FILLED
    TRIGGERED        cancel-requested  PENDING_CANCEL
    TRIGGERED        replace-requested PENDING_REPLACE
    TRIGGERED        amended           TRIGGERED
    TRIGGERED        canceled          CANCELED
    TRIGGERED        expired           EXPIRED
    TRIGGERED        lost              LOST
    PARTIALLY_FILLED part              PARTIALLY_FILLED
    PARTIALLY_FILLED all               FILLED
    PARTIALLY_FILLED cancel-requested  PENDING_CANCEL
    PARTIALLY_FILLED replace-requested PENDING_REPLACE
    PARTIALLY_FILLED amended           PARTIALLY_FILLED
    PARTIALLY_FILLED canceled          CANCELED
    PARTIALLY_FILLED expired           EXPIRED
    PARTIALLY_FILLED lost              LOST
    PENDING_CANCEL   triggered         PENDING_CANCEL
    PENDING_CANCEL   part              PENDING_CANCEL
    PENDING_CANCEL   all               FILLED
    PENDING_CANCEL   cancel-refused    ACCEPTED
    PENDING_CANCEL   amended           PENDING_CANCEL
    PENDING_CANCEL   canceled          CANCELED
    PENDING_CANCEL   expired           EXPIRED
    PENDING_CANCEL   lost              LOST
    PENDING_REPLACE  triggered         PENDING_REPLACE
    PENDING_REPLACE  part              PENDING_REPLACE
    PENDING_REPLACE  all               FILLED
    PENDING_REPLACE  replace-refused   ACCEPTED
    PENDING_REPLACE  amended           ACCEPTED
    PENDING_REPLACE  canceled          CANCELED
    PENDING_REPLACE  expired           EXPIRED
    PENDING_REPLACE  lost              LOST
    FILLED           part              FILLED
    FILLED           all               FILLED
    CANCELED         part              CANCELED
    CANCELED         all               CANCELED
    EXPIRED          part              EXPIRED
    EXPIRED          all               EXPIRED
    REJECTED         accepted          ACCEPTED
    REJECTED         part              PARTIALLY_FILLED
    REJECTED         all               FILLED
    REJECTED         canceled          CANCELED
    REJECTED         expired           EXPIRED
    LOST             accepted          ACCEPTED
    LOST             part              PARTIALLY_FILLED
    LOST             all               FILLED
    LOST             canceled          CANCELED
    LOST             expired           EXPIRED
"""
NEVER_SENT = {OrderState.INITIALIZED, OrderState.PENDING_APPROVAL, OrderState.DENIED}
WORKING = set(OrderState) - TERMINAL_STATES - NEVER_SENT
STAYS = {
    "answered": set(OrderState),
    "ignored": set(OrderState),
    "gap": set(OrderState) - NEVER_SENT,
    "completed": WORKING,
}
FOLLOWS = {
    (OrderState(state), event.replace("-", " ")): OrderState(after)
    for state, event, after in (line.split() for line in LIFE.split("\n") if line.strip())
} | {(state, event): state for event, states in STAYS.items() for state in states}


def test_every_kind_of_event_has_an_example_and_a_row():
    kinds = {
        kind
        for kind in typing.get_args(AnyEvent)
        if issubclass(kind, OrderEvent) and kind not in (OrderInitialized, OrderRecalled)
    }
    assert {type(event) for event in EVENTS.values()} == kinds == set(ADMITTED)


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("name", EVENTS)
def test_the_table_is_the_whole_life(state, name):
    order, event = order_in(state), EVENTS[name]
    after = apply(order, event, LATER_NS)
    expected = FOLLOWS.get((state, name))
    if expected is None:
        assert after == NotAdmitted(state, type(event).__name__)
    else:
        assert isinstance(after, Order)
        assert after.state is expected
        assert after.updated_at_ns == LATER_NS
        assert after.created_at_ns == NOW_NS
        assert after.cumulative_quantity >= order.cumulative_quantity


def through(order: Order, *events: OrderEvent) -> Order:
    for event in events:
        order = apply(order, event, LATER_NS)
        assert isinstance(order, Order)
    return order


@pytest.mark.parametrize("state", [OrderState.CANCELED, OrderState.EXPIRED])
def test_a_late_fill_on_an_ended_order_is_booked_and_the_end_stands(state):
    after = through(order_in(state), filled(fill("t-9", "0.003", "9000")))
    assert (after.state, after.cumulative_quantity) == (state, D("0.003"))
    assert after.cumulative_quote == D(27)
    assert after.leaves_quantity == 0


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.LOST])
def test_a_late_fill_proves_the_proof_of_absence_wrong(state):
    after = through(order_in(state), filled(fill("t-9", "0.003")))
    assert (after.state, after.terminal) == (OrderState.PARTIALLY_FILLED, False)
    assert after.leaves_quantity == D("0.007")


def test_an_order_under_cancellation_takes_fills_until_it_is_full():
    order = order_in(OrderState.PENDING_CANCEL)
    order = through(order, filled(fill("1", "0.004")), filled(fill("2", "0.00599")))
    assert order.state is OrderState.PENDING_CANCEL
    assert through(order, filled(fill("3", "0.00001"))).state is OrderState.FILLED


def test_a_refused_cancel_leaves_an_order_as_far_as_its_fills():
    order = order_in(OrderState.PENDING_CANCEL)
    part = through(order, filled(fill("1", "0.004")), EVENTS["cancel refused"])
    assert (part.state, part.reason) == (OrderState.PARTIALLY_FILLED, "it works on")


def to_be_replaced() -> Order:
    """An open order, and another that is to take its place."""
    return through(order_in(OrderState.ACCEPTED), EVENTS["replace requested"])


def test_an_order_under_replacement_takes_fills_until_it_is_full():
    order = through(to_be_replaced(), filled(fill("1", "0.004")))
    assert (order.state, order.replaced_by) == (OrderState.PENDING_REPLACE, "r-2")
    assert through(order, filled(fill("2", "0.006"))).state is OrderState.FILLED


def test_a_refused_replacement_leaves_an_order_as_far_as_its_fills_and_names_no_successor():
    order = through(to_be_replaced(), EVENTS["replace refused"])
    assert (order.state, order.replaced_by) == (OrderState.ACCEPTED, "")
    assert order.reason == "it stays as it was"
    part = through(
        order_in(OrderState.PENDING_REPLACE),
        filled(fill("1", "0.004")),
        EVENTS["replace refused"],
    )
    assert (part.state, part.leaves_quantity) == (OrderState.PARTIALLY_FILLED, D("0.006"))


def test_a_replaced_order_names_the_one_that_took_its_place():
    order = through(to_be_replaced(), EVENTS["canceled"])
    assert (order.state, order.replaced_by) == (OrderState.CANCELED, "r-2")


def test_an_earlier_amendment_told_late_ends_no_replacement():
    order = through(to_be_replaced(), EVENTS["amended"])
    assert (order.state, order.quantity) == (OrderState.PENDING_REPLACE, D("0.006"))
    assert order.replaced_by == "r-2"


@pytest.mark.parametrize(
    ("executed", "quantity", "state"),
    [
        (None, "0.006", OrderState.ACCEPTED),
        ("0.004", "0.00401", OrderState.PARTIALLY_FILLED),
        ("0.004", "0.004", OrderState.FILLED),
        ("0.004", "0.003", OrderState.FILLED),
    ],
)
def test_an_amended_order_leaves_its_new_quantity_less_what_executed(executed, quantity, state):
    order = order_in(OrderState.PENDING_REPLACE)
    booked = D(executed or 0)
    if executed is not None:
        order = through(order, filled(fill("1", executed)))
    order = through(order, OrderAmended(**ID, quantity=D(quantity)))
    assert (order.state, order.quantity) == (state, D(quantity))
    assert order.leaves_quantity == max(D(quantity) - booked, 0)


@pytest.mark.parametrize(
    ("quantity", "state"),
    [
        ("0.00999999", OrderState.PARTIALLY_FILLED),
        ("0.01", OrderState.FILLED),
        ("0.010", OrderState.FILLED),
        ("0.01000001", OrderState.FILLED),
    ],
)
def test_an_order_is_filled_exactly_at_its_quantity(quantity, state):
    order = through(order_in(OrderState.ACCEPTED), filled(fill("1", quantity)))
    assert order.state is state
    assert order.cumulative_quantity == D(quantity)
    assert order.leaves_quantity == max(D("0.01") - D(quantity), 0)


def test_more_than_was_ordered_is_booked_too():
    order = through(order_in(OrderState.FILLED), filled(fill("t-9", "5")))
    assert (order.state, order.cumulative_quantity) == (OrderState.FILLED, D("5.01"))
    assert (order.leaves_quantity, order.gap) == (0, 0)


def test_an_order_by_amount_is_not_filled_before_its_quantity_is_known():
    order = order_in(OrderState.ACCEPTED, market(quantity=None, quote_quantity=D(100)))
    assert (order.quantity, order.leaves_quantity) == (None, 0)
    part = through(order, filled(fill("1", "0.01")))
    assert part.state is OrderState.PARTIALLY_FILLED
    done = through(part, OrderCompleted(**AT_VENUE, quantity=D("0.01")))
    assert (done.state, done.quantity) == (OrderState.FILLED, D("0.01"))


def test_an_order_completed_before_its_fills_waits_for_them():
    order = through(
        order_in(OrderState.ACCEPTED, market(quantity=None, quote_quantity=D(100))),
        OrderCompleted(**AT_VENUE, quantity=D("0.01")),
    )
    assert (order.state, order.gap) == (OrderState.ACCEPTED, D("0.01"))
    done = through(order, filled(fill("1", "0.01")))
    assert (done.state, done.gap) == (OrderState.FILLED, 0)


def test_the_venues_quantity_replaces_ours_and_no_quantity_does_not():
    sent = order_in(OrderState.SUBMITTED)
    assert through(sent, OrderAccepted(**AT_VENUE, quantity=D("0.02"))).quantity == D("0.02")
    for none in (None, D(0)):
        assert through(sent, OrderAccepted(**AT_VENUE, quantity=none)).quantity == D("0.01")


def test_a_gap_is_what_was_reported_and_not_booked():
    order = through(order_in(OrderState.ACCEPTED), EVENTS["gap"])
    assert order.gap == D("0.005")
    order = through(order, OrderGapFound(**AT_VENUE, reported_quantity=D("0.002")))
    assert order.gap == D("0.005")
    order = through(order, filled(fill("1", "0.004")))
    assert order.gap == D("0.001")
    order = through(order, filled(fill("2", "0.002")))
    assert (order.gap, order.reported_quantity) == (0, D("0.006"))


def test_the_average_price_weighs_fills_by_quantity():
    assert order_in(OrderState.ACCEPTED).average_price is None
    order = through(
        order_in(OrderState.ACCEPTED),
        filled(fill("1", "0.002", "100")),
        filled(fill("2", "0.006", "200")),
    )
    assert order.average_price == D(175)


@pytest.mark.parametrize(
    ("state", "name", "reason"),
    [
        (OrderState.INITIALIZED, "denied", "first"),
        (OrderState.INITIALIZED, "approval asked", "large"),
        (OrderState.PENDING_APPROVAL, "approved", ""),
        (OrderState.PENDING_APPROVAL, "denied", "first"),
        (OrderState.SUBMITTED, "unknown", "timeout"),
        (OrderState.UNKNOWN, "accepted", ""),
        (OrderState.UNKNOWN, "rejected", "-2010: no funds"),
        (OrderState.UNKNOWN, "lost", "settled as absent by ann: the blotter"),
        (OrderState.ACCEPTED, "canceled", "asked to"),
        (OrderState.PENDING_REPLACE, "replace refused", "it stays as it was"),
        (OrderState.PENDING_REPLACE, "amended", ""),
        (OrderState.ACCEPTED, "expired", "IOC"),
        (OrderState.REJECTED, "accepted", ""),
        (OrderState.LOST, "all", ""),
        (OrderState.LOST, "answered", "settled as absent by ann: the venue's blotter"),
    ],
)
def test_the_reason_is_that_of_the_state(state, name, reason):
    assert through(order_in(state), EVENTS[name]).reason == reason


def test_an_order_keeps_until_when_and_by_whom_it_was_to_be_approved():
    waiting = through(order_in(OrderState.INITIALIZED), EVENTS["approval asked"])
    assert (waiting.approve_by_ns, waiting.approved_by) == (NOW_NS + 9, "")
    sent = through(waiting, EVENTS["approved"], EVENTS["submitted"])
    assert (sent.approve_by_ns, sent.approved_by) == (NOW_NS + 9, "bob")


def test_an_order_keeps_its_breaches_attempts_and_venue_id():
    assert through(order_in(OrderState.INITIALIZED), EVENTS["denied"]).breaches == (
        Breach("A", "first"),
        Breach("B", "second"),
    )
    assert through(order_in(OrderState.INITIALIZED), EVENTS["submitted"]).attempts == (attempt(),)
    for name in ("accepted", "triggered", "part", "gap", "canceled", "expired", "completed"):
        assert through(order_in(OrderState.SUBMITTED), EVENTS[name]).venue_order_id == "v-1"


def test_an_ended_order_leaves_nothing():
    for state in TERMINAL_STATES:
        order = order_in(state)
        assert order.terminal
        assert order.leaves_quantity == 0
    assert order_in(OrderState.PARTIALLY_FILLED, spec()).leaves_quantity == D("0.006")
