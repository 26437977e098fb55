"""Every kind of key trades and hears its account; a wrong one stops the start."""

import asyncio
import os
from decimal import Decimal
from types import SimpleNamespace

import pytest
from aitrader_gateway.binance.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.venue import Acknowledged, Approved
from aitrader_server.errors import ConfigError
from Crypto.PublicKey import ECC, RSA
from sandbox_running import running_sandbox

KINDS = {
    "Ed25519": lambda: ECC.generate(curve="Ed25519"),
    "RSA": lambda: RSA.generate(2048),
}


class Listener:
    def __init__(self):
        self.heard = asyncio.Event()
        self.streams = []

    def on_report(self, report):
        self.heard.set()

    def on_stream(self, *, up, detail):
        self.streams.append((up, detail))

    def on_external(self, detail):
        pass


def gateway(sandbox, key, secret):
    """As the server makes it from its configuration."""
    settings = {
        "environment": "sandbox",
        "rest_url": sandbox.rest_url,
        "ws_api_url": sandbox.ws_api_url,
        "stream_url": sandbox.stream_url,
        "symbols": ["BTCUSDT"],
        "start_timeout_s": 20,
    }
    environ = {"BINANCE_SANDBOX_API_KEY": key, "BINANCE_SANDBOX_API_SECRET": secret}
    state = sandbox.settings.state
    return create(
        settings, SimpleNamespace(state_dir=state, clock=SystemClock(), environ=environ, keys=None)
    )[0]


def pem_of(key):
    pem = key.export_key(format="PEM")
    return pem if isinstance(pem, str) else pem.decode()


@pytest.mark.parametrize("kind", ["HMAC", *KINDS])
async def test_each_kind_of_key_trades_and_hears(tmp_path, order, kind):
    public, secret = tmp_path / "public.pem", ""
    if kind != "HMAC":
        private = KINDS[kind]()
        secret = pem_of(private)
        public.write_text(pem_of(private.public_key()))
    files = () if kind == "HMAC" else (public,)
    async with running_sandbox(tmp_path, pace_per_s=50.0, public_keys=files) as sandbox:
        own = sandbox.credentials
        key = own.api_key if kind == "HMAC" else sandbox.public_keys[public].key
        broker, listener = gateway(sandbox, key, secret or own.api_secret), Listener()
        await broker.start(listener)
        spec = order(limit_price=Decimal(90_000), quantity=Decimal("0.001"))
        attempt = broker.prepare(spec, 1, SystemClock().now_ns())
        outcome = await broker.submit(Approved(spec, attempt))
        async with asyncio.timeout(10):
            await listener.heard.wait()
        await broker.stop()
    assert isinstance(outcome, Acknowledged), outcome
    assert listener.streams == []


@pytest.mark.parametrize(("key", "secret"), [("good", "bad"), ("bad", "good")])
async def test_a_wrong_key_or_secret_stops_the_start(tmp_path, key, secret):
    async with running_sandbox(tmp_path) as sandbox:
        own, other = sandbox.credentials, os.urandom(32).hex()
        chosen_key = own.api_key if key == "good" else other
        chosen_secret = own.api_secret if secret == "good" else other
        broker = gateway(sandbox, chosen_key, chosen_secret)
        with pytest.raises(ConfigError) as raised:
            await broker.start(Listener())
        await broker.stop()
    assert "BINANCE_SANDBOX_API_KEY" in str(raised.value)
    assert "sandbox" in str(raised.value)
    assert other not in str(raised.value)
    assert not sandbox.world.venue.exchange.orders("main", "BTCUSDT")
