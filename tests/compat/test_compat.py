"""Clients written by others trade on a sandbox that runs as a user runs it: none can tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from Crypto.PublicKey import ECC
from sandbox_process import SandboxProcess

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# A shared machine may be slow: this ends a test that hangs, and never paces one.
TIMEOUT_S = 100
OWN = "own"
CASES = [
    (OWN, "ccxt"),
    (OWN, "binance-sdk"),
    (OWN, "python-binance"),
    ("3.12", "python-binance"),
    ("3.13", "python-binance"),
]


def interpreter(version, client):
    """Our own environment has python-binance too."""
    if (version, client) == (OWN, "python-binance"):
        return Path(sys.executable)
    return ROOT / ".venv" / "compat" / version / client / "bin" / "python"


class Run:
    """One client at work on a sandbox of its own."""

    def __init__(self, folder, version, client):
        private_key, public_key = folder / "private.pem", folder / "public.pem"
        made = ECC.generate(curve="ed25519")
        private_key.write_text(made.export_key(format="PEM"))
        public_key.write_text(made.public_key().export_key(format="PEM"))
        self._private_key = private_key
        self._python = interpreter(version, client)
        self._script = HERE / f"{client.replace('-', '_')}_client.py"
        self._sandbox = SandboxProcess(folder, "--public-key", str(public_key))
        self._sandbox.launch()
        self._process = None
        self._log = folder / "client.log"

    def begin(self):
        ready = self._sandbox.wait_until_ready().ready_text
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._python, self._script, ready, self._private_key],
                stdout=log,
                stderr=log,
                env={},
            )

    def wait(self):
        return self._process.wait(TIMEOUT_S), self._log.read_text()

    def end(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._sandbox.kill9()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All that can run at once: they wait for most of their time."""
    started = {}
    try:
        for case in CASES:
            if interpreter(*case).exists():
                started[case] = Run(tmp_path_factory.mktemp("run"), *case)
        for run in started.values():
            run.begin()
        yield started
    finally:
        for run in started.values():
            run.end()


@pytest.mark.parametrize(("version", "client"), CASES)
def test_a_client_trades_unmodified(runs, version, client):
    run = runs.get((version, client))
    if run is None:
        missing = (
            f"{interpreter(version, client).relative_to(ROOT)} is missing: make test sets it up"
        )
        if version == OWN and os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    assert run.wait() == (0, "")
