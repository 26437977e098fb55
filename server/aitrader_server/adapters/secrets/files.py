"""`file:/path`: files that nobody else may read, a mounted volume of Kubernetes or systemd's."""

import asyncio
import os
import stat
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from watchfiles import Change, awatch

from aitrader_server.adapters.secrets.provider import VALUE_BYTES_MAX, ProviderContext, Secret
from aitrader_server.errors import SecretError

CREDENTIALS: Final = "${CREDENTIALS_DIRECTORY}"
# Kubernetes writes a volume anew beside the old one, and then turns this link.
SWAPPED: Final = "..data"
SWAPS_MAX: Final = 5
NS_PER_S: Final = 1_000_000_000

log = structlog.get_logger(__name__)


class FileSecrets:
    """Reads in a thread; files of one folder come from one turn of Kubernetes's link."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._unwatched = False

    async def read(self, places: frozenset[str]) -> Mapping[str, Secret]:
        """Without one newline at the end. Raises SecretError, also for a file others may use."""
        paths = {place: self._path(place) for place in places}
        return await asyncio.to_thread(_read, paths)

    async def changed(self, places: frozenset[str]) -> None:
        """Watches the folders: of a link that was turned the file itself tells nothing."""
        paths = {self._path(place).absolute() for place in places}

        def concerns(_: Change, changed: str) -> bool:
            path = Path(changed)
            return path in paths or path.name == SWAPPED

        try:
            folders = {path.parent for path in paths if path.parent.is_dir()}
            if folders:
                async for _ in awatch(
                    *folders, watch_filter=concerns, recursive=False, step=20, rust_timeout=1_000
                ):
                    return
        except (OSError, RuntimeError) as error:
            # A folder that is no longer ours, or a machine whose watches are all used up.
            self._say_unwatched(str(error))
        # What is not there yet, or is gone, the next look finds.
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing stays open."""

    def _say_unwatched(self, cause: str) -> None:
        if not self._unwatched:
            log.warning("files of secrets cannot be watched, only looked at", cause=cause)
        self._unwatched = True

    def _path(self, place: str) -> Path:
        if not place.startswith(CREDENTIALS):
            return Path(place)
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            problem = f"{CREDENTIALS} is not set; start from a unit with LoadCredential="
            raise SecretError(problem, lasting=True)
        return Path(folder + place.removeprefix(CREDENTIALS))


def create(context: ProviderContext) -> FileSecrets:
    """Files of this machine."""
    return FileSecrets(context.environ)


def _read(paths: Mapping[str, Path]) -> dict[str, Secret]:
    by_folder: dict[Path, dict[str, Path]] = defaultdict(dict)
    for place, path in paths.items():
        by_folder[path.parent][place] = path
    found: dict[str, Secret] = {}
    for folder, mine in by_folder.items():
        found |= _read_folder(folder, mine)
    return found


def _read_folder(folder: Path, paths: Mapping[str, Path]) -> dict[str, Secret]:
    for _ in range(SWAPS_MAX):
        target = folder / SWAPPED if (folder / SWAPPED).is_symlink() else folder
        try:
            here = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _unreadable(next(iter(paths.values())), error) from error
        try:
            return {place: _read_file(here, path) for place, path in paths.items()}
        except FileNotFoundError as error:
            # Turned and swept away between the two opens: the next turn has it.
            missing = next(path for path in paths.values() if path.name == error.filename)
            if _is_at(target, here):
                raise _unreadable(missing, error) from error
        finally:
            os.close(here)
    raise SecretError(f"{folder} is another at every look", lasting=False)


def _is_at(path: Path, folder: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(folder))
    except FileNotFoundError:
        return False


def _read_file(folder: int, path: Path) -> Secret:
    """Raises FileNotFoundError, and SecretError for all else."""
    try:
        file = os.open(path.name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        status = os.fstat(file)
        _check(path, status)
        with os.fdopen(file, "rb", closefd=False) as stream:
            text = stream.read(VALUE_BYTES_MAX + 1)
        value = text.decode().removesuffix("\n")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError:
        # Its own words would show bytes of the secret.
        raise SecretError(f"cannot read {path}: it is no text", lasting=True) from None
    finally:
        os.close(file)
    if len(text) > VALUE_BYTES_MAX:
        raise SecretError(f"{path} has more than {VALUE_BYTES_MAX} bytes", lasting=True)
    if not value:
        raise SecretError(f"{path} is empty; put the secret there", lasting=True)
    changed_s = status.st_mtime_ns / NS_PER_S
    at = datetime.fromtimestamp(changed_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    version = f"{at}.{status.st_mtime_ns % NS_PER_S:09}Z"
    return Secret(value=value, version=version, made_s=changed_s)


def _check(path: Path, status: os.stat_result) -> None:
    """Raises SecretError for what is no file, or what others may use.

    A group may read what is root's and nobody's to write: so Kubernetes and systemd hand a secret
    to a process that is not root.
    """
    if not stat.S_ISREG(status.st_mode):
        raise SecretError(f"cannot read {path}: it is no file", lasting=True)
    others = status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    handed = status.st_uid == 0 and stat.S_IMODE(status.st_mode) == stat.S_IRUSR | stat.S_IRGRP
    if others and not handed:
        is_mounted = (path.parent / SWAPPED).is_symlink()
        mend = "set its volume's defaultMode to 0400" if is_mounted else f"run chmod 600 {path}"
        raise SecretError(f"others may read {path}; {mend}", lasting=True)


def _unreadable(path: Path, error: OSError) -> SecretError:
    return SecretError(f"cannot read {path}: {error.strerror}", lasting=True)
