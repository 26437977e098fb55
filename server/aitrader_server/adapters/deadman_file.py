"""The heartbeat file, from and for everybody who feeds the dead-man switch."""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

import structlog

from aitrader_server.adapters.heartbeats import (
    NS_PER_S,
    Content,
    Heartbeat,
    LockedFolder,
    Succession,
    Unfit,
    last_seq,
    parse,
    read_boot_id,
    read_content,
    replace,
)
from aitrader_server.engine.dead_man import DeadMan

POLL_S: Final = 0.25

log = structlog.get_logger(__name__)


class DeadManFile:
    """Feeds `dead_man` from `path`, and writes there what feeds it otherwise.

    A heartbeat is a newer record, or a touch of a file that holds an old one or nothing.
    """

    def __init__(self, path: Path, dead_man: DeadMan, epoch: int) -> None:
        self._path = path
        self._dead_man = dead_man
        self._epoch = epoch
        self._succession = Succession()
        self._record: Heartbeat | None = None
        self._mtime_ns = 0
        self._trouble = ""
        self._called_in = False
        dead_man.on_beat = self._on_beat

    async def follow(self) -> None:
        """Until it is cancelled; a disk that hangs ends in silence, not in a loop that does."""
        while True:
            await asyncio.sleep(POLL_S)
            trouble = ""
            if self._called_in:
                self._called_in = False
                trouble = await asyncio.to_thread(self._write)
            read = await asyncio.to_thread(self._read)
            self._take(Unfit(trouble) if trouble else read)

    def look(self) -> None:
        """Judges the file now: before a first look the switch is expired."""
        self._take(self._read())

    def _take(self, read: Content | Unfit) -> None:
        try:
            if isinstance(read, Unfit):
                raise read
            empty = not read.body.strip()
            record = None if empty else parse(read.body, Heartbeat)
        except Unfit as doubt:
            # Whatever comes after this is new.
            self._record = None
            self._lose(doubt)
            return
        try:
            self._judge(record, read.mtime_ns)
        except Unfit as doubt:
            self._lose(doubt)

    def _judge(self, record: Heartbeat | None, mtime_ns: int) -> None:
        """Feeds the switch with what is new. Raises Unfit."""
        known, self._record = self._record, record
        before_ns, self._mtime_ns = self._mtime_ns, mtime_ns
        if record is not None and record != known:
            self._hear(self._succession.age_ns(record, time.monotonic_ns()))
        elif mtime_ns < before_ns:
            raise Unfit("was touched at an earlier time than before")
        elif mtime_ns > before_ns:
            self._hear(0 if before_ns else _age_ns(mtime_ns))

    def _hear(self, age_ns: int) -> None:
        self._trouble = ""
        self._dead_man.hear(age_ns / NS_PER_S)

    def _lose(self, doubt: Unfit) -> None:
        why = f"the heartbeat file {self._path} {doubt}"
        self._succession.interrupt()
        self._dead_man.lose(why)
        if why != self._trouble:
            self._trouble = why
            log.warning("no heartbeat", cause=why)

    def _on_beat(self) -> None:
        self._called_in = True

    def _read(self) -> Content | Unfit:
        try:
            return read_content(self._path)
        except Unfit as doubt:
            return doubt

    def _write(self) -> str:
        """Puts a heartbeat of now into the file; why not, or empty."""
        try:
            with LockedFolder(self._path.parent):
                beat = Heartbeat(
                    seq=max(last_seq(self._path), self._succession.seq) + 1,
                    boot_id=read_boot_id(),
                    monotonic_ns=time.monotonic_ns(),
                    pid=os.getpid(),
                    epoch=self._epoch,
                )
                replace(self._path, beat, durable=True)
        except OSError as error:
            return f"cannot be written: {error.strerror}"
        return ""


def _age_ns(mtime_ns: int) -> int:
    """Of a file that was only ever touched: there is nothing else to go by at a start."""
    age_ns = time.time_ns() - mtime_ns
    if age_ns < 0:
        raise Unfit("was touched in the future")
    return age_ns
