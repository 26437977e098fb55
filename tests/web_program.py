"""A program with a web face, as a process of a test's own: started, killed, started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

# These end a test that hangs; they never pace one.
START_TIMEOUT_S = 60
ANSWER_TIMEOUT_S = 30


def require(program: str, package: str) -> str:
    """Where the program is; skips where there is none, and fails in CI."""
    found = shutil.which(program)
    if found is None:
        if "CI" in os.environ:
            pytest.fail(f"{program} is not installed: apt-get install {package}")
        pytest.skip(f"{program} is not installed: apt-get install {package}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WebProgram:
    """One process on one free port, the same for all its lives; its words are in `folder`/log."""

    def __init__(
        self, folder: Path, command: Callable[[int], list[str]], *, ready_path: str = "/-/ready"
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = command(self.port)
        self._ready_path = ready_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything that all lives have said."""
        return (self.folder / "log").read_text()

    def start(self) -> Self:
        """Starts it and waits until it says that it is ready."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while self._process.poll() is None and time.monotonic() < deadline_s:
            if self._is_ready():
                return self
            time.sleep(0.02)
        self.kill9()
        raise AssertionError(self.log)

    def kill9(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_TIMEOUT_S)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(number)

    def get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """The body of an answer. Raises HTTPError for a refusal."""
        request = urllib.request.Request(self.url + path, headers=headers or {})
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:
            body: bytes = answer.read()
        return body

    def _is_ready(self) -> bool:
        try:
            self.get(self._ready_path)
        except urllib.error.HTTPError as refusal:
            # Whoever asks for a password is up.
            return refusal.code == 401
        except OSError:
            return False
        return True
