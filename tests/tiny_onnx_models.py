"""Model folders in milliseconds: a bag of words written as ONNX by hand, with a real tokenizer.

The words of a text are embedded, turned by a layer, added up and weighed into three logits. The
eight-bit kinds quantise that layer: `int8-dynamic` by the range of the whole batch, as published
models do, so that its answers depend on what else is in a batch.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import onnxruntime as ort
from aitrader_models.manifest import (
    FILE_NAME,
    FORMAT,
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    PRECISIONS,
    Golden,
    Manifest,
    Weights,
)
from aitrader_models.manifest import Tokenizer as TokenizerEntry
from aitrader_models.onnx.verification import vocabulary_sha256
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

MARKS: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
# The last word has no row among the weights: the model fails on every text that holds it.
POISON: Final = "poison"
SPOKEN: Final = ("bitcoin", "profit", "loss", "rally", "hack", "fall", "shares", "the", "of")
WORDS: Final = (*MARKS, *SPOKEN, POISON)
GOLDEN: Final = ("bitcoin rally", "hack loss fall", "the profit of the shares")
TOKENS_MAX: Final = 64
OPSET: Final = 18
WIDTH: Final = 16
FLOAT, UINT8, INT8, INT64 = 1, 2, 3, 7


def make_folder(
    folder: Path,
    *,
    name: str = "tiny",
    seed: int = 1,
    precisions: Sequence[str] = PRECISIONS,
    id2label: tuple[str, ...] = ("Positive", "negative", "neutral"),
    needs_vnni: bool = False,
    work: int = 0,
    batchable: bool = True,
) -> Path:
    """A folder that fits; `work` is the side of a matrix that each call multiplies by itself.

    Unless `batchable` a text alone is rounded otherwise than one in a batch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    order = [[word.lower() for word in id2label].index(word) for word in _words(id2label)]
    weights, golden = {}, {text: {} for text in GOLDEN}
    for precision in precisions:
        path = folder / f"{precision}.onnx"
        path.write_bytes(_model(precision, seed, work, batchable))
        weights[precision] = Weights(
            file=path.name,
            sha256=hash_of(path),
            size_bytes=path.stat().st_size,
            opset=OPSET,
            needs_vnni=needs_vnni and precision != FP32,
        )
        for text, logits in golden.items():
            logits[precision] = tuple(alone(path, tokenizer.encode(text).ids)[order].tolist())
    write_manifest(
        folder,
        Manifest(
            format=FORMAT,
            name=name,
            source="tests",
            id2label=id2label,
            tokens_max=TOKENS_MAX,
            weights=weights,
            tokenizer=TokenizerEntry(
                file="tokenizer.json",
                sha256=hash_of(folder / "tokenizer.json"),
                vocabulary_sha256=vocabulary_sha256(tokenizer.get_vocab()),
                vocabulary_size=tokenizer.get_vocab_size(),
            ),
            golden=tuple(Golden(text=text, logits=logits) for text, logits in golden.items()),
            quality={},
            versions={},
        ),
    )
    return folder


