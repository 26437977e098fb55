"""An order through the gateway over the bare HTTP round trip: python tests/bench/bench_gateway.py.

A sandbox in a process of its own takes the same market order in turn from the gateway (prepared
and submitted as the engine does), from python-binance as it comes, from the HTTP client that both
sit on, and as bytes signed beforehand on a bare keep-alive socket. What lies between the last and
the first is what our side of an order costs. A gateway that was started hears of each order over
its streams too, which the sandbox sends before it replies: that is told apart, and nobody else
pays for it.
"""

import asyncio
import hashlib
import hmac
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

import aiohttp
import uvloop

sys.path.append(str(Path(__file__).parents[1]))  # for the sandbox as a process

from aitrader_gateway.binance.broker import BinanceBrokerGateway, GatewaySettings
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import Environment, sandbox_endpoints
from aitrader_gateway.binance.keys import Credentials
from aitrader_gateway.binance.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.terms import OrderSpec
from aitrader_server.domain.venue import Acknowledged, Approved, VenueReport
from aitrader_server.domain.words import OrderType, Side
from binance.async_client import AsyncClient
from binance_at_sandbox import StillFeed
from http_client import Connection
from rounds import ratios, show, show_machine, spread
from sandbox_process import SandboxProcess

ROUNDS = 9
ORDERS = 100
WARMUP_ORDERS = 30
SYMBOL = "BTCUSDT"
QUANTITY = "0.00010"
GOAL_MS = 0.3
# Signed beforehand, and sent up to a round later.
RECV_WINDOW_MS = 60_000

Order = Callable[[], Awaitable[None]]


class Listener:
    """Hears what an engine would."""

    def __init__(self) -> None:
        self.reports = 0

    def on_report(self, report: VenueReport) -> None:
        self.reports += 1

    def on_stream(self, *, up: bool, detail: str) -> None:
        assert up, detail

    def on_external(self, detail: str) -> None:
        raise AssertionError(detail)


def sides() -> Callable[[], str]:
    """Buys and sells in turn, so that no balance runs out."""
    numbers = count()
    return lambda: ("BUY", "SELL")[next(numbers) % 2]


def signed_body(sandbox: SandboxProcess, request_id: str, side: str) -> str:
    """An order that may leave as it is."""
    body = urlencode(
        {
            "newClientOrderId": request_id,
            "newOrderRespType": "FULL",
            "quantity": QUANTITY,
            "recvWindow": RECV_WINDOW_MS,
            "side": side,
            "symbol": SYMBOL,
            "timestamp": time.time_ns() // 1_000_000,
            "type": "MARKET",
        }
    )
    secret = sandbox.credentials["api_secret"].encode()
    return f"{body}&signature={hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()}"


