"""What an exported precision must keep of the original before anybody may serve it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import FP32, INT8_STATIC, LABELS, Gate, Quality
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.texts.labelled import Labelled
from aitrader_models.texts.scores import accuracy, confusion, macro_f1

FP32_ERROR_MAX: Final = 1e-4
BATCHES: Final = (5, 13)

Logits = NDArray[np.float32]


def measure(scorer: Scorer, texts: Sequence[Labelled], original: Logits) -> Quality:
    """Each text by itself, as it is served, against the original's padded batches."""
    found = np.array([scorer.score([scorer.encode(text.text).tokens])[0] for text in texts])
    before, after = original.argmax(axis=1), found.argmax(axis=1)
    true = [
        LABELS.index(text.label) if text.label else int(label)
        for text, label in zip(texts, before, strict=True)
    ]
    lost = macro_f1(confusion(true, before)) - macro_f1(confusion(true, after))
    return Quality(
        texts=len(texts),
        logit_error_max=float(np.abs(found - original).max()),
        agreement=float(np.mean(before == after)),
        macro_f1_loss=max(lost, 0.0),
    )


def check(precision: str, quality: Quality, gate: Gate) -> None:
    """Raises ExportRefused."""
    if precision == FP32:
        if quality.logit_error_max > FP32_ERROR_MAX:
            raise ExportRefused(
                f"{FP32}: a logit is off by {quality.logit_error_max:.2g}, but "
                f"{FP32_ERROR_MAX:.0e} is the most; the export of this model is broken with the "
                "installed versions, install those that requirements-export.txt names"
            )
        return
    if quality.agreement < gate.agreement or quality.macro_f1_loss > gate.macro_f1_loss:
        raise ExportRefused(
            f"{precision}: agrees on {quality.agreement:.1%} of {quality.texts} texts and loses "
            f"{quality.macro_f1_loss:.3f} of macro-F1, but {gate.agreement:.1%} and "
            f"{gate.macro_f1_loss:.3f} are asked for; leave it out (--precision), calibrate it on "
            "more of your own texts (--texts), or ask for less (--quality-gate), which the "
            "manifest will say"
        )


def check_original(texts: Sequence[Labelled], original: Logits) -> str:
    """How it fares. Raises ExportRefused for a model that says one word to everything."""
    labels = set(original.argmax(axis=1).tolist())
    if len(labels) == 1:
        raise ExportRefused(
            f"the original calls all {len(original)} texts {LABELS[labels.pop()]}: its weights or "
            "its vocabulary are probably those of another model"
        )
    known = [
        (LABELS.index(text.label), int(given))
        for text, given in zip(texts, original.argmax(axis=1), strict=True)
        if text.label
    ]
    if not known:
        return "the texts carry no labels: those of the original stand for them"
    right = accuracy(confusion(*zip(*known, strict=True)))
    return f"the original gives {right:.1%} of {len(known)} texts the label that they carry"


def check_batches(
    scorer: Scorer, precision: str, texts: Sequence[Labelled], original: Logits
) -> None:
    """Raises ExportRefused where a text's answer moves with those beside it.

    Floats may move in the last digits; static eight bits, which are there to be batched, may not.
    """
    tokens = [scorer.encode(text.text).tokens for text in texts]
    expected, error_max = original[: len(texts)], FP32_ERROR_MAX
    if precision == INT8_STATIC:
        expected, error_max = np.array([scorer.score([ids])[0] for ids in tokens]), 0.0
    for batch in BATCHES:
        parts = [scorer.score(tokens[at : at + batch]) for at in range(0, len(tokens), batch)]
        error = float(np.abs(np.concatenate(parts) - expected).max())
        if error > error_max:
            raise ExportRefused(
                f"{precision}: a logit moves by {error:.2g} in a batch of {batch}; leave it out "
                "(--precision) or install the versions that requirements-export.txt names"
            )
