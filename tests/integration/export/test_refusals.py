"""What must not be published is not, and nothing of it is left."""

import json
import re
import shutil
import signal
import subprocess
import sys

import msgspec
import pytest
from aitrader_models.calibration import CalibrationFile, FittedOn, HeldOut, Score
from aitrader_models.manifest import read_manifest
from exported_models import (
    COMMAND,
    environment,
    export_python,
    exported_model,
    run_models,
    tiny_source,
)

__all__ = ["exported_model"]

pytestmark = pytest.mark.timeout(600)

SCORE = Score(accuracy=0.5, macro_f1=0.5, confusion=((1, 0, 0), (0, 1, 0), (0, 0, 1)))
# One number of the padding, which changes no answer, is so large that eight bits leave nothing for
# the words.
SPOIL = """
import sys
from safetensors.torch import load_file, save_file
path = sys.argv[1] + "/model.safetensors"
numbers = load_file(path)
numbers["bert.embeddings.word_embeddings.weight"][0, 0] = 3000.0
save_file(numbers, path, metadata={"format": "pt"})
"""


@pytest.fixture
def source(tmp_path):
    return shutil.copytree(tiny_source(), tmp_path / "source")


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def change_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(done, shelf, *words):
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert not list(shelf.iterdir())


def test_labels_that_do_not_map(source, shelf):
    change_json(source / "config.json", id2label={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"})
    done = run_models("export", source, "--to", shelf / "model")
    refused(done, shelf, "LABEL_0, LABEL_1, LABEL_2 do not map", "set id2label in")


def test_eight_bits_that_lose_the_labels(source, shelf):
    subprocess.run([export_python(), "-c", SPOIL, source], env=environment(), check=True)
    done = run_models("export", source, "--to", shelf / "model", "--precision", "int8-dynamic")
    refused(done, shelf, "int8-dynamic: agrees on", "98.5% and 0.010 are asked for")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nowhere",), "neither a folder nor a hub id"),
        (("{empty}",), "has no config.json"),
        (("{source}", "--texts", "{empty}/none.csv"), "none.csv: No such file"),
        (("{source}", "--quality-gate", "agreement=2,macro-f1=0"), "is not two shares"),
        (("{source}", "--quality-gate", "agreement=.9"), "is not two shares"),
    ],
)
def test_orders_that_make_no_sense(shelf, source, arguments, problem):
    filled = [argument.format(source=source, empty=shelf) for argument in arguments]
    refused(run_models("export", *filled, "--to", shelf / "model"), shelf, problem)


def test_what_is_there_stays(source, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    assert "exists; say --replace" in run_models("export", source, "--to", mine).stderr
    done = run_models("export", source, "--to", mine, "--replace")
    assert done.returncode == 1
    assert "is no model folder" in done.stderr
    (tmp_path / "link").symlink_to(mine)
    assert "is a link" in run_models("export", source, "--to", tmp_path / "link").stderr
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_nothing(source, shelf, sent):
    with subprocess.Popen(
        [export_python(), "-c", COMMAND, "export", source, "--to", shelf / "model"],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr:
            if "hold fp32" in line:
                break
        assert list(shelf.iterdir())
        process.send_signal(sent)
        assert "Aborted" in process.stderr.read()
    assert process.returncode == 1
    assert not list(shelf.iterdir())


def test_without_the_extra_one_line_says_how_to_get_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "export", tmp_path, "--to", tmp_path / "model"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(
        r"Error: \w+ is missing: in the project's folder, pip install '\.\[export\]'\n", done.stderr
    )


def test_a_replaced_folder_keeps_the_calibrations_that_fit(exported_model, tmp_path):
    folder = shutil.copytree(exported_model, tmp_path / "model")
    before = read_manifest(folder)
    (folder / "calibrations").mkdir()
    for name, sha256 in (("mine", before.weights["fp32"].sha256), ("other", "00")):
        file = CalibrationFile(
            format=1,
            name=name,
            version=1,
            offsets=(1.0, 0.0, 0.5),
            model_sha256=sha256,
            fitted_on=FittedOn(sha256="11", texts=100),
            held_out=HeldOut(texts=40, before=SCORE, after=SCORE),
        )
        (folder / "calibrations" / f"{name}-v1.json").write_bytes(msgspec.json.encode(file))
    texts = tmp_path / "own.jsonl"
    texts.write_text("".join(json.dumps({"text": f"Sales rose {n}%"}) + "\n" for n in range(60)))
    with texts.open("a") as file:
        file.writelines(json.dumps({"text": f"Shares fell {n}%"}) + "\n" for n in range(60))
    done = run_models(
        *("export", tiny_source(), "--to", folder, "--replace", "--precision", "fp32"),
        *("--quality-gate", "agreement=0.9,macro-f1=0.05", "--name", "again", "--texts", texts),
    )
    assert done.returncode == 0, done.stderr
    assert "the texts carry no labels" in done.stderr
    assert "other-v1.json fits other weights and is left behind" in done.stderr
    after = read_manifest(folder)
    assert (after.name, after.gate.agreement, after.gate.macro_f1_loss) == ("again", 0.9, 0.05)
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json",
        "tokenizer.json",
        "model.fp32.onnx",
        "calibrations",
    }
    assert [path.name for path in (folder / "calibrations").iterdir()] == ["mine-v1.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "own.jsonl"]
    assert after.quality["fp32"].texts == 60
    shown = run_models("verify", folder)
    assert shown.returncode == 0, shown.stderr
    assert "published under a relaxed gate: agreement 90.0%, macro-F1 loss 0.050" in shown.stdout
    assert "calibrations: crypto-v1, mine-v1" in shown.stdout


def test_verify_refuses_what_was_changed(exported_model, tmp_path):
    folder = shutil.copytree(exported_model, tmp_path / "model")
    weights = folder / "model.int8-static.onnx"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    done = run_models("verify", folder)
    assert done.returncode == 1
    assert "is not the file that the manifest vouches for" in done.stderr
    assert "MODEL_CORRUPT" in done.stderr
