"""The gateway at a sandbox of its own, whose one market is in the test's hand."""

import asyncio
import shutil
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from aitrader_gateway.binance.broker import BinanceBrokerGateway, GatewaySettings
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import Environment, sandbox_endpoints
from aitrader_gateway.binance.keys import Credentials
from aitrader_gateway.sandbox.admin import COUNTERPARTY
from aitrader_gateway.sandbox.matching.quoting import Quotes
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.venue import Approved
from sandbox_running import running_sandbox

SYMBOL = "BTCUSDT"
TICK = Decimal("0.01")
HEAR_TIMEOUT_S = 20


class StillFeed:
    """No prices: nothing here asks for any."""

    detail = ""

    async def start(self):
        pass

    async def stop(self):
        pass


class SandboxVenue:
    """A broker at a sandbox; `listener` is a VenueListener with `of(request_id)` and `heard`.

    The book: bid and ask with `quantity` each on five levels, one tick apart.
    """

    balances: ClassVar = {"USDT": Decimal(100_000), "BTC": Decimal(1)}
    fee = Decimal("0.001")
    levels = 5

    def __init__(self, folder: Path, listener) -> None:
        self.folder = folder
        self.listener = listener
        self.clock = SystemClock()
        self._stack = AsyncExitStack()

    async def start(self):
        instruments = await self.open()
        self.move("100.00", "100.01")
        return instruments

    async def open(self):
        """Sandbox and broker, before any price."""
        self.sandbox = await self._stack.enter_async_context(
            running_sandbox(self.folder, start_prices={}, balances=self.balances)
        )
        endpoints = sandbox_endpoints(
            self.sandbox.rest_url, self.sandbox.ws_api_url, self.sandbox.stream_url
        )
        key = self.sandbox.credentials
        self.broker = BinanceBrokerGateway(
            Environment.SANDBOX,
            Calls(
                endpoints,
                Credentials(("KEY", "SECRET"), key.api_key, hmac_secret=key.api_secret),
                self.clock,
            ),
            StillFeed(),
            self.clock,
            GatewaySettings(symbols=(SYMBOL,), ws_api_url=endpoints.ws_api_url),
        )
        instruments = await self.broker.start(self.listener)
        self._stack.push_async_callback(self.broker.stop)
        return instruments

    async def stop(self):
        await self._stack.aclose()

    def move(self, bid, ask, quantity="1", last=None):
        """The market goes to these prices."""
        size = Decimal(quantity)
        quotes = Quotes(
            SYMBOL,
            [(Decimal(bid) - level * TICK, size) for level in range(self.levels)],
            [(Decimal(ask) + level * TICK, size) for level in range(self.levels)],
        )

        def change(exchange, at_ns):
            exchange.requote(COUNTERPARTY, quotes, at_ns)
            exchange.set_last(SYMBOL, Decimal(last or ask), at_ns)

        self.sandbox.world.venue.run(change)

    async def submit(self, spec):
        """Signs and sends."""
        attempt = self.broker.prepare(spec, 1, self.clock.now_ns())
        return await self.broker.submit(Approved(spec, attempt))

    async def streamed(self, request_id, status):
        """What the stream said of an order, once it has said `status`."""
        async with asyncio.timeout(HEAR_TIMEOUT_S):
            while not any(report.status is status for report in self.listener.of(request_id)):
                self.listener.heard.clear()
                await self.listener.heard.wait()
        return self.listener.of(request_id)

    async def kill(self):
        """The venue as another process finds it when this one dies now, before any price.

        What a killed process leaves is what the operating system has of its files at that moment.
        """
        folder = self.folder / "after the kill"
        shutil.copytree(self.folder / "sandbox", folder / "sandbox")
        await self.stop()
        twin = SandboxVenue(folder, type(self.listener)())
        await twin.open()
        return twin