def change_manifest(folder: Path, **changes: Any) -> None:
    """The same folder with another manifest."""
    manifest = msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Manifest)
    write_manifest(folder, msgspec.structs.replace(manifest, **changes))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / FILE_NAME).write_bytes(msgspec.json.encode(manifest))


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(
        models.WordPiece({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(list(MARKS))
    return tokenizer


def alone(path: Path, tokens: Sequence[int]) -> np.ndarray:
    """Logits of one text in the order of the model's outputs, by a session of default settings."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {
        "input_ids": np.array([tokens], dtype=np.int64),
        "attention_mask": np.ones((1, len(tokens)), dtype=np.int64),
    }
    return session.run(None, feeds)[0][0]


def _words(id2label: tuple[str, ...]) -> tuple[str, ...]:
    """The labels as logits are kept; a folder of other labels keeps them as they are."""
    known = ("positive", "neutral", "negative")
    words = tuple(word.lower() for word in id2label)
    return known if sorted(known) == sorted(words) else words


def _model(precision: str, seed: int, work: int, batchable: bool) -> bytes:
    random = np.random.default_rng(seed)
    layer = random.normal(size=(WIDTH, WIDTH)).astype(np.float32) / 4
    constants = {
        "head": random.normal(size=(3, WIDTH)).astype(np.float32) / 4,
        "embeddings": random.normal(size=(len(WORDS) - 1, WIDTH)).astype(np.float32),
    }
    nodes = [
        _node("Gather", ["embeddings", "input_ids"], ["embedded"]),
        _node("Cast", ["attention_mask"], ["mask"], to=FLOAT),
        *_layer(precision, layer, constants),
        _node("Relu", ["turned"], ["bent"]),
        *_sum(batchable, constants),
        *_toil(work, constants),
        _node("Gemm", ["tired", "head"], ["logits"], transB=1),
    ]
    graph = b"".join(
        (
            *(_field(1, node) for node in nodes),
            _field(2, b"tiny"),
            *(_field(5, _tensor(name, value)) for name, value in constants.items()),
            _field(11, _port("input_ids", INT64, ("batch", "words"))),
            _field(11, _port("attention_mask", INT64, ("batch", "words"))),
            _field(12, _port("logits", FLOAT, ("batch", 3))),
        )
    )
    return _field(1, 9) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, OPSET))


def _layer(precision: str, layer: np.ndarray, constants: dict[str, np.ndarray]) -> list[bytes]:
    """From `embedded` to `turned`."""
    if precision == FP32:
        constants["layer"] = layer
        return [_node("MatMul", ["embedded", "layer"], ["turned"])]
    # Seven bits, so that the sums are exact on every processor.
    scale = np.float32(np.abs(layer).max() / 63)
    constants |= {
        "layer_bytes": np.round(layer / scale).astype(np.int8),
        "layer_scale": np.array(scale),
        "layer_zero": np.array(0, dtype=np.int8),
    }
    if precision == INT8_STATIC:
        constants |= {"scale": np.array(0.03, np.float32), "zero": np.array(128, dtype=np.uint8)}
        return [
            _node("QuantizeLinear", ["embedded", "scale", "zero"], ["bytes"]),
            _node("DequantizeLinear", ["bytes", "scale", "zero"], ["rounded"]),
            _node("DequantizeLinear", ["layer_bytes", "layer_scale", "layer_zero"], ["layer"]),
            _node("MatMul", ["rounded", "layer"], ["turned"]),
        ]
    assert precision == INT8_DYNAMIC
    return [
        _node("DynamicQuantizeLinear", ["embedded"], ["bytes", "scale", "zero"]),
        _node("MatMulInteger", ["bytes", "layer_bytes", "zero", "layer_zero"], ["sums"]),
        _node("Cast", ["sums"], ["float_sums"], to=FLOAT),
        _node("Mul", ["scale", "layer_scale"], ["both_scales"]),
        _node("Mul", ["float_sums", "both_scales"], ["turned"]),
    ]


def _sum(batchable: bool, constants: dict[str, np.ndarray]) -> list[bytes]:
    """From `bent` to `summed`, without what only fills up."""
    constants |= {
        "axis_words": np.array([1], dtype=np.int64),
        "axis_width": np.array([2], dtype=np.int64),
    }
    column = _node("Unsqueeze", ["mask", "axis_width"], ["mask_column"])
    if not batchable:
        return [
            column,
            _node("Mul", ["bent", "mask_column"], ["seen"]),
            _node("ReduceSum", ["seen", "axis_words"], ["summed"], keepdims=0),
        ]
    constants["first"] = np.array(0, dtype=np.int64)
    # Every word looks at all words, as in published models, and the first one speaks for them.
    return [
        column,
        _node("Unsqueeze", ["mask", "axis_words"], ["mask_row"]),
        _node("Mul", ["mask_column", "mask_row"], ["looks"]),
        _node("MatMul", ["looks", "bent"], ["mixed"]),
        _node("Gather", ["mixed", "first"], ["summed"], axis=1),
    ]


def _toil(side: int, constants: dict[str, np.ndarray]) -> list[bytes]:
    """From `summed` to `tired`: equal numbers, after work that depends on them."""
    if not side:
        return [_node("Identity", ["summed"], ["tired"])]
    constants |= {
        "square": np.array([side, side], dtype=np.int64),
        "nothing": np.array(0, dtype=np.float32),
    }
    return [
        _node("ReduceMax", ["summed"], ["highest"], keepdims=0),
        _node("Expand", ["highest", "square"], ["matrix"]),
        _node("MatMul", ["matrix", "matrix"], ["product"]),
        _node("ReduceMax", ["product"], ["result"], keepdims=0),
        _node("Mul", ["result", "nothing"], ["zero_result"]),
        _node("Add", ["summed", "zero_result"], ["tired"]),
    ]


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **numbers: int) -> bytes:
    integer = 2
    attributes = (
        _field(1, name.encode()) + _field(3, number) + _field(20, integer)
        for name, number in numbers.items()
    )
    return b"".join(
        (
            *(_field(1, name.encode()) for name in inputs),
            *(_field(2, name.encode()) for name in outputs),
            _field(4, kind.encode()),
            *(_field(5, attribute) for attribute in attributes),
        )
    )


def _tensor(name: str, value: np.ndarray) -> bytes:
    kinds: Mapping[str, int] = {"float32": FLOAT, "uint8": UINT8, "int8": INT8, "int64": INT64}
    shape = b"".join(_field(1, side) for side in value.shape)
    kind = _field(2, kinds[str(value.dtype)])
    return shape + kind + _field(8, name.encode()) + _field(9, value.tobytes())


def _port(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sides = (
        _field(1, side) if isinstance(side, int) else _field(2, side.encode()) for side in shape
    )
    tensor = _field(1, kind) + _field(2, b"".join(_field(1, side) for side in sides))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: int | bytes) -> bytes:
    """One field of a Protocol Buffers message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
