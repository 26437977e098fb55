"""A symbol may leave the configuration once nothing works on it."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_gateway.paper.plugin import create
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.terms import Fill, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import OrderType, Side
from aitrader_server.errors import ConfigError
from small_engine import CALLER, build, ready


class Narrower:
    """The venue behind it, which trades nothing any more."""

    def __init__(self, broker):
        self._broker = broker

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def start(self, listener):
        await self._broker.start(listener)
        return {}


@pytest.fixture
async def journal(tmp_path):
    """Tells of one open order."""
    journal = MemoryJournal()
    engine = await ready(build(tmp_path, journal))
    spec = OrderSpec(
        request_id="open",
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        limit_price=Decimal(95_000),
    )
    await engine.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)
    await engine.stop()
    return journal


async def test_an_order_keeps_its_symbol_configured(tmp_path, journal):
    engine = build(tmp_path, journal)
    engine.ports = msgspec.structs.replace(engine.ports, broker=Narrower(engine.ports.broker))
    with pytest.raises(ConfigError, match="keep BTCUSDT until order open has ended"):
        await engine.start()
    await engine.stop()


async def test_what_comes_late_is_booked_though_its_symbol_has_left(tmp_path):
    journal = MemoryJournal()
    first = await ready(build(tmp_path, journal))
    spec = OrderSpec(
        request_id="done",
        symbol="BTCUSDT",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        quantity=Decimal("0.001"),
    )
    order = (await first.parts.submission.place(spec, digest="d", caller=CALLER, timeout_s=5)).order
    held = first.book.state.ledger.held("BTC")
    await first.stop()
    engine = build(tmp_path, journal)
    engine.ports = msgspec.structs.replace(engine.ports, broker=Narrower(engine.ports.broker))
    await engine.start()
    late = Fill(trade_id="late", quantity=Decimal("0.002"), price=Decimal(1))
    engine.on_report(
        VenueReport(
            request_id="done",
            symbol="BTCUSDT",
            venue_order_id=order.venue_order_id,
            status=VenueStatus.FILLED,
            cumulative_quantity=Decimal("0.003"),
            fills=(*order.fills, late),
        )
    )
    assert engine.book.state.ledger.held("BTC") == held + Decimal("0.002")
    await engine.stop()


async def test_the_paper_venue_says_which_symbol_it_needs(tmp_path, journal):
    engine = build(tmp_path, journal)
    context = type("Context", (), {"state_dir": tmp_path, "clock": engine.ports.clock})
    broker, _ = create({"symbols": ["ETHUSDT"]}, context)
    engine.ports = msgspec.structs.replace(engine.ports, broker=broker)
    with pytest.raises(ConfigError, match="works on BTCUSDT: list it again"):
        await engine.start()
    await engine.stop()
