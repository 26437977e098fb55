"""An order as a person reads it."""

import pytest
from aitrader.v1 import common_pb2
from aitrader_clients.cli.order_lines import COLUMNS, row_of


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
