"""An order that takes another's place has what that one had reserved, and has it once."""

import pytest
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import OrderCanceled, OrderReplaceRequested
from aitrader_server.domain.order import Order
from aitrader_server.domain.risk.checks import assess
from aitrader_server.domain.risk.context import RiskContext
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderState, OrderType, Side
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import (
    D,
    context,
    evolve,
    fill,
    filled,
    funded,
    limited,
    opened,
    place,
    spec,
    submitted,
)

SELL = Side.SELL


def holding(book: Book, *executions, **terms) -> tuple[Book, Order]:
    """`book` with one open order under the id `old`."""
    of = spec("old", **terms)
    place(book, of)
    for number, quantity in enumerate(executions):
        evolve(book, filled(fill(f"t-{number}", quantity), "old", of.side))
    return book, book.state.orders["old"]


def codes(case: RiskContext) -> list[str]:
    return [breach.code for breach in assess(case)]


@pytest.mark.parametrize(
    ("funds", "terms", "quantity", "more"),
    [
        ({"USDT": "100"}, {}, "0.01", "0.01001"),
        ({"USDT": "150"}, {}, "0.015", "0.01501"),
        ({"BTC": "0.01"}, {"side": SELL}, "0.01", "0.01001"),
        ({"BTC": "0.015"}, {"side": SELL}, "0.015", "0.01501"),
    ],
)
def test_what_the_old_order_had_reserved_is_free_and_not_more(funds, terms, quantity, more):
    book, old = holding(funded(**funds), **terms)
    fits = spec("new", **terms, quantity=D(quantity))
    assert codes(context(fits, book, replaces=old)) == []
    assert codes(context(fits, book)) == ["INSUFFICIENT_BALANCE"]
    larger = spec("new", **terms, quantity=D(more))
    assert codes(context(larger, book, replaces=old)) == ["INSUFFICIENT_BALANCE"]


def test_only_what_is_left_of_the_old_order_is_free():
    book, old = holding(funded(USDT="100"), "0.004")
    assert codes(context(spec("new", quantity=D("0.006")), book, replaces=old)) == []
    larger = context(spec("new", quantity=D("0.00601")), book, replaces=old)
    assert codes(larger) == ["INSUFFICIENT_BALANCE"]


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_position_notional": D(100)}, "MAX_POSITION_NOTIONAL"),
        ({"max_gross_exposure": D(100)}, "MAX_GROSS_EXPOSURE"),
        ({"max_concentration": D("0.0005")}, "MAX_CONCENTRATION"),
        ({"max_open_orders": 1}, "MAX_OPEN_ORDERS"),
    ],
)
def test_a_limit_that_the_old_order_had_used_up_lets_the_new_one_through(limits, code):
    # The world's equity of 200000 is all in USDT: nothing is invested yet.
    book, old = holding(limited(funded(USDT="200000"), **limits))
    assert codes(context(spec("new"), book, replaces=old)) == []
    assert codes(context(spec("new"), book)) == [code]
    if code != "MAX_OPEN_ORDERS":
        assert codes(context(spec("new", quantity=D("0.01001")), book, replaces=old)) == [code]


def test_while_the_change_is_under_way_both_are_reserved():
    book, old = holding(funded(USDT="250"))
    new = spec("new", limit_price=D(9900))
    evolve(
        book,
        opened(new, D(9900)),
        submitted("new"),
        OrderReplaceRequested(request_id="old", by="new"),
    )
    assert book.exposure.reserved["USDT"] == D(199)
    third = spec("third", quantity=D("0.00511"), limit_price=D(9990))
    assert codes(context(third, book)) == ["INSUFFICIENT_BALANCE"]
    # What the first change was given is not given again to a change of the same order.
    again = context(spec("again", limit_price=D(9901), quantity=D("0.0153")), book, replaces=old)
    assert again.quote_available == D(151)


def test_a_sale_in_the_place_of_a_sale_reduces():
    book, old = holding(funded(BTC="0.01"), side=SELL)
    new = spec("new", side=SELL, limit_price=D(9990), reduce_only=True)
    assert context(new, book, replaces=old).reduces
    assert codes(context(new, book, replaces=old)) == []
    assert not context(new, book).reduces


quantities = st.integers(1, 10_000).map(lambda number: D(number).scaleb(-5))
prices = st.integers(9_000, 11_000).map(D)
sides = st.sampled_from(Side)
kinds = st.sampled_from([OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT])


@st.composite
def orders(draw, request_id: str) -> OrderSpec:
    kind = draw(kinds)
    return spec(
        request_id,
        side=draw(sides),
        order_type=kind,
        quantity=draw(quantities),
        limit_price=draw(prices),
        stop_price=draw(prices) if kind is OrderType.STOP_LOSS_LIMIT else None,
    )


def measures(case: RiskContext) -> tuple:
    return (
        case.quote_available,
        case.base_available,
        case.buy_notional,
        case.symbol_buy_notional,
        case.open_orders,
        case.reduces,
        case.price,
        case.quantity,
        case.notional,
    )


@given(
    old=orders("old"),
    others=st.lists(orders("other"), max_size=3),
    new=orders("new"),
    data=st.data(),
)
def test_the_new_order_is_judged_as_if_the_old_one_had_been_cancelled(old, others, new, data):
    book = funded(USDT="100000", BTC="10")
    for number, other in enumerate(others):
        place(book, spec_named(other, f"other-{number}"), OrderState.ACCEPTED)
    place(book, old)
    assert old.quantity is not None
    if data.draw(st.booleans()):
        part = old.quantity / 2
        evolve(book, filled(fill("t-1", str(part), str(old.limit_price)), "old", old.side))
    judged = measures(context(new, book, replaces=book.state.orders["old"]))
    evolve(book, OrderCanceled(request_id="old", venue_order_id="v-1"))
    assert judged == measures(context(new, book))


def spec_named(of: OrderSpec, request_id: str) -> OrderSpec:
    return spec(
        request_id,
        side=of.side,
        order_type=of.order_type,
        quantity=of.quantity,
        limit_price=of.limit_price,
        stop_price=of.stop_price,
    )
