"""Orders placed together: what waits spends nothing, what excludes each other counts once."""

from itertools import permutations

import pytest
from aitrader_server.domain.book import Book
from aitrader_server.domain.events import (
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderCompleted,
    OrderExpired,
    OrderGapFound,
    OrderRejected,
    OrderUnknown,
)
from aitrader_server.domain.portfolio import claim
from aitrader_server.domain.state import decode_state, encode_state
from aitrader_server.domain.terms import ListPlace, OrderSpec
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side
from unit.domain.worlds import D, evolve, fill, filled, funded, opened, spec, submitted

TARGET = {"order_type": OrderType.LIMIT_MAKER, "limit_price": D(11000)}
STOP = {
    "order_type": OrderType.STOP_LOSS_LIMIT,
    "stop_price": D(9000),
    "limit_price": D(8900),
}
BUY_STOP = {
    "order_type": OrderType.STOP_LOSS_LIMIT,
    "stop_price": D(12000),
    "limit_price": D(12500),
}
LEGS = {
    Contingency.OCO: (TARGET, STOP),
    Contingency.OTO: ({}, TARGET),
    Contingency.OTOCO: ({}, TARGET, STOP),
}


def listed(contingency: Contingency, *terms, first=Side.BUY, others=Side.SELL):
    members = tuple(f"r-{number}" for number in range(1, len(terms) + 1))
    return tuple(
        spec(
            one,
            side=others if index else first,
            **given,
            place=ListPlace(contingency=contingency, members=members, index=index),
        )
        for index, (one, given) in enumerate(zip(members, terms, strict=True))
    )


def working(*specs: OrderSpec) -> Book:
    """A book in which the venue has taken all of them."""
    book = funded(USDT="100000", BTC="10")
    evolve(book, *(opened(of, of.limit_price) for of in specs))
    evolve(book, *(submitted(of.request_id) for of in specs))
    return evolve(book, *(accepted(of.request_id) for of in specs))


def accepted(request_id: str) -> OrderAccepted:
    return OrderAccepted(request_id=request_id, venue_order_id=f"v-{request_id}")


def canceled(request_id: str) -> OrderCanceled:
    return OrderCanceled(request_id=request_id, venue_order_id=f"v-{request_id}")


def executed(request_id: str, quantity: str, side: Side, price: str = "10000"):
    return filled(
        fill(f"t-{request_id}-{quantity}", quantity, price),
        request_id,
        side,
        venue_order_id=f"v-{request_id}",
    )


def sums(book: Book) -> tuple:
    """What is reserved and what may still be bought and sold; zero where there is nothing."""
    reserved, of = book.exposure.reserved, book.exposure.of("BTCUSDT")
    return (
        reserved.get("USDT", D(0)),
        reserved.get("BTC", D(0)),
        of.buy_notional,
        of.buy_quantity,
        of.sell_quantity,
        book.exposure.buy_notional,
    )


def again(book: Book) -> Book:
    """The book as a restart makes it from its snapshot."""
    return Book(decode_state(encode_state(book.state)))


# ---- alternatives -----------------------------------------------------------------------------


def selling(*quantities: str) -> tuple[OrderSpec, ...]:
    terms = ({**TARGET, "quantity": D(quantities[0])}, {**STOP, "quantity": D(quantities[1])})
    return listed(Contingency.OCO, *terms, first=Side.SELL)


def buying() -> tuple[OrderSpec, ...]:
    terms = ({"order_type": OrderType.LIMIT_MAKER, "limit_price": D(8000)}, BUY_STOP)
    return listed(Contingency.OCO, *terms, first=Side.BUY, others=Side.BUY)


def test_of_two_sales_the_larger_is_reserved_once():
    assert sums(working(*selling("1", "1"))) == (0, 1, 0, 0, 1, 0)
    assert sums(working(*selling("0.7", "1"))) == (0, 1, 0, 0, 1, 0)
    assert sums(working(*selling("1", "0.7"))) == (0, 1, 0, 0, 1, 0)


def test_of_two_purchases_the_dearer_is_reserved_once():
    assert sums(working(*buying())) == (125, 0, 125, D("0.01"), 0, 125)


