"""What the gateway relies on in python-binance and aiohttp beyond their documented interfaces.

A version in which one of these fails must not be taken before the gateway has been read again.
"""

import inspect
from importlib.metadata import version

import aiohttp
import pytest
from aiohttp import web
from binance.async_client import AsyncClient
from binance.base_client import BaseClient
from binance.exceptions import BinanceAPIException, BinanceRequestException

SPOT = {
    "API_URL",
    "API_TESTNET_URL",
    "API_DEMO_URL",
    "WS_API_URL",
    "WS_API_TESTNET_URL",
    "WS_API_DEMO_URL",
}
ELSEWHERE = {
    "MARGIN_API_URL",
    "WEBSITE_URL",
    "FUTURES_URL",
    "FUTURES_TESTNET_URL",
    "FUTURES_DEMO_URL",
    "FUTURES_DATA_URL",
    "FUTURES_DATA_TESTNET_URL",
    "FUTURES_COIN_URL",
    "FUTURES_COIN_TESTNET_URL",
    "FUTURES_COIN_DEMO_URL",
    "FUTURES_COIN_DATA_URL",
    "FUTURES_COIN_DATA_TESTNET_URL",
    "OPTIONS_URL",
    "OPTIONS_TESTNET_URL",
    "PAPI_URL",
    "WS_FUTURES_URL",
    "WS_FUTURES_TESTNET_URL",
    "WS_FUTURES_DEMO_URL",
}


def parameters(function):
    return list(inspect.signature(function).parameters)


def test_the_versions_are_those_that_were_read():
    assert version("python-binance") == "1.0.37"
    assert version("aiohttp") == "3.14.5"


def test_every_address_is_a_class_attribute_whose_name_ends_in_url():
    named = {name for name in dir(BaseClient) if name.endswith("_URL")}
    assert named == SPOT | ELSEWHERE
    literals = {
        name
        for name, value in vars(BaseClient).items()
        if isinstance(value, str) and "://" in value
    }
    assert literals == named


def test_the_urls_of_the_testnet_are_those_that_we_know():
    assert BaseClient.API_TESTNET_URL == "https://testnet.binance.vision/api"
    assert BaseClient.WS_API_TESTNET_URL == "wss://ws-api.testnet.binance.vision/ws-api/v3"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("_request_api", ["self", "method", "path", "signed", "version", "kwargs"]),
        ("_request", ["self", "method", "uri", "signed", "force_params", "kwargs"]),
        ("_get_request_kwargs", ["self", "method", "signed", "force_params", "kwargs"]),
        ("_handle_response", ["self", "response"]),
        ("_init_session", ["self"]),
        ("_hmac_signature", ["self", "query_string"]),
        ("_rsa_signature", ["self", "query_string"]),
        ("_ed25519_signature", ["self", "query_string"]),
        ("_create_api_uri", ["self", "path", "signed", "version"]),
    ],
)
def test_the_methods_that_are_called_or_replaced_have_these_parameters(method, expected):
    assert parameters(getattr(AsyncClient, method)) == expected


def test_the_constructor_takes_what_we_give_it():
    assert {
        "api_key",
        "api_secret",
        "requests_params",
        "session_params",
        "private_key",
        "testnet",
        "demo",
    } <= set(parameters(AsyncClient.__init__))
    assert AsyncClient.REQUEST_RECVWINDOW == 10_000


async def test_a_client_that_is_made_has_done_nothing_yet():
    requests = []
    async with served(requests) as url:

        class Local(AsyncClient):
            API_URL = url

        client = Local("key", "secret")
        attributes = ("PRIVATE_KEY", "_is_rsa", "_requests_params", "timestamp_offset", "ws_api")
        assert all(hasattr(client, name) for name in attributes)
        assert isinstance(client.session, aiohttp.ClientSession)
        await client.session.close()
    assert requests == []


async def test_an_address_of_ours_is_the_one_that_is_asked():
    requests = []
    async with served(requests) as url:

        class Local(AsyncClient):
            API_URL = url

        client = Local("key", "secret")
        await client._request_api("get", "time", signed=False)
        await client.session.close()
    assert requests == [("GET", "/v3/time")]


@pytest.mark.parametrize(("repeats", "hits"), [(True, 2), (False, 1)])
@pytest.mark.parametrize("method", ["put", "delete"])
async def test_one_private_switch_keeps_aiohttp_from_repeating(method, repeats, hits):
    """Were it gone, a cancel whose reply is lost would run twice."""
    requests = []
    async with served(requests, drop=True) as url, aiohttp.ClientSession() as session:
        session._retry_connection = repeats
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await getattr(session, method)(f"{url}/v3/order")
    assert len(requests) == hits


async def test_posts_are_never_repeated():
    requests = []
    async with served(requests, drop=True) as url, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await session.post(f"{url}/v3/order")
    assert len(requests) == 1


def test_a_refusal_is_read_from_its_text():
    refusal = BinanceAPIException(None, 400, '{"code": -1013, "msg": "No."}')
    assert (refusal.code, refusal.message, refusal.status_code) == (-1013, "No.", 400)
    assert BinanceRequestException("why").message == "why"


def served(requests, *, drop=False):
    """The address of a server that notes requests, and answers none of them when it drops."""
    return _Server(requests, drop)


class _Server:
    def __init__(self, requests, drop):
        self._requests = requests
        self._drop = drop

    async def _answer(self, request):
        await request.read()
        self._requests.append((request.method, request.path))
        if self._drop:
            request.transport.abort()
        return web.json_response({})

    async def __aenter__(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_):
        await self._runner.cleanup()
