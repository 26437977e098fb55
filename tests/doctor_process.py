"""`aitrader doctor` as a process, what it found, and a set-up for it to look at."""

import json
import socket
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sandbox_process import SandboxProcess
from serving import SCRIPT

PATIENCE_S = 110
KEY, SECRET = "BINANCE_SANDBOX_API_KEY", "BINANCE_SANDBOX_API_SECRET"


class Visit(NamedTuple):
    """`findings` by step, in the order of the walk."""

    status: int
    findings: dict[str, list[dict[str, Any]]]
    said: str

    def failures(self) -> set[str]:
        """The steps that want mending."""
        return {
            step
            for step, found in self.findings.items()
            if any(finding["outcome"] == "failed" for finding in found)
        }

    def text(self, step: str) -> str:
        """What a person reads of a step."""
        return "\n".join(f"{one['said']} -> {one['mend']}" for one in self.findings[step])


def visit(
    folder: Path, environ: Mapping[str, str], *settings: str, options: Iterable[object] = ()
) -> Visit:
    """One walk in `folder`, with nothing of this process's environment."""
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(
        [SCRIPT, "doctor", "--json", *map(str, options), *words],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    findings: dict[str, list[dict[str, Any]]] = {}
    if done.stdout:
        for finding in json.loads(done.stdout)["findings"]:
            findings.setdefault(finding["step"], []).append(finding)
    return Visit(done.returncode, findings, done.stdout + done.stderr)


class Lab:
    """A set-up with nothing wrong, in which one thing is then planted."""

    def __init__(self, folder: Path, exchange: SandboxProcess) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.url = exchange.ready["rest"]
        self.environ = {
            KEY: exchange.credentials["api_key"],
            SECRET: exchange.credentials["api_secret"],
        }
        self.settings = [
            f"state={self.state}",
            f"execution.binance.sandbox_url={self.url}",
            f"grpc.port={free_port()}",
            f"rest.port={free_port()}",
        ]

    def set(self, **values: str) -> None:
        self.settings += [f"{key.replace('__', '.')}={value}" for key, value in values.items()]

    def visit(self) -> Visit:
        return visit(self.folder, self.environ, *self.settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
