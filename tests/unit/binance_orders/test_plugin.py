"""What the configuration's section makes."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from aitrader_gateway.binance.broker import BinanceBrokerGateway
from aitrader_gateway.binance.plugin import BinanceSettings, create
from aitrader_server import plugins
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.errors import ConfigError
from pydantic import ValidationError

AT_SANDBOX = {
    "environment": "sandbox",
    "rest_url": "http://127.0.0.1:9",
    "ws_api_url": "ws://127.0.0.1:9",
    "stream_url": "ws://127.0.0.1:9",
}


def context(**environ):
    return SimpleNamespace(state_dir=Path(), clock=SystemClock(), environ=environ, keys=None)


def test_it_is_offered_as_a_venue():
    assert plugins.load(plugins.VENUES, "binance") is create


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET")),
        ({"environment": "live"}, ("BINANCE_API_KEY", "BINANCE_API_SECRET")),
        (AT_SANDBOX, ("BINANCE_SANDBOX_API_KEY", "BINANCE_SANDBOX_API_SECRET")),
        ({"api_key_env": "MY_KEY", "api_secret_env": "MY_SECRET"}, ("MY_KEY", "MY_SECRET")),
    ],
)
def test_each_environment_has_keys_of_its_own(settings, names):
    asked = {"symbols": ["BTCUSDT"], **settings}
    with pytest.raises(ConfigError) as raised:
        create(asked, context())
    assert [name in problem for name, problem in zip(names, raised.value.problems, strict=True)]
    assert all(name in str(raised.value) for name in names)
    broker, quotes = create(asked, context(**dict.fromkeys(names, "x")))
    assert isinstance(broker, BinanceBrokerGateway)
    assert broker.name == "binance"
    assert broker.environment == settings.get("environment", "testnet")
    assert quotes.quote("BTCUSDT") is None
    # Nothing has been opened: what is not started has nothing to say.
    assert not broker.health().connected


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown": 1},
        {"symbols": []},
        {"symbols": ["BTC USDT"]},
        {"symbols": ["BTC&x=1"]},
        {"environment": "moon"},
        {"rest_url": "http://127.0.0.1:1"},
        {"environment": "sandbox"},
        {**AT_SANDBOX, "rest_url": "https://api.binance.com"},
        {**AT_SANDBOX, "stream_url": ""},
        {"api_key_env": "not a name"},
        {"order_recv_window_ms": 60_000},
        {"order_recv_window_ms": 0},
        {"clock_refresh_s": 0},
        {"start_timeout_s": 10_000},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        BinanceSettings.model_validate({"symbols": ["BTCUSDT"], **wrong})
