"""The ids of orders that are placed together and were not named: short, alike, and of their own."""

import re

import pytest
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_server.domain.words import Contingency, OrderType, Side
from aitrader_server.rpc.convert.orders import order_specs
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.worlds import D

ID = re.compile(r"[A-Za-z0-9_-]{1,36}\Z")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
request_ids = st.text(LETTERS, min_size=1, max_size=36)


def bracket(*leg_ids: str, **leg: object) -> trading_pb2.PlaceOrderRequest:
    terms = {"order_type": common_pb2.ORDER_TYPE_LIMIT_MAKER, "limit_price": "11000", **leg}
    kind = common_pb2.CONTINGENCY_OTOCO if len(leg_ids) > 1 else common_pb2.CONTINGENCY_OTO
    return trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_LIMIT,
        quantity="0.01",
        limit_price="10000",
        strategy="s",
        contingency=kind,
        legs=[trading_pb2.OrderLeg(request_id=one, **terms) for one in leg_ids],
    )


def ids(request, request_id):
    return [spec.request_id for spec in order_specs(request, request_id)]


@given(request_id=request_ids)
def test_they_fit_the_venue_differ_and_are_the_same_for_the_same_request(request_id):
    found = ids(bracket("", ""), request_id)
    assert found[0] == request_id
    assert len(set(found)) == 3
    assert all(ID.match(one) for one in found)
    assert found == ids(bracket("", ""), request_id)


@pytest.mark.parametrize("length", range(30, 37))
def test_an_id_with_room_is_lengthened_and_another_is_hashed(length):
    request_id = "x" * length
    _, first, second = ids(bracket("", ""), request_id)
    if length <= 34:
        assert (first, second) == (f"{request_id}-1", f"{request_id}-2")
    else:
        assert (len(first), len(second)) == (36, 36)
        assert (first[-2:], second[-2:]) == ("-1", "-2")
        assert not first.startswith("xxx")


def test_long_ids_that_begin_alike_have_other_legs():
    one, other = (ids(bracket(""), "x" * 35 + last) for last in "ab")
    assert one[1] != other[1]


def test_a_leg_that_was_named_keeps_its_name():
    assert ids(bracket("mine", ""), "r") == ["r", "mine", "r-2"]


def test_every_order_knows_its_place_among_all():
    specs = order_specs(bracket("", "mine"), "r")
    assert [spec.place.index for spec in specs] == [0, 1, 2]
    assert {spec.place.members for spec in specs} == {("r", "r-1", "mine")}
    assert {spec.place.contingency for spec in specs} == {Contingency.OTOCO}


def test_what_a_leg_does_not_say_it_has_from_the_first():
    first, leg = order_specs(bracket(""), "r")
    assert (leg.symbol, leg.quantity, leg.strategy) == ("BTCUSDT", D("0.01"), "s")
    assert (leg.side, leg.order_type) == (Side.SELL, OrderType.LIMIT_MAKER)
    assert (first.side, leg.limit_price) == (Side.BUY, D(11000))
    _, own = order_specs(bracket("", quantity="0.005", side=common_pb2.SIDE_BUY), "r")
    assert (own.quantity, own.side) == (D("0.005"), Side.BUY)


def test_of_a_pair_both_have_one_side():
    request = bracket("")
    request.contingency = common_pb2.CONTINGENCY_OCO
    assert [spec.side for spec in order_specs(request, "r")] == [Side.BUY, Side.BUY]


def test_an_order_on_its_own_has_no_place():
    request = bracket("")
    request.contingency = common_pb2.CONTINGENCY_UNSPECIFIED
    del request.legs[:]
    (alone,) = order_specs(request, "r")
    assert (alone.request_id, alone.place) == ("r", None)
