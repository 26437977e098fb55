"""The Binance gateway as an operator runs it: orders polled, cancelled, amended; money accounted.

The same tests run over recorded answers, over the sandbox exchange, and with `-m live` on the real
Spot testnet, for which BINANCE_TESTNET_API_KEY and BINANCE_TESTNET_API_SECRET must be set:

    python -m pytest tests/test_broker_gateway_live.py -m live

On the testnet they trade 20 USDT of BTCUSDT a test, and leave no order behind.
"""

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest
from aitrader_gateway.binance.broker import BinanceBrokerGateway, GatewaySettings
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import Environment, sandbox_endpoints
from aitrader_gateway.binance.keys import Credentials
from aitrader_gateway.binance.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Acknowledged, Approved, Refused, VenueStatus
from aitrader_server.domain.words import OrderType, Side
from recorded_venue import recorded_venue
from sandbox_running import running_sandbox

SYMBOL = "BTCUSDT"
NOTIONAL = Decimal(20)
KEYS = ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET")
HEAR_TIMEOUT_S = 30
POLL_S = 0.05
OPEN = {VenueStatus.ACCEPTED, VenueStatus.PARTIALLY_FILLED}


@dataclass
class Listener:
    """Remembers what the account stream says."""

    reports: list = field(default_factory=list)
    streams: list = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def on_report(self, report):
        self.reports.append(report)
        self.heard.set()

    def on_stream(self, *, up, detail):
        self.streams.append((up, detail))

    def on_external(self, detail):
        """Deposits are none of our business."""


class NoFeed:
    """Recordings hold no prices."""

    detail = ""

    async def start(self):
        pass

    async def stop(self):
        pass


class Trader:
    """A started gateway, and the market price that its orders are made of."""

    def __init__(self, broker, listener, instrument, bid):
        self.broker = broker
        self.listener = listener
        self.instrument = instrument
        self.bid = bid
        self.clock = SystemClock()
        self._numbers = count(1)
        self._run = self.clock.now_ns()

    def order(self, order_type, **more):
        quantity = self.instrument.floor_quantity(NOTIONAL / self.bid)
        return OrderSpec(
            request_id=f"live-{self._run}-{next(self._numbers)}",
            symbol=SYMBOL,
            side=Side.BUY,
            order_type=order_type,
            quantity=quantity,
            **more,
        )

    def resting(self):
        """An order so far from the market that it stays."""
        price = self.instrument.round_price(self.bid * Decimal("0.9"))
        return self.order(OrderType.LIMIT, limit_price=price)

    async def submit(self, spec):
        attempt = self.broker.prepare(spec, 1, self.clock.now_ns())
        outcome = await self.broker.submit(Approved(spec, attempt))
        assert isinstance(outcome, Acknowledged), outcome
        return outcome.report

    async def poll(self, spec, wanted):
        """Asks for the order until it is `wanted`; every state that it went through."""
        states = []
        async with asyncio.timeout(HEAR_TIMEOUT_S):
            while not states or states[-1].status is not wanted:
                outcome = await self.broker.query(SYMBOL, spec.request_id, "")
                # The venue's database may lag behind its answer to the order.
                if isinstance(outcome, Acknowledged):
                    states.append(outcome.report)
                await asyncio.sleep(POLL_S)
        return states

    async def streamed(self, spec, wanted):
        """What the stream said of the order, once it has said `wanted`."""
        async with asyncio.timeout(HEAR_TIMEOUT_S):
            while True:
                told = [r for r in self.listener.reports if r.request_id == spec.request_id]
                if any(report.status is wanted for report in told):
                    return told
                self.listener.heard.clear()
                await self.listener.heard.wait()

    async def open_ids(self):
        return {report.request_id for report in await self.broker.open_orders()}


