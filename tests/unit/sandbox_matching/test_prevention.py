"""An account that would trade with itself: the taker's mode decides who loses what."""

from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.matching.model import ExecutionReport
from aitrader_gateway.sandbox.matching.words import ExecutionType
from matching_desk import SYMBOL, Desk, listing, plain


def describe(desk: Desk, name: str) -> str:
    order = desk.order("alice", name)
    prevented = plain(order.prevented_quantity)
    return f"{order.status} -{prevented}" if order.prevented_quantity else order.status


@pytest.mark.parametrize(
    ("mode", "taker_quantity", "taker", "makers", "book"),
    [
        ("EXPIRE_TAKER", "3", "EXPIRED_IN_MATCH -3", ["NEW", "NEW"], ["1.2@120", "1.3@110"]),
        ("EXPIRE_MAKER", "3", "NEW", ["EXPIRED_IN_MATCH -1.2", "EXPIRED_IN_MATCH -1.3"], []),
        ("EXPIRE_BOTH", "3", "EXPIRED_IN_MATCH -3", ["EXPIRED_IN_MATCH -1.2", "NEW"], ["1.3@110"]),
        ("DECREMENT", "1", "EXPIRED_IN_MATCH -1", ["NEW -1", "NEW"], ["0.2@120", "1.3@110"]),
        ("DECREMENT", "3", "NEW -2.5", ["EXPIRED_IN_MATCH -1.2", "EXPIRED_IN_MATCH -1.3"], []),
        (
            "DECREMENT",
            "2.5",
            "EXPIRED_IN_MATCH -2.5",
            ["EXPIRED_IN_MATCH -1.2", "EXPIRED_IN_MATCH -1.3"],
            [],
        ),
        # Both orders are one account's, where a transfer is no more than that.
        ("TRANSFER", "1", "EXPIRED_IN_MATCH -1", ["NEW -1", "NEW"], ["0.2@120", "1.3@110"]),
    ],
)
def test_the_mode_of_the_taker_decides(mode, taker_quantity, taker, makers, book):
    desk = Desk()
    desk.limit("alice", "m1", "BUY", "1.2", "120", prevention="TRANSFER")
    desk.limit("alice", "m2", "BUY", "1.3", "110", prevention="EXPIRE_TAKER")
    desk.limit("alice", "t", "SELL", taker_quantity, "100", prevention=mode)

    assert describe(desk, "t") == taker
    assert [describe(desk, name) for name in ("m1", "m2")] == makers
    assert desk.book("BUY") == book
    assert desk.trades("alice") == []
    resting = [each for each in desk.exchange.open_orders("alice") if each.side == "BUY"]
    locked = sum((each.price * each.leaves_quantity for each in resting), Decimal(0))
    assert desk.held("alice", "USDT")[1] == plain(locked)


def test_none_lets_the_account_trade_with_itself():
    desk = Desk()
    desk.limit("alice", "m", "BUY", "1", "100", prevention="EXPIRE_BOTH")
    desk.limit("alice", "t", "SELL", "1", "100", prevention="NONE")

    assert [describe(desk, name) for name in "mt"] == ["FILLED", "FILLED"]
    assert desk.trades("alice") == ["1@100", "1@100"]
    assert desk.held("alice", "USDT") == ("1000000", "0")
    assert desk.held("alice", "BTC") == ("1000", "0")


def test_orders_of_others_are_no_concern_of_it():
    desk = Desk()
    desk.limit("bob", "first", "BUY", "1", "100")
    desk.limit("alice", "mine", "BUY", "1", "100")
    desk.limit("bob", "last", "BUY", "1", "100")
    order = desk.limit("alice", "t", "SELL", "2", "100", prevention="EXPIRE_MAKER")

    assert order.status == "FILLED"
    assert describe(desk, "mine") == "EXPIRED_IN_MATCH -1"
    assert desk.trades("bob") == ["1@100", "1@100"]


def test_a_market_order_that_finds_only_its_own_orders_expires():
    desk = Desk()
    desk.limit("alice", "m", "BUY", "1", "100")
    answer = desk.market("alice", "t", "SELL", "1", prevention="EXPIRE_MAKER")

    assert (answer.order.status, answer.order.expiry) == ("EXPIRED", "INSUFFICIENT_LIQUIDITY")
    assert describe(desk, "m") == "EXPIRED_IN_MATCH -1"
    (record,) = answer.prevented
    assert (record.taker_order, record.maker_order) == (2, 1)


def test_a_fill_or_kill_order_counts_only_what_it_may_trade():
    desk = Desk()
    desk.limit("alice", "mine", "SELL", "1", "100")
    desk.limit("bob", "his", "SELL", "1", "101")
    killed = desk.limit("alice", "k", "BUY", "2", "101", tif="FOK", prevention="EXPIRE_MAKER")
    assert (killed.status, describe(desk, "mine")) == ("EXPIRED", "NEW")

    filled = desk.limit("alice", "f", "BUY", "1", "101", tif="FOK", prevention="EXPIRE_MAKER")
    assert (filled.status, describe(desk, "mine")) == ("FILLED", "EXPIRED_IN_MATCH -1")


def test_an_amount_in_quote_passes_over_what_is_not_to_be_traded():
    desk = Desk()
    desk.limit("alice", "mine", "SELL", "1", "100")
    desk.limit("bob", "his", "SELL", "4", "200")
    terms = {"quote_quantity": 300, "prevention": "EXPIRE_MAKER"}
    order = desk.place("alice", "t", "BUY", "MARKET", **terms).order

    assert (plain(order.quantity), order.status) == ("1.5", "FILLED")
    assert desk.held("alice", "USDT") == ("999700", "0")


def test_an_iceberg_loses_all_of_itself_or_a_slice():
    for mode, left in (("EXPIRE_MAKER", []), ("DECREMENT", ["1@100"])):
        desk = Desk()
        desk.limit("alice", "ice", "BUY", "3", "100", iceberg_quantity="1")
        desk.limit("alice", "t", "SELL", "1.5", "100", tif="IOC", prevention=mode)
        assert desk.book("BUY") == (left and ["0.5@100"])
        assert len(desk.exchange.prevented("alice", SYMBOL)) == (2 if left else 1)


def test_each_prevented_match_is_recorded_and_told():
    desk = Desk(ended_max=3)
    desk.limit("alice", "m", "BUY", "1", "100")
    desk.limit("alice", "t", "SELL", "3", "100", prevention="EXPIRE_BOTH")

    (record,) = desk.exchange.prevented("alice", SYMBOL)
    assert (record.number, record.prevention, record.price) == (1, "EXPIRE_BOTH", 100)
    assert (record.taker_prevented_quantity, record.maker_prevented_quantity) == (3, 1)
    assert [desk.order("alice", name).prevented_match for name in "mt"] == [1, 1]
    told = [
        event.prevented
        for event in desk.exchange.take_events()
        if isinstance(event, ExecutionReport) and event.kind is ExecutionType.TRADE_PREVENTION
    ]
    assert told == [record, record]

    for number in range(3):
        desk.market("alice", f"later-{number}", "BUY", "1")
    assert desk.exchange.prevented("alice", SYMBOL) == ()


def test_the_symbol_has_a_mode_for_orders_that_name_none():
    desk = Desk(listing(prevention="EXPIRE_TAKER"))
    desk.limit("alice", "m", "BUY", "1", "100")
    assert desk.limit("alice", "t", "SELL", "1", "100").status == "EXPIRED_IN_MATCH"
    assert desk.limit("alice", "u", "SELL", "1", "100", prevention="NONE").status == "FILLED"
