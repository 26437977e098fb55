"""From the first question to the last answer: what a start checks, and what a stop waits for."""

import asyncio
import time
from decimal import Decimal

import pytest
from aitrader_gateway.binance.broker import BinanceBrokerGateway, GatewaySettings
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.user_stream import UserStreamSettings
from aitrader_server.domain.venue import Ambiguous, Approved, VenueStatus
from aitrader_server.errors import ConfigError
from scripted_http_venue import (
    CREDENTIALS,
    accepted,
    endpoints_at,
    hang_up,
    refuse,
    say,
    stay_silent,
)

SYMBOL = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "orderTypes": ["LIMIT", "MARKET"],
    "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}],
}
LIMIT = {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50}
BAD_KEY = refuse(-2015, "Invalid API-key, IP, or permissions for action.", 401)


class StillFeed:
    """Prices that nobody asks for."""

    detail = ""
    running = False

    async def start(self):
        self.running = True

    async def stop(self):
        self.running = False


class Listener:
    def __init__(self):
        self.reports = []
        self.streams = []

    def on_report(self, report):
        self.reports.append(report)

    def on_stream(self, *, up, detail):
        self.streams.append(up)

    def on_external(self, detail):
        raise AssertionError(detail)


@pytest.fixture
def gateway(venue):
    """Makes a gateway to the venue, or to another port; its account stream never comes up."""
    venue.on("GET exchangeInfo", say({"symbols": [SYMBOL], "rateLimits": [LIMIT]}))
    venue.on("GET account", say({"balances": []}))

    def make(port=None, **settings):
        clock = WallClock()
        calls = Calls(endpoints_at(port or venue.port), CREDENTIALS, clock)
        silent = UserStreamSettings(start_timeout_s=0.02)
        chosen = {"symbols": ("BTCUSDT",), "start_timeout_s": 5.0, **settings}
        return BinanceBrokerGateway(
            "testnet",
            calls,
            StillFeed(),
            clock,
            GatewaySettings(
                ws_api_url=endpoints_at(venue.port).ws_api_url, user_stream=silent, **chosen
            ),
        )

    return make


class WallClock:
    def now_ns(self):
        return time.time_ns()


async def test_a_start_learns_clock_symbols_limits_and_whether_the_key_is_good(venue, gateway):
    broker, listener = gateway(), Listener()
    instruments = await broker.start(listener)
    assert instruments["BTCUSDT"].tick_size == Decimal("0.01")
    health = broker.health()
    assert (health.connected, health.stream_up) == (True, False)
    assert abs(health.clock_offset_ms) < 100
    assert health.budgets == (("ORDERS_10S", 0, 50),)
    assert health.environment_matches
    assert listener.streams == [False]
    assert venue.requests("GET exchangeInfo")[0].query == "symbols=%5B%22BTCUSDT%22%5D"
    await broker.stop()
    assert not broker.health().connected


@pytest.mark.parametrize(
    "answer",
    [
        BAD_KEY,
        refuse(-2014, "API-key format invalid.", 401),
        refuse(-1022, "Signature for this request is not valid."),
    ],
)
async def test_a_key_of_another_environment_stops_the_start(venue, gateway, answer):
    venue.on("GET account", answer)
    broker = gateway()
    with pytest.raises(ConfigError) as raised:
        await broker.start(Listener())
    (problem,) = raised.value.problems
    for said in ("testnet", "KEY_NAME", "SECRET_NAME", "testnet.binance.vision", "Export a key"):
        assert said in problem
    assert "the-secret" not in problem
    assert not venue.requests("POST order")
    assert not broker.health().connected


@pytest.mark.parametrize(
    "answer", [refuse(-1121, "Invalid symbol."), say({"symbols": [], "rateLimits": []})]
)
async def test_a_symbol_that_is_not_there_stops_the_start(venue, gateway, answer):
    venue.on("GET exchangeInfo", answer)
    with pytest.raises(ConfigError, match=r"execution\.symbols: .*testnet does not know BTCUSDT"):
        await gateway().start(Listener())