@asynccontextmanager
async def recorded(tmp_path, name):
    async with recorded_venue(name) as venue:
        root = f"127.0.0.1:{venue.port}"
        endpoints = sandbox_endpoints(f"http://{root}", f"ws://{root}", f"ws://{root}")
        clock, listener = SystemClock(), Listener()
        broker = BinanceBrokerGateway(
            Environment.SANDBOX,
            Calls(endpoints, Credentials(("", ""), "key", hmac_secret="secret"), clock),
            NoFeed(),
            clock,
            GatewaySettings(symbols=(SYMBOL,), ws_api_url=endpoints.ws_api_url),
        )
        instruments = await broker.start(listener)
        yield Trader(broker, listener, instruments[SYMBOL], Decimal(60_000))
        await broker.stop()


@asynccontextmanager
async def created(tmp_path, settings, environ):
    """As the server makes it from its configuration."""
    clock, listener = SystemClock(), Listener()
    context = SimpleNamespace(state_dir=tmp_path, clock=clock, environ=environ, keys=None)
    broker, quotes = create({"symbols": [SYMBOL], **settings}, context)
    instruments = await broker.start(listener)
    try:
        async with asyncio.timeout(HEAR_TIMEOUT_S):
            while quotes.quote(SYMBOL) is None:
                await asyncio.sleep(POLL_S)
        yield Trader(broker, listener, instruments[SYMBOL], quotes.quote(SYMBOL).bid)
    finally:
        for report in await broker.open_orders() or ():
            if report.request_id.startswith("live-"):
                await broker.cancel(SYMBOL, report.request_id, report.venue_order_id)
        await broker.stop()


@asynccontextmanager
async def at_sandbox(tmp_path, name):
    async with running_sandbox(tmp_path, pace_per_s=50.0) as sandbox:
        settings = {
            "environment": "sandbox",
            "rest_url": sandbox.rest_url,
            "ws_api_url": sandbox.ws_api_url,
            "stream_url": sandbox.stream_url,
        }
        key = sandbox.credentials
        environ = {
            "BINANCE_SANDBOX_API_KEY": key.api_key,
            "BINANCE_SANDBOX_API_SECRET": key.api_secret,
        }
        async with created(tmp_path, settings, environ) as trader:
            yield trader


@asynccontextmanager
async def at_testnet(tmp_path, name):
    async with created(tmp_path, {"environment": "testnet"}, os.environ) as trader:
        yield trader


TRANSPORTS = {"recorded": recorded, "sandbox": at_sandbox, "testnet": at_testnet}


@pytest.fixture(params=["recorded", "sandbox", pytest.param("testnet", marks=pytest.mark.live)])
async def trader(request, tmp_path):
    """A trader on each transport; the test's name chooses the recording."""
    if request.param == "testnet":
        if "live" not in request.config.getoption("-m"):
            pytest.skip("the real testnet is only traded on with -m live")
        if missing := [name for name in KEYS if not os.environ.get(name)]:
            pytest.skip(f"NOTHING RAN ON THE REAL TESTNET: {', '.join(missing)} not set")
    name = request.function.recording
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(TRANSPORTS[request.param](tmp_path, name))


def recording(name):
    """Names the recording that a test is replayed from."""

    def mark(test):
        test.recording = name
        return test

    return mark


@recording("polling")
async def test_an_order_is_polled_until_it_is_filled(trader):
    spec = trader.order(OrderType.MARKET)
    placed = await trader.submit(spec)
    assert placed.request_id == spec.request_id
    states = await trader.poll(spec, VenueStatus.FILLED)

    filled = states[-1]
    assert {state.venue_order_id for state in states} == {placed.venue_order_id}
    assert filled.cumulative_quantity == filled.quantity == spec.quantity
    progress = [state.cumulative_quantity for state in states]
    assert progress == sorted(progress)
    fills = await trader.broker.trades(SYMBOL, filled.venue_order_id)
    assert sum(fill.quantity for fill in fills) == spec.quantity
    assert all(fill.price > 0 and fill.fee >= 0 and fill.fee_asset for fill in fills)

    told = await trader.streamed(spec, VenueStatus.FILLED)
    assert {fill.trade_id for report in told for fill in report.fills} == {
        fill.trade_id for fill in fills
    }
    signed_ns = trader.clock.now_ns() - 60_000_000_000
    history = await trader.broker.query_history(SYMBOL, spec.request_id, signed_ns)
    assert history.report.cumulative_quantity == spec.quantity
    assert {fill.trade_id for fill in history.report.fills} == {fill.trade_id for fill in fills}


