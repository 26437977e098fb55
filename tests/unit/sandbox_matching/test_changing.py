"""Cancels, replacements and amendments of open orders."""

from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.matching.model import (
    Amendment,
    Canceled,
    CanceledList,
    Placed,
    Refusal,
    Replaced,
    ReplaceRequest,
)
from aitrader_gateway.sandbox.matching.words import CancelRestriction, ReplaceMode
from matching_desk import SYMBOL, Desk, listing, plain, request

UNKNOWN = Refusal(-2011, "Unknown order sent.")


@pytest.fixture
def desk() -> Desk:
    """Alice bids 5 at 100 behind Bob's 1, and before his other 1."""
    desk = Desk(listing(min_notional="5"))
    desk.limit("bob", "before", "BUY", "1", "100")
    desk.limit("alice", "a", "BUY", "5", "100")
    desk.limit("bob", "behind", "BUY", "1", "100")
    desk.exchange.take_events()
    return desk


def amend(desk: Desk, quantity: str, name: str = "a", new: str = "a") -> Amendment | Refusal:
    return desk.exchange.amend(
        "alice",
        SYMBOL,
        order_id=None,
        client_order_id=name,
        new_client_order_id=new,
        new_quantity=Decimal(quantity),
        at_ns=desk.tick(),
    )


def replace(desk: Desk, old: str, mode: str, **terms: object) -> Replaced | Refusal:
    order = request("new", "BUY", "LIMIT", **{"quantity": 1, "price": 90, **terms})
    asked = ReplaceRequest(
        order=order,
        mode=ReplaceMode(mode),
        cancel_client_order_id=old,
        cancel_new_client_order_id="c",
    )
    return desk.exchange.cancel_replace("alice", asked, desk.tick())


def test_a_cancel_has_an_id_of_its_own(desk):
    answer = desk.exchange.cancel(
        "alice",
        SYMBOL,
        order_id=2,
        client_order_id="a",
        new_client_order_id="mine",
        restriction=CancelRestriction.NONE,
        at_ns=desk.tick(),
    )
    assert isinstance(answer, Canceled)
    assert (answer.client_order_id, answer.order.client_order_id) == ("mine", "a")
    _, report, _ = desk.exchange.take_events()
    assert (report.client_order_id, report.original_client_order_id) == ("mine", "a")
    assert desk.book("BUY") == ["2@100"]
    assert desk.held("alice", "USDT") == ("1000000", "0")
    assert desk.cancel("alice", "a") == UNKNOWN


def test_a_number_and_a_client_id_must_name_one_order(desk):
    for order_id, name in ((1, ""), (2, "other"), (3, "a")):
        answer = desk.exchange.cancel(
            "alice",
            SYMBOL,
            order_id=order_id,
            client_order_id=name,
            new_client_order_id="",
            restriction=CancelRestriction.NONE,
            at_ns=desk.tick(),
        )
        assert answer == UNKNOWN


@pytest.mark.parametrize(
    ("filled", "restriction", "cancels"),
    [
        ("0", "ONLY_NEW", True),
        ("0", "ONLY_PARTIALLY_FILLED", False),
        ("1", "ONLY_NEW", False),
        ("1", "ONLY_PARTIALLY_FILLED", True),
    ],
)
def test_a_cancel_may_be_restricted(desk, filled, restriction, cancels):
    if filled != "0":
        desk.market("bob", "m", "SELL", "2", prevention="EXPIRE_MAKER")
    answer = desk.cancel("alice", "a", restriction)

    restricted = Refusal(-2011, "Order was not canceled due to cancel restrictions.")
    assert isinstance(answer, Canceled) if cancels else answer == restricted
    assert desk.order("alice", "a").ended is cancels


def test_everything_of_a_symbol_is_cancelled_at_once(desk):
    desk.last("100")
    desk.limit("alice", "b", "SELL", "1", "120")
    sell = {"quantity": 1, "price": 130}
    stop = {"quantity": 1, "stop_price": 80}
    legs = (
        request("x", "SELL", "LIMIT_MAKER", **sell),
        request("y", "SELL", "STOP_LOSS", **stop),
    )
    desk.bind("alice", "L", "OCO", *legs)
    first, second, third = desk.exchange.cancel_all("alice", SYMBOL, desk.tick())

    assert (first.order.client_order_id, second.order.client_order_id) == ("a", "b")
    assert isinstance(third, CanceledList)
    assert desk.exchange.open_orders("alice") == ()
    assert len(desk.exchange.open_orders("bob")) == 2
    assert desk.exchange.cancel_all("alice", SYMBOL, desk.tick()) == UNKNOWN


@pytest.mark.parametrize("mode", ReplaceMode)
def test_an_order_is_replaced_by_another(desk, mode):
    answer = replace(desk, "a", mode)

    assert isinstance(answer.canceled, Canceled)
    assert isinstance(answer.placed, Placed)
    assert desk.book("BUY") == ["2@100", "1@90"]
    assert desk.told("alice") == ["c CANCELED CANCELED", "new NEW NEW", "position"]


def test_without_the_cancel_the_new_order_is_placed_only_if_so_asked(desk):
    stopped = replace(desk, "ghost", "STOP_ON_FAILURE")
    assert (stopped.canceled, stopped.placed) == (UNKNOWN, None)

    allowed = replace(desk, "ghost", "ALLOW_FAILURE")
    assert allowed.canceled == UNKNOWN
    assert allowed.placed.order.status == "NEW"


