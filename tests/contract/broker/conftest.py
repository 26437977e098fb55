"""Every test of this folder runs against each venue of VENUES; a later venue adds itself there.

A venue offers what PaperVenue does: a broker, its listener, prices in the test's hand, a kill.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from aitrader_gateway.paper.broker import PaperBroker
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_gateway.paper.wire import Wire
from aitrader_gateway.sandbox.store import Opening, Store
from aitrader_server.domain.instrument import Bar, Quote
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Approved, VenueReport
from aitrader_server.domain.words import OrderType, Side, TimeInForce
from binance_at_sandbox import SandboxVenue


@dataclass
class Recorder:
    """A VenueListener that remembers."""

    reports: list[VenueReport] = field(default_factory=list)
    streams: list[tuple[bool, str]] = field(default_factory=list)

    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def on_report(self, report):
        self.reports.append(report)
        self.heard.set()

    def on_stream(self, *, up, detail):
        self.streams.append((up, detail))

    def of(self, request_id):
        return [report for report in self.reports if report.request_id == request_id]


class FixedQuotes:
    """Prices that stand still until a test sets them."""

    def __init__(self):
        self._quotes: dict[str, Quote] = {}
        self._listeners: list[Callable[[Quote], None]] = []

    async def start(self):
        pass

    async def stop(self):
        pass

    def quote(self, symbol):
        return self._quotes.get(symbol)

    def bars(self, symbol, count) -> list[Bar]:
        return []

    intervals = ("1m",)

    async def history(self, symbol, interval, end_ns, count):
        return []

    def watch(self, listener):
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def set(self, quote):
        self._quotes[quote.symbol] = quote
        for listener in tuple(self._listeners):
            listener(quote)


class SystemClock:
    def now_ns(self):
        return time.time_ns()


class PaperVenue:
    """The paper venue with prices in the test's hand.

    The book: bid and ask with `quantity` each on five levels, one tick apart.
    """

    balances: ClassVar = {"USDT": Decimal(100_000), "BTC": Decimal(1)}
    fee = Decimal("0.001")
    levels = 5

    def __init__(self, folder: Path, latency_ms=(0, 0)) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.quotes = FixedQuotes()
        self.listener = Recorder()
        self.broker = self._broker(latency_ms)

    def _broker(self, latency_ms=(0, 0)):
        return PaperBroker(
            instruments=INSTRUMENTS,
            opening=Opening(balances=self.balances),
            store=Store(self.folder / "paper.sqlite"),
            feed=self.quotes,
            clock=self.clock,
            wire=Wire(7, latency_ms),
            depth_levels=self.levels,
        )

    async def start(self):
        instruments = await self.broker.start(self.listener)
        self.move("100.00", "100.01")
        return instruments

    async def stop(self):
        await self.broker.stop()

    def move(self, bid, ask, quantity="1", last=None):
        """The market goes to these prices."""
        self.quotes.set(
            Quote(
                symbol="BTCUSDT",
                bid=Decimal(bid),
                ask=Decimal(ask),
                bid_quantity=Decimal(quantity),
                ask_quantity=Decimal(quantity),
                last=Decimal(last or ask),
                at_ns=self.clock.now_ns(),
            )
        )

    async def submit(self, spec):
        """Signs and sends."""
        attempt = self.broker.prepare(spec, 1, self.clock.now_ns())
        return await self.broker.submit(Approved(spec, attempt))

    async def streamed(self, request_id, status):
        """What the stream said of an order, once it has said `status`."""
        async with asyncio.timeout(5):
            while not any(report.status is status for report in self.listener.of(request_id)):
                self.listener.heard.clear()
                await self.listener.heard.wait()
        return self.listener.of(request_id)

    async def kill(self):
        """The venue as another process finds it when this one dies now, before any price.

        What a killed process leaves is what the operating system has of its files at that moment.
        """
        folder = self.folder / "after the kill"
        folder.mkdir()
        for file in self.folder.glob("paper.sqlite*"):
            shutil.copy(file, folder / file.name)
        await self.stop()
        twin = PaperVenue(folder)
        await twin.broker.start(twin.listener)
        return twin


VENUES = {
    "binance": lambda folder: SandboxVenue(folder, Recorder()),
    "paper": PaperVenue,
    "paper with latency": partial(PaperVenue, latency_ms=(0, 3)),
}


@pytest.fixture(params=VENUES)
async def venue(request, tmp_path):
    """A started venue that quotes 100.00 to 100.01, one coin on each of five levels."""
    venue = VENUES[request.param](tmp_path)
    venue.instruments = await venue.start()
    yield venue
    await venue.stop()


@pytest.fixture
def buy():
    """Makes an order to buy one coin of BTCUSDT at the market; `more` changes that."""
    return partial(_spec, side=Side.BUY)


@pytest.fixture
def sell():
    """Makes an order to sell one coin of BTCUSDT at the market; `more` changes that."""
    return partial(_spec, side=Side.SELL)


def _spec(request_id, order_type=OrderType.MARKET, *, side, tif=TimeInForce.GTC, **more):
    amounts = {name: Decimal(value) for name, value in more.items()}
    if "quote_quantity" not in amounts:
        amounts.setdefault("quantity", Decimal(1))
    return OrderSpec(
        request_id=request_id,
        symbol="BTCUSDT",
        side=side,
        order_type=order_type,
        time_in_force=tif,
        **amounts,
    )