@asynccontextmanager
async def bare(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders that are nothing but a write and a read of bytes."""
    key = sandbox.credentials
    address = urlsplit(sandbox.ready["rest"])
    connection = Connection(*await asyncio.open_connection(address.hostname, address.port))
    side, numbers = sides(), count()

    def prepare() -> Order:
        body = signed_body(sandbox, f"bare-{next(numbers)}", side())
        request = (
            f"POST /api/v3/order HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"X-MBX-APIKEY: {key['api_key']}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

        async def order() -> None:
            assert b'"FILLED"' in await connection.send(request)

        return order

    yield prepare
    await connection.close()


@asynccontextmanager
async def http_client(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders with aiohttp, on which python-binance sits."""
    session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
    headers = {
        "X-MBX-APIKEY": sandbox.credentials["api_key"],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    url, side, numbers = f"{sandbox.ready['rest']}/api/v3/order", sides(), count()

    def prepare() -> Order:
        body = signed_body(sandbox, f"http-{next(numbers)}", side()).encode()

        async def order() -> None:
            async with session.post(url, data=body, headers=headers) as response:
                assert b'"FILLED"' in await response.read()

        return order

    yield prepare
    await session.close()


@asynccontextmanager
async def library(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders with python-binance alone."""
    key = sandbox.credentials

    class Client(AsyncClient):
        API_URL = f"{sandbox.ready['rest']}/api"

    client = Client(key["api_key"], key["api_secret"])
    side = sides()

    async def order() -> None:
        reply = await client.create_order(
            symbol=SYMBOL,
            side=side(),
            type="MARKET",
            quantity=QUANTITY,
            newOrderRespType="FULL",
        )
        assert reply["status"] == "FILLED"

    yield lambda: order
    await client.session.close()


def order_of(broker: BinanceBrokerGateway, clock: SystemClock, prefix: str) -> Order:
    """An order as the engine places it; its ids begin with `prefix`."""
    side, numbers = sides(), count()

    async def order() -> None:
        spec = OrderSpec(
            request_id=f"{prefix}-{next(numbers)}",
            symbol=SYMBOL,
            side=Side(side()),
            order_type=OrderType.MARKET,
            quantity=Decimal(QUANTITY),
        )
        outcome = await broker.submit(Approved(spec, broker.prepare(spec, 1, clock.now_ns())))
        assert isinstance(outcome, Acknowledged), outcome

    return order


@asynccontextmanager
async def gateway(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders through a gateway that hears nothing of them but the reply."""
    ready, key, clock = sandbox.ready, sandbox.credentials, SystemClock()
    endpoints = sandbox_endpoints(ready["rest"], ready["ws_api"], ready["stream"])
    credentials = Credentials(("", ""), key["api_key"], hmac_secret=key["api_secret"])
    calls = Calls(endpoints, credentials, clock)
    settings = GatewaySettings(symbols=(SYMBOL,), ws_api_url=endpoints.ws_api_url)
    broker = BinanceBrokerGateway(Environment.SANDBOX, calls, StillFeed(), clock, settings)
    calls.open()
    await calls.sync()
    order = order_of(broker, clock, f"deaf-{clock.now_ns()}"[:24])
    yield lambda: order
    await calls.close()


@asynccontextmanager
async def streaming(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders through a started gateway: account and prices of each are heard as well."""
    ready, key, clock = sandbox.ready, sandbox.credentials, SystemClock()
    settings = {
        "environment": "sandbox",
        "rest_url": ready["rest"],
        "ws_api_url": ready["ws_api"],
        "stream_url": ready["stream"],
        "symbols": [SYMBOL],
    }
    environ = {
        "BINANCE_SANDBOX_API_KEY": key["api_key"],
        "BINANCE_SANDBOX_API_SECRET": key["api_secret"],
    }
    context = SimpleNamespace(state_dir=sandbox.state, clock=clock, environ=environ, keys=None)
    broker, _ = create(settings, context)
    await broker.start(Listener())
    order = order_of(broker, clock, f"all-{clock.now_ns()}"[:24])
    yield lambda: order
    await broker.stop()


async def take_turns(prepares: Sequence[Callable[[], Order]], orders: int) -> list[float]:
    """Median of each way in ms; their orders follow each other, so that all have one neighbour."""
    turns = [[prepare() for prepare in prepares] for _ in range(orders)]
    laps: list[list[float]] = [[] for _ in prepares]
    for turn in turns:
        for order, lap in zip(turn, laps, strict=True):
            begun = time.perf_counter()
            await order()
            lap.append(time.perf_counter() - begun)
    return [median(lap) * 1000 for lap in laps]


async def main() -> None:
    show_machine()
    balances = ("--balance", "USDT=10000000", "--balance", "BTC=100")
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        SandboxProcess(Path(folder), "--pace", "2", *balances) as sandbox,
    ):
        figures: dict[str, list[float]] = {}
        for ways in ((bare, http_client, library, gateway), (streaming,)):
            async with AsyncExitStack() as stack:
                prepares = [await stack.enter_async_context(way(sandbox)) for way in ways]
                await take_turns(prepares, WARMUP_ORDERS)
                for _ in range(ROUNDS):
                    taken = await take_turns(prepares, ORDERS)
                    for way, p50 in zip(ways, taken, strict=True):
                        figures.setdefault(way.__name__, []).append(p50)
    report(figures)
    show_machine()


def report(figures: dict[str, list[float]]) -> None:
    for name, p50s in figures.items():
        show(f"{name}, one at a time, p50", f"{spread(p50s, '.3f')} ms")
    above = [o - b for o, b in zip(figures["gateway"], figures["bare"], strict=True)]
    show("gateway above bare, p50", f"{spread(above, '.3f')} ms", f"at most {GOAL_MS} ms")
    client = [o - b for o, b in zip(figures["http_client"], figures["bare"], strict=True)]
    show("of that, the HTTP client alone", f"{spread(client, '.3f')} ms")
    over = ratios(figures["gateway"], figures["library"])
    show("gateway / library", spread(over, ".2f"))


if __name__ == "__main__":
    uvloop.run(main())
