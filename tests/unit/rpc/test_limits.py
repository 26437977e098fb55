"""Limits between the contract and the domain."""

from decimal import Decimal

import msgspec
import pytest
from aitrader.v1 import risk_pb2
from aitrader_server.domain.terms import Limits, StrategyLimits, SymbolLimits
from aitrader_server.errors import InvalidRequest
from aitrader_server.rpc.convert.limits import changed_limits, limits_message
from aitrader_server.rpc.interceptors.validation import check_fields
from aitrader_server.rpc.refusals import InvalidFields

FRACTIONS = (
    "per_trade_cap",
    "daily_loss_limit",
    "price_collar",
    "max_slippage",
    "max_spread",
    "max_concentration",
    "rolling_24h_loss_limit",
    "max_drawdown",
)
# Without one of these there is no size, no price and no end of a wait.
NEEDED = {
    "per_trade_cap",
    "max_slippage",
    "max_quote_age_ms",
    "max_mark_age_ms",
    "approval_ttl_s",
}
LIFTABLE = set(Limits.__struct_fields__) - NEEDED - {"deny_self_trade"}
OF_SYMBOL = risk_pb2.SymbolRiskLimits(max_open_orders=3)


def another(value: object) -> object:
    """A value of the same kind that is not the default."""
    if isinstance(value, bool):
        return not value
    return value + 7 if isinstance(value, int) else Decimal("0.123")


# Every limit there is, none as it is by default.
EVERYTHING = Limits(
    **{
        name: another(value)
        for name, value in msgspec.structs.asdict(Limits()).items()
        if not isinstance(value, dict | tuple)
    },
    symbols=("BTCUSDT", "ETHUSDT"),
    by_symbol={
        "A": SymbolLimits(
            max_order_notional=Decimal("1.50"),
            max_order_quantity=Decimal("0.1"),
            max_open_orders=2,
            max_orders_per_day=3,
            max_turnover_per_day=Decimal(4),
            max_loss_per_day=Decimal(5),
            max_position_notional=Decimal(6),
        )
    },
    by_strategy={"A": StrategyLimits(max_loss_per_day=Decimal("0.10"), max_open_orders=1)},
)


def test_unset_fields_keep_their_value():
    current = Limits(max_order_notional=Decimal(5000), max_open_orders=7)
    change = risk_pb2.RiskConfig(daily_loss_limit="0.04", symbols=["BTCUSDT"])
    changed = changed_limits(current, change)
    assert changed.daily_loss_limit == Decimal("0.04")
    assert changed.symbols == ("BTCUSDT",)
    assert (changed.max_order_notional, changed.max_open_orders) == (Decimal(5000), 7)


def test_limits_survive_the_way_there_and_back():
    changed = changed_limits(Limits(), limits_message(EVERYTHING))
    assert changed == EVERYTHING
    assert all(
        getattr(EVERYTHING, name) != getattr(Limits(), name) for name in Limits.__struct_fields__
    )
    # And so do those that there are not.
    nothing = changed_limits(Limits(), risk_pb2.RiskConfig(), LIFTABLE)
    assert changed_limits(nothing, limits_message(nothing)) == nothing


def test_every_limit_of_the_contract_is_one_of_the_domain():
    names = {field.name for field in risk_pb2.RiskConfig.DESCRIPTOR.fields}
    assert names == set(Limits.__struct_fields__)


@pytest.mark.parametrize("name", sorted(LIFTABLE))
def test_a_limit_that_is_lifted_is_none_and_the_others_stay(name):
    lifted = changed_limits(EVERYTHING, risk_pb2.RiskConfig(), [name])
    assert not getattr(lifted, name)
    kept = {field: getattr(EVERYTHING, field) for field in LIFTABLE if field != name}
    assert {field: getattr(lifted, field) for field in kept} == kept


@pytest.mark.parametrize("name", [*sorted(NEEDED), "deny_self_trade", "nonsense", ""])
def test_what_everything_rests_on_cannot_be_lifted(name):
    with pytest.raises(InvalidRequest, match="is no limit that can be lifted; these can: ") as no:
        changed_limits(EVERYTHING, risk_pb2.RiskConfig(), ["max_spread", name])
    assert no.value.field == "remove"


