"""The gate opens once books and venue agree on amounts, whatever the market does meanwhile."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_server.adapters.journal.memory import MemoryJournal
from aitrader_server.errors import Unavailable
from small_engine import build, ready


class Generous:
    """The venue behind it, with what somebody else paid in."""

    def __init__(self, broker):
        self._broker = broker
        self.gifts = {}
        self.readable = True

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def account(self):
        told = await self._broker.account() if self.readable else None
        if told is None:
            return None
        free = {asset: told.free.get(asset, 0) + gift for asset, gift in self.gifts.items()}
        return msgspec.structs.replace(told, free=told.free | free)


class Restless:
    """The prices behind it, never the same twice."""

    def __init__(self, quotes):
        self._quotes = quotes
        self._asked = 0
        self.silent = False

    def __getattr__(self, name):
        return getattr(self._quotes, name)

    def quote(self, symbol):
        if self.silent:
            return None
        self._asked += 1
        now = self._quotes.quote(symbol)
        risen = now.ask + self._asked
        return msgspec.structs.replace(now, ask=risen, last=risen)


@pytest.fixture
async def engine(tmp_path):
    """Reconciled, on a venue and quotes that can be disturbed."""
    engine = build(tmp_path, MemoryJournal())
    engine.ports = msgspec.structs.replace(
        engine.ports, broker=Generous(engine.ports.broker), quotes=Restless(engine.ports.quotes)
    )
    await ready(engine)
    engine.parts.account.view()
    yield engine
    await engine.stop()


async def test_a_deposit_is_booked_while_its_worth_moves(engine):
    engine.ports.broker.gifts = {"BTC": Decimal("0.5")}
    synced = await engine.sync()
    assert synced.external == {"BTC": Decimal("0.5")}
    assert synced.positions == {"BTCUSDT": Decimal("0.5")}


async def test_a_deposit_waits_for_its_price_and_is_no_profit(engine):
    engine.ports.broker.gifts = {"BTC": Decimal("0.5")}
    engine.ports.quotes.silent = True
    assert (await engine.sync()).external == {}
    engine.ports.quotes.silent = False
    assert (await engine.sync()).external == {"BTC": Decimal("0.5")}
    pnl = engine.parts.account.view().day_pnl
    assert pnl is not None
    assert abs(pnl) < 1000


async def test_a_venue_that_cannot_be_read_is_not_answered_for(engine):
    engine.ports.broker.readable = False
    with pytest.raises(Unavailable, match="could not be read"):
        await engine.sync()
