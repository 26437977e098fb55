"""What a start of `aitrader` may cost, as modules that must not be imported."""

import json
import subprocess
import sys

import pytest

HEAVY = {"pydantic", "structlog", "httpx", "fastapi", "yaml", "rich", "aitrader_server"}
REPORT = "import json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def modules_after(statement):
    code = f"import sys; {statement}; {REPORT}"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def run_line(line):
    return (
        "import click.testing, aitrader_clients.cli;"
        f"click.testing.CliRunner().invoke(aitrader_clients.cli.cli, {line!r})"
    )


@pytest.mark.parametrize("line", [["--help"], ["buy", "--help"]], ids=" ".join)
def test_help_imports_click_and_nothing_that_calls(line):
    assert modules_after(run_line(line)) & (HEAVY | {"grpc", "google"}) == set()


def test_status_imports_the_stubs_and_nothing_heavy():
    statement = run_line(["status", "--endpoint", "127.0.0.1:1"])
    after = modules_after(statement)
    assert "grpc" in after
    assert after & HEAVY == set()


def test_the_client_imports_nothing_heavy():
    assert modules_after("from aitrader_clients import TradingClient") & HEAVY == set()