def test_what_is_given_counts_more_than_that_it_is_lifted():
    change = risk_pb2.RiskConfig(max_order_notional="7", by_symbol={"ETHUSDT": OF_SYMBOL})
    changed = changed_limits(EVERYTHING, change, ["max_order_notional", "by_symbol"])
    assert changed.max_order_notional == Decimal(7)
    assert changed.by_symbol == {"ETHUSDT": SymbolLimits(max_open_orders=3)}


@pytest.mark.parametrize(("wish", "denies"), [(None, True), (True, True), (False, False)])
def test_whether_our_orders_may_meet_is_said_or_stays(wish, denies):
    change = risk_pb2.RiskConfig(deny_self_trade=wish)
    assert changed_limits(Limits(deny_self_trade=True), change).deny_self_trade is denies


# ---- of single symbols and strategies ----------------------------------------------------------


@pytest.mark.parametrize("field", ["by_symbol", "by_strategy"])
def test_an_entry_replaces_all_that_its_name_had_and_nothing_of_others(field):
    kind = {"by_symbol": SymbolLimits, "by_strategy": StrategyLimits}[field]
    untouched = kind(max_open_orders=3)
    before = {"A": kind(max_open_orders=1, max_orders_per_day=2), "B": untouched}
    current = Limits(**{field: before})
    change = risk_pb2.RiskConfig(**{field: {"A": {"max_turnover_per_day": "0.50"}, "C": {}}})
    changed = getattr(changed_limits(current, change), field)
    assert changed == {
        "A": kind(max_turnover_per_day=Decimal("0.50")),
        "B": untouched,
    }


@pytest.mark.parametrize("field", ["by_symbol", "by_strategy"])
def test_an_entry_without_limits_removes_its_name(field):
    changed = changed_limits(EVERYTHING, risk_pb2.RiskConfig(**{field: {"A": {}}}))
    assert getattr(changed, field) == {}


@pytest.mark.parametrize("amount", ["0", "0.00"])
def test_an_amount_of_zero_is_a_limit_that_lets_nothing_through(amount):
    change = risk_pb2.RiskConfig(
        max_order_notional=amount, by_strategy={"s": {"max_loss_per_day": amount}}
    )
    changed = changed_limits(Limits(), change)
    assert changed.max_order_notional == 0
    assert changed.by_strategy == {"s": StrategyLimits(max_loss_per_day=Decimal(0))}


# ---- what the contract refuses -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"risk_config": None}, "risk_config"),
        ({"remove": ["Max Spread"]}, "remove[0]"),
        ({"remove": ["max_spread"] * 31}, "remove"),
        ({"risk_config": {"by_symbol": {"btc/usdt": {}}}}, 'risk_config.by_symbol["btc/usdt"]'),
        ({"risk_config": {"by_strategy": {"": {}}}}, 'risk_config.by_strategy[""]'),
        (
            {"risk_config": {"by_symbol": {"A": {"max_loss_per_day": "-1"}}}},
            'risk_config.by_symbol["A"].max_loss_per_day',
        ),
        ({"risk_config": {"max_drawdown": "NaN"}}, "risk_config.max_drawdown"),
        ({"risk_config": {"max_orders_per_minute": 10_001}}, "risk_config.max_orders_per_minute"),
    ],
)
def test_a_change_is_refused_by_its_field(fields, field):
    good = {"risk_config": {}, "reason": "a storm"}
    check_fields(risk_pb2.UpdateLimitsRequest(**good))
    with pytest.raises(InvalidFields) as no:
        check_fields(risk_pb2.UpdateLimitsRequest(**(good | fields)))
    assert [violation.field for violation in no.value.violations] == [field]


@pytest.mark.parametrize("name", FRACTIONS)
def test_a_percentage_where_a_fraction_belongs_is_refused(name):
    assert changed_limits(Limits(), risk_pb2.RiskConfig(**{name: "0.99"}))
    with pytest.raises(InvalidRequest, match="is a fraction") as refused:
        changed_limits(Limits(), risk_pb2.RiskConfig(**{name: "6"}))
    assert refused.value.field == f"risk_config.{name}"


def test_slippage_leaves_a_sale_a_price():
    with pytest.raises(InvalidRequest, match="below 1"):
        changed_limits(Limits(), risk_pb2.RiskConfig(max_slippage="1"))
