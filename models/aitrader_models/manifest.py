"""What a model folder holds: weights, tokenizer, and `manifest.json`, which vouches for them."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

FILE_NAME: Final = "manifest.json"
FORMAT: Final = 1
LABELS: Final = ("positive", "neutral", "negative")

FP32: Final = "fp32"
INT8_DYNAMIC: Final = "int8-dynamic"
INT8_STATIC: Final = "int8-static"
PRECISIONS: Final = (FP32, INT8_DYNAMIC, INT8_STATIC)

# The server reads the small files of a folder itself, twice a second.
SMALL_FILE_BYTES_MAX: Final = 1_048_576
# Nothing outside of the folder is vouched for by it.
FileName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")]


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ONNX file; `file` stands in the folder, `size_bytes` and `sha256` are its own."""

    file: FileName
    sha256: str
    size_bytes: int
    opset: int
    # Eight-bit products saturate on processors without VNNI unless the range was reduced.
    needs_vnni: bool = False


class Tokenizer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`vocabulary_sha256` is of the tokens in the order of their ids, a line each."""

    file: FileName
    sha256: str
    vocabulary_sha256: str
    vocabulary_size: int


class Golden(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text and the logits that each precision gave when it was published, by label order."""

    text: str
    logits: dict[str, tuple[float, ...]]


class Quality(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a precision keeps of the original on `texts` texts.

    `agreement` is the share of equal labels, `macro_f1_loss` what is lost against the labels that
    the texts carry, or against the original's where they carry none, 0 to 1; `logit_error_max` is
    the largest difference of a logit.
    """

    texts: int
    logit_error_max: float
    agreement: float
    macro_f1_loss: float


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What eight bits may cost before a model is refused; `Gate()` is the strict one."""

    agreement: float = 0.985
    macro_f1_loss: float = 0.01


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`id2label` holds the model's own words in the order of its outputs.

    `license` is what the publisher declared, empty if nothing; `gate` is what `quality` passed.
    """

    format: int
    name: str
    source: str
    id2label: tuple[str, ...]
    tokens_max: Annotated[int, msgspec.Meta(ge=8, le=512)]
    weights: dict[str, Weights]
    tokenizer: Tokenizer
    golden: tuple[Golden, ...]
    quality: dict[str, Quality]
    versions: dict[str, str]
    gate: Gate = Gate()
    license: str = ""


class UnfitModel(ValueError):
    """A model folder that cannot serve; the message says what is wrong and what to do.

    `reason` is one of MODEL_MISSING, MODEL_CORRUPT, MODEL_LABELS, MODEL_GOLDEN, MODEL_FORMAT,
    MODEL_CALIBRATION.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_manifest(folder: Path) -> Manifest:
    """The manifest of `folder`. Raises UnfitModel."""
    path = folder / FILE_NAME
    try:
        text = read_small(path)
    except OSError as error:
        raise UnfitModel(
            f"{path}: {error.strerror}; make a model folder with `aitrader models export`",
            reason="MODEL_MISSING",
        ) from error
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise UnfitModel(
            f"{path}: {error}; export the model again", reason="MODEL_FORMAT"
        ) from error
    if manifest.format != FORMAT:
        raise UnfitModel(
            f"{path}: format {manifest.format}, but this version reads {FORMAT}; export it again",
            reason="MODEL_FORMAT",
        )
    label_order(manifest.id2label)
    return manifest


def read_small(path: Path) -> bytes:
    """A small file of a model folder; longer ones are cut and then no JSON. Raises OSError."""
    with path.open("rb") as file:
        return file.read(SMALL_FILE_BYTES_MAX)


def label_order(id2label: tuple[str, ...]) -> tuple[int, int, int]:
    """Outputs of positive, neutral, negative. Raises UnfitModel for other labels than these three.

    Published models disagree on the order, so that only the words may decide.
    """
    words = tuple(word.strip().lower() for word in id2label)
    if sorted(words) != sorted(LABELS):
        raise UnfitModel(
            f"labels {', '.join(id2label)} do not map to {', '.join(LABELS)}",
            reason="MODEL_LABELS",
        )
    positive, neutral, negative = (words.index(label) for label in LABELS)
    return positive, neutral, negative
