"""Logit offsets that fit a model to the texts that a desk reads; named, versioned, per model."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from aitrader_server.domain.decision.views import Probabilities

from aitrader_models.manifest import Manifest, UnfitModel, read_small

FOLDER_NAME: Final = "calibrations"
FORMAT: Final = 1
NAME_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What is added to the logits of positive, neutral, negative before the softmax."""

    name: str
    version: int
    offsets: tuple[float, float, float]

    @property
    def id(self) -> str:
        """The name by which settings choose it and answers quote it."""
        return f"{self.name}-v{self.version}"

    def apply(self, logits: Sequence[float]) -> Probabilities:
        """Probabilities of three `logits` in the order positive, neutral, negative."""
        moved = [logit + offset for logit, offset in zip(logits, self.offsets, strict=True)]
        highest = max(moved)
        positive, neutral, negative = (math.exp(logit - highest) for logit in moved)
        whole = positive + neutral + negative
        return Probabilities(
            positive=positive / whole, neutral=neutral / whole, negative=negative / whole
        )


RAW: Final = Calibration(name="raw", version=1, offsets=(0.0, 0.0, 0.0))
# Models tuned on general news call too many crypto headlines neutral: what they lean to is right,
# but not how far.
CRYPTO: Final = Calibration(name="crypto", version=1, offsets=(2.5, 0.0, 1.25))
BUILT_IN: Final = {CRYPTO.id: CRYPTO}


class FittedOn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The labelled file: its hash and how many texts of it were used."""

    sha256: str
    texts: int


class Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`confusion` counts texts: a row per true label, a column per given one, in label order."""

    accuracy: float
    macro_f1: float
    confusion: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]


class HeldOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts that the fit did not see, before and after."""

    texts: int
    before: Score
    after: Score


class CalibrationFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`<model folder>/calibrations/<id>.json`; `model_sha256` is of the weights it was fitted to.

    Precisions of one model share its calibrations, so any weights of the folder may be named.
    """

    format: int
    name: str
    version: int
    offsets: tuple[float, float, float]
    model_sha256: str
    fitted_on: FittedOn
    held_out: HeldOut


def load_calibrations(folder: Path, manifest: Manifest) -> Mapping[str, Calibration]:
    """What the model in `folder` may be calibrated with, built-ins included, by id.

    Raises UnfitModel, reason MODEL_CALIBRATION, for a file that is damaged or of another model.
    """
    known = {weights.sha256 for weights in manifest.weights.values()}
    found = dict(BUILT_IN)
    for path in sorted((folder / FOLDER_NAME).glob("*.json")):
        file = _read(path)
        calibration = Calibration(name=file.name, version=file.version, offsets=file.offsets)
        if calibration.id in BUILT_IN or path.stem != calibration.id:
            raise _unfit(path, f"calls itself {calibration.id}")
        if file.model_sha256 not in known:
            raise _unfit(path, "was fitted to another model")
        found[calibration.id] = calibration
    return found


def fits(path: Path, manifest: Manifest) -> bool:
    """Whether the calibration in `path` is whole and was fitted to weights of this model."""
    try:
        return _read(path).model_sha256 in {w.sha256 for w in manifest.weights.values()}
    except UnfitModel:
        return False


def _read(path: Path) -> CalibrationFile:
    try:
        file = msgspec.json.decode(read_small(path), type=CalibrationFile)
    except (OSError, msgspec.DecodeError) as error:
        raise _unfit(path, str(error)) from error
    if file.format != FORMAT:
        raise _unfit(path, f"has format {file.format}, but this version reads {FORMAT}")
    if not NAME_PATTERN.fullmatch(file.name) or not all(map(math.isfinite, file.offsets)):
        raise _unfit(path, "needs a plain name and finite offsets")
    return file


def _unfit(path: Path, problem: str) -> UnfitModel:
    return UnfitModel(
        f"{path} {problem}; remove it and fit it again with `aitrader models calibrate`",
        reason="MODEL_CALIBRATION",
    )
