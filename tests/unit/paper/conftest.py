"""A venue in the test's hand: prices, time and money."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest
from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.words import OrderType, TimeInForce


@dataclass
class HandClock:
    """Stands still until a test moves it."""

    at_ns: int = 1_700_000_000_000_000_000

    def now_ns(self):
        return self.at_ns


class Heard(list):
    """What a listener was told, and a way to wait until it is so much."""

    def __init__(self):
        super().__init__()
        self._changed = asyncio.Event()

    def append(self, line):
        super().append(line)
        self._changed.set()

    async def reach(self, count):
        async with asyncio.timeout(10):
            while len(self) < count:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def new_heard():
    return Heard


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def quote():
    """Makes a quote of BTCUSDT; the last price is the ask unless it is said."""

    def make(bid, ask, quantity="1", last=None, at_ns=1):
        return Quote(
            symbol="BTCUSDT",
            bid=Decimal(bid),
            ask=Decimal(ask),
            bid_quantity=Decimal(quantity),
            ask_quantity=Decimal(quantity),
            last=Decimal(last or ask),
            at_ns=at_ns,
        )

    return make


@pytest.fixture
def spec():
    """Makes an order of BTCUSDT for one coin."""

    def make(request_id, side, kind=OrderType.MARKET, *, tif=TimeInForce.GTC, **more):
        amounts = {
            name: Decimal(value) if isinstance(value, str) else value
            for name, value in more.items()
        }
        if "quote_quantity" not in amounts:
            amounts.setdefault("quantity", Decimal(1))
        return OrderSpec(
            request_id=request_id,
            symbol="BTCUSDT",
            side=side,
            order_type=kind,
            time_in_force=tif,
            **amounts,
        )

    return make
