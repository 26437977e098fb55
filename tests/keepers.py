"""Every keeper of secrets as a test handles it: put something there, take it away, shut it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import vault_server
from aitrader_server.adapters.secrets.aws import AwsSecrets, AwsSettings
from aitrader_server.adapters.secrets.environment import EnvironmentSecrets
from aitrader_server.adapters.secrets.files import FileSecrets
from aitrader_server.adapters.secrets.google import GoogleSettings
from aitrader_server.adapters.secrets.google_client import GoogleSecrets
from aitrader_server.adapters.secrets.provider import ProviderContext, SecretProvider
from aitrader_server.adapters.secrets.vault import VaultSecrets, VaultSettings
from aws_server import CREDENTIALS, REGION, AwsServer
from google_secrets_server import GoogleSecretsServer
from vault_server import VaultServer

SECRET = "binance-key"


def resolving(secrets: Mapping[str, str], settings: Mapping[str, Any] | None = None):
    """The context of a provider whose own references are these."""

    async def resolve(reference: str) -> str:
        return secrets[reference]

    return ProviderContext(settings=settings or {}, environ={}, resolve=resolve)


class Keeper:
    """`place` is where the value lies."""

    place: str
    provider: SecretProvider

    async def put(self, value: str) -> None:
        raise NotImplementedError

    async def remove(self) -> None:
        raise NotImplementedError

    async def shut(self) -> None:
        raise NotImplementedError

    async def open(self) -> None:
        raise NotImplementedError

    def text(self, value: str) -> str:
        """What the provider is to return for `value`."""
        return value


class EnvironmentKeeper(Keeper):
    place = "BINANCE_KEY"

    def __init__(self) -> None:
        self._environ: dict[str, str] = {}
        self.provider = EnvironmentSecrets(self._environ)

    async def put(self, value: str) -> None:
        self._environ[self.place] = value

    async def remove(self) -> None:
        del self._environ[self.place]


class FileKeeper(Keeper):
    def __init__(self, folder: Path) -> None:
        self._path = folder / SECRET
        self.place = str(self._path)
        self.provider = FileSecrets({})

    async def put(self, value: str) -> None:
        beside = self._path.with_suffix(".new")
        beside.write_text(f"{value}\n")
        beside.chmod(0o600)
        beside.replace(self._path)

    async def remove(self) -> None:
        self._path.unlink()


class VaultKeeper(Keeper):
    place = f"kv/{SECRET}"

    def __init__(self, server: VaultServer) -> None:
        self._server = server
        settings = VaultSettings(
            url=server.url, auth="approle", role=vault_server.ROLE_ID, secret_id="env:SECRET_ID"
        )
        self.provider = VaultSecrets(settings, resolving({"env:SECRET_ID": server.secret_id}))

    async def put(self, value: str) -> None:
        self._server.put(self.place, key=value)

    async def remove(self) -> None:
        self._server.delete(self.place)

    async def shut(self) -> None:
        self._server.stop()

    async def open(self) -> None:
        self._server.start()

    def text(self, value: str) -> str:
        return json.dumps({"key": value})


class AwsKeeper(Keeper):
    place = f"trading/{SECRET}"

    def __init__(self, server: AwsServer) -> None:
        self._server = server
        self.provider = AwsSecrets(AwsSettings(region=REGION, endpoint_url=server.url))

    async def put(self, value: str) -> None:
        self._server.put(self.place, value)

    async def remove(self) -> None:
        self._server.delete(self.place)

    async def shut(self) -> None:
        self._server.kill9()

    async def open(self) -> None:
        self._server.start()


class GoogleKeeper(Keeper):
    place = f"projects/trading/secrets/{SECRET}"

    def __init__(self, server: GoogleSecretsServer) -> None:
        self._server = server
        self.provider = GoogleSecrets(
            GoogleSettings(endpoint=server.endpoint, ca_file=str(server.ca_file))
        )

    async def put(self, value: str) -> None:
        self._server.put(self.place, value.encode())

    async def remove(self) -> None:
        self._server.destroy(self.place)

    async def shut(self) -> None:
        await self._server.stop()

    async def open(self) -> None:
        await self._server.start()


KINDS_WITH_OUTAGES = ("vault", "aws-sm", "gcp-sm")
# Of this process's own variables and files nothing is ever down.
KINDS = ("env", "file", *KINDS_WITH_OUTAGES)


@asynccontextmanager
async def keeping(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Keeper]:
    """A keeper of this kind, open and empty; its provider is closed at the end."""
    async with _keeper(kind, folder, monkeypatch) as keeper:
        try:
            yield keeper
        finally:
            await keeper.provider.close()


@asynccontextmanager
async def _keeper(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Keeper]:
    match kind:
        case "env":
            yield EnvironmentKeeper()
        case "file":
            yield FileKeeper(folder)
        case "vault":
            with VaultServer() as vault:
                yield VaultKeeper(vault)
        case "aws-sm":
            for name, value in CREDENTIALS.items():
                monkeypatch.setenv(name, value)
            with AwsServer() as aws:
                yield AwsKeeper(aws)
        case _:
            google = GoogleSecretsServer(folder)
            await google.start()
            try:
                yield GoogleKeeper(google)
            finally:
                await google.stop()
