"""Which fields belong to which type of order."""

import pytest
from aitrader_server.domain.risk.validity import shape_problem
from aitrader_server.domain.words import PRICED_TYPES, STOP_TYPES, OrderType
from unit.domain.worlds import D, market, spec

SHAPES = {
    OrderType.MARKET: {},
    OrderType.LIMIT: {"limit_price": D(1)},
    OrderType.LIMIT_MAKER: {"limit_price": D(1)},
    OrderType.STOP_LOSS: {"stop_price": D(1)},
    OrderType.STOP_LOSS_LIMIT: {"stop_price": D(1), "limit_price": D(1)},
    OrderType.TAKE_PROFIT: {"stop_price": D(1)},
    OrderType.TAKE_PROFIT_LIMIT: {"stop_price": D(1), "limit_price": D(1)},
}


def shaped(kind: OrderType, **changes):
    return shape_problem(market(order_type=kind, **{**SHAPES[kind], **changes}))


@pytest.mark.parametrize("kind", OrderType)
def test_each_type_has_a_shape(kind):
    assert shaped(kind) is None


@pytest.mark.parametrize("kind", OrderType)
def test_prices_are_given_where_they_belong_and_nowhere_else(kind):
    if kind in PRICED_TYPES:
        assert shaped(kind, limit_price=None) == ("limit_price", f"{kind} orders need limit_price")
    else:
        assert shaped(kind, limit_price=D(1)) == (
            "limit_price",
            f"{kind} orders take no limit_price",
        )


@pytest.mark.parametrize("kind", OrderType)
def test_stops_need_a_trigger_and_others_take_none(kind):
    if kind in STOP_TYPES:
        assert shaped(kind, stop_price=None) == (
            "stop_price",
            f"{kind} orders need stop_price or trailing_delta_bips",
        )
        assert shaped(kind, stop_price=None, trailing_delta_bips=10) is None
        assert shaped(kind, trailing_delta_bips=10) is None
    else:
        assert shaped(kind, stop_price=D(1)) == ("stop_price", f"{kind} orders take no stop_price")
        assert shaped(kind, trailing_delta_bips=10) == (
            "trailing_delta_bips",
            f"{kind} orders cannot trail: only STOP_LOSS and TAKE_PROFIT orders, limit or not, do",
        )


@pytest.mark.parametrize("kind", OrderType)
def test_a_size_is_given_once(kind):
    found = shaped(kind, quantity=None, quote_quantity=D(1))
    if kind is OrderType.MARKET:
        assert found is None
    else:
        assert found == (
            "quote_quantity",
            f"{kind} orders take quantity; quote_quantity is for MARKET",
        )
    neither = shaped(kind, quantity=None)
    assert neither == ("quantity", f"{kind} orders take exactly one of quantity and quote_quantity")
    # Two sizes would be checked by the one and sent by the other.
    assert shaped(kind, quote_quantity=D(1)) is not None


@pytest.mark.parametrize("kind", OrderType)
def test_only_orders_with_a_price_are_icebergs(kind):
    found = shaped(kind, iceberg_quantity=D("0.001"))
    if kind in PRICED_TYPES:
        assert found is None
    else:
        assert found == ("iceberg_quantity", f"{kind} orders cannot be icebergs")


def test_the_default_order_of_these_tests_has_a_shape():
    assert shape_problem(spec()) is None
