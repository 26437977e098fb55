"""The venue's words for an order, in every shape that tells of one."""

from decimal import Decimal

import pytest
from aitrader_gateway.binance.outcome import Failure, Verdict
from aitrader_gateway.binance.reports import OrderRecord, order_report, read, read_all
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import VenueStatus

ACK = {
    "symbol": "BTCUSDT",
    "orderId": 28,
    "orderListId": -1,
    "clientOrderId": "a-1",
    "transactTime": 1_700_000_000_001,
}
RESULT = {
    **ACK,
    "price": "0.00000000",
    "origQty": "1.00000000",
    "executedQty": "0.00000000",
    "cummulativeQuoteQty": "0.00000000",
    "status": "NEW",
    "type": "LIMIT",
    "side": "BUY",
    "workingTime": 1_700_000_000_001,
}


def report(**more):
    return order_report(read({**RESULT, **more}, OrderRecord))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("NEW", VenueStatus.ACCEPTED),
        ("PENDING_NEW", VenueStatus.ACCEPTED),
        ("PENDING_CANCEL", VenueStatus.ACCEPTED),
        ("PARTIALLY_FILLED", VenueStatus.PARTIALLY_FILLED),
        ("FILLED", VenueStatus.FILLED),
        ("CANCELED", VenueStatus.CANCELED),
        ("REJECTED", VenueStatus.REJECTED),
        ("EXPIRED", VenueStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", VenueStatus.EXPIRED),
        ("A_WORD_OF_NEXT_YEAR", VenueStatus.ACCEPTED),
    ],
)
def test_every_word_has_its_meaning(said, status):
    assert report(status=said).status is status


def test_a_new_word_for_an_order_that_executed_is_no_step_back():
    told = report(status="A_WORD_OF_NEXT_YEAR", executedQty="0.5")
    assert told.status is VenueStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"workingTime": -1}, VenueStatus.ACCEPTED),
        ({"workingTime": 1_700_000_000_009}, VenueStatus.TRIGGERED),
        ({"workingTime": None, "isWorking": False}, VenueStatus.ACCEPTED),
        ({"workingTime": None, "isWorking": True}, VenueStatus.TRIGGERED),
        ({"workingTime": -1, "isWorking": True}, VenueStatus.ACCEPTED),
    ],
)
@pytest.mark.parametrize("kind", ["STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT", "STOP_LOSS"])
def test_a_stop_is_triggered_once_it_works(kind, more, status):
    assert report(type=kind, **more).status is status
    assert report(type="LIMIT", **more).status is VenueStatus.ACCEPTED


def test_an_acknowledgement_alone_says_that_the_order_is_there():
    told = order_report(read(ACK, OrderRecord))
    assert (told.request_id, told.venue_order_id) == ("a-1", "28")
    assert (told.status, told.quantity) == (VenueStatus.ACCEPTED, None)
    assert told.at_ns == 1_700_000_000_001_000_000


def test_what_an_order_executed_at_once_it_took():
    fills = [
        {
            "price": "100.5",
            "qty": "0.4",
            "commission": "0.0004",
            "commissionAsset": "BNB",
            "tradeId": 56,
        }
    ]
    told = report(status="PARTIALLY_FILLED", executedQty="0.4", fills=fills)
    assert told.cumulative_quantity == Decimal("0.4")
    assert told.fills == (
        Fill(
            trade_id="56",
            quantity=Decimal("0.4"),
            price=Decimal("100.5"),
            fee=Decimal("0.0004"),
            fee_asset="BNB",
            executed_at_ns=1_700_000_000_001_000_000,
        ),
    )


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "EXPIRED", "expiryReason": "INSUFFICIENT_LIQUIDITY"}, "INSUFFICIENT_LIQUIDITY"),
        ({"status": "EXPIRED_IN_MATCH"}, "self-trade prevention"),
        ({"status": "EXPIRED_IN_MATCH", "expiryReason": "OCO_TRIGGER"}, "OCO_TRIGGER"),
        ({"status": "CANCELED"}, ""),
    ],
)
def test_why_an_order_ended_is_told(more, reason):
    assert report(**more).reason == reason


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
@pytest.mark.parametrize("field", ["origQty", "executedQty"])
def test_an_amount_that_is_no_number_proves_nothing(field, amount):
    told = report(**{field: amount})
    assert isinstance(told, Failure)
    assert told.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("reply", [None, 7, "order", [], {}, {"orderId": "28"}, {"symbol": 1}])
def test_a_reply_of_another_shape_proves_nothing(reply):
    assert read(reply, OrderRecord).verdict is Verdict.UNKNOWN
    assert read_all(reply, OrderRecord) == [] or (
        read_all(reply, OrderRecord).verdict is Verdict.UNKNOWN
    )


def test_a_failure_stays_what_it_is():
    failure = Failure(verdict=Verdict.REJECTED, reason="no", code=-1)
    assert read(failure, OrderRecord) is failure
    assert read_all(failure, OrderRecord) is failure


def test_only_a_record_says_since_when_the_order_is_there():
    told = report(time=1_700_000_000_001, updateTime=1_700_000_000_009)
    assert told.created_at_ns == 1_700_000_000_001_000_000
    assert order_report(read(ACK, OrderRecord)).created_at_ns == 0
