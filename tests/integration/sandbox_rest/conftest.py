"""The REST face on a real socket, and the unmodified client library in front of it."""

import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aitrader_gateway.sandbox.rest import RestFace
from binance import AsyncClient
from local_binance import local_client
from venue_desk import KEY, MAKER_KEY, MAKER_SECRET, SECRET, VenueDesk


class WallClock:
    def now_ns(self) -> int:
        return time.time_ns()


@pytest.fixture
def desk() -> VenueDesk:
    return VenueDesk(WallClock())


@pytest.fixture
async def url(desk) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(RestFace(desk.api, desk.clock, desk.faults).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def client(url) -> AsyncIterator[AsyncClient]:
    client = await local_client(url).create(KEY, SECRET)
    yield client
    await client.close_connection()


@pytest.fixture
async def maker(url) -> AsyncIterator[AsyncClient]:
    client = local_client(url)(MAKER_KEY, MAKER_SECRET)
    yield client
    await client.close_connection()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session
