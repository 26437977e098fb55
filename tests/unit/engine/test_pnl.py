"""The day in money, as far as there are prices for it."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderType, Side
from small_engine import CALLER, build, ready


class Quotes:
    """The prices behind it, none while it is `silent`."""

    silent = False

    def __init__(self, quotes):
        self._quotes = quotes

    def __getattr__(self, name):
        return getattr(self._quotes, name)

    def quote(self, symbol):
        return None if self.silent else self._quotes.quote(symbol)


@pytest.fixture
async def engine(tmp_path):
    """Has bought a thousandth of a bitcoin at the market."""
    engine = build(tmp_path, MemoryJournal())
    engine.ports = msgspec.structs.replace(engine.ports, quotes=Quotes(engine.ports.quotes))
    await ready(engine)
    spec = OrderSpec(
        request_id="bought",
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        quantity=Decimal("0.001"),
    )
    await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)
    yield engine
    await engine.stop()


def fill(engine):
    (fill,) = engine.book.order("bought").fills
    return fill


async def test_a_purchase_has_cost_its_fee_and_is_worth_its_price(engine):
    pnl = engine.parts.account.pnl()
    paid, price = fill(engine), engine.parts.account.price("BTC")
    assert (paid.fee_asset, pnl.filled_orders, pnl.realized) == ("BTC", 1, Decimal(0))
    assert pnl.fees == paid.fee * price
    bought = paid.quantity * (price - paid.price)
    assert pnl.equity == pnl.start_equity + bought - pnl.fees
    assert 0 <= pnl.drawdown < 1


async def test_without_a_price_what_needs_one_is_not_told(engine):
    engine.ports.quotes.silent = True
    pnl = engine.parts.account.pnl()
    assert (pnl.equity, pnl.unrealized, pnl.fees, pnl.drawdown) == (None, None, None, 0.0)
    assert (pnl.realized, pnl.filled_orders) == (Decimal(0), 1)
    assert pnl.start_equity > 0


async def test_a_fee_in_money_that_has_no_price_here_leaves_the_fees_unknown(engine):
    order = engine.book.order("bought")
    late = Fill(
        trade_id="late",
        quantity=Decimal("0.001"),
        price=Decimal(1),
        fee=Decimal("0.01"),
        fee_asset="DOGE",
    )
    engine.on_report(
        VenueReport(
            request_id="bought",
            symbol="BTCUSDT",
            venue_order_id=order.venue_order_id,
            status=VenueStatus.FILLED,
            cumulative_quantity=Decimal("0.002"),
            fills=(*order.fills, late),
        )
    )
    assert engine.parts.account.pnl().fees is None
