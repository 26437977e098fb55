"""A keeper that takes the call and never answers: a look ends in time, whatever the client does."""

import asyncio
from contextlib import suppress

import pytest
from aitrader_server.adapters.secrets.aws import AwsSecrets, AwsSettings
from aitrader_server.adapters.secrets.google import GoogleSettings
from aitrader_server.adapters.secrets.google_client import GoogleSecrets
from aitrader_server.adapters.secrets.vault import VaultSecrets, VaultSettings
from aitrader_server.errors import SecretError
from aws_server import CREDENTIALS, REGION
from keepers import resolving


@pytest.fixture
async def silence():
    """The address of a server that reads and says nothing."""

    writers = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.read(1_000):
            pass

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"{host}:{port}"
    server.close()
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_a_look_ends_in_time_and_holds_nothing_up(silence, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    vault = VaultSettings(url=f"http://{silence}", auth="token", token="env:TOKEN")
    providers = {
        "kv/binance": VaultSecrets(vault, resolving({"env:TOKEN": "hvs.token"})),
        "binance": AwsSecrets(AwsSettings(region=REGION, endpoint_url=f"http://{silence}")),
        "projects/p/secrets/s": GoogleSecrets(GoogleSettings(endpoint=silence)),
    }
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.05)
            ticks += 1

    ticking = asyncio.create_task(tick())
    async with asyncio.timeout(90):
        said = await asyncio.gather(
            *(provider.read(frozenset({place})) for place, provider in providers.items()),
            return_exceptions=True,
        )
    ticking.cancel()
    for error in said:
        assert isinstance(error, SecretError)
        assert not error.lasting
    # The loop went on meanwhile.
    assert ticks > 20
    for provider in providers.values():
        await provider.close()
