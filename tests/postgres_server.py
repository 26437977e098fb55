"""A real PostgreSQL of a test's own: made, started, killed and started again in one folder."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

START_TIMEOUT_S = 60
PASSWORD = "for-tests"
_SETTINGS = "fsync=on full_page_writes=on listen_addresses=127.0.0.1 max_connections=50"


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL here; None when there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    every = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    return every[-1] if every else None


def require() -> Path:
    """The folder of PostgreSQL's programs; skips where there is none, and fails in CI."""
    found = binaries()
    if found is None:
        if "CI" in os.environ:
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return found


class PostgresServer:
    """One cluster on a free port of this machine, with a superuser `aitrader`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        self._sockets = folder
        self._databases = 0
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(folder, self._user, -1)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb", "-D", self._data, "-U", "aitrader", "--no-sync", "-E", "UTF8", "--locale=C",
            "--auth=scram-sha-256", f"--pwfile={password}",
        )  # fmt: skip
        self.port = _free_port()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://aitrader:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def through(self, port: int, url: str) -> str:
        """`url` by way of another port of this machine."""
        return url.replace(f":{self.port}/", f":{port}/")

    def start(self, *settings: str) -> "PostgresServer":
        words = [
            *_SETTINGS.split(),
            f"port={self.port}",
            f"unix_socket_directories={self._sockets}",
        ]
        options = " ".join(f"-c {word}" for word in (*words, *settings))
        self._run("pg_ctl", "start", "-s", "-D", self._data, "-l", self._log, "-w", "-o", options)
        return self

    def become_copy(self) -> None:
        """From the next start on it only follows, and takes no writes."""
        (self._data / "standby.signal").touch()

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is a crash as far as its files can tell."""
        self._run("pg_ctl", "stop", "-s", "-D", self._data, "-m", mode, "-w")

    def new_database(self) -> str:
        """The URL of an empty database that nobody else has."""
        self._databases += 1
        name = f"journal{self._databases}"
        self.query(f"CREATE DATABASE {name}")
        return self.url(name)

    def query(self, statement: str, url: str = "") -> list[str]:
        """Rows as psql prints them, columns parted by `|`."""
        said = self._run(
            "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", url or self.url(),
            "-c", statement,
        )  # fmt: skip
        return said.splitlines()

    def _run(self, program: str, *words: object) -> str:
        done = subprocess.run(
            [self._programs / program, *map(str, words)],
            user=self._user,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=program in ("psql", "initdb"),
            text=True,
            check=False,
            timeout=START_TIMEOUT_S,
        )
        if done.returncode:
            log = self._log.read_text() if self._log.exists() else ""
            raise AssertionError(f"{program} failed: {done.stdout}{done.stderr}\n{log}")
        return done.stdout or ""


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Started, and gone without a trace at the end."""
    programs = require()
    folder = Path(mkdtemp(prefix="aitrader-postgres-"))
    try:
        folder.chmod(0o755)
        server = PostgresServer(programs, folder).start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
