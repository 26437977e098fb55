"""The file that feeds an engine's dead-man switch from the same machine, without a call."""

import fcntl
import json
import os
import time
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SEQ_MAX = 2**53
# Another writer has the folder for a moment only.
LOCK_TIMEOUT_S = 2.0
LOCK_POLL_S = 0.01


def write_heartbeat(path: Path) -> int:
    """Replace `path` by a heartbeat of now, durably; return its number. Linux only.

    Raises:
        OSError: it cannot be written, or another writer keeps the folder.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(folder)
        seq = _last_seq(path) + 1
        beat = {
            "seq": seq,
            "boot_id": BOOT_ID.read_text(encoding="ascii").strip(),
            "monotonic_ns": time.monotonic_ns(),
            "pid": os.getpid(),
            "epoch": 0,
        }
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(beat, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        os.fsync(folder)
    finally:
        os.close(folder)
    return seq


def _lock(folder: int) -> None:
    give_up_s = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_s:
                raise
            time.sleep(LOCK_POLL_S)
        else:
            return


def _last_seq(path: Path) -> int:
    """Return the count that the file has reached, 0 for one that tells none."""
    try:
        seq = json.loads(path.read_bytes())["seq"]
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
        return 0
    return seq if isinstance(seq, int) and 0 <= seq < SEQ_MAX else 0
