"""What `--take-profit` and `--stop-loss` make of an order, and the sentence that says so."""

from decimal import Decimal

import click
import pytest
from aitrader.v1.trading_pb2 import OrderBounds
from aitrader_clients.cli.protection import Exits, plan, with_exits
from aitrader_clients.order_requests import Leg

BOUNDS = OrderBounds(quantity_rounding="0.00010000")
ABOVE, BELOW, LOWEST = Decimal(4100), Decimal(3900), Decimal(3890)


def fields(quantity="0.5", **others):
    return {"symbol": "ETHUSDT", "quantity": Decimal(quantity), **others}


def bought(exits, quantity="0.5", bounds=BOUNDS):
    return with_exits("buy", exits, fields(quantity, limit_price=Decimal(4010)), bounds)


def test_without_exits_nothing_changes():
    given, nothing = fields(limit_price=Decimal(4010)), Exits(None, None, None, None)
    assert with_exits("buy", nothing, given, BOUNDS) == given
    assert plan("buy", nothing, given) == ""


def test_a_purchase_with_both_exits():
    exits = Exits(ABOVE, BELOW, None, None)
    made = bought(exits)
    assert made["contingency"] == "otoco"
    assert made["legs"] == [
        Leg("limit_maker", limit_price=ABOVE, quantity=Decimal("0.4995")),
        Leg(stop_price=BELOW, quantity=Decimal("0.4995")),
    ]
    assert plan("buy", exits, made) == (
        "plan: buy 0.5 ETHUSDT at 4010 or less; once all of it is bought, sell 0.4995 at 4100 or"
        " more, or at the market once the price is down to 3900; one ends the other"
    )


def test_a_purchase_with_one_exit():
    loss = Exits(None, BELOW, LOWEST, None)
    made = bought(loss)
    assert made["contingency"] == "oto"
    assert made["legs"] == [
        Leg(limit_price=LOWEST, stop_price=BELOW, quantity=Decimal("0.4995")),
    ]
    assert plan("buy", loss, made).endswith(
        "sell 0.4995 at 3890 or more once the price is down to 3900"
    )
    # It is no maker: one whose price was passed meanwhile sells instead of being refused.
    assert bought(Exits(ABOVE, None, None, None))["legs"][0].order_type == "limit"


def test_a_sale_of_what_is_held_is_one_pair():
    exits = Exits(ABOVE, BELOW, None, None)
    made = with_exits("sell", exits, fields(limit_price=None, order_type=None), None)
    assert (made["contingency"], made["order_type"]) == ("oco", "limit_maker")
    assert (made["limit_price"], made["quantity"]) == (ABOVE, Decimal("0.5"))
    assert made["legs"] == [Leg(stop_price=BELOW)]
    assert plan("sell", exits, made) == (
        "plan: sell 0.5 ETHUSDT at 4100 or more, or at the market once the price is down to 3900;"
        " one ends the other"
    )


@pytest.mark.parametrize(
    ("quantity", "sold"),
    [("0.5", "0.4995"), ("0.1", "0.0999"), ("1.2345", "1.2332"), ("100", "99.9")],
)
def test_the_exits_sell_what_the_fee_leaves_on_the_venue_s_step(quantity, sold):
    (leg,) = bought(Exits(None, BELOW, None, None), quantity)["legs"]
    assert leg.quantity == Decimal(sold)
    assert leg.quantity <= Decimal(quantity) * Decimal("0.999")


def test_a_quantity_that_is_given_is_taken_as_it_is():
    (leg,) = bought(Exits(None, BELOW, None, Decimal("0.5")))["legs"]
    assert leg.quantity == Decimal("0.5")


def test_a_purchase_of_one_step_leaves_nothing_to_sell():
    with pytest.raises(click.UsageError, match="--exit-quantity"):
        bought(Exits(None, BELOW, None, None), "0.0001")
