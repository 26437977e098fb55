"""Positions at average cost, and what an order may still do."""

import pytest
from aitrader_server.domain.events import OrderCanceled, OrderExpired, OrderGapFound
from aitrader_server.domain.order import Order, apply, initialize
from aitrader_server.domain.portfolio import Claim, Position, claim
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import TERMINAL_STATES, OrderState, OrderType, Side
from unit.domain.worlds import (
    NOW_NS,
    TRACE,
    D,
    fill,
    filled,
    market,
    opened,
    order_in,
    spec,
)


def after(*executions) -> Position:
    """The position after (side, fill) pairs."""
    position = Position()
    for side, execution in executions:
        position = position.after(filled(execution, side=side))
    return position


def test_a_fee_in_base_earns_nothing_when_the_base_is_sold():
    position = after(
        (Side.BUY, fill("1", "10", "100")),
        (Side.SELL, fill("2", "1", "100", "0.01", "BTC")),
    )
    # Sold at cost: the only result is the fee, 0.01 BTC that had cost 1 USDT.
    assert position == Position(quantity=D("8.99"), cost=D(899), realized=D(-1))


def test_a_fee_in_base_that_the_position_no_longer_covers_costs_what_is_left():
    position = after(
        (Side.BUY, fill("1", "1", "100")),
        (Side.SELL, fill("2", "1", "120", "0.01", "BTC")),
    )
    assert position == Position(quantity=D(0), cost=D(0), realized=D(20))


def test_cost_is_averaged_and_sold_with_its_share():
    position = after(
        (Side.BUY, fill("1", "1", "100")),
        (Side.BUY, fill("2", "3", "200")),
        (Side.SELL, fill("3", "1", "250")),
    )
    assert position == Position(quantity=D(3), cost=D(525), realized=D(75))


def test_a_fee_in_quote_adds_to_the_cost_and_lessens_the_proceeds():
    position = after(
        (Side.BUY, fill("1", "1", "100", "1", "USDT")),
        (Side.SELL, fill("2", "0.5", "100", "2", "USDT")),
    )
    assert position == Position(quantity=D("0.5"), cost=D("50.5"), realized=D("-2.5"))


def test_a_fee_in_base_shrinks_what_is_bought():
    position = after((Side.BUY, fill("1", "1", "100", "0.001", "BTC")))
    assert position == Position(quantity=D("0.999"), cost=D(100))


def test_a_fee_in_a_third_asset_is_no_part_of_the_position():
    position = after(
        (Side.BUY, fill("1", "1", "100", "0.01", "BNB")),
        (Side.SELL, fill("2", "1", "100", "0.01", "BNB")),
    )
    assert position == Position()


def test_what_was_never_bought_here_brings_no_result_when_it_is_sold():
    assert after((Side.SELL, fill("1", "1", "100"))) == Position()
    beyond = after((Side.BUY, fill("1", "1", "100")), (Side.SELL, fill("2", "3", "150")))
    assert beyond == Position(realized=D(50))


def test_a_cost_that_does_not_divide_is_all_gone_with_the_last_sale():
    position = after(
        (Side.BUY, fill("1", "3", "33.333333333333333333")),
        *((Side.SELL, fill(str(number), "1", "40")) for number in (2, 3, 4)),
    )
    assert (position.quantity, position.cost) == (0, 0)
    assert position.realized == D("20.000000000000000001")


def test_a_share_never_costs_more_than_there_is():
    dust = fill("1", "1", "0.0000000000009")
    position = after((Side.BUY, dust), (Side.SELL, fill("2", "0.99", "1")))
    assert position.cost >= 0


# ---- claims -----------------------------------------------------------------------------------


def claimed(state: OrderState, of: OrderSpec | None = None) -> Claim | None:
    return claim(order_in(state, of))


