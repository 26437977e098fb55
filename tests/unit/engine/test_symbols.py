"""A symbol may leave the configuration once nothing works on it."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_gateway.paper.plugin import create
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.domain.events import OrderSpec
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


async def test_the_paper_venue_says_which_symbol_it_needs(tmp_path, journal):
    engine = build(tmp_path, journal)
    context = type("Context", (), {"state_dir": tmp_path, "clock": engine.ports.clock})
    broker, _ = create({"symbols": ["ETHUSDT"]}, context)
    engine.ports = msgspec.structs.replace(engine.ports, broker=broker)
    with pytest.raises(ConfigError, match="works on BTCUSDT: list it again"):
        await engine.start()
    await engine.stop()
