"""What beside the weights changes a score, changes the edition by which scores are remembered."""

from pathlib import Path

import msgspec
import pytest
from aitrader_models.calibration import CalibrationFile, FittedOn, HeldOut, Score
from aitrader_models.manifest import UnfitModel, read_manifest
from aitrader_models.onnx.folder import survey
from aitrader_models.onnx.settings import OnnxSettings
from tiny_onnx_models import change_manifest

SCORE = Score(accuracy=1.0, macro_f1=1.0, confusion=((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def fit(folder: Path, offsets: tuple[float, float, float]) -> None:
    """Writes `desk-v1` anew, as who removes it and fits it again does."""
    weights = read_manifest(folder).weights
    file = CalibrationFile(
        format=1,
        name="desk",
        version=1,
        offsets=offsets,
        model_sha256=weights["fp32"].sha256,
        fitted_on=FittedOn(sha256="", texts=3),
        held_out=HeldOut(texts=3, before=SCORE, after=SCORE),
    )
    (folder / "calibrations").mkdir(exist_ok=True)
    (folder / "calibrations" / "desk-v1.json").write_bytes(msgspec.json.encode(file))


def edition(folder: Path) -> tuple[str, str]:
    model = survey(OnnxSettings(folder=folder, calibration="desk-v1")).model
    assert not isinstance(model, UnfitModel), model
    return model.sha256, model.edition


CHANGES = {
    "refitted under the same name": lambda folder: fit(folder, (0.0, 0.0, 5.0)),
    "cut elsewhere": lambda folder: change_manifest(folder, tokens_max=9),
    "labels turned": lambda folder: change_manifest(
        folder, id2label=read_manifest(folder).id2label[::-1]
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_same_weights_in_another_edition(folder, change):
    fit(folder, (5.0, 0.0, 0.0))
    before = edition(folder)
    assert edition(folder) == before
    change(folder)
    after = edition(folder)
    assert after[0] == before[0]
    assert after[1] != before[1]
