"""`env:NAME`: a variable of the process, which keeps what it was started with."""

import asyncio
from collections.abc import Mapping

from aitrader_server.adapters.secrets.fingerprint import fingerprint
from aitrader_server.adapters.secrets.provider import ProviderContext, Secret
from aitrader_server.errors import SecretError


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
        return Secret(value=value, version=fingerprint(value))


def create(context: ProviderContext) -> EnvironmentSecrets:
    """The process's own."""
    return EnvironmentSecrets(context.environ)
