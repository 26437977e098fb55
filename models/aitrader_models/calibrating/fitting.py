"""Offsets of positive and negative that make the labels of a desk the likeliest.

The loss is the log-loss with every label weighing the same. It is convex in the offsets, so that
there is one answer and it needs no seed; it looks at how far off a text is where accuracy and F1
jump; and it does not push towards the label that a file happens to hold most of.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Keeps the offsets finite where the texts of a label can be told apart without error.
RIDGE: Final = 0.001
STEPS_MAX: Final = 100
STEP_MIN: Final = 1e-9
DIGITS: Final = 3
_MOVED: Final = [0, 2]
"""Positive and negative; adding the same to all three would change nothing."""

Offsets = tuple[float, float, float]


def fit(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> Offsets:
    """`logits` in label order, a row per text; every label must be there."""
    weights = 1.0 / (logits.shape[1] * np.bincount(labels, minlength=3)[labels])
    true = np.eye(3)[labels]
    offsets = np.zeros(3)
    loss = _loss(logits, labels, weights, offsets)
    for _ in range(STEPS_MAX):
        step = _newton_step(logits, true, weights, offsets)
        # A full step may overshoot far from the optimum; half of it, again and again, does not.
        while (trial := _loss(logits, labels, weights, offsets - step)) > loss:
            step /= 2.0
            if np.abs(step).max() < STEP_MIN:
                break
        if np.abs(step).max() < STEP_MIN:
            break
        offsets, loss = offsets - step, trial
    positive, neutral, negative = (round(float(offset), DIGITS) for offset in offsets)
    return positive, neutral, negative


def probabilities(logits: NDArray[np.float64], offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = logits + offsets
    powers = np.exp(moved - moved.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _loss(
    logits: NDArray[np.float64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    offsets: NDArray[np.float64],
) -> float:
    moved = logits + offsets
    highest = moved.max(axis=1)
    whole = highest + np.log(np.exp(moved - highest[:, None]).sum(axis=1))
    lost = whole - moved[np.arange(len(labels)), labels]
    return float(weights @ lost + RIDGE / 2.0 * offsets @ offsets)


def _newton_step(
    logits: NDArray[np.float64],
    true: NDArray[np.float64],
    weights: NDArray[np.float64],
    offsets: NDArray[np.float64],
) -> NDArray[np.float64]:
    given = probabilities(logits, offsets)
    slope = (weights @ (given - true) + RIDGE * offsets)[_MOVED]
    chosen = given[:, _MOVED]
    curve = np.diag(weights @ chosen) - chosen.T @ (weights[:, None] * chosen)
    step = np.zeros(3)
    step[_MOVED] = np.linalg.solve(curve + RIDGE * np.eye(2), slope)
    return step