async def test_a_venue_that_is_not_there_yet_is_waited_for(venue, gateway):
    venue.on("GET account", hang_up, say({"balances": []}))
    broker = gateway()
    assert await broker.start(Listener())
    await broker.stop()


async def test_a_venue_that_does_not_answer_stops_the_start_in_time(venue, gateway):
    venue.on("GET time", stay_silent)
    with pytest.raises(ConfigError, match="did not answer within 0 s") as raised:
        await gateway(start_timeout_s=0.2).start(Listener())
    assert str(venue.port) in raised.value.problems[0]


async def test_a_sender_who_leaves_does_not_take_the_answer_along(venue, gateway, order):
    broker, listener = gateway(), Listener()
    await broker.start(listener)
    answer = asyncio.Event()

    async def late(request):
        await answer.wait()
        return await say(accepted(order(), status="FILLED", executedQty="1"))(request)

    venue.on("POST order", late)
    attempt = broker.prepare(order(), 1, time.time_ns())
    sending = asyncio.create_task(broker.submit(Approved(order(), attempt)))
    while not venue.requests("POST order"):
        await asyncio.sleep(0.005)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert listener.reports == []
    answer.set()
    # A stop hears out what is under way.
    await broker.stop()
    (report,) = listener.reports
    assert (report.request_id, report.status) == ("a-1", VenueStatus.FILLED)
    assert len(venue.requests("POST order")) == 1


async def test_a_stop_is_bounded_and_what_it_cuts_off_is_in_doubt(venue, gateway, order):
    broker = gateway(stop_timeout_s=0.1)
    await broker.start(Listener())
    venue.on("POST order", stay_silent)
    attempt = broker.prepare(order(), 1, time.time_ns())
    sending = asyncio.create_task(broker.submit(Approved(order(), attempt)))
    while not venue.requests("POST order"):
        await asyncio.sleep(0.005)
    await broker.stop()
    assert isinstance(await sending, Ambiguous)
    # What is asked afterwards is answered, too.
    assert isinstance(await broker.query("BTCUSDT", "a-1", ""), Ambiguous)
    assert await broker.account() is None
    assert (await broker.submit(Approved(order(), attempt))).code == "NOT_SENT"


async def test_instruments_and_clock_stay_current(venue, gateway):
    halted = {**SYMBOL, "status": "HALT"}
    exchange = [{"symbols": [row], "rateLimits": []} for row in (SYMBOL, halted)]
    venue.on("GET exchangeInfo", *map(say, exchange), say({"symbols": []}))
    broker = gateway(instruments_refresh_s=0.05, clock_refresh_s=0.05)
    instruments = await broker.start(Listener())
    assert instruments["BTCUSDT"].trading
    samples = len(venue.requests("GET time"))
    async with asyncio.timeout(5):
        while len(venue.requests("GET exchangeInfo")) < 4:
            await asyncio.sleep(0.01)
    # First halted, then not listed at all: the rest of it is still known.
    assert not instruments["BTCUSDT"].trading
    assert instruments["BTCUSDT"].tick_size == Decimal("0.01")
    assert len(venue.requests("GET time")) > samples
    await broker.stop()


async def test_a_key_that_is_refused_later_is_told_until_it_is_taken_again(venue, gateway):
    broker = gateway()
    await broker.start(Listener())
    venue.on("GET account", BAD_KEY, say({"balances": []}))
    assert await broker.account() is None
    health = broker.health()
    assert not health.environment_matches
    assert "-2015" in health.detail
    await broker.account()
    assert broker.health().environment_matches
    await broker.stop()


async def test_it_may_be_started_again(venue, gateway, order):
    broker = gateway()
    for number in (1, 2):
        await broker.start(Listener())
        venue.on("POST order", say(accepted(order(f"a-{number}"))))
        attempt = broker.prepare(order(f"a-{number}"), 1, time.time_ns())
        outcome = await broker.submit(Approved(order(f"a-{number}"), attempt))
        assert outcome.report.request_id == f"a-{number}"
        await broker.stop()
