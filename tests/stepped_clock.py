"""A wall clock that tests set for processes while they run; the monotonic one is left alone."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class SteppedClock:
    """libfaketime's clock for whoever is started with `environ`."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "clock"
        self._ahead = timedelta()
        self.environ = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.step(timedelta())

    @property
    def now(self) -> datetime:
        """What the processes see."""
        return datetime.now(UTC) + self._ahead

    def step(self, by: timedelta) -> None:
        """Sets the clock forward, or back."""
        self._ahead += by
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{self._ahead.total_seconds():+.3f}\n")
        fresh.replace(self._file)

    def forget(self) -> None:
        """Removes what the library leaves behind of processes that were killed."""
        for left in Path("/dev/shm").glob("*faketime_*"):
            pid = left.name.rpartition("_")[2]
            if not Path(f"/proc/{pid}").exists():
                left.unlink(missing_ok=True)

    def step_to(self, at: datetime) -> None:
        """Sets the clock to that time."""
        self.step(at - self.now)


def stepped_clock(folder: Path, libraries: Sequence[Path] = LIBRARIES) -> SteppedClock:
    """Skips the test where libfaketime is not installed; in CI that is a failure."""
    if not libraries:
        message = "install faketime: a clock has to be set"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return SteppedClock(folder, libraries[0])
