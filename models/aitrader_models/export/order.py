"""What is to be exported, as far as it can be checked without the model."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import Gate
from aitrader_models.texts.labelled import Labelled

CALIBRATION_TEXTS_MAX: Final = 128
GATE_TEXTS_MAX: Final = 512
GATE_TEXTS_MIN: Final = 20
_GATE: Final = re.compile(r"agreement=(?P<agreement>[01]?\.?\d*),macro-f1=(?P<loss>[01]?\.?\d*)")


class Order(NamedTuple):
    """What the caller wants; `texts` empty for the packaged ones, `name` empty for the source's."""

    source: str
    target: Path
    precisions: frozenset[str]
    texts: tuple[Labelled, ...]
    opset: int
    tokens_max: int
    name: str
    gate: Gate
    accept_terms: bool
    replace: bool
    any_processor: bool


class Texts(NamedTuple):
    """Activation ranges are read from one half, so that the other can judge."""

    calibration: tuple[Labelled, ...]
    gate: tuple[Labelled, ...]


def split(texts: Sequence[Labelled]) -> Texts:
    """Every other text, up to what is worth the time. Raises ExportRefused."""
    calibration, gate = texts[0::2][:CALIBRATION_TEXTS_MAX], texts[1::2][:GATE_TEXTS_MAX]
    if len(gate) < GATE_TEXTS_MIN:
        raise ExportRefused(
            f"{len(texts)} texts are too few to judge a model by; {2 * GATE_TEXTS_MIN} are the "
            "least, or leave out --texts"
        )
    return Texts(tuple(calibration), tuple(gate))


def parse_gate(text: str) -> Gate:
    """`agreement=0.985,macro-f1=0.01`. Raises ExportRefused."""
    found = _GATE.fullmatch(text)
    try:
        gate = found and Gate(
            agreement=float(found["agreement"]), macro_f1_loss=float(found["loss"])
        )
    except ValueError:
        gate = None
    if gate is None or max(gate.agreement, gate.macro_f1_loss) > 1.0:
        raise ExportRefused(
            f"the quality gate {text} is not two shares, as in agreement=0.985,macro-f1=0.01"
        )
    return gate
