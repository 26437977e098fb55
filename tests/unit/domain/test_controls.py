"""Every control, by its table."""

import re

import pytest
from aitrader_server.domain.risk.checks import CHECKS, assess
from aitrader_server.domain.terms import Breach
from aitrader_server.domain.words import Side, TradingState
from unit.domain.controls import exposure, fat_finger, filters, gates, loss, pace, quotas, validity
from unit.domain.controls.table import Denial, Table, gated, sale, switched
from unit.domain.worlds import D, context, funded, limited, spec

GROUPS = (gates, validity, filters, fat_finger, exposure, loss, quotas, pace)
TABLES: tuple[Table, ...] = tuple(table for group in GROUPS for table in group.TABLES)
PLAIN = re.compile(r"(-?[0-9]+(\.[0-9]+)?)?\Z")


def code(table: Table) -> str:
    return table.control.__name__.upper()


ALLOWED = [
    pytest.param(table, case, id=f"{code(table)}: {name}")
    for table in TABLES
    for name, case in table.allowed.items()
]
DENIED = [
    pytest.param(table, case, id=f"{code(table)}: {name}")
    for table in TABLES
    for name, case in table.denied.items()
]


def test_every_control_has_a_table_in_the_order_in_which_they_are_asked():
    assert [table.control for table in TABLES] == list(CHECKS)
    assert all(table.allowed and table.denied for table in TABLES)


def test_an_order_that_nothing_speaks_against_passes_every_control():
    assert assess(context()) == ()
    assert assess(context(sale("10"))) == ()


@pytest.mark.parametrize(("table", "case"), ALLOWED)
def test_allowed(table: Table, case):
    assert table.control(case) == ()


@pytest.mark.parametrize(("table", "case"), DENIED)
def test_denied(table: Table, case: Denial):
    (found,) = table.control(case.context)
    assert found.code == code(table)
    assert (found.limit, found.value) == (case.limit, case.value)
    assert PLAIN.match(found.limit)
    assert PLAIN.match(found.value)
    assert table.advice in found.message
    assert "E+" not in found.message
    assert not re.search(r"\d\.\d*0\b(?!%)", found.message)
    assert not found.message.endswith(".")
    # What one control denies is denied, and all that speak are heard in their order.
    everything = assess(case.context)
    assert found in everything
    order = [control.__name__.upper() for control in CHECKS]
    asked = [order.index(breach.code) for breach in everything]
    assert asked == sorted(asked)


def codes(breaches: tuple[Breach, ...]) -> list[str]:
    return [breach.code for breach in breaches]


def test_all_breaches_are_told_and_gates_come_first():
    book = limited(
        funded(USDT="1"), max_order_notional=D(1), max_order_quantity=D("0.001"), symbols=("X",)
    )
    case = gated(spec(quantity=D("0.000001"), limit_price=D("10000.001")), reconciling=True)
    assert codes(assess(case)) == ["RECONCILING", "PRICE_FILTER", "LOT_SIZE", "NOTIONAL"]
    assert codes(assess(context(book=book))) == [
        "SYMBOL_NOT_PERMITTED",
        "MAX_ORDER_NOTIONAL",
        "MAX_ORDER_QUANTITY",
        "INSUFFICIENT_BALANCE",
    ]


@pytest.mark.parametrize(
    "closed",
    [
        lambda of: context(of, switched(TradingState.REDUCING)),
        lambda of: gated(of, reconciling=True),
        lambda of: gated(of, stream_up=False),
        lambda of: gated(of, stream_up=False, reconciling=True),
    ],
    ids=["REDUCING", "RECONCILING", "STREAM_DOWN", "both"],
)
def test_only_what_reduces_leaves_while_growth_is_closed(closed):
    for quantity in ("0.01", "10"):
        assert assess(closed(sale(quantity))) == ()
        assert assess(closed(spec(side=Side.SELL, quantity=D(quantity)))) == ()
    assert assess(closed(spec())) != ()
    assert assess(closed(sale("10.00001"))) != ()


# Whether a symbol takes an order at all does not depend on what it does to the account.
OF_THE_VENUE = (*validity.TABLES, *filters.TABLES)
# Controls that say nothing against a sale of what is held and free, however bad it looks.
LET_REDUCE = {
    "TRADING_STATE_REDUCING",
    "RECONCILING",
    "STREAM_DOWN",
    "UNRESOLVED_ORDERS_EXCEEDED",
    "MAX_POSITION",
    "INSUFFICIENT_BALANCE",
    "MAX_POSITION_NOTIONAL",
    "MAX_GROSS_EXPOSURE",
    "MAX_CONCENTRATION",
    "REDUCE_ONLY_WOULD_INCREASE",
    "DAILY_LOSS_LIMIT",
    "ROLLING_24H_LOSS_LIMIT",
    "MAX_DRAWDOWN",
    "CONSECUTIVE_LOSSES",
    "MAX_ORDERS_PER_DAY",
    "MAX_TURNOVER_PER_DAY",
    "STRATEGY_MAX_DAILY_TRADES",
    "STRATEGY_MAX_RISK_FRACTION",
    "REPEATED_EXECUTION",
    "ORDER_RATE_LIMIT",
    "APPROVAL_REQUIRED",
}


@pytest.mark.parametrize("table", TABLES, ids=code)
def test_what_reduces_is_let_through_where_it_should_be(table: Table):
    reducing = [denial.context for denial in table.denied.values() if denial.context.reduces]
    if code(table) in LET_REDUCE:
        assert not reducing
        assert any(case.reduces for case in table.allowed.values())
    elif table not in OF_THE_VENUE:
        assert reducing


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity"])
def test_an_amount_that_is_no_number_is_denied_before_anything_compares_it(side, number):
    for name in ("quantity", "limit_price", "stop_price", "iceberg_quantity"):
        found = assess(gated(spec(side=side, **{name: D(number)}), reconciling=True))
        assert codes(found) == ["RECONCILING", "NON_FINITE_INPUT"]


def test_no_quote_denies_whatever_is_asked_for():
    for of in (spec(), sale(), spec(side=Side.SELL)):
        assert "STALE_MARKET_DATA" in codes(assess(context(of, quote=None)))
