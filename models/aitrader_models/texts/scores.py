"""How well given labels match the true ones."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aitrader_models.calibration import Score
from aitrader_models.manifest import LABELS

CLASSES: Final = len(LABELS)


def confusion(true: ArrayLike, given: ArrayLike) -> NDArray[np.int64]:
    """Counts of texts: a row per true label, a column per given one."""
    counts = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    np.add.at(counts, (np.asarray(true), np.asarray(given)), 1)
    return counts


def score(true: ArrayLike, given: ArrayLike) -> Score:
    """Labels as places in LABELS."""
    counts = confusion(true, given)
    positive, neutral, negative = ((int(a), int(b), int(c)) for a, b, c in counts)
    return Score(
        accuracy=accuracy(counts),
        macro_f1=macro_f1(counts),
        confusion=(positive, neutral, negative),
    )


def accuracy(counts: NDArray[np.int64]) -> float:
    return float(np.trace(counts) / counts.sum())


def macro_f1(counts: NDArray[np.int64]) -> float:
    """The mean over the labels that are true of or given to any text."""
    hits, either = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    seen = either > 0
    return float(np.mean(2.0 * hits[seen] / either[seen]))
