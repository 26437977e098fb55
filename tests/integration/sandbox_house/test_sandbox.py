"""The whole exchange on its port, in the test's own process."""

import asyncio
import socket
from decimal import Decimal

import aiohttp
import pytest
from aitrader_gateway.sandbox.faults import Fault, Rule
from aitrader_server.domain.words import Side
from aitrader_server.errors import ConfigError
from binance import AsyncClient
from binance.exceptions import BinanceAPIException
from Crypto.PublicKey import ECC, RSA
from sandbox_running import running_sandbox

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


def client_of(running, key=None, private_key=None):
    class Client(AsyncClient):
        API_URL = f"{running.rest_url}/api"

    if private_key is not None:
        return Client(key, private_key=private_key)
    return Client(running.credentials.api_key, running.credentials.api_secret)


async def test_a_user_buys_and_finds_it_again_in_another_life(tmp_path):
    async with running_sandbox(tmp_path) as running:
        client = client_of(running)
        bought = await client.create_order(**ORDER, newClientOrderId="mine")
        waiting = await client.create_order(
            **{**ORDER, "type": "LIMIT"}, price="50000", timeInForce="GTC"
        )
        account = await client.get_account()
        await client.close_connection()
    async with running_sandbox(tmp_path) as running:
        client = client_of(running)
        found = await client.get_order(symbol="BTCUSDT", origClientOrderId="mine")
        assert (found["orderId"], found["status"]) == (bought["orderId"], "FILLED")
        open_orders = await client.get_open_orders()
        assert [order["orderId"] for order in open_orders] == [waiting["orderId"]]
        assert (await client.get_account())["balances"] == account["balances"]
        trades = await client.get_my_trades(symbol="BTCUSDT")
        assert sum(Decimal(trade["qty"]) for trade in trades) == Decimal("0.01")
        await client.close_connection()


async def test_prices_go_on_where_they_were_until_a_reset(tmp_path):
    async with running_sandbox(tmp_path) as running:
        assert running.world.venue.exchange.last_price("BTCUSDT") == 100_000
        running.world.crowd.move("BTCUSDT", Decimal(80_000))
        client = client_of(running)
        await client.create_order(**ORDER)
        await client.close_connection()
    async with running_sandbox(tmp_path) as running:
        last = running.world.venue.exchange.last_price("BTCUSDT")
        assert 80_000 < last < 80_100
        assert abs(running.world.venue.exchange.best("BTCUSDT", Side.BUY)[0] - last) < 50
        running.world.reset()
        assert running.world.venue.exchange.last_price("BTCUSDT") == 100_000


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
async def test_a_registered_public_key_trades(tmp_path, kind):
    if kind == "rsa":
        private = RSA.generate(2048)
        private_pem = private.export_key().decode()
        public_pem = private.public_key().export_key().decode()
    else:
        private = ECC.generate(curve="ed25519")
        private_pem = private.export_key(format="PEM")
        public_pem = private.public_key().export_key(format="PEM")
    path = tmp_path / "public.pem"
    path.write_text(public_pem)
    async with running_sandbox(tmp_path, public_keys=(path,)) as running:
        key = running.public_keys[path].key
        client = client_of(running, key, private_pem)
        assert (await client.create_order(**ORDER))["status"] == "FILLED"
        await client.close_connection()


async def test_faults_are_on_from_the_start(tmp_path):
    rule = Rule(fault=Fault.CODE_AFTER, subjects="POST */order", hits_max=1)
    async with running_sandbox(tmp_path, faults=(rule,)) as running:
        client = client_of(running)
        with pytest.raises(BinanceAPIException) as caught:
            await client.create_order(**ORDER)
        assert (caught.value.status_code, caught.value.code) == (502, -1007)
        assert len(await client.get_all_orders(symbol="BTCUSDT")) == 1
        await client.close_connection()


async def test_markets_move_by_themselves(tmp_path):
    async with (
        running_sandbox(tmp_path, pace_per_s=500.0) as running,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{running.stream_url}/ws/btcusdt@trade") as stream,
    ):
        first = await stream.receive_json(timeout=10)
        second = await stream.receive_json(timeout=10)
    assert second["t"] > first["t"]


async def test_a_recording_leads_the_price(tmp_path):
    recording = tmp_path / "trades.csv"
    rows = [f"{second}000,BTCUSDT,{70_000 + second},0.5,SELL" for second in range(1, 60)]
    recording.write_text("\n".join(["time_ms,symbol,price,quantity,side", *rows]))
    async with running_sandbox(tmp_path, replay=recording, speed=1000.0) as running:
        exchange = running.world.venue.exchange
        async with asyncio.timeout(10):
            while exchange.last_price("BTCUSDT") != 70_059:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1000,BTCUSDT,dear,1,BUY", "trades.csv:2"),
        ("1000,NOSUCH,1,1,BUY", "NOSUCH is not traded here"),
    ],
)
async def test_a_recording_that_cannot_go_on_ends_the_sandbox(tmp_path, row, said):
    recording = tmp_path / "trades.csv"
    recording.write_text(f"time_ms,symbol,price,quantity,side\n{row}\n")

    async def run():
        async with running_sandbox(tmp_path, replay=recording) as running:
            await running.failure()

    with pytest.raises(ConfigError, match=said):
        await run()


async def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}"):
            async with running_sandbox(tmp_path, port=port):
                pass


async def test_a_state_folder_serves_one_sandbox(tmp_path):
    async with running_sandbox(tmp_path):
        with pytest.raises(ConfigError, match=r"another process .*: stop it first"):
            async with running_sandbox(tmp_path):
                pass
