"""A model folder held against its own manifest, with what serves it and nothing more."""

from collections.abc import Iterator
from pathlib import Path

from aitrader_models.calibration import load_calibrations
from aitrader_models.manifest import Gate, read_manifest
from aitrader_models.onnx.processor import AUTO, choose, has_dot_product
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.onnx.verification import check_files, check_golden, check_vocabulary


def verify(folder: Path) -> Iterator[str]:
    """What was found, a line each. Raises UnfitModel."""
    manifest = read_manifest(folder)
    yield f"{manifest.name} from {manifest.source}, labels {', '.join(manifest.id2label)}"
    dot_product = has_dot_product()
    for precision, weights in manifest.weights.items():
        check_files(folder, manifest, precision)
        if weights.needs_vnni and not dot_product:
            yield f"{precision}: files as published; cannot run exactly here, as there is no VNNI"
            continue
        scorer = Scorer(folder, manifest, precision, manifest.tokens_max)
        check_vocabulary(scorer, manifest)
        check_golden(scorer, manifest, precision)
        yield f"{precision}: files as published, {len(manifest.golden)} golden texts as measured"
    if manifest.gate != Gate():
        yield (
            f"published under a relaxed gate: agreement {manifest.gate.agreement:.1%}, "
            f"macro-F1 loss {manifest.gate.macro_f1_loss:.3f}"
        )
    calibrations = load_calibrations(folder, manifest)
    yield f"calibrations: {', '.join(calibrations)}"
    choice = choose(manifest, AUTO, dot_product=dot_product)
    yield f"this processor would run {choice.precision}: {choice.why}"
