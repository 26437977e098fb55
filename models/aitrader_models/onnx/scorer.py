"""Texts to logits: the tokenizer and the session of one model folder.

Imports the heavy libraries, so only the process that scores imports it.
"""

import contextlib
import ctypes
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from aitrader_models.manifest import Manifest, UnfitModel, label_order

Logits = tuple[float, float, float]
"""Of positive, neutral, negative."""

_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
# Failures are raised; the library would log them as well.
_FATAL_ONLY: Final = 4


class Encoded(NamedTuple):
    """Token ids, and whether the text had more of them."""

    tokens: tuple[int, ...]
    truncated: bool


class Scorer:
    """`encode` is for one thread at a time, `score` for any number."""

    def __init__(self, folder: Path, manifest: Manifest, precision: str, tokens_max: int) -> None:
        self.tokenizer = _read_tokenizer(folder / manifest.tokenizer.file, tokens_max)
        self._session = _open_session(folder / manifest.weights[precision].file)
        self._order = list(label_order(manifest.id2label))
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self._output = self._session.get_outputs()[0].name
        if "input_ids" not in self._inputs or not _INPUTS.issuperset(self._inputs):
            raise UnfitModel(
                f"{manifest.weights[precision].file} wants {', '.join(self._inputs)}, but a model"
                f" of texts takes {', '.join(sorted(_INPUTS))}; export it again",
                reason="MODEL_FORMAT",
            )

    def encode(self, text: str) -> Encoded:
        """The text as the model reads it; marks of the tokenizer inside it are only letters."""
        encoding = self.tokenizer.encode(text)
        return Encoded(tuple(encoding.ids), bool(encoding.overflowing))

    def score(self, texts: Sequence[Sequence[int]]) -> list[Logits]:
        """A batch, padded to its longest text. Raises what the session raises, or ValueError."""
        longest = max(map(len, texts))
        tokens = np.zeros((len(texts), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, text in enumerate(texts):
            tokens[row, : len(text)] = text
            mask[row, : len(text)] = 1
        feeds = {
            "input_ids": tokens,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(tokens),
        }
        (logits,) = self._session.run([self._output], {name: feeds[name] for name in self._inputs})
        if logits.shape != (len(texts), len(self._order)) or not np.isfinite(logits).all():
            raise ValueError(f"the model gave {logits.shape} numbers, or some that are not finite")
        return [
            (float(positive), float(neutral), float(negative))
            for positive, neutral, negative in logits[:, self._order]
        ]

    def warm_up(self, length: int) -> float:
        """Seconds that one text of `length` tokens takes."""
        begin_s = time.monotonic()
        self.score([(0,) * length])
        return time.monotonic() - begin_s


def give_back_memory() -> None:
    """Returns what loading took and let go of; a third of it all, where the C library can."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _read_tokenizer(path: Path, tokens_max: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise UnfitModel(
            f"{path}: {error}; export the model again", reason="MODEL_FORMAT"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens_max)
    tokenizer.encode_special_tokens = True
    return tokenizer


def _open_session(path: Path) -> ort.InferenceSession:
    """A session that many threads share, each doing its own work.

    It has no thread of its own, which would spin on a processor that orders need, and no plan of
    its memory for each length, which would grow with every new one.
    """
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's errors have no common parent of their own
        raise UnfitModel(
            f"{path}: {error}; export the model again with the pinned versions",
            reason="MODEL_FORMAT",
        ) from error
