"""A file whose room is taken in advance: a full disk still takes a few words in it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aitrader_server.errors import JournalError

FILE_NAME: Final = "last_words"
SIZE_BYTES: Final = 4_096
OWNER_ONLY: Final = 0o600


class LastWordsFile:
    """Implements the engine's last words in `folder`, which has to exist when they are read.

    The file is overwritten in its place, where file systems that copy on write may still need room.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    async def read(self) -> str:
        return await asyncio.to_thread(self._read)

    async def write(self, words: str) -> None:
        await asyncio.to_thread(self._write, words)

    def _read(self) -> str:
        with self._explained():
            words = self._path.read_bytes() if self._path.exists() else b""
        text = words.decode(errors="replace").strip()
        # Takes the room, and proves that it can be written.
        self._write(text)
        return text

    def _write(self, words: str) -> None:
        body = words.encode()[:SIZE_BYTES].ljust(SIZE_BYTES)
        flags = os.O_WRONLY | os.O_CREAT | os.O_DSYNC | os.O_CLOEXEC
        with self._explained():
            descriptor = os.open(self._path, flags, OWNER_ONLY)
            try:
                os.pwrite(descriptor, body, 0)
            finally:
                os.close(descriptor)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise JournalError(
                f"{self._path} cannot be written: {error.strerror}; free space on its disk and "
                "make it writable for this user"
            ) from error
