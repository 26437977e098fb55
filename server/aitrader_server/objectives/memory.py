"""The file in which counts outlive the process."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from aitrader_server.objectives.history import History, Sample
from aitrader_server.objectives.judge import Count

FILE_NAME: Final = "objectives.json"
OWNER_ONLY: Final = 0o600
BYTES_MAX: Final = 16 * 1024 * 1024

log = structlog.get_logger(__name__)


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds."""

    counts: dict[str, Count]
    samples: list[list[Sample]]


class Memory:
    """Keeps `objectives.json` in `folder`; a file or disk that fails is told of, never raised."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._trouble = ""

    def recall(self, history: History) -> dict[str, Count]:
        """The counts of the last life, whose history is put into `history`; empty without one."""
        try:
            with self._path.open("rb") as file:
                body = file.read(BYTES_MAX)
            remembered = msgspec.json.decode(body, type=Remembered)
            history.load(remembered.samples)
        except FileNotFoundError:
            return {}
        # What msgspec raises is a kind of ValueError, but for too many brackets.
        except (OSError, ValueError, RecursionError) as error:
            trouble = str(error)
        else:
            return remembered.counts
        log.error("objectives begin anew", path=str(self._path), cause=trouble)
        return {}

    def keep(self, remembered: Remembered) -> None:
        """Replaces the file whole."""
        trouble = self._write(msgspec.json.encode(remembered))
        if trouble and trouble != self._trouble:
            log.error("objectives not kept", path=str(self._path), cause=trouble)
        self._trouble = trouble

    def _write(self, body: bytes) -> str:
        """Why it could not be written; empty when it was."""
        fresh = self._path.with_name(f".{FILE_NAME}.{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(fresh, flags, OWNER_ONLY), "wb") as file:
                file.write(body)
            fresh.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            return f"cannot be written: {error.strerror}"
        return ""
