"""An order through the gateway over the bare HTTP round trip: python tests/bench/bench_gateway.py.

A sandbox in a process of its own takes the same market order in turn from the gateway (prepared
and submitted as the engine does), from python-binance as it comes, and as bytes signed beforehand
on a bare keep-alive socket. What lies between the last and the first is what our side of an order
costs. The gateway runs only while it is measured: its streams of account and prices are its own
cost, and nobody else's.
"""

import asyncio
import hashlib
import hmac
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

import uvloop

sys.path.append(str(Path(__file__).parents[1]))  # for the sandbox as a process

from aitrader_gateway.binance.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.events import OrderSpec
from aitrader_server.domain.venue import Acknowledged, Approved, VenueReport
from aitrader_server.domain.words import OrderType, Side
from binance.async_client import AsyncClient
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


@asynccontextmanager
async def bare(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders that are nothing but a write and a read of bytes."""
    key = sandbox.credentials
    address = urlsplit(sandbox.ready["rest"])
    connection = Connection(*await asyncio.open_connection(address.hostname, address.port))
    side, numbers = sides(), count()

    def prepare() -> Order:
        body = urlencode(
            {
                "newClientOrderId": f"bare-{next(numbers)}",
                "newOrderRespType": "FULL",
                "quantity": QUANTITY,
                "recvWindow": RECV_WINDOW_MS,
                "side": side(),
                "symbol": SYMBOL,
                "timestamp": time.time_ns() // 1_000_000,
                "type": "MARKET",
            }
        )
        signature = hmac.new(key["api_secret"].encode(), body.encode(), hashlib.sha256)
        body += f"&signature={signature.hexdigest()}"
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


@asynccontextmanager
async def gateway(sandbox: SandboxProcess) -> AsyncIterator[Callable[[], Order]]:
    """Makes orders as the engine does."""
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
    context = SimpleNamespace(state_dir=sandbox.state, clock=clock, environ=environ)
    broker, _ = create(settings, context)
    await broker.start(Listener())
    side, numbers = sides(), count()

    async def order() -> None:
        spec = OrderSpec(
            request_id=f"gateway-{next(numbers)}",
            symbol=SYMBOL,
            side=Side(side()),
            order_type=OrderType.MARKET,
            quantity=Decimal(QUANTITY),
        )
        outcome = await broker.submit(Approved(spec, broker.prepare(spec, 1, clock.now_ns())))
        assert isinstance(outcome, Acknowledged), outcome

    yield lambda: order
    await broker.stop()


async def p50_ms(prepare: Callable[[], Order], orders: int = ORDERS) -> float:
    """Median of `orders`, each prepared before its time begins to count."""
    laps = []
    for order in [prepare() for _ in range(orders)]:
        begun = time.perf_counter()
        await order()
        laps.append(time.perf_counter() - begun)
    return median(laps) * 1000


async def main() -> None:
    show_machine()
    balances = ("--balance", "USDT=10000000", "--balance", "BTC=100")
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        SandboxProcess(Path(folder), "--pace", "2", *balances) as sandbox,
    ):
        figures: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for way in (bare, library, gateway):
                async with way(sandbox) as prepare:
                    await p50_ms(prepare, WARMUP_ORDERS)
                    figures.setdefault(way.__name__, []).append(await p50_ms(prepare))
    report(figures)
    show_machine()


def report(figures: dict[str, list[float]]) -> None:
    for name, p50s in figures.items():
        show(f"{name}, one at a time, p50", f"{spread(p50s, '.3f')} ms")
    above = [o - b for o, b in zip(figures["gateway"], figures["bare"], strict=True)]
    show("gateway above bare, p50", f"{spread(above, '.3f')} ms", f"at most {GOAL_MS} ms")
    over = ratios(figures["gateway"], figures["library"])
    show("gateway / library", spread(over, ".2f"))


if __name__ == "__main__":
    uvloop.run(main())
