"""The model folder as it is now: what it says, and whether it is still the same."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from aitrader_models.calibration import FOLDER_NAME as CALIBRATIONS
from aitrader_models.calibration import Calibration, load_calibrations
from aitrader_models.manifest import FILE_NAME, Manifest, UnfitModel, read_manifest
from aitrader_models.onnx.processor import Choice, choose, has_dot_product
from aitrader_models.onnx.settings import OnnxSettings

FileIdentity = tuple[str, int, int, int, int, int]
"""Path, device, inode, size, and the times of the last write and of the last change."""


class Model(NamedTuple):
    """What a folder offers, as far as reading its small files tells."""

    folder: Path
    manifest: Manifest
    choice: Choice
    tokens_max: int
    calibration: Calibration | None
    crypto_calibration: Calibration | None

    @property
    def sha256(self) -> str:
        """Of the weights that serve."""
        return self.manifest.weights[self.choice.precision].sha256

    @property
    def edition(self) -> str:
        """Hash of everything beside the weights that makes a score."""
        manifest = self.manifest
        parts = (
            manifest.tokenizer.sha256,
            manifest.id2label,
            self.tokens_max,
            self.calibration,
            self.crypto_calibration,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()


class Survey(NamedTuple):
    """A look at the folder; surveys with one `identity` saw the same files."""

    identity: frozenset[FileIdentity]
    model: Model | UnfitModel


def survey(settings: OnnxSettings) -> Survey:
    """Looks without opening what is large."""
    # Resolved once: a link that is switched meanwhile must not mix the files of two folders.
    folder = settings.folder.expanduser().resolve()
    names = {FILE_NAME}
    model: Model | UnfitModel
    try:
        manifest = read_manifest(folder)
        names |= {manifest.tokenizer.file, *(w.file for w in manifest.weights.values())}
        model = _model(folder, manifest, settings)
    except UnfitModel as unfit:
        model = unfit
    paths = [folder / name for name in sorted(names)]
    paths += sorted((folder / CALIBRATIONS).glob("*.json"))
    return Survey(frozenset(filter(None, map(_identify, paths))), model)


def _model(folder: Path, manifest: Manifest, settings: OnnxSettings) -> Model:
    choice = choose(manifest, settings.precision, dot_product=has_dot_product())
    for name in (manifest.tokenizer.file, manifest.weights[choice.precision].file):
        if not (folder / name).is_file():
            raise UnfitModel(
                f"{folder / name} is missing; export the model again", reason="MODEL_MISSING"
            )
    known = load_calibrations(folder, manifest)
    calibrations: list[Calibration | None] = []
    for wanted in (settings.calibration, settings.crypto_calibration):
        if wanted is not None and wanted not in known:
            raise UnfitModel(
                f"{manifest.name} has no calibration {wanted}, only {', '.join(sorted(known))};"
                " fit it with `aitrader models calibrate` or name another",
                reason="MODEL_CALIBRATION",
            )
        calibrations.append(None if wanted is None else known[wanted])
    tokens_max = settings.tokens_max or manifest.tokens_max
    if tokens_max > manifest.tokens_max:
        raise UnfitModel(
            f"tokens_max {tokens_max} is more than the {manifest.tokens_max} that"
            f" {manifest.name} reads; lower it",
            reason="MODEL_FORMAT",
        )
    return Model(folder, manifest, choice, tokens_max, *calibrations)


def _identify(path: Path) -> FileIdentity | None:
    """None for a file that is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (
        str(path),
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )
