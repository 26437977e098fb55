"""Which orders may be placed together: one row for each rule, and for its edge."""

import pytest
from aitrader_server.domain.order_list import list_problem
from aitrader_server.domain.terms import ListPlace, OrderSpec
from aitrader_server.domain.words import Contingency, OrderType, Side
from unit.domain.worlds import D, spec

SELL = Side.SELL
STOP = {"order_type": OrderType.STOP_LOSS, "stop_price": D(9000), "limit_price": None}
TARGET = {"order_type": OrderType.LIMIT_MAKER, "limit_price": D(11000)}
# The orders of a list that nothing speaks against, the first one first.
GOOD = {
    Contingency.OCO: ({"side": SELL, **TARGET}, {"side": SELL, **STOP}),
    Contingency.OTO: ({}, {"side": SELL, "limit_price": D(11000)}),
    Contingency.OTOCO: ({}, {"side": SELL, **TARGET}, {"side": SELL, **STOP}),
}
KINDS = tuple(GOOD)


def listed(contingency: Contingency, **changes: dict[str, object]) -> tuple[OrderSpec, ...]:
    """A good list with `first`, `second` or `third` changed."""
    ids = ("r-1", "r-2", "r-3")[: len(GOOD[contingency])]
    terms = [dict(given) for given in GOOD[contingency]]
    for number, name in enumerate(("first", "second", "third")):
        if name in changes:
            terms[number] |= changes[name]
    members = tuple(
        str(given.pop("request_id", one)) for one, given in zip(ids, terms, strict=True)
    )
    return tuple(
        spec(one, **given, place=ListPlace(contingency=contingency, members=members, index=index))
        for index, (one, given) in enumerate(zip(members, terms, strict=True))
    )


@pytest.mark.parametrize("contingency", Contingency)
def test_each_kind_of_list_can_be_placed(contingency):
    assert list_problem(listed(contingency)) is None


def test_an_order_on_its_own_is_no_list():
    assert list_problem((spec(),)) is None


IDS = "need a request_id of their own each"
SIZE = "take quantity, not quote_quantity"
BEGIN = "of an OTO begin with LIMIT or LIMIT_MAKER"
OTHER_SIDE = "that wait are on the other side than the first"
SMALLER = "that wait are at most as large as the first"
ALIKE = "of which one cancels the other have one side and one quantity"
PAIR = "of which one cancels the other pair LIMIT_MAKER or TAKE_PROFIT with STOP_LOSS"
BY_AMOUNT = {"quantity": None, "quote_quantity": D(100)}
OCO, OTO, OTOCO = Contingency.OCO, Contingency.OTO, Contingency.OTOCO


@pytest.mark.parametrize(
    ("contingency", "changes", "problem"),
    [
        (OCO, {"second": {"request_id": "r-1"}}, ("legs", IDS)),
        (OTO, {"second": {"request_id": "r-1"}}, ("legs", IDS)),
        (OTOCO, {"third": {"request_id": "r-2"}}, ("legs", IDS)),
        *((kind, {"first": BY_AMOUNT}, ("quantity", SIZE)) for kind in KINDS),
        *((kind, {"second": BY_AMOUNT}, ("quantity", SIZE)) for kind in KINDS),
        (OTOCO, {"third": BY_AMOUNT}, ("quantity", SIZE)),
        *(
            (kind, {"first": {"order_type": type_}}, ("order_type", BEGIN))
            for kind in (OTO, OTOCO)
            for type_ in OrderType
            if type_ not in (OrderType.LIMIT, OrderType.LIMIT_MAKER)
        ),
        (OTO, {"second": {"side": Side.BUY}}, ("legs", OTHER_SIDE)),
        (OTOCO, {"second": {"side": Side.BUY}}, ("legs", OTHER_SIDE)),
        (OTOCO, {"third": {"side": Side.BUY}}, ("legs", OTHER_SIDE)),
        (OTO, {"second": {"quantity": D("0.01000001")}}, ("legs", SMALLER)),
        (OTOCO, {"third": {"quantity": D("0.01000001")}}, ("legs", SMALLER)),
        (OCO, {"second": {"side": Side.BUY}}, ("legs", ALIKE)),
        (OCO, {"second": {"quantity": D("0.009")}}, ("legs", ALIKE)),
        (OCO, {"first": {"quantity": D("0.009")}}, ("legs", ALIKE)),
        (OTOCO, {"third": {"quantity": D("0.009")}}, ("legs", ALIKE)),
        (OCO, {"second": TARGET}, ("legs", PAIR)),
        (OCO, {"first": STOP}, ("legs", PAIR)),
        (OCO, {"first": {"order_type": OrderType.LIMIT}}, ("legs", PAIR)),
        (OCO, {"second": {"order_type": OrderType.MARKET}}, ("legs", PAIR)),
        (OTOCO, {"second": STOP}, ("legs", PAIR)),
        (OTOCO, {"third": TARGET}, ("legs", PAIR)),
    ],
)
def test_what_cannot_be_placed_together(contingency, changes, problem):
    assert list_problem(listed(contingency, **changes)) == problem


@pytest.mark.parametrize(
    ("contingency", "changes"),
    [
        (OTO, {"first": TARGET}),
        (OTO, {"second": {"quantity": D("0.001")}}),
        (OTO, {"second": {"quantity": D("0.0100")}}),
        *((OTO, {"second": {"order_type": type_}}) for type_ in OrderType),
        (OTOCO, {"second": {"quantity": D("0.001")}, "third": {"quantity": D("0.0010")}}),
        *(
            (kind, {one: {"order_type": target}, other: {"order_type": stop}})
            for target in (
                OrderType.LIMIT_MAKER,
                OrderType.TAKE_PROFIT,
                OrderType.TAKE_PROFIT_LIMIT,
            )
            for stop in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
            for kind, one, other in (
                (OCO, "first", "second"),
                (OCO, "second", "first"),
                (OTOCO, "second", "third"),
                (OTOCO, "third", "second"),
            )
        ),
    ],
)
def test_what_can_be_placed_together(contingency, changes):
    assert list_problem(listed(contingency, **changes)) is None


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity"])
@pytest.mark.parametrize("contingency", Contingency)
def test_an_amount_that_is_no_number_is_left_to_the_controls(contingency, number):
    for place in ("first", "second", "third")[: len(GOOD[contingency])]:
        assert list_problem(listed(contingency, **{place: {"quantity": D(number)}})) is None


def test_the_first_broken_rule_is_told():
    worst = listed(OTOCO, first={**BY_AMOUNT, "order_type": OrderType.MARKET}, third=TARGET)
    assert list_problem(worst) == ("quantity", SIZE)


@pytest.mark.parametrize(
    ("contingency", "waiting", "exclusive"),
    [
        (OCO, (False, False), (True, True)),
        (OTO, (False, True), (False, False)),
        (OTOCO, (False, True, True), (False, True, True)),
    ],
)
def test_each_place_says_what_it_waits_for_and_excludes(contingency, waiting, exclusive):
    places = [one.place for one in listed(contingency)]
    assert tuple(place.waits for place in places) == waiting
    assert tuple(place.alternatives == "r-1" for place in places) == exclusive
    assert {place.alternatives for place in places} <= {"r-1", ""}
    assert {place.list_id for place in places} == {"r-1"}
