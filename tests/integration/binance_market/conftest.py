"""Market streams and reads over a venue on loopback that misbehaves as each test says."""

import asyncio
import json
import time
from decimal import Decimal
from random import Random

import pytest
from aiohttp import WSMsgType, web
from aitrader_gateway.binance.client import GatewayClient
from aitrader_gateway.binance.endpoints import sandbox_endpoints
from aitrader_gateway.binance.feed import FeedSettings
from aitrader_gateway.binance.keys import Credentials
from aitrader_gateway.binance.market_connection import MarketSettings
from aitrader_gateway.binance.outcome import REQUEST_ERRORS, classify
from aitrader_gateway.binance.quotes import BinanceQuotes, QuotesSettings
from aitrader_server.adapters.clock import SystemClock

SYMBOL = "BTCUSDT"
MINUTE_MS = 60_000
WAIT_S = 30.0
CLOCK = SystemClock()

# The product's own bounds are seconds and hours: nothing here has to wait for those.
QUICK = QuotesSettings(
    start_timeout_s=5.0,
    check_interval_s=0.05,
    stream=MarketSettings(
        connect_timeout_s=1.0,
        ping_interval_s=5.0,
        heartbeat_s=0.05,
        silence_s_max=1.5,
        drain_timeout_s=0.5,
        wait_s_min=0.01,
        wait_s_max=0.1,
    ),
    feed=FeedSettings(quiet_s=0.3, quiet_s_max=2.0, deaf_s=0.3, wait_s_min=0.01, wait_s_max=0.1),
)


async def wait_until(condition):
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.005)


class Unbudgeted:
    """Sends whatever it is asked to."""

    def __init__(self, client):
        self._client = client

    async def send(self, operation, parameters):
        try:
            return await self._client.send(operation.method, operation.path, parameters)
        except REQUEST_ERRORS as error:
            return classify(error)


class Line:
    """One client's connection."""

    def __init__(self, request, ws):
        self._transport = request.transport
        self.ws = ws
        self.streams = request.query["streams"].split("/")
        self.asked = 0

    @property
    def open(self):
        return not self.ws.closed

    def freeze(self):
        """Reads nothing any more and answers no ping: gone without a word."""
        self._transport.pause_reading()

    def cut(self):
        self._transport.abort()

    async def send(self, stream, data):
        if stream in self.streams and self.open:
            await self.ws.send_str(json.dumps({"stream": stream, "data": data}))


