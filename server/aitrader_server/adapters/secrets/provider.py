"""What every keeper of secrets can do."""

from typing import Protocol

import msgspec


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """One value, never shown; `version` tells two of them apart and may be shown."""

    value: str
    version: str

    def __repr__(self) -> str:
        """Leaves the value out."""
        return f"Secret(version={self.version!r})"


class SecretProvider(Protocol):
    """One keeper of secrets, reached through its own client; made inside a running loop."""

    async def read(self, place: str) -> Secret:
        """The newest value at `place`: what follows the scheme in a reference.

        Bounded in time by the provider. Raises SecretError (aitrader_server.errors).
        """
        ...

    async def changed(self, places: frozenset[str]) -> None:
        """Returns when one of `places` may have changed; never, where nothing tells of it."""
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...
