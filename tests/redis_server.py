"""A real Redis of a test's own: made, started, killed and started again in one folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

START_TIMEOUT_S = 30
_PASSWORD = "for-tests"
DURABLE = ("appendonly yes", "appendfsync always")


def require() -> str:
    """Redis's program; skips where there is none, and fails in CI."""
    found = shutil.which("redis-server")
    if found is None:
        if "CI" in os.environ:
            pytest.fail("Redis is not installed: apt-get install redis-server")
        pytest.skip("Redis is not installed: apt-get install redis-server")
    return found


class RedisServer:
    """One server on a free port of this machine, which asks for a password."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    @property
    def url(self) -> str:
        return f"redis://:{_PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self, *settings: str) -> "RedisServer":
        """`settings` are lines of redis.conf; without any, what is acknowledged is kept."""
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"dir {self._folder}",
            f"logfile {self._folder / 'log'}",
            f"requirepass {_PASSWORD}",
            'save ""',
            *(settings or DURABLE),
        ]
        (self._folder / "redis.conf").write_text("\n".join(lines) + "\n")
        self._process = subprocess.Popen(
            [self._program, self._folder / "redis.conf"], stdin=subprocess.DEVNULL
        )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while self._process.poll() is None and time.monotonic() < deadline_s:
            if self._answers():
                return self
            time.sleep(0.02)
        self.kill9()
        raise AssertionError((self._folder / "log").read_text())

    def kill9(self) -> None:
        self.signal(signal.SIGKILL)
        self._process = None

    def pause(self) -> None:
        """It takes connections and answers nothing."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            if number is signal.SIGKILL:
                self._process.wait(START_TIMEOUT_S)

    def ask(self, *words: object) -> str:
        """What `redis-cli` prints."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *map(str, words)],
            env={**os.environ, "REDISCLI_AUTH": _PASSWORD},
            capture_output=True,
            text=True,
            check=True,
            timeout=START_TIMEOUT_S,
        )
        return done.stdout.strip()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self.ask("PING") == "PONG"
        except OSError:
            return False


@contextmanager
def running_redis(*settings: str) -> Iterator[RedisServer]:
    """Started, and gone without a trace at the end."""
    program = require()
    folder = Path(mkdtemp(prefix="aitrader-redis-"))
    try:
        server = RedisServer(program, folder)
        try:
            yield server.start(*settings)
        finally:
            server.kill9()
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
