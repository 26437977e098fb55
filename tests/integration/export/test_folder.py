"""What the export tool publishes, read as the service reads it."""

import hashlib

import pytest
from aitrader_models.manifest import (
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    LABELS,
    PRECISIONS,
    Gate,
    Manifest,
    read_manifest,
)
from aitrader_models.onnx.processor import has_dot_product
from aitrader_models.onnx.scorer import Scorer
from aitrader_models.onnx.verification import check_files, check_golden, check_vocabulary
from aitrader_models.texts.headlines import packaged
from exported_models import exported_model, run_models

__all__ = ["exported_model"]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def manifest(exported_model) -> Manifest:
    return read_manifest(exported_model)


def scorer(folder, manifest, precision) -> Scorer:
    return Scorer(folder, manifest, precision, manifest.tokens_max)


def test_nothing_but_what_the_manifest_names(exported_model, manifest):
    named = {weights.file for weights in manifest.weights.values()} | {manifest.tokenizer.file}
    assert {path.name for path in exported_model.iterdir()} == named | {"manifest.json"}
    assert set(manifest.weights) == set(PRECISIONS)


def test_the_manifest_vouches_for_every_file(exported_model, manifest):
    for weights in manifest.weights.values():
        content = (exported_model / weights.file).read_bytes()
        assert weights.sha256 == hashlib.sha256(content).hexdigest()
        assert weights.size_bytes == len(content)
        assert weights.opset == 18


def test_the_manifest_tells_no_path_of_the_machine(exported_model, manifest):
    assert str(exported_model.parent) not in (exported_model / "manifest.json").read_text()
    assert manifest.source == "folder tiny"
    assert manifest.versions["onnxruntime"] == "1.31.1"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_service_accepts_it(exported_model, manifest, precision):
    check_files(exported_model, manifest, precision)
    serving = scorer(exported_model, manifest, precision)
    check_vocabulary(serving, manifest)
    check_golden(serving, manifest, precision)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_passed_the_strict_gate(manifest, precision):
    assert manifest.gate == Gate()
    assert manifest.quality[precision].texts == 360
    assert manifest.quality[precision].agreement >= 0.985
    assert manifest.quality[precision].macro_f1_loss <= 0.01


def test_floats_are_those_of_the_original(manifest):
    assert manifest.quality[FP32].logit_error_max < 1e-4


@pytest.mark.parametrize("precision", [INT8_DYNAMIC, INT8_STATIC])
def test_eight_bits_are_smaller_and_say_which_processor_they_need(manifest, precision):
    assert manifest.weights[precision].size_bytes < manifest.weights[FP32].size_bytes
    assert manifest.weights[precision].needs_vnni == has_dot_product()
    assert 0.0 < manifest.quality[precision].logit_error_max < 1.0


def test_labels_keep_their_meaning_though_the_original_orders_them_otherwise(
    exported_model, manifest
):
    assert manifest.id2label == ("positive", "negative", "neutral")
    serving = scorer(exported_model, manifest, FP32)
    right = 0
    for headline in packaged():
        (logits,) = serving.score([serving.encode(headline.text).tokens])
        right += LABELS[logits.index(max(logits))] == headline.label
    # Labels in another order would be wrong for most.
    assert right / len(packaged()) > 0.95


def test_static_eight_bits_do_not_depend_on_the_batch(exported_model, manifest):
    serving = scorer(exported_model, manifest, INT8_STATIC)
    tokens = [serving.encode(headline.text).tokens for headline in packaged()[:48]]
    alone = [serving.score([text])[0] for text in tokens]
    assert len(set(map(len, tokens))) > 5
    for size in (2, 7, 16, 48):
        together = [serving.score(tokens[at : at + size]) for at in range(0, 48, size)]
        assert [logits for batch in together for logits in batch] == alone


def test_golden_texts_are_short_and_long(exported_model, manifest):
    serving = scorer(exported_model, manifest, FP32)
    lengths = [len(serving.encode(golden.text).tokens) for golden in manifest.golden]
    assert len(lengths) == 12
    assert min(lengths) < 8
    # The longest of all is left out where the model is not sure of it.
    assert max(lengths) >= 32


def test_verify_names_what_would_run(exported_model):
    done = run_models("verify", exported_model)
    assert done.returncode == 0, done.stderr
    assert "this processor would run int8-dynamic" in done.stdout
