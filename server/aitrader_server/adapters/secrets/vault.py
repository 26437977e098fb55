"""`vault:mount/path#field`: HashiCorp Vault or OpenBao."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from aitrader_server.adapters.secrets.provider import ProviderContext, Secret
from aitrader_server.adapters.secrets.worker import Worker
from aitrader_server.errors import ConfigError, SecretError

TIMEOUT_S: Final = 25.0
# Where Kubernetes puts the token of the pod's service account, and renews it.
JWT_FILE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class VaultSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `secrets.vault`; `secret_id` and `token` are references."""

    url: str
    auth: str
    mount: str | None = None
    role: str | None = None
    secret_id: str | None = None
    token: str | None = None
    namespace: str | None = None
    ca_file: str | None = None


class VaultSecrets:
    """A place is a KV entry; its value the JSON text of all fields."""

    def __init__(
        self, settings: VaultSettings, context: ProviderContext, jwt_file: Path = JWT_FILE
    ) -> None:
        try:
            from aitrader_server.adapters.secrets.vault_session import (  # noqa: PLC0415 -- an extra's client
                VaultSession,
            )
        except ImportError as error:
            advice = "in the project's folder, pip install '.[vault]'"
            raise ConfigError((f"secrets.vault: {error.name} is missing: {advice}",)) from error
        self._settings = settings
        self._context = context
        self._jwt_file = jwt_file
        self._session = VaultSession(settings)
        self._worker = Worker("Vault", TIMEOUT_S)

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        """Of the newest version that is not deleted. Raises SecretError."""
        credential = await self._credential()
        return await self._worker.call(lambda: self._session.read(places, credential))

    async def changed(self, places: frozenset[str]) -> None:  # noqa: ARG002 -- the port's
        """Nothing tells."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Leaves the token to its end."""
        self._worker.close()

    async def _credential(self) -> str:
        """What opens Vault, as it is now: whoever rotates it writes it where it is."""
        settings = self._settings
        if settings.auth == "kubernetes":
            try:
                return (await asyncio.to_thread(self._jwt_file.read_text)).strip()
            except OSError as error:
                problem = f"cannot read the service account's token: {error.strerror}"
                raise SecretError(problem, lasting=True) from error
        reference = settings.token if settings.auth == "token" else settings.secret_id
        return "" if reference is None else await self._context.resolve(reference)


def create(context: ProviderContext) -> VaultSecrets:
    """Not connected yet. Raises ConfigError."""
    settings = msgspec.convert(context.settings, VaultSettings)
    needed = "token" if settings.auth == "token" else "role"
    if getattr(settings, needed) is None:
        raise ConfigError((f"secrets.vault.{needed}: {settings.auth} needs it",))
    return VaultSecrets(settings, context)
