"""The export tool as its users run it, and one tiny model that it exported, for all tests."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON_VARIABLE = "AITRADER_EXPORT_PYTHON"
SOURCES = ("server", "models", "clients/python", "proto/gen")
COMMAND = "from aitrader_models.command import models; models()"
TIMEOUT_S = 300


def export_python() -> Path:
    """The interpreter with the extra `export`; without one a test is skipped, but not in CI."""
    python = Path(os.environ.get(PYTHON_VARIABLE) or ROOT / ".venv/export/bin/python")
    if not python.exists():
        message = f"{python} is missing: run `make exporter` or set {PYTHON_VARIABLE}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return python


def environment(**variables: str) -> dict[str, str]:
    """Nothing of the caller's Hugging Face settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    paths = os.pathsep.join(str(ROOT / source) for source in SOURCES)
    return kept | {"PYTHONPATH": paths} | variables


def run_models(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`aitrader models` in the environment of the extra `export`."""
    return subprocess.run(
        [export_python(), "-c", COMMAND, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@functools.cache
def tiny_source(labels: str = "positive,negative,neutral") -> Path:
    """What a publisher would put on a hub."""
    folder = _temporary_folder() / "tiny"
    subprocess.run(
        [export_python(), ROOT / "tests/finbert_shaped.py", folder, "--labels", labels],
        env=environment(),
        check=True,
        timeout=TIMEOUT_S,
    )
    return folder


@functools.cache
def tiny_model() -> Path:
    """A folder with all three precisions; copy it to change it."""
    folder = _temporary_folder() / "model"
    done = run_models("export", tiny_source(), "--to", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def exported_model() -> Path:
    return tiny_model()


def _temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="aitrader-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
