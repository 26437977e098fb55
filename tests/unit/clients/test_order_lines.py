"""An order as a person reads it."""

import pytest
from aitrader.v1 import common_pb2
from aitrader_clients.cli.order_lines import COLUMNS, print_order, row_of


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ({}, "market"),
        ({"limit_price": "94900", "stop_price": "95000"}, "94900 stop 95000"),
        ({"trailing_delta_bips": 100}, "trails by 1 %"),
        ({"stop_price": "95000", "trailing_delta_bips": 25}, "stop 95000 trails by 0.25 %"),
    ],
)
def test_every_price_that_an_order_has_is_said(prices, said):
    row = row_of(common_pb2.Order(**prices))
    assert row[COLUMNS.index("price")] == said


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"state": "ORDER_STATE_PENDING_APPROVAL"}, "approval  until 2026-11-22T18:48:11.000Z"),
        ({"state": "ORDER_STATE_FILLED", "approved_by": "desk"}, "approval  by desk"),
        ({"state": "ORDER_STATE_CANCELED"}, None),
    ],
)
def test_an_order_says_until_when_it_waits_for_approval_and_who_gave_it(facts, said, capsys):
    order = common_pb2.Order(**facts)
    order.approve_by.FromJsonString("2026-11-22T18:48:11Z")
    print_order(order)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("approval")]
    assert lines == ([said] if said else [])
