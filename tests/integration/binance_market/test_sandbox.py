"""Prices of the running sandbox, through every mishap that its market streams know."""

import asyncio
from decimal import Decimal
from random import Random

import msgspec
import pytest
from aitrader_gateway.binance.client import GatewayClient
from aitrader_gateway.binance.endpoints import sandbox_endpoints
from aitrader_gateway.binance.keys import Credentials
from aitrader_gateway.binance.quotes import BinanceQuotes
from aitrader_gateway.sandbox.faults import Fault, Injection, Rule
from aitrader_gateway.sandbox.server import running_sandbox
from aitrader_gateway.sandbox.settings import SandboxSettings
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.intervals import combine

SYMBOLS = ("BTCUSDT", "ETHUSDT")
EVENT = "btcusdt@*"
# A venue that goes wrong at every event would leave nothing to be seen between.
SELDOM = 0.1
EMPTY = (Decimal(0), Decimal(0))


@pytest.fixture
async def sandbox(tmp_path):
    settings = SandboxSettings(state=tmp_path / "sandbox", pace_per_s=200.0, seed=3)
    async with running_sandbox(settings) as running:
        yield running


class Truth:
    """Every touch that a symbol ever had; hears what the venue's other listeners hear."""

    def __init__(self, sandbox):
        self._venue = sandbox.world.venue
        self.touches = {symbol: set() for symbol in SYMBOLS}
        self.take((), 0)
        sandbox.world.venue.sinks += (self,)

    def take(self, events, at_ns):
        for symbol, seen in self.touches.items():
            depth = self._venue.exchange.depth(symbol, 1)
            seen.add((*(depth.bids or (EMPTY,)), *(depth.asks or (EMPTY,))))


@pytest.fixture
def truth(sandbox):
    return Truth(sandbox)


@pytest.fixture
async def quotes(sandbox, truth, unbudgeted, quick):
    """As a deployment has them, but for a few bounds; the venue takes five requests a second."""
    endpoints = sandbox_endpoints(sandbox.rest_url, sandbox.ws_api_url, sandbox.stream_url)
    client = GatewayClient(endpoints, Credentials(names=("", ""), api_key=""), lambda *_: None)
    stream = msgspec.structs.replace(quick.stream, heartbeat_s=0.4)
    quotes = BinanceQuotes(
        unbudgeted(client),
        SystemClock(),
        Random(5),
        stream_url=endpoints.stream_url,
        symbols=SYMBOLS,
        settings=msgspec.structs.replace(quick, stream=stream),
    )
    await quotes.start()
    yield quotes
    await quotes.stop()
    await client.close_connection()


def told(quotes, symbol):
    quote = quotes.quote(symbol)
    return (quote.bid, quote.bid_quantity), (quote.ask, quote.ask_quantity), quote.last


def true(sandbox, symbol):
    exchange = sandbox.world.venue.exchange
    depth = exchange.depth(symbol, 1)
    return depth.bids[0], depth.asks[0], exchange.last_price(symbol)


async def agree(sandbox, quotes, until):
    """The market stands still, and the prices are the venue's."""
    sandbox.world.faults.clear()
    sandbox.world.crowd.pace(0)
    for symbol in SYMBOLS:
        await until(lambda symbol=symbol: told(quotes, symbol) == true(sandbox, symbol))


async def test_prices_and_bars_are_the_sandboxs(sandbox, quotes, until):
    assert quotes.detail == ""
    # The made-up past has minutes, no seconds: those begin with the first trade.
    await until(lambda: all(sandbox.world.tape.trades(symbol) for symbol in SYMBOLS))
    await agree(sandbox, quotes, until)
    now_ns = SystemClock().now_ns()
    minutes = await quotes.history("ETHUSDT", "1m", now_ns, 10)
    threes = await quotes.history("ETHUSDT", "3m", now_ns, 3)
    assert combine(minutes, "3m")[-2] == threes[-2]
    (day,) = await quotes.history("ETHUSDT", "1d", now_ns, 1)
    assert day.close == quotes.quote("ETHUSDT").last
    for interval in quotes.intervals:
        assert await quotes.history("ETHUSDT", interval, now_ns, 10), interval


@pytest.mark.parametrize(
    ("fault", "injection"),
    [
        (Fault.DEPTH_GAP, Injection()),
        (Fault.BURST, Injection(repeats=2000)),
        (Fault.MALFORMED_FRAME, Injection()),
        (Fault.HUGE_FRAME, Injection(size_bytes=2_000_000)),
        (Fault.HUGE_FRAME, Injection(size_bytes=17_000_000)),
        (Fault.CLOSE_BEFORE, Injection(close_code=1000)),
        (Fault.CLOSE_BEFORE, Injection(close_code=1001)),
        (Fault.CLOSE_BEFORE, Injection(close_code=1006)),
        (Fault.CLOSE_ANSWERED, Injection(close_code=1008)),
        (Fault.SERVER_SHUTDOWN, Injection(delay_ms=300)),
        (Fault.SERVER_SHUTDOWN, Injection(delay_ms=0)),
        (Fault.HALF_OPEN, Injection()),
    ],
)
async def test_prices_survive(sandbox, quotes, until, fault, injection):
    rule = Rule(fault=fault, subjects=EVENT, chance=SELDOM, hits_max=2, injection=injection)
    sandbox.world.faults.add(rule)
    await until(lambda: sandbox.world.faults.injected.get(fault, 0) == 2)
    await agree(sandbox, quotes, until)


async def test_no_price_is_told_that_never_was_whatever_goes_wrong(sandbox, truth, quotes, until):
    heard = []
    quotes.watch(heard.append)
    mishaps = {
        Fault.DEPTH_GAP: Injection(),
        Fault.BURST: Injection(repeats=100),
        Fault.MALFORMED_FRAME: Injection(),
        Fault.CLOSE_BEFORE: Injection(close_code=1006),
        Fault.SERVER_SHUTDOWN: Injection(delay_ms=100),
    }
    for fault, injection in mishaps.items():
        rule = Rule(fault=fault, subjects="*@*", chance=SELDOM, hits_max=2, injection=injection)
        sandbox.world.faults.add(rule)
    sandbox.world.faults.add(Rule(fault=Fault.HTML_BEFORE, subjects="GET *", chance=0.3))
    await until(lambda: sandbox.world.faults.injected.keys() >= mishaps.keys())
    await asyncio.sleep(1)
    await agree(sandbox, quotes, until)
    assert len(heard) > 20
    for quote in heard:
        touch = (quote.bid, quote.bid_quantity), (quote.ask, quote.ask_quantity)
        assert touch in truth.touches[quote.symbol], quote


async def test_a_disconnected_price_is_the_new_one_after_it(sandbox, quotes, until):
    sandbox.world.crowd.pace(0)
    assert sandbox.world.disconnect(1006) == 1
    sandbox.world.crowd.step(500)
    await agree(sandbox, quotes, until)


async def test_a_venue_that_was_wiped_is_followed_from_its_new_beginning(sandbox, quotes, until):
    exchange = sandbox.world.venue.exchange
    await until(lambda: all(exchange.depth(symbol, 1).update > 100 for symbol in SYMBOLS))
    # Its connections stay, and nobody says a word of it.
    sandbox.world.reset()
    reborn = sandbox.world.venue.exchange
    await until(lambda: all(reborn.last_price(symbol) for symbol in SYMBOLS))
    await agree(sandbox, quotes, until)
