import math

import msgspec
import pytest
from aitrader_models.calibration import (
    CRYPTO,
    FOLDER_NAME,
    RAW,
    CalibrationFile,
    FittedOn,
    HeldOut,
    Score,
    fits,
    load_calibrations,
)
from aitrader_models.manifest import FORMAT, Manifest, Tokenizer, UnfitModel, Weights

SCORE = Score(accuracy=1.0, macro_f1=1.0, confusion=((1, 0, 0), (0, 1, 0), (0, 0, 1)))
FILE = CalibrationFile(
    format=1,
    name="desk",
    version=2,
    offsets=(0.5, 0.0, -0.25),
    model_sha256="aa",
    fitted_on=FittedOn(sha256="cc", texts=100),
    held_out=HeldOut(texts=40, before=SCORE, after=SCORE),
)
MANIFEST = Manifest(
    format=FORMAT,
    name="m",
    source="folder m",
    id2label=("positive", "negative", "neutral"),
    tokens_max=64,
    weights={
        "fp32": Weights(file="f", sha256="aa", size_bytes=1, opset=18),
        "int8-static": Weights(file="s", sha256="bb", size_bytes=1, opset=18),
    },
    tokenizer=Tokenizer(file="t", sha256="tt", vocabulary_sha256="vv", vocabulary_size=9),
    golden=(),
    quality={},
    versions={},
)


@pytest.fixture
def put(tmp_path):
    def write(file="desk-v2.json", content=None, **changes):
        path = tmp_path / FOLDER_NAME / file
        path.parent.mkdir(exist_ok=True)
        changed = msgspec.structs.replace(FILE, **changes)
        path.write_bytes(msgspec.json.encode(changed) if content is None else content)
        return path

    return write


def test_raw_is_the_softmax():
    found = RAW.apply((1.0, 0.0, -1.0))
    whole = math.e + 1.0 + 1.0 / math.e
    assert found.positive == pytest.approx(math.e / whole)
    assert found.neutral == pytest.approx(1.0 / whole)
    assert found.positive + found.neutral + found.negative == pytest.approx(1.0)


def test_large_logits_do_not_overflow():
    assert RAW.apply((1e4, 0.0, -1e4)).positive == 1.0


def test_a_headline_that_leans_is_called_by_its_lean_on_crypto():
    timid = (0.0, 1.2, -2.0)
    assert RAW.apply(timid).neutral > RAW.apply(timid).positive
    assert CRYPTO.apply(timid).positive > CRYPTO.apply(timid).neutral
    assert CRYPTO.id == "crypto-v1"


def test_two_logits_are_a_bug():
    with pytest.raises(ValueError, match="argument"):
        RAW.apply((1.0, 2.0))


def test_a_folder_without_calibrations_offers_the_built_in(tmp_path):
    assert load_calibrations(tmp_path, MANIFEST) == {"crypto-v1": CRYPTO}


@pytest.mark.parametrize("sha256", ["aa", "bb"])
def test_precisions_share_calibrations(put, tmp_path, sha256):
    path = put(model_sha256=sha256)
    assert load_calibrations(tmp_path, MANIFEST)["desk-v2"].offsets == (0.5, 0.0, -0.25)
    assert fits(path, MANIFEST)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"model_sha256": "dd"}, "was fitted to another model"),
        ({"version": 3}, "calls itself desk-v3"),
        ({"name": "crypto", "version": 1, "called": "crypto-v1.json"}, "calls itself crypto-v1"),
        ({"offsets": (1e999, 0.0, 0.0)}, "Expected `float`"),
        ({"name": "../desk"}, "needs a plain name"),
        ({"format": 2}, "has format 2, but this version reads 1"),
        ({"content": b'{"format": 1}'}, "missing required field"),
        ({"content": b""}, "truncated"),
    ],
)
def test_a_calibration_that_cannot_be_trusted_is_refused(put, tmp_path, changes, problem):
    changes = dict(changes)
    path = put(changes.pop("called", "desk-v2.json"), **changes)
    with pytest.raises(UnfitModel, match="calibrate") as refused:
        load_calibrations(tmp_path, MANIFEST)
    assert problem in str(refused.value)
    assert refused.value.reason == "MODEL_CALIBRATION"
    assert fits(path, MANIFEST) == ("calls itself" in problem)
