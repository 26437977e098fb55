"""Limits between the contract and the domain."""

from decimal import Decimal

import pytest
from aitrader.v1 import risk_pb2
from aitrader_server.domain.terms import Limits
from aitrader_server.errors import InvalidRequest
from aitrader_server.rpc.convert.limits import changed_limits, limits_message


def test_unset_fields_keep_their_value():
    current = Limits(max_order_notional=Decimal(5000), max_open_orders=7)
    change = risk_pb2.RiskConfig(daily_loss_limit="0.04", symbols=["BTCUSDT"])
    changed = changed_limits(current, change)
    assert changed.daily_loss_limit == Decimal("0.04")
    assert changed.symbols == ("BTCUSDT",)
    assert (changed.max_order_notional, changed.max_open_orders) == (Decimal(5000), 7)


def test_limits_survive_the_way_there_and_back():
    limits = Limits(max_order_notional=Decimal("0.10"), symbols=("A", "B"), max_spread=None)
    assert changed_limits(Limits(max_spread=None), limits_message(limits)) == limits


@pytest.mark.parametrize("name", ["per_trade_cap", "daily_loss_limit", "max_slippage"])
def test_a_percentage_where_a_fraction_belongs_is_refused(name):
    assert changed_limits(Limits(), risk_pb2.RiskConfig(**{name: "0.99"}))
    with pytest.raises(InvalidRequest, match="is a fraction") as refused:
        changed_limits(Limits(), risk_pb2.RiskConfig(**{name: "6"}))
    assert refused.value.field == f"risk_config.{name}"


def test_slippage_leaves_a_sale_a_price():
    with pytest.raises(InvalidRequest, match="below 1"):
        changed_limits(Limits(), risk_pb2.RiskConfig(max_slippage="1"))