def test_both_count_as_orders_and_each_as_what_it_is():
    exposure = working(*selling("1", "1")).exposure
    assert list(exposure.working) == ["r-1", "r-2"]
    assert (exposure.of("BTCUSDT").orders, exposure.of("BTCUSDT").stop_orders) == (2, 1)


@pytest.mark.parametrize("ended", ["r-1", "r-2"])
def test_the_one_that_is_left_counts_alone(ended):
    book = evolve(working(*buying()), canceled(ended))
    left = {"r-1": D(125), "r-2": D(80)}[ended]
    assert sums(book)[0] == left
    assert sums(evolve(book, canceled("r-1" if ended == "r-2" else "r-2"))) == (0,) * 6


def test_an_execution_of_the_larger_hands_over_to_the_other():
    book = evolve(working(*buying()), executed("r-2", "0.006", Side.BUY, "12500"))
    # The stop has 0.004 left, 50 USDT; the limit still has 0.01 at 8000.
    assert sums(book) == (80, 0, 80, D("0.01"), 0, 80)


def test_what_was_reported_of_an_ended_alternative_and_not_booked_still_counts():
    book = working(*buying())
    gap = OrderGapFound(request_id="r-2", venue_order_id="v-r-2", reported_quantity=D("0.008"))
    evolve(book, gap, canceled("r-2"), canceled("r-1"))
    assert sums(book) == (100, 0, 100, D("0.008"), 0, 100)
    evolve(book, executed("r-2", "0.008", Side.BUY, "12500"))
    assert sums(book) == (0,) * 6


HAPPENINGS = (
    OrderUnknown(request_id="r-1", cause="timeout"),
    accepted("r-1"),
    OrderAmended(request_id="r-1", quantity=D("0.005")),
    canceled("r-1"),
)
OTHERS = (accepted("r-2"), executed("r-2", "0.004", Side.BUY, "12500"))


def interleavings(one: tuple, other: tuple):
    """Every way in which two stories can be told at once, each in its own order."""
    if not one or not other:
        yield one + other
        return
    for rest in interleavings(one[1:], other):
        yield (one[0], *rest)
    for rest in interleavings(one, other[1:]):
        yield (other[0], *rest)


def test_the_same_is_reserved_whichever_order_is_heard_of_first():
    ends = set()
    for story in interleavings(HAPPENINGS, OTHERS):
        specs = buying()
        book = evolve(funded(USDT="100000"), *(opened(of, of.limit_price) for of in specs))
        evolve(book, *(submitted(of.request_id) for of in specs))
        for event in story:
            evolve(book, event)
            claims = [made for order in book.working() if (made := claim(order)) is not None]
            assert sums(book)[0] == max(made.spends for made in claims)
        ends.add(sums(book))
        assert sums(again(book)) == sums(book)
    assert ends == {(75, 0, 75, D("0.006"), 0, 75)}


def test_two_lists_do_not_exclude_each_other():
    (one, other), book = selling("1", "1"), funded(BTC="10")
    place = ListPlace(contingency=Contingency.OCO, members=("r-8", "r-9"), index=0)
    far = spec("r-8", side=Side.SELL, quantity=D(2), **TARGET, place=place)
    evolve(book, *(opened(of, of.limit_price) for of in (one, other, far)))
    assert sums(book)[1] == D(3)


# ---- waiting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("contingency", [Contingency.OTO, Contingency.OTOCO])
def test_what_waits_claims_nothing_until_the_first_has_filled_and_then_all(contingency):
    specs = listed(contingency, *LEGS[contingency])
    book = working(*specs)
    alone = (100, 0, 100, D("0.01"), 0, 100)
    assert sums(book) == alone
    assert [book.order(of.request_id).waits for of in specs] == [False] + [True] * (len(specs) - 1)
    assert sums(again(book)) == alone

    evolve(book, executed("r-1", "0.004", Side.BUY))
    assert sums(book)[1] == 0
    assert sums(again(book)) == sums(book)

    evolve(book, executed("r-1", "0.006", Side.BUY))
    assert sums(book) == (0, D("0.01"), 0, 0, D("0.01"), 0)
    assert not any(book.order(of.request_id).waits for of in specs)
    assert sums(again(book)) == sums(book)


