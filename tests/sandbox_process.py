"""`aitrader sandbox` as a process: started on a free port, asked, killed, started again."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import canaries

SCRIPT = Path(sys.executable).with_name("aitrader")
# A shared machine may be slow: these end a test that hangs, they never pace one.
STOP_TIMEOUT_S = 60
REQUEST_TIMEOUT_S = 30


class SandboxProcess:
    """One state folder; `options` are those of the command line."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.state = folder / "sandbox"
        self.log = folder / "sandbox.log"
        self.options = options
        self.ready_text = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill9()

    def start(self) -> Self:
        """Starts the process, and waits until it says where it is."""
        self.launch()
        return self.wait_until_ready()

    def launch(self) -> None:
        """Starts the process, and does not wait."""
        words = ["sandbox", "--json", "--state", self.state, "--exit-with-stdin", *self.options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [SCRIPT, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def wait_until_ready(self) -> Self:
        """Waits until the process says where it is."""
        assert self._process is not None
        assert self._process.stdout is not None
        self.ready_text = self._process.stdout.readline().decode()
        if not self.ready_text:
            self.kill9()
            raise AssertionError(f"the sandbox did not get ready:\n{self.log.read_text()}")
        canaries.watch(self.log, self.credentials)
        return self

    @property
    def ready(self) -> dict[str, Any]:
        """What it said: the addresses, the key file, the pid."""
        return dict(json.loads(self.ready_text))

    @property
    def credentials(self) -> dict[str, str]:
        """The API key and its secret."""
        return dict(json.loads(Path(self.ready["key_file"]).read_text()))

    def admin(self, method: str, path: str, body: object = None) -> Any:
        """What the administration answers; a refusal raises HTTPError."""
        request = urllib.request.Request(
            f"{self.ready['rest']}/sandbox{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as response:
            return json.load(response)

    def kill9(self) -> None:
        """Ends the process as a power cut would, as far as the process can tell."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks the process to end; its exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._wait()

    def let_go(self) -> int:
        """Closes its standard input, as the end of its parent does; its exit status."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._wait()

    def _wait(self) -> int:
        assert self._process is not None
        status = self._process.wait(STOP_TIMEOUT_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return status
