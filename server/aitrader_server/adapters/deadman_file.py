"""The heartbeat file: touching it feeds the dead-man switch."""

import asyncio
from collections.abc import Callable
from pathlib import Path

POLL_S = 1.0


async def watch_deadman_file(path: Path, beat: Callable[[], None]) -> None:
    """Calls `beat` each time the file's content or time changes, until it is cancelled.

    A file that is missing or cannot be read is no heartbeat.
    """
    seen = _stamp(path)
    while True:
        await asyncio.sleep(POLL_S)
        stamp = _stamp(path)
        if stamp is not None and stamp != seen:
            seen = stamp
            beat()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
