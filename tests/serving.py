"""`aitrader serve` as a process: started on free ports, watched, killed, started again."""

import re
import signal
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import canaries
import orjson

SCRIPT = Path(sys.executable).with_name("aitrader")
# A shared machine may be slow: these end a test that hangs, they never pace one.
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
_PORT = r"(127\.0\.0\.1:[0-9]+)"


class Server:
    """Engine and facade on the paper venue; `settings` are `KEY=VALUE` as --set takes them."""

    account = ("execution.gateway=paper", "account=paper")
    # `engine` has no facade, and no `url`.
    command = "serve"

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.settings = settings
        self.environ: dict[str, str] = {}
        self.endpoint = self.url = ""
        self._log = folder / "log"
        self._begin = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def token(self) -> str:
        return (self.state / "token").read_text().strip()

    @property
    def log(self) -> str:
        """Everything that all lives have said on stderr."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def _written(self) -> list[Path]:
        """All that is written and has no place for a secret."""
        names = ("journal.db", "journal.db-wal", "last_words", "pulse")
        return [self._log, *(self.state / name for name in names)]

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> "subprocess.Popen[bytes]":
        """Starts the process and does not wait for it to be ready."""
        ports = ["grpc.port=0", "rest.port=0"]
        self._begin = len(self.log)
        overrides = [*ports, f"state={self.state}", *self.account, *self.settings]
        for output in self._written:
            canaries.watch(output, canaries.secrets_in(self.environ))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [SCRIPT, self.command, *(word for value in overrides for word in ("--set", value))],
                cwd=self.folder,
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        return self._process

    def start(self) -> "Server":
        """Starts the process and waits until it says that it is ready, and where."""
        self.launch()
        return self.wait_until_ready()

    def wait_until_ready(self) -> "Server":
        """Waits until the launched process says that it is ready, and where."""
        process = self._process
        assert process is not None, "the server is not running"
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not (said := self.log[self._begin :]).count("\nready\n"):
            if process.poll() is not None or time.monotonic() > deadline_s:
                self.kill9()
                raise AssertionError(f"the server did not get ready:\n{said}")
            time.sleep(0.02)
        for output in self._written:
            canaries.watch(output, {"token": self.token})
        self.endpoint = _found(rf"gRPC +{_PORT}", said)
        if self.command == "serve":
            self.url = "http://" + _found(rf"REST +http://{_PORT}", said)
        return self

    def kill9(self) -> None:
        """Ends the process as a power cut would, as far as the process can tell."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Asks the process to end, as a supervisor does, and does not wait."""
        assert self._process is not None, "the server is not running"
        self._process.send_signal(number)

    def wait(self) -> int:
        """The exit status, once the process has ended."""
        assert self._process is not None, "the server is not running"
        return self._process.wait(STOP_TIMEOUT_S)

    def stop(self) -> int:
        self.signal()
        return self.wait()

    def restart(self) -> "Server":
        """Another life on the same state folder; the one before must have ended."""
        assert not self.alive, "the server still runs"
        return self.start()

    def venue(self) -> "Venue":
        """The venue's own books; only while no process has them open."""
        paper = self.state / "paper.sqlite"
        if paper.exists():
            return Venue(paper, "paper")
        return Venue(self.state / "sandbox.sqlite", "main")


class Venue:
    """What the paper venue or the sandbox has on disk, read by nothing of the product."""

    def __init__(self, path: Path, account: str) -> None:
        connection = sqlite3.connect(path)
        try:
            orders = _bodies(connection, "orders", account)
            trades = _bodies(connection, "trades", account)
            balances = connection.execute(
                "SELECT asset, free, locked FROM balances WHERE account = ?", (account,)
            ).fetchall()
        finally:
            connection.close()
        self.orders: dict[int, dict[str, Any]] = {order["number"]: order for order in orders}
        self.fills: dict[int, list[dict[str, Any]]] = {}
        for trade in trades:
            self.fills.setdefault(trade["order_number"], []).append(trade)
        self._totals = {asset: Decimal(free) + Decimal(locked) for asset, free, locked in balances}

    def of(self, request_id: str) -> list[dict[str, Any]]:
        """All orders that the venue took under one client order id."""
        return [o for o in self.orders.values() if o["request"]["client_order_id"] == request_id]

    def total(self, asset: str) -> Decimal:
        return self._totals.get(asset, Decimal(0))


def _bodies(connection: sqlite3.Connection, table: str, account: str) -> list[dict[str, Any]]:
    query = f"SELECT body FROM {table} WHERE account = ? ORDER BY number"
    return [orjson.loads(body) for (body,) in connection.execute(query, (account,))]


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"{pattern} is not in:\n{text}"
    return found.group(1)
