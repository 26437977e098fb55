"""A user data stream over a venue that misbehaves."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from random import Random

import pytest
from aiohttp import web
from aitrader_gateway.binance.user_stream import UserStream, UserStreamSettings
from aitrader_gateway.binance.ws_api import WireBounds
from aitrader_server.adapters.clock import SystemClock
from binance import AsyncClient
from misbehaving_ws_api import Listener, Venue

API_KEY = "the-key-that-no-log-may-show"
API_SECRET = "the-secret-that-no-log-may-show"


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    venue = Venue()
    app = web.Application()
    app.router.add_get("/ws-api/v3", venue.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    venue.url = f"ws://127.0.0.1:{port}/ws-api/v3"
    yield venue
    for connection in venue.live:
        connection.cut()
    await runner.cleanup()


@pytest.fixture
def listener():
    return Listener()


QUICK = UserStreamSettings(
    start_timeout_s=3.0,
    wire=WireBounds(
        connect_timeout_s=1.0, request_timeout_s=0.5, ping_interval_s=5.0, ping_timeout_s=5.0
    ),
    probe_interval_s=30.0,
    overlap_s=0.1,
    deaf_after_s=0.4,
    wait_s_min=0.01,
    wait_s_max=0.1,
)


@pytest.fixture
def quick():
    return QUICK


@pytest.fixture
def clock():
    return SystemClock()


@pytest.fixture
async def client():
    client = AsyncClient(API_KEY, API_SECRET)
    yield client
    await client.close_connection()


@pytest.fixture
async def open_stream(venue, client, listener, clock):
    """Starts a stream at the venue; the settings are quick unless a test needs others."""
    async with AsyncExitStack() as stack:

        async def start(settings=QUICK, url=None):
            stream = UserStream(client, url or venue.url, clock, Random(7), settings)
            stack.push_async_callback(stream.stop)
            await stream.start(listener)
            return stream

        yield start
