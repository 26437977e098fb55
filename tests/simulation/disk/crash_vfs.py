"""A disk in memory for SQLite that loses power, fills up and fails, by seed.

Writes are visible at once and durable only after a sync. When the power goes, each unsynced sector
is kept, dropped or torn. Created and deleted names are as volatile as data until their folder is
synced, which SQLite does with the first sync of each log it makes.
"""

from collections.abc import Callable
from itertools import count
from random import Random

import apsw

# ruff: noqa: N802 -- SQLite calls these methods by its own names

SECTOR_BYTES = 512
_numbers = count(1)


class PowerLoss(BaseException):
    """The machine is off: nothing of the program under test may catch this."""


class File:
    def __init__(self) -> None:
        self.content = bytearray()
        self.stable = bytearray()
        self.dirty: set[int] = set()
        self.locks: dict[Handle, int] = {}

    def write(self, data: bytes, offset: int) -> None:
        if offset > len(self.content):
            self.truncate(offset)
        self.content[offset : offset + len(data)] = data
        self.dirty.update(
            range(offset // SECTOR_BYTES, (offset + len(data) - 1) // SECTOR_BYTES + 1)
        )

    def truncate(self, size: int) -> None:
        low, high = sorted((size, len(self.content)))
        self.content = self.content[:size].ljust(size, b"\0")
        self.dirty.update(range(low // SECTOR_BYTES, -(-high // SECTOR_BYTES)))

    def sync(self) -> None:
        """Cheap for long files: only dirty sectors move."""
        size = len(self.content)
        if len(self.stable) != size:
            self.stable = self.stable[:size].ljust(size, b"\0")
        for sector in self.dirty:
            start = sector * SECTOR_BYTES
            self.stable[start : start + SECTOR_BYTES] = self.content[start : start + SECTOR_BYTES]
        self.dirty.clear()

    def lose_power(self, chance: Random) -> None:
        size = chance.choice((len(self.stable), len(self.content)))
        survivor = self.stable.ljust(size, b"\0")
        for sector in sorted(self.dirty):
            start = sector * SECTOR_BYTES
            kept = chance.choice((0, SECTOR_BYTES, chance.randrange(SECTOR_BYTES)))
            kept_bytes = self.content[start : start + kept]
            survivor[start : start + len(kept_bytes)] = kept_bytes
        self.content = survivor[:size]
        self.stable = self.content[:]
        self.dirty.clear()


class CrashDisk:
    """Files by name; open a database on it with `vfs=disk.vfs`, anew after each switching off.

    `before_io(kind, number)` is called before every create, read, write, truncate, sync and delete,
    counted from 1; it raises PowerLoss to switch off, or an apsw error to fail that one operation.
    """

    def __init__(self) -> None:
        self.before_io: Callable[[str, int], None] = lambda _kind, _number: None
        self.io_count = 0
        self.ignores_sync = False
        self.names: dict[str, File] = {}
        self._stable_names: dict[str, File] = {}
        self._lost_power = False
        self.mount = Mount(self)

    @property
    def vfs(self) -> str:
        return self.mount.name

    def lose_power(self, chance: Random) -> None:
        """Switches off and on: only what `chance` lets survive is left, and no lock."""
        for name in sorted(self.names.keys() | self._stable_names.keys()):
            file = chance.choice((self.names.get(name), self._stable_names.get(name)))
            self.names.pop(name, None)
            if file is not None:
                file.lose_power(chance)
                self.names[name] = file
        self.sync_names()
        self.kill()

    def kill(self) -> None:
        """Ends every process that has a file open; what they wrote stays as it is."""
        for file in self.names.values():
            file.locks.clear()
        self.mount = Mount(self)
        self._lost_power = False

    def io(self, kind: str) -> None:
        if self._lost_power:
            raise PowerLoss
        self.io_count += 1
        try:
            self.before_io(kind, self.io_count)
        except PowerLoss:
            self._lost_power = True
            raise

    def sync_names(self) -> None:
        self._stable_names = dict(self.names)


class Mount(apsw.VFS):
    """The disk as the processes of one life see it; those of an earlier life no longer act."""

    def __init__(self, disk: CrashDisk) -> None:
        self.name = f"crash-disk-{next(_numbers)}"
        self._disk = disk
        super().__init__(self.name)

    def acts(self, kind: str) -> bool:
        if self._disk.mount is not self:
            return False
        self._disk.io(kind)
        return True

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> "Handle":
        assert name is not None, "no temporary file is expected on this disk"
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        if path not in self._disk.names and self.acts("create"):
            self._disk.names[path] = File()
        is_log = not flags[0] & apsw.SQLITE_OPEN_MAIN_DB
        return Handle(self, self._disk, self._disk.names.get(path, File()), is_log=is_log)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if self.acts("delete"):
            del self._disk.names[filename]
            if syncdir:
                self._disk.sync_names()

    def xAccess(self, pathname: str, _flags: int) -> bool:
        return pathname in self._disk.names

    def xFullPathname(self, name: str) -> str:
        return name

    def xRandomness(self, numbytes: int) -> bytes:
        return bytes(numbytes)

    def xSleep(self, microseconds: int) -> int:
        return microseconds

    def xCurrentTimeInt64(self) -> int:
        return 0

    def xGetLastError(self) -> tuple[int, str]:
        return 0, ""


class Handle:
    """An open file."""

    def __init__(self, mount: Mount, disk: CrashDisk, file: File, *, is_log: bool) -> None:
        self._mount = mount
        self._disk = disk
        self._file = file
        self._syncs_names = is_log

    def xRead(self, amount: int, offset: int) -> bytes:
        if not self._mount.acts("read"):
            return b""
        return bytes(self._file.content[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._mount.acts("write"):
            self._file.write(data, offset)

    def xTruncate(self, newsize: int) -> None:
        if self._mount.acts("truncate"):
            self._file.truncate(newsize)

    def xSync(self, _flags: int) -> None:
        try:
            if not self._mount.acts("sync") or self._disk.ignores_sync:
                return
        except apsw.Error:
            # As Linux does: the pages count as clean, and no later sync will write them.
            self._file.dirty.clear()
            raise
        self._file.sync()
        if self._syncs_names:
            self._syncs_names = False
            self._disk.sync_names()

    def xFileSize(self) -> int:
        return len(self._file.content)

    def xLock(self, level: int) -> None:
        others = [held for owner, held in self._file.locks.items() if owner is not self]
        if max(others, default=apsw.SQLITE_LOCK_NONE) > _TOLERATED[level]:
            raise apsw.BusyError
        self._file.locks[self] = level

    def xUnlock(self, level: int) -> None:
        self._file.locks[self] = level

    def xCheckReservedLock(self) -> bool:
        return any(level >= apsw.SQLITE_LOCK_RESERVED for level in self._file.locks.values())

    def xFileControl(self, _op: int, _ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:
        # What SQLite assumes of every disk on Unix: a torn write spares the bytes beside it.
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:
        self._file.locks.pop(self, None)


# The strongest lock of another handle beside which each lock may be had.
_TOLERATED = {
    apsw.SQLITE_LOCK_SHARED: apsw.SQLITE_LOCK_RESERVED,
    apsw.SQLITE_LOCK_RESERVED: apsw.SQLITE_LOCK_SHARED,
    apsw.SQLITE_LOCK_EXCLUSIVE: apsw.SQLITE_LOCK_NONE,
}
