"""The engine's pulse: a file that shows other processes that it runs, and what is not its own."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from aitrader_server.adapters.heartbeats import (
    Heartbeat,
    Unfit,
    parse,
    read_boot_id,
    read_content,
    replace,
)

FILE_NAME: Final = "pulse"
INTERVAL_S_MAX: Final = 1.0
BEATS_PER_LIMIT: Final = 4
FOREIGN_MAX: Final = 1_000

log = structlog.get_logger(__name__)


class Pulse(Heartbeat, frozen=True, kw_only=True):
    """`limit_s` of silence means death; `foreign` are others' open orders, as `SYMBOL:ID`."""

    account: str
    venue: str
    limit_s: float
    foreign: tuple[str, ...] = ()


def interval_s(limit_s: float) -> float:
    """Between two beats of a pulse whose silence may last `limit_s`."""
    return min(INTERVAL_S_MAX, limit_s / BEATS_PER_LIMIT)


async def keep_pulse(
    path: Path,
    *,
    account: str,
    venue: str,
    epoch: int,
    limit_s: float,
    foreign: Callable[[], Sequence[str] | None],
    lives: Callable[[], bool] = lambda: True,
) -> None:
    """Writes it until it is cancelled, and then leaves it: an engine that stopped is silent, too.

    `foreign()` is None while that is not known; then what was known before stands. The time is
    read on the event loop, so that a loop that is stuck has no pulse, and none has an engine of
    which `lives()` is not true.
    """
    before = _last(path)
    seq, known = (0, ()) if before is None else (before.seq, before.foreign)
    trouble = ""
    while True:
        if lives():
            seq += 1
            now = foreign()
            known = known if now is None else tuple(now[:FOREIGN_MAX])
            pulse = Pulse(
                seq=seq,
                boot_id=read_boot_id(),
                monotonic_ns=time.monotonic_ns(),
                pid=os.getpid(),
                epoch=epoch,
                account=account,
                venue=venue,
                limit_s=limit_s,
                foreign=known,
            )
            was, trouble = trouble, await asyncio.to_thread(_write, path, pulse)
            if trouble and trouble != was:
                log.error("no pulse", cause=trouble)
        await asyncio.sleep(interval_s(limit_s))


def _last(path: Path) -> Pulse | None:
    try:
        return parse(read_content(path).body, Pulse)
    except Unfit:
        return None


def _write(path: Path, pulse: Pulse) -> str:
    """Why it could not be written; empty when it was."""
    try:
        replace(path, pulse, durable=False)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"
    return ""
