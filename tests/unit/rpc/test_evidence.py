"""What the journal shows of each attempt: whatever tells of the venue is told, with its source."""

import typing

import msgspec
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
    OrderSubmitted,
    OrderTriggered,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.state import encode_event
from aitrader_server.domain.terms import Breach
from aitrader_server.engine.ports import Record
from aitrader_server.rpc.convert.evidence import evidence_messages
from unit.domain.worlds import D, attempt, fill, filled, opened, spec, submitted

ID = {"request_id": "r-1"}
AT_VENUE = {"request_id": "r-1", "venue_order_id": "v-1"}
NS_PER_S = 1_000_000_000

# Every event that tells of the venue, and what is said of it.
TOLD = (
    (OrderUnknown(**ID, cause="timeout"), "outcome unknown: timeout"),
    (OrderAccepted(**AT_VENUE), "the venue has it as order v-1"),
    (OrderTriggered(**AT_VENUE), "the stop went live"),
    (filled(fill("t-1", "0.00400", "9999.50")), "trade t-1: 0.004 at 9999.5"),
    (
        OrderGapFound(**AT_VENUE, reported_quantity=D("1E-7")),
        "0.0000001 executed, not all of the trades are known",
    ),
    (OrderCompleted(**AT_VENUE, quantity=D("0.008")), "complete with 0.008 executed"),
    (OrderAmended(**ID, quantity=D("0.006")), "works with 0.006"),
    (OrderCanceled(**AT_VENUE), "cancelled"),
    (OrderCanceled(**AT_VENUE, reason="asked to"), "cancelled: asked to"),
    (OrderExpired(**AT_VENUE), "expired"),
    (OrderExpired(**AT_VENUE, reason="IOC"), "expired: IOC"),
    (OrderRejected(**ID, code="-2010", reason="no funds"), "-2010: no funds"),
    (OrderCancelRefused(**ID, reason="it is open"), "not cancelled: it is open"),
    (OrderReplaceRefused(**ID, reason="it is open"), "not changed: it is open"),
    (OrderLost(**ID, evidence="the blotter", actor="ann"), "settled as absent by ann: the blotter"),
    (
        ReportIgnored(**ID, state="FILLED", reported="REJECTED"),
        "reported REJECTED, which FILLED does not admit",
    ),
)
# What we wished or decided ourselves is in the events, and proves nothing.
OURS = (
    opened(spec()),
    OrderDenied(**ID, breaches=(Breach("A", "no"),)),
    OrderApprovalRequested(**ID, reason="large", expires_at_ns=1),
    OrderApproved(**ID, actor="bob"),
    OrderCancelRequested(**ID),
    OrderReplaceRequested(**ID, by="r-2"),
    OrderAnswered(**ID, answers=True),
    OrderRecalled(**ID, kept="{}"),
    submitted(),
)


def records(*events: OrderEvent) -> list[Record]:
    """Those events, one second after the other."""
    return [
        Record(
            sequence=number,
            epoch=1,
            at_ns=number * NS_PER_S,
            kind=type(event).__name__,
            intent="r-1",
            symbol="BTCUSDT",
            trace_id="",
            state="",
            cumulative_quantity="",
            once="",
            payload=encode_event(event),
        )
        for number, event in enumerate(events, 1)
    ]


def findings(number: int, *events: OrderEvent) -> list[str]:
    return [one.finding for one in evidence_messages(records(*events), number)]


def test_every_kind_of_order_event_tells_of_the_venue_or_of_us():
    kinds = {kind for kind in typing.get_args(AnyEvent) if issubclass(kind, OrderEvent)}
    told, ours = {type(event) for event, _ in TOLD}, {type(event) for event in OURS}
    assert told | ours == kinds
    assert not told & ours
    assert {OrderInitialized, OrderSubmitted} <= ours


@pytest.mark.parametrize(("event", "finding"), TOLD)
def test_what_tells_of_the_venue_is_found(event, finding):
    assert findings(1, submitted(), event) == [finding]


@pytest.mark.parametrize("event", OURS)
def test_what_we_did_ourselves_is_no_evidence(event):
    assert findings(1, submitted(), event) == []


@pytest.mark.parametrize("source", ["reply", "stream", "query", "history", "open_orders"])
def test_evidence_says_when_and_by_what_it_was_found(source):
    event = OrderAccepted(**AT_VENUE, source=source)
    (found,) = evidence_messages(records(submitted(), event), 1)
    assert (found.source, found.at.seconds) == (source, 2)


def test_what_the_venue_did_not_say_was_found_by_the_engine_or_an_operator():
    events = (submitted(), OrderUnknown(**ID, cause="t"), TOLD[-2][0])
    found = evidence_messages(records(*events), 1)
    assert [one.source for one in found] == ["engine", "operator"]


def test_each_attempt_has_what_was_found_before_the_next():
    events = (
        opened(spec()),
        OrderSubmitted(**ID, attempt=attempt(1)),
        OrderUnknown(**ID, cause="first"),
        OrderSubmitted(**ID, attempt=attempt(2)),
        OrderUnknown(**ID, cause="second"),
        OrderAccepted(**AT_VENUE),
    )
    assert findings(1, *events) == ["outcome unknown: first"]
    assert findings(2, *events) == [
        "outcome unknown: second",
        "the venue has it as order v-1",
    ]
    assert findings(3, *events) == []


def test_an_attempt_that_came_at_the_wrong_time_has_its_refusal():
    again = msgspec.structs.replace(submitted(number=2), after="-1021: too late")
    assert findings(1, submitted(), again) == ["-1021: too late"]
    assert findings(2, submitted(), again) == []


def test_a_denied_order_has_no_attempt_and_no_evidence():
    assert findings(1, opened(spec()), OURS[1]) == []
