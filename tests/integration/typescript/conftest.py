"""An engine for the TypeScript client to talk to, and the client, built."""

import os
import subprocess
from pathlib import Path
from shutil import which

import pytest
from serving import Server

PACKAGE = Path(__file__).parents[3] / "clients/typescript"


@pytest.fixture
def engine(serve) -> Server:
    """An engine whose market stands still, so that an order at the bid rests."""
    return serve("execution.paper.quote_period_ms=60000", "risk.max_quote_age_ms=3600000")


@pytest.fixture(scope="session")
def built() -> Path:
    """The package, built; its dependencies are installed beforehand, so nothing is fetched here."""
    compiler = PACKAGE / "node_modules/typescript/bin/tsc"
    if not (which("node") and compiler.is_file()):
        missing = "needs node and `npm ci` in clients/typescript"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    answer = subprocess.run(
        ["node", compiler], cwd=PACKAGE, capture_output=True, text=True, check=False, timeout=100
    )
    assert answer.returncode == 0, answer.stdout
    return PACKAGE / "dist"