@recording("cancellation")
async def test_a_resting_order_is_cancelled_once(trader):
    spec = trader.resting()
    placed = await trader.submit(spec)
    assert placed.status is VenueStatus.ACCEPTED
    assert spec.request_id in await trader.open_ids()

    outcome = await trader.broker.cancel(SYMBOL, spec.request_id, placed.venue_order_id)
    assert isinstance(outcome, Acknowledged)
    assert outcome.report.status is VenueStatus.CANCELED
    assert outcome.report.request_id == spec.request_id
    assert outcome.report.venue_order_id == placed.venue_order_id
    states = await trader.poll(spec, VenueStatus.CANCELED)
    assert states[-1].cumulative_quantity == 0
    assert spec.request_id not in await trader.open_ids()
    told = await trader.streamed(spec, VenueStatus.CANCELED)
    assert {report.venue_order_id for report in told} == {placed.venue_order_id}

    again = await trader.broker.cancel(SYMBOL, spec.request_id, placed.venue_order_id)
    assert isinstance(again, Refused)
    assert again.code == "-2011"


@recording("amendment")
async def test_an_amended_order_keeps_its_identity(trader):
    spec = trader.resting()
    placed = await trader.submit(spec)
    half = trader.instrument.floor_quantity(spec.quantity / 2)
    outcome = await trader.broker.amend(SYMBOL, spec.request_id, placed.venue_order_id, half)
    assert isinstance(outcome, Acknowledged), outcome
    assert outcome.report.request_id == spec.request_id
    assert outcome.report.venue_order_id == placed.venue_order_id
    assert outcome.report.quantity == half
    found = (await trader.poll(spec, VenueStatus.ACCEPTED))[-1]
    assert found.quantity == half
    await trader.broker.cancel(SYMBOL, spec.request_id, placed.venue_order_id)
    await trader.streamed(spec, VenueStatus.CANCELED)
    assert spec.request_id not in await trader.open_ids()


@recording("account")
async def test_the_account_moves_by_what_was_executed(trader):
    instrument = trader.instrument
    before = await trader.broker.account()
    spec = trader.order(OrderType.MARKET)
    placed = await trader.submit(spec)
    await trader.streamed(spec, VenueStatus.FILLED)
    expected = {a: before.total(a) for a in (instrument.base, instrument.quote)}
    for fill in await trader.broker.trades(SYMBOL, placed.venue_order_id):
        expected[instrument.base] += fill.quantity
        expected[instrument.quote] -= fill.quantity * fill.price
        expected[fill.fee_asset] = expected.get(fill.fee_asset, before.total(fill.fee_asset))
        expected[fill.fee_asset] -= fill.fee
    after = await trader.broker.account()
    assert {asset: after.total(asset) for asset in expected} == expected


@recording("polling")
async def test_a_started_gateway_is_well(trader):
    health = trader.broker.health()
    assert (health.connected, health.stream_up, health.environment_matches) == (True, True, True)
    assert (health.detail, trader.listener.streams) == ("", [])
    assert health.banned_until_ns == 0
    assert abs(health.clock_offset_ms) < 5_000
    names = {name for name, _, _ in health.budgets}
    assert {"REQUEST_WEIGHT_1M", "ORDERS_10S", "ORDERS_1D"} <= names
    assert trader.broker.environment in {"sandbox", "testnet"}
    assert trader.instrument.tick_size > 0
