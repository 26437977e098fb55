"""One way to every secret: read at the start, followed where it may be rotated."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aitrader_server.adapters.secrets.freshness import Freshness
from aitrader_server.adapters.secrets.provider import VALUE_BYTES_MAX, Secret, SecretProvider
from aitrader_server.adapters.secrets.references import Reference, parse, pick
from aitrader_server.errors import ConfigError, SecretError

SETTLE_S: Final = 1.0
SETTLE_LOOKS_MAX: Final = 10

References = Mapping[str, str]
"""References by the configuration's key, such as `execution.binance.api_key`."""

Secrets = Mapping[str, Secret]
"""What was read together, by the same keys."""

PlacesByScheme = Mapping[str, frozenset[str]]


class SecretStore:
    """Resolves references of every scheme; values go to `hide` before anybody gets them.

    `providers` make a keeper when it is first needed; they raise ConfigError. A new set that lies
    at several places must stay as it is for `settle_s`: its other half may still be on its way.
    """

    def __init__(
        self,
        providers: Mapping[str, Callable[[], SecretProvider]],
        *,
        refresh_s: float,
        hide: Callable[[str], None],
        freshness: Freshness | None = None,
        settle_s: float = SETTLE_S,
    ) -> None:
        self.freshness = freshness or Freshness()
        self._providers = providers
        self._opened: dict[str, SecretProvider] = {}
        self._refresh_s = refresh_s
        self._hide = hide
        self._settle_s = settle_s

    async def read(self, reference: str) -> Secret:
        """The newest value. Raises SecretError, and ConfigError for a keeper that is not set up."""
        return (await self._read({reference: reference}))[reference]

    async def first(self, references: References) -> Secrets:
        """What a start needs. Raises ConfigError, naming the key, when one does not resolve."""
        try:
            return await self._read(references)
        except SecretError as error:
            raise ConfigError((error.message,)) from error

    async def follow(
        self, references: References, held: Secrets, take: Callable[[Secrets], Awaitable[None]]
    ) -> None:
        """Gives `take` every set after `held` in which a value is another; never returns.

        While a keeper does not answer the last set goes on to hold, and `freshness` tells.
        """
        places = _places(references)
        self.freshness.seen(references)
        while True:
            # Begun before the look, so that no change falls between the look and the wait.
            async with self._hints(places) as hints:
                found = await self._look(references, held)
                if found is not None and _values(found) != _values(held):
                    held = found
                    await take(held)
                done, _ = await asyncio.wait(
                    hints, timeout=self._refresh_s, return_when=asyncio.FIRST_COMPLETED
                )
                for hint in done:
                    hint.result()

    async def close(self) -> None:
        """Lets go of every keeper."""
        while self._opened:
            _, provider = self._opened.popitem()
            await provider.close()

    async def _look(self, references: References, held: Secrets) -> Secrets | None:
        """The newest set, settled; None while there is none."""
        try:
            found = await self._read(references)
            if _values(found) != _values(held):
                found = await self._settled(references, found)
        except SecretError as error:
            self.freshness.lost(references, error.message)
            return None
        self.freshness.seen(references)
        return found

    async def _settled(self, references: References, found: Secrets) -> Secrets:
        if sum(map(len, _places(references).values())) == 1:
            return found
        for _ in range(SETTLE_LOOKS_MAX):
            await asyncio.sleep(self._settle_s)
            again = await self._read(references)
            if again == found:
                return found
            found = again
        raise _about(references, SecretError("another value at every look", lasting=False))

    async def _read(self, references: References) -> Secrets:
        wanted = {name: parse(reference) for name, reference in references.items()}
        found: dict[str, Secret] = {}
        for scheme, places in _places(references).items():
            mine = {name: each for name, each in wanted.items() if each.scheme == scheme}
            try:
                kept = await self._provider(scheme).read(places)
            except SecretError as error:
                raise _about(mine, error) from error
            except ConfigError:
                raise
            except Exception as error:  # noqa: BLE001 -- whatever a client makes of an answer
                # An answer that its client did not expect must end no following of keys; what
                # the error says of it could be the secret.
                problem = f"{scheme} gives a strange answer: {type(error).__name__}"
                raise _about(mine, SecretError(problem, lasting=False)) from None
            found |= {name: self._picked(name, each, kept) for name, each in mine.items()}
        return found

    def _picked(self, name: str, reference: Reference, kept: Mapping[str, Secret]) -> Secret:
        secret = kept[reference.place]
        try:
            value = pick(secret.value, reference)
        except SecretError as error:
            raise _about([name], error) from error
        _check(name, reference, value)
        self._hide(value)
        return Secret(value=value, version=secret.version, made_s=secret.made_s)

    def _provider(self, scheme: str) -> SecretProvider:
        if scheme not in self._providers:
            known = ", ".join(sorted(self._providers))
            raise ConfigError((f"no keeper of secrets {scheme} is installed; installed: {known}",))
        if scheme not in self._opened:
            self._opened[scheme] = self._providers[scheme]()
        return self._opened[scheme]

    @asynccontextmanager
    async def _hints(self, places: PlacesByScheme) -> AsyncIterator[list[asyncio.Task[None]]]:
        """Tasks of which one ends when its keeper tells of a change."""
        hints = [
            asyncio.create_task(self._provider(scheme).changed(mine))
            for scheme, mine in places.items()
        ]
        try:
            # They run once, so that they have begun to watch.
            await asyncio.sleep(0)
            yield hints
        finally:
            for hint in hints:
                hint.cancel()
            await asyncio.gather(*hints, return_exceptions=True)


def _places(references: References) -> PlacesByScheme:
    places: dict[str, set[str]] = defaultdict(set)
    for reference in map(parse, references.values()):
        places[reference.scheme].add(reference.place)
    return {scheme: frozenset(mine) for scheme, mine in places.items()}


def _check(name: str, reference: Reference, value: str) -> None:
    """Raises SecretError for what is no secret, so that nothing has to be made of it."""
    try:
        fits = len(value.encode()) <= VALUE_BYTES_MAX
    except UnicodeEncodeError:
        # Its own words would show a piece of it.
        problem = f"cannot read {reference.place}: it is no text"
        raise _about([name], SecretError(problem, lasting=True)) from None
    if not fits:
        problem = f"{reference.place} has more than {VALUE_BYTES_MAX} bytes"
        raise _about([name], SecretError(problem, lasting=True))


def _values(secrets: Secrets) -> dict[str, str]:
    return {name: secret.value for name, secret in secrets.items()}


def _about(names: Iterable[str], error: SecretError) -> SecretError:
    return SecretError(f"{', '.join(names)}: {error.message}", lasting=error.lasting)