@pytest.mark.parametrize("state", OrderState)
def test_every_order_that_may_execute_claims_all_that_is_left(state):
    found = claimed(state, spec(strategy="s"))
    if state in TERMINAL_STATES:
        assert found is None
        return
    left = D("0.006") if state is OrderState.PARTIALLY_FILLED else D("0.01")
    assert found == Claim(
        symbol="BTCUSDT",
        strategy="s",
        side=Side.BUY,
        asset="USDT",
        spends=left * 10000,
        quantity=left,
        notional=left * 10000,
        is_stop=False,
        unknown=state is OrderState.UNKNOWN,
        working=True,
        alternatives="",
        price=None if state is OrderState.PENDING_APPROVAL else D(10000),
        executed=state is OrderState.PARTIALLY_FILLED,
    )


STOP_LIMIT = {"order_type": OrderType.STOP_LOSS_LIMIT, "stop_price": D(9000)}


@pytest.mark.parametrize(
    ("of", "state", "price"),
    [
        (spec(order_type=OrderType.LIMIT_MAKER), OrderState.ACCEPTED, D(10000)),
        (market(), OrderState.ACCEPTED, None),
        (spec(**STOP_LIMIT), OrderState.ACCEPTED, None),
        (spec(**STOP_LIMIT), OrderState.TRIGGERED, D(10000)),
    ],
    ids=["a maker", "without a price", "a stop that sleeps", "a stop that went live"],
)
def test_an_order_rests_where_it_may_meet_others(of, state, price):
    found = claimed(state, of)
    assert found is not None
    assert found.price == price


def test_a_sale_spends_what_it_sells():
    found = claimed(OrderState.ACCEPTED, spec(side=Side.SELL))
    assert found is not None
    assert (found.asset, found.spends, found.notional) == ("BTC", D("0.01"), D(100))


@pytest.mark.parametrize("end", [OrderCanceled, OrderExpired])
@pytest.mark.parametrize("side", Side)
def test_an_ended_order_claims_what_was_reported_and_not_booked(end, side):
    at_venue = {"request_id": "r-1", "venue_order_id": "v-1"}
    order = order_in(OrderState.ACCEPTED, spec(side=side))
    for event in (OrderGapFound(**at_venue, reported_quantity=D("0.004")), end(**at_venue)):
        order = apply(order, event, NOW_NS)
        assert isinstance(order, Order)
    found = claim(order)
    assert found is not None
    assert (found.quantity, found.notional, found.working) == (D("0.004"), D(40), False)
    booked = apply(order, filled(fill("1", "0.004"), side=side), NOW_NS)
    assert isinstance(booked, Order)
    assert claim(booked) is None


def test_an_order_by_amount_claims_the_amount_that_is_left():
    by_amount = market(quantity=None, quote_quantity=D(100))
    found = claimed(OrderState.UNKNOWN, by_amount)
    assert found is not None
    assert (found.spends, found.notional, found.quantity) == (D(100), D(100), D("0.01"))
    part = claimed(OrderState.PARTIALLY_FILLED, by_amount)
    assert part is not None
    assert (part.spends, part.quantity) == (D(60), D("0.006"))


def test_an_order_by_amount_that_cost_more_claims_nothing_more():
    order = order_in(OrderState.ACCEPTED, market(quantity=None, quote_quantity=D(10)))
    order = apply(order, filled(fill("1", "0.004")), NOW_NS)
    assert isinstance(order, Order)
    found = claim(order)
    assert found is not None
    assert (found.spends, found.quantity) == (0, 0)


def test_an_order_that_nothing_priced_claims_its_amount_all_the_same():
    of = market(quantity=None, quote_quantity=D(100))
    found = claim(initialize(opened(of, D(0)), at_ns=NOW_NS, trace_id=TRACE))
    assert found is not None
    assert (found.spends, found.quantity) == (D(100), 0)


def test_more_executed_than_ordered_claims_nothing():
    order = order_in(OrderState.FILLED)
    over = apply(order, filled(fill("t-9", "5")), NOW_NS)
    assert isinstance(over, Order)
    assert claim(over) is None


def test_stops_are_counted_apart():
    stop = spec(order_type=OrderType.STOP_LOSS_LIMIT, stop_price=D(9000))
    found = claimed(OrderState.ACCEPTED, stop)
    assert found is not None
    assert found.is_stop
