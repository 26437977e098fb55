"""The gate opens once books and venue agree on amounts, whatever the market does meanwhile."""

from decimal import Decimal

import msgspec
from aitrader_server.adapters.journal.memory import MemoryJournal
from small_engine import build, ready


class Generous:
    """The venue behind it, with what somebody else paid in."""

    def __init__(self, broker):
        self._broker = broker
        self.gifts = {}

    def __getattr__(self, name):
        return getattr(self._broker, name)

    async def account(self):
        told = await self._broker.account()
        free = {asset: told.free.get(asset, 0) + gift for asset, gift in self.gifts.items()}
        return msgspec.structs.replace(told, free=told.free | free)


class Restless:
    """The prices behind it, never the same twice."""

    def __init__(self, quotes):
        self._quotes = quotes
        self._asked = 0

    def __getattr__(self, name):
        return getattr(self._quotes, name)

    def quote(self, symbol):
        self._asked += 1
        now = self._quotes.quote(symbol)
        risen = now.ask + self._asked
        return msgspec.structs.replace(now, ask=risen, last=risen)


async def test_a_deposit_is_booked_while_its_worth_moves(tmp_path):
    engine = build(tmp_path, MemoryJournal())
    venue = Generous(engine.ports.broker)
    engine.ports = msgspec.structs.replace(
        engine.ports, broker=venue, quotes=Restless(engine.ports.quotes)
    )
    await ready(engine)
    venue.gifts = {"BTC": Decimal("0.5")}
    synced = await engine.sync()
    assert synced.external == {"BTC": Decimal("0.5")}
    assert synced.positions == {"BTCUSDT": Decimal("0.5")}
    await engine.stop()
