"""What every keeper of secrets can do."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

VALUE_BYTES_MAX: Final = 65_536


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """One value, never shown; `version` tells two of them apart and may be shown.

    `made_s` is when this version was written, Unix time, where the keeper says it.
    """

    value: str
    version: str
    made_s: float | None = None

    def __repr__(self) -> str:
        """Leaves the value out."""
        return f"Secret(version={self.version!r})"


class SecretProvider(Protocol):
    """One keeper of secrets, reached through its own client; made inside a running loop."""

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        """The newest value at each place: what stands between scheme and `#field` in a reference.

        As of one moment where the keeper can. Bounded in time by the provider. Raises SecretError
        (aitrader_server.errors) when one of them cannot be read.
        """
        ...

    async def changed(self, places: frozenset[str]) -> None:
        """Returns when one of `places` may have changed; never, where nothing tells of it."""
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """What a keeper is given; `settings` is its own part of the section `secrets`.

    `resolve` reads the secret that opens the keeper itself: a variable or a file.
    """

    settings: Mapping[str, Any]
    environ: Mapping[str, str]
    resolve: Callable[[str], Awaitable[str]]
