"""A folder on a disk of its own that is soon full."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CHUNK_BYTES = 4_096


class SmallDisk:
    """A tmpfs of `size` (as mount takes it) at `folder`, mounted until it is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Until not one byte more fits."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(CHUNK_BYTES)):
                pass

    def free(self) -> None:
        """Takes away what filled it."""
        self._ballast.unlink()

    def protect(self) -> None:
        """Nothing can be written any more, by nobody."""
        _mount("remount,ro", self.folder)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Skips the test where nothing may be mounted; root in CI may, or the test fails."""
    folder.mkdir(mode=0o700, parents=True)
    try:
        _mount(f"size={size},mode=0700", folder)
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"a disk has to be mounted, as root: {error}"
        must = os.environ.get("CI") and os.geteuid() == 0
        pytest.fail(message) if must else pytest.skip(message)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(options: str, folder: Path) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
