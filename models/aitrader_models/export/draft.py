"""A model folder in the making: weights, their measured quality, golden texts."""

import hashlib
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from aitrader_models.export.conversion import (
    export_fp32,
    opset_of,
    quantize_weights,
    quantize_with_texts,
)
from aitrader_models.export.original import Original
from aitrader_models.export.quality import check, check_batches, measure
from aitrader_models.export.refusal import ExportRefused
from aitrader_models.export.source import Source
from aitrader_models.manifest import (
    FORMAT,
    FP32,
    INT8_DYNAMIC,
    Gate,
    Golden,
    Manifest,
    Quality,
    Tokenizer,
    Weights,
)
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.texts.headlines import GOLDEN
from aitrader_models.texts.labelled import Labelled

BATCHED_TEXTS: Final = 26
GOLDEN_TEXTS_MIN, GOLDEN_TEXTS_MAX = 3, 12
# A golden text must keep its label where another processor rounds otherwise.
GOLDEN_MARGIN_MIN: Final = 0.5
TOKENIZER_FILE: Final = "tokenizer.json"
PACKAGES: Final = (
    "numpy",
    "onnx",
    "onnxruntime",
    "optimum",
    "optimum-onnx",
    "tokenizers",
    "torch",
    "transformers",
)


class Draft:
    """Methods raise ExportRefused for what must not be published."""

    def __init__(
        self, folder: Path, source: Source, original: Original, *, name: str, opset: int, gate: Gate
    ) -> None:
        self._folder, self._source, self._opset = folder, source.folder, opset
        original.save_tokenizer(folder / TOKENIZER_FILE)
        self._manifest = Manifest(
            format=FORMAT,
            name=name or source.name,
            source=source.origin,
            id2label=original.id2label,
            tokens_max=original.tokens_max,
            weights={},
            tokenizer=Tokenizer(
                file=TOKENIZER_FILE,
                sha256=_sha256(folder / TOKENIZER_FILE),
                vocabulary_sha256=original.vocabulary_sha256,
                vocabulary_size=original.vocabulary_size,
            ),
            golden=(),
            quality={},
            versions={package: version(package) for package in PACKAGES},
            gate=gate,
            license=source.license,
        )

    def make(self, precision: str, texts: Sequence[Labelled], *, seven_bits: bool) -> None:
        """Floats first: eight bits are made from them, static ones with `texts` as well."""
        path = self._path(precision)
        if precision == FP32:
            work = self._folder / "work"
            export_fp32(self._source, path, opset=self._opset, work=work)
            shutil.rmtree(work)
        elif precision == INT8_DYNAMIC:
            quantize_weights(self._path(FP32), path, seven_bits=seven_bits)
        else:
            scorer = self._scorer(FP32)
            tokens = (scorer.encode(text.text).tokens for text in texts)
            quantize_with_texts(self._path(FP32), path, tokens, seven_bits=seven_bits)
        weights = Weights(
            file=path.name,
            sha256=_sha256(path),
            size_bytes=path.stat().st_size,
            opset=opset_of(path),
            needs_vnni=precision != FP32 and not seven_bits,
        )
        self._manifest = replace(
            self._manifest, weights={**self._manifest.weights, precision: weights}
        )

    def judge(
        self, precision: str, texts: Sequence[Labelled], expected: NDArray[np.float32]
    ) -> Quality:
        """Passed quality, which the manifest keeps."""
        scorer = self._scorer(precision)
        quality = measure(scorer, texts, expected)
        check(precision, quality, self._manifest.gate)
        if precision != INT8_DYNAMIC:
            check_batches(scorer, precision, texts[:BATCHED_TEXTS], expected)
        self._manifest = replace(
            self._manifest, quality={**self._manifest.quality, precision: quality}
        )
        return quality

    def drop(self, precision: str) -> None:
        self._path(precision).unlink()
        kept = [name for name in self._manifest.weights if name != precision]
        self._manifest = replace(
            self._manifest,
            weights={name: self._manifest.weights[name] for name in kept},
            quality={name: self._manifest.quality[name] for name in kept},
        )

    def finish(self, texts: Sequence[Labelled]) -> Manifest:
        """The manifest with golden texts; `texts` stand in for those with a narrow margin."""
        scorers = {precision: self._scorer(precision) for precision in self._manifest.weights}
        golden: list[Golden] = []
        for text in (*GOLDEN, *(text.text for text in texts)):
            logits = {
                precision: scorer.score([scorer.encode(text).tokens])[0]
                for precision, scorer in scorers.items()
            }
            if min(map(_margin, logits.values())) >= GOLDEN_MARGIN_MIN:
                golden.append(Golden(text=text, logits=dict(logits)))
            if len(golden) == GOLDEN_TEXTS_MAX:
                break
        if len(golden) < GOLDEN_TEXTS_MIN:
            raise ExportRefused(
                "the model is sure of hardly any text, so that none can vouch for it; "
                "its weights are probably not trained"
            )
        return replace(self._manifest, golden=tuple(golden))

    def _path(self, precision: str) -> Path:
        return self._folder / f"model.{precision}.onnx"

    def _scorer(self, precision: str) -> Scorer:
        return Scorer(self._folder, self._manifest, precision, self._manifest.tokens_max)


def _margin(logits: Sequence[float]) -> float:
    *_, second, first = sorted(logits)
    return first - second


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
