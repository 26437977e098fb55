"""`aitrader models calibrate` on a real, tiny model, up to the answer of a calibrated service."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from aitrader_models.calibration import load_calibrations
from aitrader_models.manifest import FP32, LABELS, read_manifest
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.texts.headlines import packaged
from exported_models import COMMAND, environment, exported_model

__all__ = ["exported_model"]

pytestmark = pytest.mark.timeout(600)

# The desk reads what the model calls neutral as good or bad news more often than the model does.
LEAN = np.array([2.0, 0.0, 1.0])


@pytest.fixture
def folder(exported_model, tmp_path):
    return shutil.copytree(exported_model, tmp_path / "model")


def label_mixtures(exported_model, lean) -> list[tuple[str, str]]:
    """Halves of headlines put together, of which the model is less sure than of those it knows."""
    manifest = read_manifest(exported_model)
    scorer = Scorer(exported_model, manifest, FP32, manifest.tokens_max)
    words = [headline.text.split() for headline in packaged()]
    read = []
    for place, first in enumerate(words):
        second = words[(7 * place + 3) % len(words)]
        text = " ".join(first[: len(first) // 2] + second[len(second) // 2 :])
        (logits,) = scorer.score([scorer.encode(text).tokens])
        read.append((LABELS[int((np.array(logits) + lean).argmax())], text))
    return read


@pytest.fixture(scope="module")
def read_by_the_desk(exported_model) -> list[tuple[str, str]]:
    return label_mixtures(exported_model, LEAN)


def calibrate(*arguments):
    """In the environment of the service: what exports is not needed."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "calibrate", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("label", "text"), *rows])
    return path


def test_the_lean_of_a_desk_is_found_and_kept(folder, tmp_path, read_by_the_desk):
    texts = write(tmp_path / "desk.csv", read_by_the_desk)
    done = calibrate(folder, texts, "--name", "desk")
    assert done.returncode == 0, done.stderr
    assert "settings call it desk-v1" in done.stdout
    manifest = read_manifest(folder)
    desk = load_calibrations(folder, manifest)["desk-v1"]
    positive, neutral, negative = desk.offsets
    assert neutral == 0.0
    assert min(positive, negative) > 0.3
    file = json.loads((folder / "calibrations" / "desk-v1.json").read_text())
    assert file["held_out"]["after"]["macro_f1"] > file["held_out"]["before"]["macro_f1"]
    different = {text for _, text in read_by_the_desk}
    assert file["fitted_on"]["texts"] + file["held_out"]["texts"] == len(different)
    assert np.sum(file["held_out"]["after"]["confusion"]) == file["held_out"]["texts"]


def test_the_order_of_the_file_changes_nothing_and_the_next_is_another_version(
    folder, tmp_path, read_by_the_desk
):
    for number, rows in enumerate((read_by_the_desk, read_by_the_desk[::-1]), start=1):
        texts = write(tmp_path / f"{number}.csv", rows)
        assert calibrate(folder, texts, "--name", "desk").returncode == 0
    known = load_calibrations(folder, read_manifest(folder))
    assert known["desk-v1"].offsets == known["desk-v2"].offsets
    assert set(known) == {"crypto-v1", "desk-v1", "desk-v2"}


def test_what_does_not_improve_is_written_only_by_force(folder, tmp_path):
    """A desk that reads as the model does has nothing to gain."""
    texts = write(tmp_path / "known.csv", label_mixtures(folder, np.zeros(3)))
    command = (folder, texts, "--name", "known", "--precision", "fp32")
    done = calibrate(*command)
    assert done.returncode == 1
    assert "macro-F1 of the held-out texts does not improve" in done.stderr
    assert "--force" in done.stderr
    assert "after" in done.stdout
    assert not (folder / "calibrations").exists()
    assert calibrate(*command, "--force").returncode == 0
    assert [path.name for path in (folder / "calibrations").iterdir()] == ["known-v1.json"]


@pytest.mark.parametrize(
    ("rows", "arguments", "problem"),
    [
        ([("good", "Up")], ("--name", "desk"), "desk.csv:2: the label good is none of"),
        ([("positive", "Up")], ("--name", "desk"), "1 positive, 0 neutral, 0 negative"),
        ([("positive", "Up")], ("--name", "../desk"), "is not made of small letters"),
    ],
)
def test_what_cannot_be_fitted_is_said(folder, tmp_path, rows, arguments, problem):
    done = calibrate(folder, write(tmp_path / "desk.csv", rows), *arguments)
    assert done.returncode == 1
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_model_is_named(tmp_path, read_by_the_desk):
    texts = write(tmp_path / "desk.csv", read_by_the_desk)
    done = calibrate(tmp_path, texts, "--name", "desk")
    assert done.returncode == 1
    assert "manifest.json: No such file" in done.stderr
