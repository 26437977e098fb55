"""A limits store that lasts as long as its shelf: for tests."""

import msgspec

from aitrader_server.errors import LimitsStoreError


class Kept(msgspec.Struct):
    """What one key holds; `generation` counts the engines that took it over."""

    generation: int = 0
    sequence: int = 0
    document: bytes | None = None


class MemoryLimitsStore:
    """Engines that share a `shelf` share its documents; whoever opened one last may write it."""

    def __init__(self, shelf: dict[str, Kept]) -> None:
        self._shelf = shelf
        self._key = ""
        self._generation = 0
        self._sequence = 0

    async def open(self, key: str) -> bytes | None:
        kept = self._shelf.setdefault(key, Kept())
        kept.generation += 1
        self._key, self._generation = key, kept.generation
        kept.sequence = self._sequence = 0
        return kept.document

    async def save(self, document: bytes, sequence: int) -> None:
        kept = self._ours()
        if sequence < kept.sequence:
            raise LimitsStoreError(f"sequence {sequence} after {kept.sequence}")
        kept.sequence = self._sequence = sequence
        kept.document = document

    async def holds(self) -> bool:
        return self._ours().sequence == self._sequence

    async def close(self) -> None:
        pass

    def _ours(self) -> Kept:
        kept = self._shelf.setdefault(self._key, Kept(generation=self._generation))
        if kept.generation != self._generation:
            raise LimitsStoreError("another engine took over the limits store")
        return kept