class Venue:
    """One symbol's market; `mute` holds the kinds of stream that say nothing."""

    def __init__(self):
        self.lines = []
        self.url = ""
        self.mute = set()
        self.answers_heartbeats = True
        self.lists = None
        self.refusal = None
        self.reads_fail = False
        self.update_id = 1000
        self.snapshot_lag = 0
        self.bids = {"100.00": "1.0", "99.00": "5.0"}
        self.asks = {"101.00": "2.0", "102.00": "5.0"}
        self.trades = 10
        self.minute = int(time.time()) // 60
        self.last = "100.50"
        self.reads = []

    @property
    def live(self):
        return [line for line in self.lines if line.open]

    @property
    def newest(self):
        return self.lines[-1]

    def app(self):
        app = web.Application()
        app.router.add_get("/stream", self._stream)
        app.router.add_get("/api/v3/depth", self._depth)
        app.router.add_get("/api/v3/klines", self._klines)
        app.router.add_get("/api/v3/ticker/bookTicker", self._book_ticker)
        return app

    async def move(self, bids=None, asks=None):
        """The book changes, and both streams that say so do."""
        self.update_id += 1
        for side, changed in ((self.bids, bids or {}), (self.asks, asks or {})):
            side.update(changed)
            for price in [price for price, quantity in side.items() if not Decimal(quantity)]:
                del side[price]
        await self.tell("bookTicker", self.ticker())
        change = {"U": self.update_id, "u": self.update_id}
        change |= {"b": list((bids or {}).items()), "a": list((asks or {}).items())}
        await self.tell("depth@100ms", {"e": "depthUpdate", "E": 1, "s": SYMBOL, **change})

    def ticker(self):
        bid, ask = max(self.bids, key=Decimal), min(self.asks, key=Decimal)
        best = {"b": bid, "B": self.bids[bid], "a": ask, "A": self.asks[ask]}
        return {"u": self.update_id, "s": SYMBOL, **best}

    async def trade(self, price):
        self.trades += 1
        self.last = price
        at = int(time.time() * 1000)
        said = {"e": "aggTrade", "E": at, "s": SYMBOL, "a": self.trades, "p": price, "q": "1"}
        await self.tell("aggTrade", {**said, "f": 1, "l": 1, "T": at, "m": True, "M": True})

    async def candle(self, minute, *, closed, price="100.50"):
        at = int(time.time() * 1000)
        candle = {"t": minute * MINUTE_MS, "T": 0, "s": SYMBOL, "i": "1m", "x": closed}
        candle |= dict.fromkeys("ohlc", price) | {"v": "3", "n": 1, "q": "1", "f": 1, "L": 1}
        await self.tell("kline_1m", {"e": "kline", "E": at, "s": SYMBOL, "k": candle})

    async def tell(self, kind, data):
        if kind not in self.mute:
            for line in self.live:
                await line.send(f"btcusdt@{kind}", data)

    async def _stream(self, request):
        if self.refusal is not None:
            status, headers = self.refusal
            return web.Response(status=status, headers=headers)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        line = Line(request, ws)
        self.lines.append(line)
        async for message in ws:
            assert message.type is WSMsgType.TEXT
            asked = json.loads(message.data)
            assert asked["method"] == "LIST_SUBSCRIPTIONS"
            line.asked += 1
            if self.answers_heartbeats:
                listed = line.streams if self.lists is None else self.lists
                await ws.send_json({"result": listed, "id": asked["id"]})
        return ws

    async def _depth(self, request):
        self.reads.append(("depth", dict(request.query)))
        if self.reads_fail:
            return web.Response(status=502, text="<html>")
        limit = int(request.query["limit"])
        bids = sorted(self.bids.items(), key=lambda level: -Decimal(level[0]))
        asks = sorted(self.asks.items(), key=lambda level: Decimal(level[0]))
        book = {"lastUpdateId": self.update_id - self.snapshot_lag}
        return web.json_response({**book, "bids": bids[:limit], "asks": asks[:limit]})

    async def _book_ticker(self, request):
        self.reads.append(("bookTicker", dict(request.query)))
        if self.reads_fail:
            return web.Response(status=502, text="<html>")
        best = self.ticker()
        said = {"bidPrice": best["b"], "bidQty": best["B"], "askPrice": best["a"]}
        symbols = json.loads(request.query["symbols"])
        return web.json_response([{"symbol": s, **said, "askQty": best["A"]} for s in symbols])

    async def _klines(self, request):
        self.reads.append(("klines", dict(request.query)))
        if self.reads_fail:
            return web.Response(status=502, text="<html>")
        end_ms = int(request.query.get("endTime", self.minute * MINUTE_MS))
        newest = min(self.minute, end_ms // MINUTE_MS)
        count = min(int(request.query["limit"]), 60)
        rows = [
            [minute * MINUTE_MS, *[self.last] * 4, "7", 0, "1", 1, "1", "1", "0"]
            for minute in range(newest - count + 1, newest + 1)
        ]
        return web.json_response(rows)


@pytest.fixture
async def venue():
    venue = Venue()
    runner = web.AppRunner(venue.app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    venue.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield venue
    for line in venue.live:
        line.cut()
    await runner.cleanup()


@pytest.fixture
async def make_quotes(venue):
    """Makes prices of the venue and starts them; they stop at the end."""
    made = []

    async def make(settings=QUICK, *, symbols=(SYMBOL,), start=True, clock=CLOCK):
        endpoints = sandbox_endpoints(venue.url, venue.url, venue.url.replace("http", "ws"))
        client = GatewayClient(endpoints, Credentials(names=("", ""), api_key=""), lambda *_: None)
        quotes = BinanceQuotes(
            Unbudgeted(client),
            clock,
            Random(7),
            stream_url=endpoints.stream_url,
            symbols=symbols,
            settings=settings,
        )
        made.append((client, quotes))
        if start:
            await quotes.start()
        return quotes

    yield make
    for client, quotes in made:
        await quotes.stop()
        await client.close_connection()


@pytest.fixture
def unbudgeted():
    return Unbudgeted


@pytest.fixture
def quick():
    return QUICK


@pytest.fixture
def until():
    return wait_until


@pytest.fixture
def fresh():
    """Whether the quote is young, by far: heartbeats come every 50 ms."""

    def fresh(quotes):
        return SystemClock().now_ns() - quotes.quote(SYMBOL).at_ns < 1_000_000_000

    return fresh
