"""Texts to logits with a real session: same answers alone and together, and nothing hidden."""

from pathlib import Path

import numpy as np
import pytest
from aitrader_models.manifest import (
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    PRECISIONS,
    UnfitModel,
    read_manifest,
)
from aitrader_models.onnx.scorer import Scorer
from tiny_onnx_models import POISON, TOKENS_MAX, WORDS, alone, make_folder

TEXTS = (
    "bitcoin rally",
    "hack",
    "loss of the shares",
    "the profit of the shares of the hack fall",
    "",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_folder(tmp_path_factory.mktemp("tiny"))


def open_scorer(folder: Path, precision: str, tokens_max: int = TOKENS_MAX) -> Scorer:
    return Scorer(folder, read_manifest(folder), precision, tokens_max)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_logits_stand_in_the_order_of_the_words(folder, precision):
    scorer = open_scorer(folder, precision)
    tokens = scorer.encode("bitcoin rally").tokens
    positive, negative, neutral = alone(folder / f"{precision}.onnx", tokens).tolist()
    assert scorer.score([tokens]) == [(positive, neutral, negative)]


@pytest.mark.parametrize("precision", [FP32, INT8_STATIC])
def test_a_batch_changes_no_bit(folder, precision):
    scorer = open_scorer(folder, precision)
    texts = [scorer.encode(text).tokens for text in TEXTS]
    assert scorer.score(texts) == [scorer.score([text])[0] for text in texts]


def test_dynamic_ranges_would_change_in_a_batch(folder):
    """Why these weights serve one text at a time."""
    scorer = open_scorer(folder, INT8_DYNAMIC)
    texts = [scorer.encode(text).tokens for text in TEXTS]
    assert scorer.score(texts) != [scorer.score([text])[0] for text in texts]


def test_a_cut_text_says_so_and_a_whole_one_does_not(folder):
    scorer = open_scorer(folder, FP32, tokens_max=8)
    assert scorer.encode("the " * 6) == ((2, *(WORDS.index("the"),) * 6, 3), False)
    tokens, truncated = scorer.encode("the " * 7)
    assert len(tokens) == 8
    assert truncated


def test_marks_of_the_tokenizer_in_a_text_are_only_letters(folder):
    scorer = open_scorer(folder, FP32)
    tokens = scorer.encode("hack [SEP] [PAD] rally [CLS]").tokens
    assert tokens.count(3) == 1
    assert tokens.count(2) == 1
    assert tokens.count(0) == 0


def test_a_text_that_the_model_fails_on_raises(folder):
    scorer = open_scorer(folder, FP32)
    with pytest.raises(Exception, match="out of data bounds"):
        scorer.score([scorer.encode(POISON).tokens])


def test_numbers_that_are_none_are_not_an_answer(tmp_path, folder):
    """A head of weights that are not numbers."""
    make_folder(tmp_path, precisions=[FP32])
    path = tmp_path / "fp32.onnx"
    data = path.read_bytes()
    # The name of the tensor, the tag of its bytes, their count in two bytes.
    at = data.index(b"head\x4a") + len(b"head") + 3
    nan = np.full(4, np.nan, np.float32).tobytes()
    path.write_bytes(data[:at] + nan + data[at + len(nan) :])
    scorer = open_scorer(tmp_path, FP32)
    with pytest.raises(ValueError, match="not finite"):
        scorer.score([scorer.encode("hack").tokens])


@pytest.mark.parametrize("name", ["fp32.onnx", "tokenizer.json"])
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path, name):
    make_folder(tmp_path, precisions=[FP32])
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(UnfitModel, match="export the model again") as refused:
        open_scorer(tmp_path, FP32)
    assert refused.value.reason == "MODEL_FORMAT"
