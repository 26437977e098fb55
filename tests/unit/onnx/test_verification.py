"""Everything that can be wrong with a folder is found before it answers."""

import shutil
from pathlib import Path

import msgspec
import pytest
from aitrader_models.manifest import FP32, PRECISIONS, UnfitModel, read_manifest
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.onnx.verification import (
    check_files,
    check_golden,
    check_vocabulary,
    is_batchable,
)
from tiny_onnx_models import TOKENS_MAX, change_manifest, hash_of, make_folder


@pytest.fixture(scope="module")
def pattern(tmp_path_factory) -> Path:
    return make_folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(tmp_path, pattern) -> Path:
    """One to spoil."""
    return shutil.copytree(pattern, tmp_path / "model")


def verify(folder: Path, precision: str = FP32) -> None:
    manifest = read_manifest(folder)
    check_files(folder, manifest, precision)
    scorer = Scorer(folder, manifest, precision, TOKENS_MAX)
    check_vocabulary(scorer, manifest)
    check_golden(scorer, manifest, precision)


def refusal(folder: Path) -> UnfitModel:
    with pytest.raises(UnfitModel) as refused:
        verify(folder)
    return refused.value


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_whole_folder_passes(folder, precision):
    verify(folder, precision)


@pytest.mark.parametrize("name", ["fp32.onnx", "tokenizer.json"])
def test_a_file_that_is_gone(folder, name):
    (folder / name).unlink()
    assert refusal(folder).reason == "MODEL_MISSING"


@pytest.mark.parametrize("name", ["fp32.onnx", "tokenizer.json"])
def test_a_file_with_one_other_byte(folder, name):
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    refused = refusal(folder)
    assert refused.reason == "MODEL_CORRUPT"
    assert name in str(refused)
    assert "copy it again" in str(refused)


def test_a_tokenizer_with_the_words_in_another_order(folder):
    """Of another model of the same kind: every hash holds, and every answer would be wrong."""
    path = folder / "tokenizer.json"
    text = path.read_text().replace('"hack"', '"x"').replace('"rally"', '"hack"')
    path.write_text(text.replace('"x"', '"rally"'))
    tokenizer = read_manifest(folder).tokenizer
    change_manifest(folder, tokenizer=msgspec.structs.replace(tokenizer, sha256=hash_of(path)))
    refused = refusal(folder)
    assert refused.reason == "MODEL_CORRUPT"
    assert "another vocabulary" in str(refused)


def test_golden_logits_that_are_a_little_off(folder):
    first, *others = read_manifest(folder).golden
    logits = {FP32: tuple(logit + 0.002 for logit in first.logits[FP32])}
    change_manifest(folder, golden=(msgspec.structs.replace(first, logits=logits), *others))
    refused = refusal(folder)
    assert refused.reason == "MODEL_GOLDEN"
    assert first.text in str(refused)


def test_golden_labels_in_another_order(folder):
    """Published models disagree about it, so that a mix-up is likely and would trade backwards."""
    change_manifest(folder, id2label=("negative", "positive", "neutral"))
    assert refusal(folder).reason == "MODEL_GOLDEN"


@pytest.mark.parametrize("spoil", [lambda golden: (), lambda golden: (without_logits(golden[0]),)])
def test_no_golden_texts_or_none_of_this_precision(folder, spoil):
    change_manifest(folder, golden=spoil(read_manifest(folder).golden))
    refused = refusal(folder)
    assert refused.reason == "MODEL_GOLDEN"
    assert "export it again" in str(refused)


def without_logits(golden):
    return msgspec.structs.replace(golden, logits={})


@pytest.mark.parametrize("batchable", [True, False])
def test_texts_share_a_batch_only_when_that_changes_no_bit(tmp_path, batchable):
    make_folder(tmp_path, precisions=[FP32], batchable=batchable)
    manifest = read_manifest(tmp_path)
    assert is_batchable(Scorer(tmp_path, manifest, FP32, TOKENS_MAX), manifest) is batchable
