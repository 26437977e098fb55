"""What the user data stream says, field by field."""

from decimal import Decimal

import pytest
from aitrader_gateway.binance.events import (
    ExternalChange,
    MalformedEvent,
    NothingNew,
    OrderUpdate,
    Shutdown,
    Terminated,
    UnknownKind,
    read_event,
)
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import VenueReport, VenueStatus

NEW = {
    "e": "executionReport", "E": 1700000000123, "s": "ETHBTC", "c": "mine-1", "S": "BUY",
    "o": "LIMIT", "f": "GTC", "q": "1.00000000", "p": "0.10264410", "P": "0.00000000",
    "F": "0.00000000", "g": -1, "C": "", "x": "NEW", "X": "NEW", "r": "NONE", "i": 4293153,
    "l": "0.00000000", "z": "0.00000000", "L": "0.00000000", "n": "0", "N": None,
    "T": 1700000000122, "t": -1, "I": 8641984, "w": True, "m": False, "M": False,
    "O": 1700000000122, "Z": "0.00000000", "Y": "0.00000000", "Q": "0.00000000",
    "W": 1700000000122, "V": "NONE",
}  # fmt: skip


def read(**fields):
    update = read_event(NEW | fields)
    assert isinstance(update, OrderUpdate)
    return update


def test_a_new_order():
    assert read() == OrderUpdate(
        report=VenueReport(
            request_id="mine-1",
            symbol="ETHBTC",
            venue_order_id="4293153",
            status=VenueStatus.ACCEPTED,
            quantity=Decimal("1.00000000"),
            at_ns=1700000000122_000_000,
            created_at_ns=1700000000122_000_000,
        ),
        key=("ETHBTC", "4293153", "8641984", "NEW"),
        sent_at_ns=1700000000123_000_000,
        renamed=False,
    )


def test_an_execution_carries_its_fill():
    report = read(
        x="TRADE", X="PARTIALLY_FILLED", l="0.25000000", z="0.75000000", L="0.10000000",
        n="0.00001000", N="BNB", t=77, m=True,
    ).report  # fmt: skip
    assert report.status is VenueStatus.PARTIALLY_FILLED
    assert report.cumulative_quantity == Decimal("0.75")
    assert report.fills == (
        Fill(
            trade_id="77",
            quantity=Decimal("0.25"),
            price=Decimal("0.1"),
            fee=Decimal("0.00001"),
            fee_asset="BNB",
            maker=True,
            executed_at_ns=1700000000122_000_000,
        ),
    )


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"X": "PENDING_NEW"}, VenueStatus.ACCEPTED, ""),
        ({"x": "TRADE", "X": "FILLED"}, VenueStatus.FILLED, ""),
        ({"x": "CANCELED", "X": "CANCELED"}, VenueStatus.CANCELED, ""),
        ({"x": "REJECTED", "X": "REJECTED", "r": "ACCOUNT_SETTLING"}, VenueStatus.REJECTED,
         "ACCOUNT_SETTLING"),
        ({"x": "EXPIRED", "X": "EXPIRED", "eR": "INSUFFICIENT_LIQUIDITY"}, VenueStatus.EXPIRED,
         "INSUFFICIENT_LIQUIDITY"),
        ({"x": "TRADE_PREVENTION", "X": "EXPIRED_IN_MATCH"}, VenueStatus.EXPIRED,
         "self-trade prevention"),
        ({"x": "TRADE_PREVENTION", "X": "NEW", "v": 3, "pl": "2.5"}, VenueStatus.ACCEPTED,
         "self-trade prevention"),
        ({"o": "STOP_LOSS_LIMIT", "w": False}, VenueStatus.ACCEPTED, ""),
        ({"o": "STOP_LOSS_LIMIT", "w": True}, VenueStatus.TRIGGERED, ""),
        ({"o": "TAKE_PROFIT", "w": True}, VenueStatus.TRIGGERED, ""),
        ({"X": "A_NEW_WORD"}, VenueStatus.ACCEPTED, ""),
        ({"X": "A_NEW_WORD", "z": "0.5"}, VenueStatus.PARTIALLY_FILLED, ""),
    ],
)  # fmt: skip
def test_statuses(fields, status, reason):
    report = read(**fields).report
    assert (report.status, report.reason) == (status, reason)
    assert bool(report.fills) == (fields.get("x") == "TRADE")


def test_a_cancel_names_the_order_that_it_ends():
    update = read(x="CANCELED", X="CANCELED", c="the-cancel", C="mine-1")
    assert update.report.request_id == "mine-1"
    assert not update.renamed


@pytest.mark.parametrize(
    ("new_id", "old_id", "renamed"),
    [("mine-1", "mine-1", False), ("theirs", "mine-1", True), ("mine-1", "", False)],
)
def test_an_amendment_brings_the_lower_quantity_and_maybe_a_new_id(new_id, old_id, renamed):
    update = read(x="REPLACED", c=new_id, C=old_id, q="0.40000000")
    assert update.report.request_id == "mine-1"
    assert update.report.quantity == Decimal("0.4")
    assert update.report.status is VenueStatus.ACCEPTED
    assert update.renamed == renamed


def test_an_order_by_quote_amount_has_no_quantity_yet():
    assert read(q="0.00000000", Q="25.00000000").report.quantity is None


def test_balance_changes():
    change = {"e": "balanceUpdate", "E": 2, "a": "BTC", "d": "-100.50000000", "T": 1}
    assert read_event(change) == ExternalChange(
        detail="balanceUpdate of -100.50000000 BTC",
        key=("balanceUpdate", "BTC", "-100.50000000", "1"),
        sent_at_ns=2_000_000,
    )
    lock = {"e": "externalLockUpdate", "E": 2, "a": "NEO", "d": "10.0", "T": 1}
    assert read_event(lock).detail == "externalLockUpdate of 10.0 NEO"


def test_other_events():
    assert read_event({"e": "serverShutdown", "E": 1}) == Shutdown()
    assert read_event({"e": "eventStreamTerminated", "E": 1}) == Terminated()
    assert read_event({"e": "outboundAccountPosition", "E": 1, "u": 1, "B": []}) == NothingNew()
    assert read_event({"e": "listStatus", "E": 1}) == NothingNew()
    assert read_event({"e": "invented", "E": 1}) == UnknownKind("invented")


@pytest.mark.parametrize("missing", ["s", "c", "i", "I", "x", "X", "o", "w", "q", "z", "T", "E"])
def test_a_report_without_a_field_is_malformed(missing):
    with pytest.raises(MalformedEvent):
        read_event({name: value for name, value in NEW.items() if name != missing})


@pytest.mark.parametrize(
    "event",
    [
        None, 5, "executionReport", [], {}, {"e": None}, {"e": 5},
        NEW | {"i": "4293153"}, NEW | {"q": "much"}, NEW | {"z": "NaN"}, NEW | {"L": "Infinity"},
        {"e": "balanceUpdate", "E": 2, "a": "BTC", "d": "NaN", "T": 1},
        {"e": "balanceUpdate", "E": 2, "a": "BTC", "T": 1},
    ],
)  # fmt: skip
def test_what_is_no_event_is_malformed(event):
    with pytest.raises(MalformedEvent):
        read_event(event)


def test_a_malformed_event_shows_nothing_of_itself():
    with pytest.raises(MalformedEvent) as malformed:
        read_event(NEW | {"i": "private-matter"})
    assert "private-matter" not in str(malformed.value)
