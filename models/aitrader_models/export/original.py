"""The model as it was published, in torch: what every exported precision is held against."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any, Final

import numpy as np
import tokenizers
import torch
from numpy.typing import NDArray
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import UnfitModel, label_order
from aitrader_models.onnx.verification import vocabulary_sha256

BATCH: Final = 8
# The library lists everything that it could have read.
ERROR_CHARS_MAX: Final = 300


class Original:
    """Raises ExportRefused for a model that must not serve."""

    def __init__(self, folder: Path, tokens_max: int) -> None:
        config = _load(AutoConfig, folder)
        self.id2label = tuple(config.id2label[output] for output in range(config.num_labels))
        try:
            self._order = list(label_order(self.id2label))
        except UnfitModel as error:
            raise ExportRefused(f"{error}; set id2label in {folder / 'config.json'}") from error
        room = getattr(config, "max_position_embeddings", tokens_max)
        if tokens_max > room:
            raise ExportRefused(f"the model reads {room} tokens; lower --tokens-max to that")
        self.tokens_max = tokens_max
        self._tokenizer = _read_tokenizer(folder)
        model = _load(AutoModelForSequenceClassification, folder, torch_dtype=torch.float32)
        self._model = model.eval()
        self._check_vocabulary(model.get_input_embeddings().num_embeddings)

    @property
    def vocabulary_sha256(self) -> str:
        return vocabulary_sha256(self._tokenizer.get_vocab())

    @property
    def vocabulary_size(self) -> int:
        return len(self._tokenizer)

    def save_tokenizer(self, path: Path) -> None:
        """As one file of `tokenizers`, which neither pads nor cuts by itself."""
        tokenizer = tokenizers.Tokenizer.from_str(self._tokenizer.backend_tokenizer.to_str())
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.save(str(path))

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Of positive, neutral, negative, a row per text, from batches of alike but padded ones."""
        logits = np.empty((len(texts), len(self._order)), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                places = by_length[start : start + BATCH]
                logits[places] = self._batch_logits([texts[place] for place in places])
        return logits

    def _batch_logits(self, texts: list[str]) -> NDArray[np.float32]:
        inputs = self._tokenizer(
            texts,
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=self.tokens_max,
            split_special_tokens=True,
        )
        logits: NDArray[np.float32] = self._model(**inputs).logits[:, self._order].numpy()
        return logits

    def _check_vocabulary(self, known: int) -> None:
        """With the words of another model, most texts look like noise and come out neutral."""
        if self.vocabulary_size != known:
            raise ExportRefused(
                f"the tokenizer has {self.vocabulary_size} words, but the model learnt {known}: "
                "they belong to different models; put the tokenizer's files of this model beside "
                "its weights"
            )


def _read_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    tokenizer = _load(AutoTokenizer, folder, use_fast=True)
    if not tokenizer.is_fast:
        raise ExportRefused(f"{folder}: its tokenizer has no form that `tokenizers` reads")
    return tokenizer


def _load(kind: Any, folder: Path, **how: object) -> Any:
    """From the folder alone, and without running code that lies in it."""
    try:
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **how)
    except (OSError, ValueError) as error:
        why = shorten(str(error), ERROR_CHARS_MAX)
        raise ExportRefused(f"{folder} cannot be read by transformers: {why}") from error
