"""Random lives of orders against a naive model; and the model notices planted bugs."""

import msgspec
import pytest
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import Order, apply
from aitrader_server.domain.words import OrderState
from evidence.machines import RUNG

from machines.counting import walk
from machines.order_life import OrderLife

SEED = 1
STEPS_TO_CATCH = 20_000


@pytest.mark.timeout(600)
def test_no_life_comes_to_another_end_than_the_model(tally):
    tally(RUNG.climbed())


def _without_trades(order: Order, said):
    """Takes every trade for a new one."""
    return observe(msgspec.structs.replace(order, fills=()), said)


def _first_end_only(order: Order, said):
    """Hears nothing more of an order that has ended."""
    return () if order.terminal else observe(order, said)


def _trusting_the_total(order: Order, event, at_ns: int):
    """Takes what the venue reported as executed for booked."""
    after = apply(order, event, at_ns)
    if isinstance(after, Order) and after.gap:
        return msgspec.structs.replace(after, cumulative_quantity=after.reported_quantity)
    return after


def _reopening(order: Order, event, at_ns: int):
    """Lets a late trade open an order again."""
    after = apply(order, event, at_ns)
    if isinstance(after, Order) and after.fills != order.fills and after.leaves_quantity == 0:
        return msgspec.structs.replace(after, state=OrderState.PARTIALLY_FILLED)
    return after


def _latest_size(order: Order, said):
    """Believes whatever size was told last."""
    return observe(msgspec.structs.replace(order, quantity=order.spec.quantity), said)


@pytest.mark.parametrize(
    "bug",
    [
        {"observe": _without_trades},
        {"observe": _first_end_only},
        {"observe": _latest_size},
        {"apply": _trusting_the_total},
        {"apply": _reopening},
    ],
    ids=lambda bug: next(iter(bug.values())).__name__,
)
def test_a_planted_bug_in_the_order_is_found(bug):
    planted = {name: staticmethod(function) for name, function in bug.items()}
    with pytest.raises(AssertionError):
        walk(type("Planted", (OrderLife,), planted), STEPS_TO_CATCH, SEED, shrinks=False)
