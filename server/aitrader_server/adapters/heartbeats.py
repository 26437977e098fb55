"""Heartbeats in files: replaced whole or not at all, judged by a clock that nobody can set."""

import fcntl
import os
import stat
import time
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
BYTES_MAX: Final = 65_536
OWNER_ONLY: Final = 0o600
NS_PER_S: Final = 1_000_000_000
# What msgspec raises, for letters that are none and for too many brackets as well.
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
SEQ_MAX: Final = 2**53
LOCK_TIMEOUT_S: Final = 2.0
LOCK_POLL_S: Final = 0.01


class Unfit(Exception):
    """Why a file tells nothing; reads on after its name."""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """`monotonic_ns` is CLOCK_MONOTONIC of the boot `boot_id`; `epoch` is an engine's, else 0."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]
    boot_id: str
    monotonic_ns: int
    pid: int
    epoch: int = 0


Record = TypeVar("Record", bound=Heartbeat)


class Content(msgspec.Struct, frozen=True):
    """A file as it was read."""

    body: bytes
    mtime_ns: int


class Succession:
    """Whether heartbeats follow one another, all on the boot of this machine that runs."""

    def __init__(self) -> None:
        self._boot_id = read_boot_id()
        self.seq = 0
        self._newest_ns = 0

    def interrupt(self) -> None:
        """There was something else: the next heartbeat may count from the beginning."""
        self.seq = 0

    def age_ns(self, beat: Heartbeat, now_ns: int) -> int:
        """Age of a heartbeat that was not seen before. Raises Unfit when it proves nothing."""
        before, self.seq = self.seq, beat.seq
        if beat.boot_id != self._boot_id:
            raise Unfit("is of another boot of this machine")
        if beat.monotonic_ns > now_ns:
            raise Unfit("is dated in the future")
        newest_ns = self._newest_ns
        self._newest_ns = max(newest_ns, beat.monotonic_ns)
        if beat.seq < before or beat.monotonic_ns < newest_ns:
            raise Unfit("went back: it is an older copy")
        return now_ns - beat.monotonic_ns


def read_boot_id() -> str:
    """The kernel's name for the time since it was started; Linux only."""
    return BOOT_ID.read_text(encoding="ascii").strip()


def read_content(path: Path) -> Content:
    """What is in `path`. Raises Unfit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Unfit("is no regular file")
            body = os.read(descriptor, BYTES_MAX + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise Unfit("is missing") from None
    except OSError as error:
        raise Unfit(f"cannot be read: {error.strerror}") from error
    if len(body) > BYTES_MAX:
        raise Unfit("holds something else than a heartbeat")
    return Content(body, status.st_mtime_ns)


def parse(body: bytes, kind: type[Record]) -> Record:
    """The heartbeat in a file. Raises Unfit for anything else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        raise Unfit("holds something else than a heartbeat") from error


def last_seq(path: Path) -> int:
    """The count that the file has reached, 0 without one."""
    try:
        return parse(read_content(path).body, Heartbeat).seq
    except Unfit:
        return 0


def replace(path: Path, beat: Heartbeat, *, durable: bool) -> None:
    """Puts `beat` in the file's place; `durable` waits for the disk. Raises OSError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(beat) + b"\n")
        file.flush()
        if durable:
            os.fsync(file.fileno())
    fresh.replace(path)


class LockedFolder:
    """Keeps other writers out of a folder's heartbeats, and makes what was renamed durable.

    Entering raises OSError, also when somebody has kept it for too long.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        give_up_s = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up_s:
                    os.close(self._descriptor)
                    raise
                time.sleep(LOCK_POLL_S)
            else:
                return

    def __exit__(self, *_: object) -> None:
        try:
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)
