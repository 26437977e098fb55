"""`aitrader serve` with its journal on a server: how it starts, waits, loses it and comes back."""

import asyncio
import re
import signal

import pytest
from callers import caller, eventually, reconciled
from postgres_server import running_postgres
from serving import Server

EX_TEMPFAIL, EX_CONFIG = 75, 78
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
ORDERS = 20


@pytest.fixture
def on(tmp_path, request):
    """Makes an engine that has its journal at a URL."""

    def make(url: str, *settings: str) -> Server:
        folder = tmp_path / f"engine{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        server = Server(folder, "journal.kind=postgres", "journal.url=env:JOURNAL_URL", *settings)
        server.environ = {"JOURNAL_URL": url}
        request.addfinalizer(server.kill9)
        return server

    return make


async def says(server: Server, pattern: str) -> None:
    async def said() -> bool:
        return re.search(pattern, server.log) is not None

    await eventually(said, pattern)


async def test_a_lost_server_ends_the_engine_and_no_answer_is_lost(on):
    with running_postgres() as postgres:
        server = on(postgres.new_database())
        await asyncio.to_thread(server.start)
        async with caller(server) as client:
            await reconciled(client)
            for number in range(ORDERS):
                order = BUY | {"request_id": f"q-{number}"}
                answer = (await client.post("/live/orders", json=order)).json()
                assert answer["order"]["state"] == "ORDER_STATE_FILLED"
            postgres.stop("immediate")
            assert await asyncio.to_thread(server.wait) == EX_TEMPFAIL
        assert "the journal failed: trading has stopped" in server.log
        place = f"PostgreSQL at 127.0.0.1:{postgres.port}"
        assert f"\nError: the connection to {place}" in server.log

        server.launch()
        await says(server, f"standby: the connection to {place}/.*; trying again")
        postgres.start()
        await asyncio.to_thread(server.wait_until_ready)
        async with caller(server) as client:
            await reconciled(client)
            for number in range(ORDERS):
                found = (await client.get(f"/live/orders/q-{number}")).json()
                assert found["order"]["state"] == "ORDER_STATE_FILLED"
        assert await asyncio.to_thread(server.stop) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_wait(on, postgres, number):
    url = postgres.new_database()
    active, standby = on(url), on(url)
    await asyncio.to_thread(active.start)
    standby.launch()
    await says(standby, f"standby: the engine with pid {active.pid} on .* is active, epoch 1, ")
    standby.signal(number)
    assert await asyncio.to_thread(standby.wait) == 0
    assert "stopped while it started" in standby.log
    assert "Traceback" not in standby.log
    assert await asyncio.to_thread(active.stop) == 0


def refused(server: Server) -> str:
    """The last line of a start that another one would not mend."""
    assert server.launch().wait(60) == EX_CONFIG, server.log
    return server.log.splitlines()[-1]


def test_a_start_says_what_is_wrong_with_the_address(on, postgres):
    url = postgres.new_database()
    assert "postgres needs an address" in refused(on(url, "journal.url=null"))
    assert refused(on(url, "journal.url=env:NO_SUCH")) == (
        "journal.url: the variable NO_SUCH is not set; put the secret there"
    )
    assert re.fullmatch(
        r'journal\.url: PostgreSQL at \S+: database "none" does not exist',
        refused(on(postgres.url("none"))),
    )


async def test_an_account_keeps_its_database(on, postgres):
    url = postgres.new_database()
    first = on(url)
    await asyncio.to_thread(first.start)
    first.stop()
    said = await asyncio.to_thread(refused, on(url, "account=other"))
    assert "the journal belongs to account paper" in said
