"""The private names of python-binance that one connection stands on.

When this fails after an upgrade, read the library's WebSocket modules anew before anything else.
"""

import inspect
from importlib.metadata import version

import pytest
from aitrader_gateway.binance.ws_api import GatewayWsApi
from binance.base_client import BaseClient
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from binance.ws.websocket_api import WebsocketAPI


def test_the_version_is_the_one_that_was_read():
    assert version("python-binance") == "1.0.37"


@pytest.mark.parametrize(
    "name",
    ["connect", "request", "close", "_read_loop", "_handle_message", "_propagate_error"],
)
def test_what_is_overridden_is_there_and_is_called_alike(name):
    theirs = inspect.signature(getattr(WebsocketAPI, name)).parameters
    ours = inspect.signature(getattr(GatewayWsApi, name)).parameters
    assert len(ours) == len(theirs)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (WebsocketAPI, "_ensure_ws_connection"),
        (ReconnectingWebsocket, "json_loads"),
        (ReconnectingWebsocket, "json_dumps"),
        (ReconnectingWebsocket, "MAX_RECONNECTS"),
        (ReconnectingWebsocket, "TIMEOUT"),
        (BaseClient, "_sign_ws_params"),
        (BaseClient, "_generate_ws_api_signature"),
    ],
)
def test_what_is_used_is_there(owner, name):
    assert hasattr(owner, name)


@pytest.mark.parametrize("name", ["_responses", "_handle_read_loop", "_ws_kwargs", "_log"])
def test_what_is_set_is_there(name):
    source = inspect.getsource(ReconnectingWebsocket) + inspect.getsource(WebsocketAPI)
    assert f"self.{name}" in source
