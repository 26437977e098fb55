"""The key that signs, and those before it while what they signed may still be on its way."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aitrader_gateway.binance.keys import Credentials

# Beyond every receive window: what was signed so long ago is refused, by whatever key.
DRAIN_S: Final = 10.0


class Keyring:
    """One key serves; those that served before it only send what they have signed.

    A key is retired `DRAIN_S` after it was replaced, or when the last request under it has ended
    if that is later; nothing leaves under it then. Times are seconds of any clock that only goes
    forward.
    """

    def __init__(self, first: Credentials) -> None:
        self._serving = first
        self._draining: dict[str, tuple[Credentials, float]] = {}
        self._under_way = Counter[str]()

    @property
    def serving(self) -> Credentials:
        """What signs now."""
        return self._serving

    @property
    def draining(self) -> tuple[str, ...]:
        """Ids of the keys that have been replaced and are not retired yet, oldest first."""
        return tuple(self._draining)

    def adopt(self, credentials: Credentials, now_s: float) -> None:
        """Signs with `credentials` from now on; they must have been tried."""
        before = self._serving
        self._serving = credentials
        # It may be one that served before.
        self._draining.pop(credentials.key_id, None)
        if before.key_id != credentials.key_id:
            self._draining[before.key_id] = before, now_s + DRAIN_S

    def find(self, key_id: str) -> Credentials | None:
        """The key of that id, None once it is retired; the serving one for an empty id."""
        if key_id in ("", self._serving.key_id):
            return self._serving
        kept = self._draining.get(key_id)
        return None if kept is None else kept[0]

    @contextmanager
    def request(self, key_id: str) -> Iterator[None]:
        """Holds the key for as long as a request under it is on its way."""
        self._under_way[key_id] += 1
        try:
            yield
        finally:
            self._under_way[key_id] -= 1

    def retire(self, now_s: float, held: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Lets go of the keys that nothing needs any more; their ids.

        Connections under those in `held` still stand.
        """
        over = tuple(
            key_id
            for key_id, (_, until_s) in self._draining.items()
            if now_s >= until_s and not self._under_way[key_id] and key_id not in held
        )
        for key_id in over:
            del self._draining[key_id], self._under_way[key_id]
        return over
