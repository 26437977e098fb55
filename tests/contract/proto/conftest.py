"""buf, run offline on the contract or on a copy of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copy2, copytree

import pytest

ROOT = Path(__file__).parents[3]

Buf = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def buf() -> Buf:
    """Runs buf in a folder (the repository by default) and returns what it said."""
    scripts = Path(sys.executable).parent
    # buf starts `python` and protoc-gen-mypy_grpc by name: those beside this interpreter.
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])

    def run(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [scripts / "buf", *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def contract_copy(tmp_path: Path) -> Path:
    """A copy of the contract that a test may break."""
    copytree(ROOT / "proto", tmp_path / "proto")
    copy2(ROOT / "buf.yaml", tmp_path / "buf.yaml")
    return tmp_path
