"""What a long command is doing, on stderr: a spinner for people, a line per stage for logs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Stages:
    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._start_s = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if not self._console.is_terminal:
            self.say(f"{name} ...")
            yield
            return
        start_s = time.monotonic()
        with self._console.status(name):
            yield
        self.say(f"{name} ({time.monotonic() - start_s:.1f} s)")

    def say(self, line: str) -> None:
        """With the seconds since the command began."""
        self._console.print(f"{time.monotonic() - self._start_s:6.1f} s  {line}", markup=False)
