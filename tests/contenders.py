"""Processes that contend for one journal in PostgreSQL, and append to it while they lead."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import asyncio, sys
from aitrader_server.adapters.journal.postgres import PostgresJournal
from simulation.disk.records import record

def say(*words):
    print(*words, flush=True)

async def main():
    journal = PostgresJournal(sys.argv[1], lease_s=float(sys.argv[2]), report=say)
    over = asyncio.Event()
    def failed(error):
        say("failed:", error.message)
        over.set()
    await journal.open(lambda sequence: say("durable", sequence), failed)
    last = 0
    while page := await journal.read(last, 10_000):
        last, epoch = page[-1].sequence, page[-1].epoch
    epoch = epoch + 1 if last else 1
    say("active", epoch, last)
    while not over.is_set():
        last += 1
        journal.append([record(last, epoch=epoch)])
        await asyncio.sleep(0.005)

asyncio.run(main())
"""
TESTS = Path(__file__).parent
# Ends a test that hangs.
PATIENCE_S = 30.0


class Contender:
    """Says what happens to it, a line each."""

    def __init__(self, folder: Path, url: str, lease_s: float) -> None:
        self._log = folder / f"contender{len(list(folder.glob('contender*')))}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, url, str(lease_s)],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(TESTS)},
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> list[str]:
        return self._log.read_text().splitlines()

    @property
    def acknowledged(self) -> int:
        """The last sequence that it was told is durable."""
        said = re.findall(r"^durable (\d+)$", self._text, re.MULTILINE)
        return int(said[-1]) if said else 0

    @property
    def _text(self) -> str:
        return self._log.read_text()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def until(self, pattern: str) -> float:
        """Waits for a line that begins so; seconds that this took."""
        begun_s = time.monotonic()
        while not any(re.match(pattern, line) for line in self.said):
            if time.monotonic() - begun_s > PATIENCE_S:
                raise AssertionError(f"{pattern} was not said:\n{self._text}")
            time.sleep(0.01)
        return time.monotonic() - begun_s

    def until_durable(self, more: int) -> None:
        """Waits until so many records more were acknowledged."""
        goal, begun_s = self.acknowledged + more, time.monotonic()
        while self.acknowledged < goal:
            if time.monotonic() - begun_s > PATIENCE_S:
                raise AssertionError(f"record {goal} is not durable:\n{self._text}")
            time.sleep(0.01)