def test_the_old_order_is_gone_even_if_the_engine_refuses_the_new_one(desk):
    answer = replace(desk, "a", "STOP_ON_FAILURE", quantity=8000, price=900)

    assert isinstance(answer.canceled, Canceled)
    assert answer.placed.code == -2010
    assert desk.book("BUY") == ["2@100"]


def test_the_money_of_the_old_order_pays_for_the_new_one(desk):
    desk.open("poor", "0", "100")
    desk.exchange.place("poor", request("p", "BUY", "LIMIT", quantity=1, price=99), desk.tick())
    order = request("q", "BUY", "LIMIT", quantity=1, price=98)
    asked = ReplaceRequest(
        order=order, mode=ReplaceMode.STOP_ON_FAILURE, cancel_client_order_id="p"
    )
    assert isinstance(desk.exchange.cancel_replace("poor", asked, desk.tick()).placed, Placed)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"price": "90.001"}, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.001"}, "Filter failure: NOTIONAL"),
        ({"stop_price": 1}, "Parameter 'stopPrice' sent when not required."),
    ],
)
def test_a_new_order_with_bad_terms_leaves_the_old_one_alone(desk, terms, message):
    answer = replace(desk, "a", "ALLOW_FAILURE", **terms)

    assert isinstance(answer, Refusal)
    assert answer.message == message
    assert desk.order("alice", "a").status == "NEW"


def test_an_amended_order_keeps_its_place(desk):
    answer = amend(desk, "3", new="b")

    assert (answer.original_client_order_id, answer.order.client_order_id) == ("a", "b")
    assert (answer.original_quantity, answer.new_quantity) == (5, 3)
    assert desk.exchange.order("alice", SYMBOL, client_order_id="a") is None
    assert desk.exchange.amendments("alice", SYMBOL, 2) == (answer,)
    assert desk.told("alice") == ["b REPLACED NEW", "position"]
    assert desk.book("BUY") == ["5@100"]
    assert desk.held("alice", "USDT") == ("999700", "300")
    desk.market("bob", "m", "SELL", "3", prevention="EXPIRE_MAKER")
    assert plain(desk.order("alice", "b").cumulative_quantity) == "3"


def test_an_amended_order_may_keep_its_name(desk):
    assert amend(desk, "4.5").order.client_order_id == "a"
    assert amend(desk, "4", new="").order.client_order_id not in ("", "a")


@pytest.mark.parametrize(
    ("quantity", "new", "code", "message"),
    [
        ("5", "b", -2038, "The requested action would change no state; rejecting"),
        ("5.001", "b", -2038, "Order amend (quantity increase) is not supported."),
        ("0", "b", -1013, "Invalid quantity."),
        ("1.000000001", "b", -1111, "Parameter 'quantity' has too much precision."),
        ("1.0005", "b", -1013, "Filter failure: LOT_SIZE"),
        ("0.01", "b", -1013, "Filter failure: NOTIONAL"),
        ("4", "other", -2038, "Duplicate order sent."),
    ],
)
def test_an_order_can_only_become_smaller(desk, quantity, new, code, message):
    desk.limit("alice", "other", "BUY", "1", "90")
    desk.exchange.take_events()

    assert amend(desk, quantity, new=new) == Refusal(code, message)
    assert desk.exchange.take_events() == []
    assert desk.book("BUY") == ["7@100", "1@90"]


def test_an_unknown_or_ended_order_cannot_be_amended(desk):
    unknown = Refusal(-2038, "Unknown order sent.")
    assert amend(desk, "1", name="ghost") == unknown
    desk.cancel("alice", "a")
    assert amend(desk, "1") == unknown


def test_an_order_is_amended_ten_times_at_most(desk):
    for tenth in range(1, 11):
        assert isinstance(amend(desk, str(5 - Decimal(tenth) / 10)), Amendment)
    assert amend(desk, "1") == Refusal(-2038, "Filter failure: MAX_NUM_ORDER_AMENDS")


def test_an_order_amended_to_what_it_has_executed_expires(desk):
    desk.market("bob", "m", "SELL", "3", prevention="EXPIRE_MAKER")
    filled = desk.order("alice", "a").cumulative_quantity
    assert filled == 3
    order = amend(desk, "2").order

    assert (order.status, order.quantity) == ("EXPIRED", filled)
    assert desk.held("alice", "USDT") == ("999700", "0")
    assert desk.book("BUY") == ["1@100"]


def test_an_iceberg_shows_less_only_when_it_must():
    desk = Desk()
    desk.limit("alice", "a", "BUY", "5", "100", iceberg_quantity="2")
    amend(desk, "3")
    assert desk.book("BUY") == ["2@100"]
    amend(desk, "1")
    assert desk.book("BUY") == ["1@100"]


def test_of_two_exclusive_orders_both_become_smaller(desk):
    desk.last("105")
    above = request("x", "SELL", "LIMIT_MAKER", quantity=2, price=110)
    below = request("y", "SELL", "STOP_LOSS", quantity=2, stop_price=90)
    desk.bind("alice", "L", "OCO", above, below)
    desk.told("alice")
    amend(desk, "1", name="y", new="z")

    assert desk.told("alice") == [
        "L UPDATED",
        "z REPLACED NEW",
        "x REPLACED NEW",
        "position",
    ]
    assert [plain(desk.order("alice", name).quantity) for name in "xz"] == ["1", "1"]
    assert desk.held("alice", "BTC") == ("999", "1")
    assert desk.book("SELL") == ["1@110"]
