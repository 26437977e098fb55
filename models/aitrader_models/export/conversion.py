"""From a model of transformers to ONNX: plain floats, then eight bits in two ways."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from optimum.exporters.onnx import main_export

_STANDARD = frozenset({"", "ai.onnx"})


def export_fp32(source: Path, target: Path, *, opset: int, work: Path) -> None:
    """The plain graph: fused ones are no faster on a CPU, and eight bits need the plain one."""
    main_export(
        str(source),
        work,
        task="text-classification",
        opset=opset,
        library_name="transformers",
        local_files_only=True,
        do_validation=False,
        no_post_process=True,
    )
    (work / "model.onnx").rename(target)


def opset_of(model: Path) -> int:
    """Of the standard operators."""
    graph = onnx.load(model, load_external_data=False)
    return next(int(entry.version) for entry in graph.opset_import if entry.domain in _STANDARD)


def quantize_weights(fp32: Path, target: Path, *, seven_bits: bool) -> None:
    """Weights ahead of time, activations by what each call brings: answers depend on the batch."""
    quantize_dynamic(fp32, target, weight_type=QuantType.QInt8, reduce_range=seven_bits)


def quantize_with_texts(
    fp32: Path, target: Path, texts: Iterable[Sequence[int]], *, seven_bits: bool
) -> None:
    """Activations too, by the ranges that `texts` show: answers depend on the text alone.

    Words and what multiplies them are quantised; sums and norms hold outliers that eight bits
    would flatten.
    """
    quantize_static(
        fp32,
        target,
        _Texts(fp32, texts),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Gather", "MatMul", "Gemm"],
        per_channel=True,
        reduce_range=seven_bits,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"]},
    )


class _Texts(CalibrationDataReader):  # type: ignore[misc] # an untyped library
    """One text at a time, by the tokens that serving would give it."""

    def __init__(self, model: Path, texts: Iterable[Sequence[int]]) -> None:
        self._inputs = [entry.name for entry in onnx.load(model).graph.input]
        self._texts = iter(texts)

    def get_next(self) -> dict[str, NDArray[np.int64]] | None:
        tokens = next(self._texts, None)
        if tokens is None:
            return None
        feeds = {
            "input_ids": np.array([tokens], dtype=np.int64),
            "attention_mask": np.ones((1, len(tokens)), dtype=np.int64),
            "token_type_ids": np.zeros((1, len(tokens)), dtype=np.int64),
        }
        return {name: feeds[name] for name in self._inputs}
