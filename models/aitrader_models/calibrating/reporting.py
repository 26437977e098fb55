"""What a calibration changes, for a reader."""

from collections.abc import Iterator

from aitrader_models.calibration import CalibrationFile, Score
from aitrader_models.manifest import LABELS


def report(file: CalibrationFile) -> Iterator[str]:
    """Lines of text."""
    offsets = ", ".join(
        f"{label} {offset:+.3f}" for label, offset in zip(LABELS, file.offsets, strict=True)
    )
    held_out = file.held_out
    yield f"fitted on {file.fitted_on.texts} texts: {offsets}"
    yield f"held out {held_out.texts} texts:"
    yield from score_lines("before", held_out.before)
    yield from score_lines("after", held_out.after)


def score_lines(of: str, score: Score) -> Iterator[str]:
    """How many labels are right, and which were taken for which."""
    yield f"  {of:<6}  accuracy {score.accuracy:.3f}  macro-F1 {score.macro_f1:.3f}"
    yield f"    {'true, given':<12}" + "".join(f"{label:>10}" for label in LABELS)
    for label, row in zip(LABELS, score.confusion, strict=True):
        yield f"    {label:<12}" + "".join(f"{count:>10}" for count in row)
