"""Nothing that is meant for one environment ever reaches another."""

import asyncio
from urllib.parse import urlsplit

import pytest
from aitrader_gateway.binance.client import GatewayClient, url_families
from aitrader_gateway.binance.endpoints import ENDPOINTS, Environment, sandbox_endpoints
from aitrader_gateway.binance.keys import Credentials
from binance.base_client import BaseClient

SANDBOX = sandbox_endpoints("http://127.0.0.1:9", "ws://127.0.0.1:9", "ws://127.0.0.1:9")
ALL = {**ENDPOINTS, Environment.SANDBOX: SANDBOX}
HOSTS = {
    Environment.SANDBOX: {"127.0.0.1"},
    Environment.TESTNET: {"testnet.binance.vision", "ws-api.testnet.binance.vision"},
    Environment.LIVE: {"api.binance.com", "ws-api.binance.com"},
}
NOWHERE = "closed.invalid"


@pytest.fixture(params=Environment)
async def client(request):
    client = GatewayClient(ALL[request.param], Credentials(("", ""), "key"), lambda *_: None)
    client.hosts = HOSTS[request.param]
    yield client
    await client.session.close()


def host(url):
    return urlsplit(url).hostname


def urls_of(client):
    """Every address that an instance holds, in itself or in its class, under whatever name."""
    return {
        name: value
        for name in dir(client)
        if isinstance(value := getattr(client, name), str) and "://" in value
    }


async def test_every_address_is_the_environment_s_or_none(client):
    urls = urls_of(client)
    assert set(url_families()) <= set(urls)
    assert {host(url) for url in urls.values()} == client.hosts | {NOWHERE}
    assert host(client.ws_api._url) in client.hosts
    assert host(client.ws_future._url) == NOWHERE


async def test_every_way_to_an_address_leads_there_or_nowhere(client):
    makers = [name for name in dir(client) if name.startswith("_create_")]
    assert len(makers) >= 9
    for name in makers:
        make = getattr(client, name)
        for flags in ((False, False), (True, False), (False, True)):
            client.testnet, client.demo = flags
            assert host(make("path")) in client.hosts | {NOWHERE}, name


async def test_only_spot_goes_anywhere(client):
    assert host(client._create_api_uri("order")) in client.hosts
    for make in (client._create_margin_api_uri, client._create_website_uri):
        assert host(make("path")) == NOWHERE


async def test_what_is_closed_fails_before_anything_is_sent(client):
    with pytest.raises(OSError, match=NOWHERE):
        async with asyncio.timeout(10):
            await client.get_system_status()


def test_each_environment_has_addresses_of_its_own():
    urls = [
        url
        for endpoints in ALL.values()
        for url in (endpoints.rest_url, endpoints.ws_api_url, endpoints.stream_url)
    ]
    assert len(set(urls)) == len(urls)
    for endpoints in ENDPOINTS.values():
        assert urlsplit(endpoints.rest_url).scheme == "https"
        assert urlsplit(endpoints.ws_api_url).scheme == urlsplit(endpoints.stream_url).scheme
        assert urlsplit(endpoints.stream_url).scheme == "wss"
    assert ENDPOINTS[Environment.TESTNET].rest_url == BaseClient.API_TESTNET_URL
    assert ENDPOINTS[Environment.TESTNET].ws_api_url == BaseClient.WS_API_TESTNET_URL


@pytest.mark.parametrize(
    "url",
    [
        "https://api.binance.com",
        "https://testnet.binance.vision/api",
        "wss://stream.binance.com:9443",
        "https://API.BINANCE.COM",
        "https://api.binance.us",
    ],
)
def test_a_sandbox_is_never_binance_itself(url):
    with pytest.raises(ValueError, match="is Binance's own"):
        sandbox_endpoints("http://127.0.0.1:1", url, "ws://127.0.0.1:1")


def test_a_sandbox_s_addresses_are_completed():
    short = sandbox_endpoints("http://h:1", "ws://h:1/", "ws://h:1")
    assert short == sandbox_endpoints("http://h:1/api/", "ws://h:1/ws-api/v3", "ws://h:1/")
    assert (short.rest_url, short.ws_api_url) == ("http://h:1/api", "ws://h:1/ws-api/v3")
    assert short.stream_url == "ws://h:1/"
    with pytest.raises(ValueError, match="names no host"):
        sandbox_endpoints("127.0.0.1", "", "")