@pytest.mark.parametrize("contingency", [Contingency.OTO, Contingency.OTOCO])
def test_a_purchase_that_waits_spends_nothing_and_counts_for_what_may_be_held(contingency):
    legs = {Contingency.OTO: ({}, {}), Contingency.OTOCO: ({}, {}, BUY_STOP)}[contingency]
    book = working(*listed(contingency, *legs, first=Side.SELL, others=Side.BUY))
    assert book.exposure.reserved == {"BTC": D("0.01"), "USDT": D(0)}
    # Of the two at 10000 and 12500 only one can come true.
    assert book.exposure.buy_notional == max(D(100), D(125) * (len(legs) - 2))
    assert book.exposure.of("BTCUSDT").buy_quantity == D("0.01")
    assert sums(again(book)) == sums(book)
    evolve(book, executed("r-1", "0.01", Side.SELL))
    assert book.exposure.reserved["USDT"] == book.exposure.buy_notional
    assert sums(again(book)) == sums(book)


def test_a_snapshot_keeps_who_waits_for_whom():
    specs = listed(Contingency.OTOCO, *LEGS[Contingency.OTOCO])
    book = again(working(*specs))
    evolve(book, executed("r-1", "0.01", Side.BUY))
    assert sums(book) == (0, D("0.01"), 0, 0, D("0.01"), 0)


def test_a_first_order_that_ends_unfilled_sets_nothing_free():
    book = working(*listed(Contingency.OTO, *LEGS[Contingency.OTO]))
    evolve(book, executed("r-1", "0.004", Side.BUY), canceled("r-1"))
    assert book.order("r-2").waits
    assert sums(book) == (0,) * 6
    evolve(book, OrderExpired(request_id="r-2", venue_order_id="v-r-2"))
    assert not book.working()


def test_a_first_order_that_ended_and_filled_late_sets_free_when_the_venue_says_filled():
    book = working(*listed(Contingency.OTO, *LEGS[Contingency.OTO]))
    completed = OrderCompleted(request_id="r-1", venue_order_id="v-r-1", quantity=D("0.008"))
    evolve(book, completed)
    assert book.order("r-2").waits
    evolve(book, executed("r-1", "0.008", Side.BUY))
    assert not book.order("r-2").waits
    assert sums(book)[1] == D("0.01")


def test_one_of_two_that_wait_may_end_first():
    book = working(*listed(Contingency.OTOCO, *LEGS[Contingency.OTOCO]))
    evolve(book, canceled("r-2"), executed("r-1", "0.01", Side.BUY))
    assert not book.order("r-3").waits
    assert sums(book)[1] == D("0.01")
    evolve(book, canceled("r-3"))
    assert sums(book) == (0,) * 6


def test_what_was_taken_for_absent_works_when_the_first_filled_meanwhile():
    specs = listed(Contingency.OTO, *LEGS[Contingency.OTO])
    book = evolve(funded(USDT="100000"), *(opened(of, of.limit_price) for of in specs))
    evolve(book, *(submitted(of.request_id) for of in specs))
    never = {"code": "NEVER_LANDED", "reason": "absent"}
    evolve(book, *(OrderRejected(request_id=of.request_id, **never) for of in specs))
    # The proof of absence was wrong: both are there, and the first has filled already.
    evolve(book, accepted("r-1"), executed("r-1", "0.01", Side.BUY), accepted("r-2"))
    assert not book.order("r-2").waits
    assert sums(book) == (0, D("0.01"), 0, 0, D("0.01"), 0)


def test_the_order_of_news_does_not_matter_to_what_waits():
    events = (
        executed("r-1", "0.01", Side.BUY),
        OrderAmended(request_id="r-2", quantity=D("0.005")),
        canceled("r-3"),
    )
    ends = set()
    for story in permutations(events):
        book = evolve(working(*listed(Contingency.OTOCO, *LEGS[Contingency.OTOCO])), *story)
        ends.add(sums(book))
        assert book.order("r-1").state is OrderState.FILLED
    assert ends == {(0, D("0.005"), 0, 0, D("0.005"), 0)}
