"""A calibration file from labelled texts: score, fit on some, report on the others."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from aitrader_models.calibrating.fitting import Offsets, fit
from aitrader_models.calibration import (
    FOLDER_NAME,
    FORMAT,
    NAME_PATTERN,
    CalibrationFile,
    FittedOn,
    HeldOut,
    Score,
    load_calibrations,
)
from aitrader_models.export.stages import Stages
from aitrader_models.manifest import LABELS, Manifest, read_manifest
from aitrader_models.onnx.processor import choose, has_dot_product
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.onnx.verification import check_files, check_golden, check_vocabulary
from aitrader_models.texts.labelled import Labelled, UnfitTexts, read_texts
from aitrader_models.texts.scores import score

LABEL_TEXTS_MIN: Final = 20
HELD_OUT_SHARE: Final = 0.3


class Fitted(NamedTuple):
    """What is to be written, and whether held-out texts say that it should be."""

    file: CalibrationFile
    path: Path

    @property
    def improves(self) -> bool:
        return self.file.held_out.after.macro_f1 > self.file.held_out.before.macro_f1


def calibrate(folder: Path, path: Path, name: str, precision: str, stages: Stages) -> Fitted:
    """Nothing is written yet. Raises UnfitTexts, UnfitModel."""
    if not NAME_PATTERN.fullmatch(name):
        raise UnfitTexts(f"the name {name} is not made of small letters, digits and hyphens")
    texts = read_texts(path, labels=True)
    labels = np.array([LABELS.index(text.label) for text in texts])
    _check_counts(path, labels)
    manifest = read_manifest(folder)
    precision = choose(manifest, precision, dot_product=has_dot_product()).precision
    check_files(folder, manifest, precision)
    with stages.stage(f"score {len(texts)} texts with {manifest.name} {precision}"):
        logits = _score(folder, manifest, precision, texts)
    held_out = _hold_out(texts)
    offsets = fit(logits[~held_out], labels[~held_out])
    version = _next_version(folder, manifest, name)
    file = CalibrationFile(
        format=FORMAT,
        name=name,
        version=version,
        offsets=offsets,
        model_sha256=manifest.weights[precision].sha256,
        fitted_on=FittedOn(
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(), texts=int((~held_out).sum())
        ),
        held_out=HeldOut(
            texts=int(held_out.sum()),
            before=_report(logits[held_out], labels[held_out], (0.0, 0.0, 0.0)),
            after=_report(logits[held_out], labels[held_out], offsets),
        ),
    )
    return Fitted(file, folder / FOLDER_NAME / f"{name}-v{version}.json")


def write(fitted: Fitted) -> None:
    """Whole or not at all, as the service may be looking."""
    fitted.path.parent.mkdir(exist_ok=True)
    partial = fitted.path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(fitted.file), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(fitted.path)


def _check_counts(path: Path, labels: NDArray[np.int64]) -> None:
    counts = np.bincount(labels, minlength=len(LABELS))
    if counts.min() < LABEL_TEXTS_MIN:
        found = ", ".join(f"{count} {label}" for label, count in zip(LABELS, counts, strict=True))
        raise UnfitTexts(
            f"{path}: {found}; a calibration needs {LABEL_TEXTS_MIN} different texts of each label"
        )


def _score(
    folder: Path, manifest: Manifest, precision: str, texts: Sequence[Labelled]
) -> NDArray[np.float64]:
    scorer = Scorer(folder, manifest, precision, manifest.tokens_max)
    check_vocabulary(scorer, manifest)
    check_golden(scorer, manifest, precision)
    return np.array([scorer.score([scorer.encode(text.text).tokens])[0] for text in texts])


def _hold_out(texts: Sequence[Labelled]) -> NDArray[np.bool_]:
    """Of every label the same share, chosen by the texts' hashes: the order of a file is chance."""
    hashes = [hashlib.sha256(text.text.encode()).digest() for text in texts]
    held_out = np.zeros(len(texts), dtype=np.bool_)
    for label in LABELS:
        places = sorted(
            (place for place, text in enumerate(texts) if text.label == label),
            key=hashes.__getitem__,
        )
        held_out[places[: round(len(places) * HELD_OUT_SHARE)]] = True
    return held_out


def _report(logits: NDArray[np.float64], labels: NDArray[np.int64], offsets: Offsets) -> Score:
    return score(labels, (logits + np.array(offsets)).argmax(axis=1))


def _next_version(folder: Path, manifest: Manifest, name: str) -> int:
    known = load_calibrations(folder, manifest).values()
    return 1 + max((known.version for known in known if known.name == name), default=0)
