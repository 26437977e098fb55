"""`env:NAME`: a variable of the process, which keeps what it was started with."""

import asyncio
from collections.abc import Mapping
from hashlib import blake2b
from os import urandom
from typing import Final

from aitrader_server.adapters.secrets.provider import ProviderContext, Secret
from aitrader_server.errors import SecretError

# Of this process alone: nobody can try values until one gives the same version.
_KEY: Final = urandom(16)


class EnvironmentSecrets:
    """Reads `environ` anew every time."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        """Without one newline at the end. Raises SecretError for one that is not set or empty."""
        return {place: self._secret(place) for place in places}

    async def changed(self, places: frozenset[str]) -> None:  # noqa: ARG002 -- the port's
        """Nothing tells."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing was opened."""

    def _secret(self, name: str) -> Secret:
        value = self._environ.get(name, "").removesuffix("\n")
        if not value:
            raise SecretError(f"the variable {name} is not set; put the secret there", lasting=True)
        digest = blake2b(value.encode(errors="surrogateescape"), digest_size=4, key=_KEY)
        return Secret(value=value, version=digest.hexdigest())


def create(context: ProviderContext) -> EnvironmentSecrets:
    """The process's own."""
    return EnvironmentSecrets(context.environ)
