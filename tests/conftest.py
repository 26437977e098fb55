"""The engine as its users meet it, for every test that wants the real one."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import canaries
import pytest
from evidence.rungs import told
from hypothesis import settings
from postgres_server import PostgresServer, running_postgres
from serving import Server

# Tests that read ONNX weights themselves must not tell its makers so.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# Whoever starts the tests in the background has it ignored, and what they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that others use.
settings.register_profile("here", deadline=None)
settings.load_profile("here")

Serve = Callable[..., Server]
TALLIES = pytest.StashKey[list[str]]()
LEAKS = pytest.StashKey[list[str]]()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Callable[[Mapping[str, object]], None]:
    """Says at the end of the run how much was tried, by which seed."""

    def note(figures: Mapping[str, object]) -> None:
        request.config.stash.setdefault(TALLIES, []).append(told(figures))

    return note


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if tallies := config.stash.get(TALLIES, None):
        terminalreporter.section("how much was tried")
        for line in tallies:
            terminalreporter.write_line(line)
    if watched := canaries.outputs():
        found = config.stash.get(LEAKS, [])
        terminalreporter.section("secrets in what was written")
        terminalreporter.write_line(f"{len(found)} in {watched} files that processes wrote")
        for leak in found:
            terminalreporter.write_line(leak)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A secret in anything that any process wrote fails the run, whichever test it was."""
    found = canaries.all_leaks()
    session.config.stash[LEAKS] = found
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts `aitrader serve` with the given settings; whatever runs at the end is killed."""
    started: list[Server] = []

    def start(*settings: str) -> Server:
        folder = tmp_path / f"server{len(started)}"
        folder.mkdir()
        server = Server(folder, *settings)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill9()


@pytest.fixture(scope="module")
def served(request, tmp_path_factory) -> Iterator[Server]:
    """One server for all tests of a module, with the module's SETTINGS if it has any."""
    settings = getattr(request.module, "SETTINGS", ())
    server = Server(tmp_path_factory.mktemp("served"), *settings)
    try:
        yield server.start()
    finally:
        server.kill9()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that only need a database of their own in it."""
    with running_postgres() as server:
        yield server
