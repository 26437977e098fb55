"""A folder that is there whole or not at all."""

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import FILE_NAME

# From the kernel's fcntl.h and fs.h.
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


def check_target(target: Path, *, replace: bool) -> None:
    """Raises ExportRefused unless `target` may be written: it never takes what is no model."""
    if target.is_symlink():
        raise ExportRefused(f"{target} is a link; export beside its target and switch the link")
    if not target.parent.is_dir():
        raise ExportRefused(f"{target.parent} does not exist; make it first")
    if not target.exists():
        return
    if not replace:
        raise ExportRefused(f"{target} exists; say --replace or name another folder")
    if not (target / FILE_NAME).is_file():
        raise ExportRefused(f"{target} is no model folder, so that it is not replaced")


@contextmanager
def publishing(target: Path, *, replace: bool) -> Iterator[Path]:
    """A folder beside `target` that takes its place in the end, or vanishes with any exception."""
    check_target(target, replace=replace)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield partial
        # A temporary folder is its owner's alone; the engine may run as somebody else.
        partial.chmod(0o755)
        for path in (*partial.rglob("*"), partial):
            _sync(path)
        # Once more: somebody else may have published while this took its minutes.
        check_target(target, replace=replace)
        _put(partial, target)
        _sync(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _put(partial: Path, target: Path) -> None:
    """What `target` held is in `partial` afterwards, if anything."""
    if not target.exists():
        partial.rename(target)
    elif not _exchange(partial, target):
        # Between these two there is no model for a moment; a serving engine keeps its own.
        aside = partial.with_name(partial.name + ".old")
        target.rename(aside)
        partial.rename(target)
        aside.rename(partial)


def _exchange(one: Path, other: Path) -> bool:
    """Whether the system could swap both at once; Linux can on most file systems."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    names = (os.fsencode(one), os.fsencode(other))
    return bool(libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
