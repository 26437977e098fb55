"""The state folder: private, durable, and held by one process at a time."""

import fcntl
import os
from pathlib import Path

from aitrader_server.errors import JournalError


class FolderLock:
    """An exclusive flock on `<folder>/lock`; the kernel releases it when the process dies."""

    def __init__(self, folder: Path) -> None:
        try:
            _create(folder)
            self._descriptor = os.open(
                folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode=0o600
            )
        except OSError as error:
            raise JournalError(
                f"cannot use the state folder {folder}: {error.strerror}; "
                "make it writable for this user or set `state` to another folder"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode().strip() or "unknown"
            os.close(self._descriptor)
            raise JournalError(
                f"another engine (pid {holder}) holds the state folder {folder}: stop it first, "
                "or set `state` to another folder"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)


def _create(folder: Path) -> None:
    """Makes missing folders as 0700 and their names durable, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
