"""The gateway's order entry over real sockets, against a venue that says what a test wants."""

import time
from decimal import Decimal
from functools import partial

import pytest
from aitrader_gateway.binance.attempts import Attempts
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.order_entry import OrderEntry
from aitrader_gateway.binance.order_lists import OrderLists
from aitrader_gateway.binance.order_reads import OrderReads
from aitrader_gateway.binance.replacement import Replacing
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Approved
from aitrader_server.domain.words import OrderType, Side
from scripted_http_venue import CREDENTIALS, scripted_venue, server_time


class ShiftedClock:
    """The system's clock, `shift_ms` ahead of it, until it is stopped."""

    def __init__(self):
        self.shift_ms = 0
        self._stopped_ns = None

    def now_ns(self):
        return self._stopped_ns or time.time_ns() + self.shift_ms * 1_000_000

    def freeze(self, at_ns):
        """Shows `at_ns` from now on."""
        self._stopped_ns = at_ns


class Desk:
    """Everything that enters and reads orders, on one connection."""

    def __init__(self, calls, clock):
        self.calls = calls
        self.clock = clock
        self.attempts = Attempts(calls, clock, recv_window_ms=2_500)
        self.entry = OrderEntry(calls, self.attempts, clock)
        self.replacing = Replacing(self.attempts, clock)
        self.lists = OrderLists(self.attempts)
        self.reads = OrderReads(calls, clock, ["BTCUSDT"])

    async def submit(self, spec):
        attempt = self.entry.prepare(spec, 1, self.clock.now_ns())
        return await self.entry.submit(Approved(spec, attempt))


@pytest.fixture
async def venue():
    async with scripted_venue() as venue:
        venue.on("GET time", server_time())
        yield venue


@pytest.fixture
async def desk(venue):
    clock = ShiftedClock()
    calls = Calls(venue.endpoints, CREDENTIALS, clock)
    calls.open()
    yield Desk(calls, clock)
    await calls.close()


@pytest.fixture
def order():
    """Makes an order to buy one coin at 100; `more` changes that."""
    return partial(_order)


def _order(request_id="a-1", order_type=OrderType.LIMIT, **more):
    asked = {"quantity": Decimal(1), "side": Side.BUY, **more}
    if order_type in {OrderType.LIMIT, OrderType.LIMIT_MAKER}:
        asked.setdefault("limit_price", Decimal(100))
    return OrderSpec(request_id=request_id, symbol="BTCUSDT", order_type=order_type, **asked)
