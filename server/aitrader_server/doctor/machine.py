"""The machine below: the state folder and its disk, and what the process is allowed."""

import os
import resource
import stat
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aitrader_server.doctor.case import Case, existing
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning

MIB: Final = 1 << 20
FREE_MIB_MIN: Final = 64
FREE_MIB_LOW: Final = 1_024
SYNCS: Final = 5
SYNC_MS_MAX: Final = 100
BLOCK: Final = bytes(4_096)
NETWORKED: Final = ("nfs", "cifs", "smb", "9p", "fuse")
FLEETING: Final = ("tmpfs", "ramfs", "overlay")
FILES_MIN: Final = 4_096
MS_PER_S: Final = 1_000


async def state(case: Case) -> AsyncIterator[Finding]:
    folder = case.config.state
    if folder.exists() and not folder.is_dir():
        yield failed(f"{folder} is no folder", "move it away, or set state to a folder")
        return
    if folder.exists() and (mode := stat.S_IMODE(folder.stat().st_mode)) & 0o077:
        yield failed(f"others may look into {folder} ({mode:04o})", f"chmod 700 {folder}")
        return
    above = existing(folder)
    try:
        _probe(above).unlink()
    except OSError as error:
        yield failed(
            f"{above} cannot be written: {error.strerror}",
            f"make it writable for user {os.geteuid()}, make room, or set state to another folder",
        )
        return
    where = "is private and can be written" if above == folder.absolute() else "will be made"
    yield ok(f"{folder} {where}")


async def disk(case: Case) -> AsyncIterator[Finding]:
    folder = existing(case.config.state)
    free_mib = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize // MIB
    if free_mib < FREE_MIB_MIN:
        yield failed(f"{free_mib} MiB are free on {folder}", "make room: 1024 MiB last for long")
        return
    kind = _file_system(folder)
    if kind.startswith(NETWORKED):
        advice = "put state on a disk of this machine: locks and syncs over a network are not sure"
        yield failed(f"{folder} lies on {kind}", advice)
        return
    try:
        sync_ms = _sync_ms(folder)
    except OSError as error:
        yield failed(f"{folder} cannot be synced: {error.strerror}", "look at the disk: dmesg")
        return
    told = f"{free_mib} MiB free, {kind}, a sync takes {sync_ms:.1f} ms"
    if kind.startswith(FLEETING):
        yield warning(told, f"what is on {kind} does not outlive it: put state on a disk or volume")
    elif sync_ms > SYNC_MS_MAX:
        yield warning(told, "every order waits for a sync: use a faster disk")
    elif free_mib < FREE_MIB_LOW:
        yield warning(told, "make room: 1024 MiB last for long")
    else:
        yield ok(told)


async def process(case: Case) -> AsyncIterator[Finding]:
    """The engine's own bounds while it runs, else those of this shell."""
    pid = case.engine_pid or os.getpid()
    try:
        files, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        core, _ = resource.prlimit(pid, resource.RLIMIT_CORE)
    except PermissionError:
        yield skipped(f"process {pid} is another user's: run doctor as that user")
        return
    if files != resource.RLIM_INFINITY and files < FILES_MIN:
        yield warning(f"{files} open files are allowed", "ulimit -n 65536, LimitNOFILE= in a unit")
    if core:
        yield warning("a crash would write memory, keys too", "ulimit -c 0, LimitCORE=0 in a unit")
    elif files >= FILES_MIN or files == resource.RLIM_INFINITY:
        yield ok(f"{files} open files are allowed, no core dumps")


def _probe(folder: Path) -> Path:
    """A file with a block in it that the disk has taken."""
    path = folder / f".doctor.{os.getpid()}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, BLOCK)
        os.fsync(descriptor)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
    return path


def _sync_ms(folder: Path) -> float:
    times: list[float] = []
    path = _probe(folder)
    try:
        with path.open("ab", buffering=0) as file:
            for _ in range(SYNCS):
                file.write(BLOCK)
                begin_s = time.monotonic()
                os.fsync(file.fileno())
                times.append((time.monotonic() - begin_s) * MS_PER_S)
    finally:
        path.unlink()
    return statistics.median(times)


def _file_system(folder: Path) -> str:
    """The type of what is mounted there, by the longest mount point above it."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split(" - ")
        point = fields[0].split()[4].encode().decode("unicode_escape")
        if len(point) >= len(best) and folder.resolve().is_relative_to(point):
            best, kind = point, fields[1].split()[0]
    return kind
