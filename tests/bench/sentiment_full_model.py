"""A model of FinBERT's size and shape that learnt our headlines, made once and kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).parents[1]))  # for how the tests run the export tool

from exported_models import COMMAND, PYTHON_VARIABLE, ROOT, environment
from rounds import show

KEPT = ROOT / ".venv/finbert-shaped"


class FullModel(NamedTuple):
    """`source` is as published, `folder` as served; `python` has PyTorch to run the one."""

    source: Path
    folder: Path
    python: str


def full_model() -> FullModel:
    """Ends the bench, and says what is missing, where no model can be made."""
    python = os.environ.get(PYTHON_VARIABLE) or str(ROOT / ".venv/export/bin/python")
    if shutil.which(python) is None:
        raise SystemExit(
            f"MISSING: {python}, the environment that makes and exports the model and runs PyTorch;"
            f" `make exporter` sets it up, or name another in {PYTHON_VARIABLE}"
        )
    made = FullModel(KEPT / "source", KEPT / "model", python)
    if not made.folder.exists():
        make(made)
    return made


def make(model: FullModel) -> None:
    """The export tool publishes a whole folder or none, so that a run cut short is repeated."""
    show("making a model of FinBERT's shape", f"minutes, 1.2 GB in {KEPT}")
    shutil.rmtree(model.source, ignore_errors=True)
    shaped = (str(ROOT / "tests/finbert_shaped.py"), str(model.source), "--size", "full")
    exported = ("-c", COMMAND, "export", str(model.source), "--to", str(model.folder))
    for words in (shaped, exported):
        command = [model.python, *words]
        if subprocess.run(command, env=environment(HF_HUB_OFFLINE="1"), check=False).returncode:
            raise SystemExit("the model could not be made; what was said above tells why")
