import numpy as np
import pytest
from aitrader_models.export.order import parse_gate, split
from aitrader_models.export.quality import check, check_original
from aitrader_models.export.refusal import ExportRefused
from aitrader_models.manifest import FP32, INT8_STATIC, Gate, Quality
from aitrader_models.texts.labelled import Labelled
from aitrader_models.texts.scores import accuracy, confusion, macro_f1

TEXTS = tuple(Labelled(f"text {number}", "neutral") for number in range(100))


def quality(**changes):
    good = {"texts": 200, "logit_error_max": 5e-5, "agreement": 0.985, "macro_f1_loss": 0.01}
    return Quality(**good | changes)


@pytest.mark.parametrize("precision", [FP32, INT8_STATIC])
def test_what_just_passes_passes(precision):
    check(precision, quality(), Gate())


@pytest.mark.parametrize(
    ("precision", "changes", "advice"),
    [
        (FP32, {"logit_error_max": 2e-4}, "requirements-export.txt"),
        (INT8_STATIC, {"agreement": 0.98}, "--quality-gate"),
        (INT8_STATIC, {"macro_f1_loss": 0.02}, "--quality-gate"),
    ],
)
def test_what_just_fails_fails_and_says_what_to_do(precision, changes, advice):
    with pytest.raises(ExportRefused, match=advice):
        check(precision, quality(**changes), Gate())


def test_no_gate_is_wide_enough_for_wrong_floats():
    with pytest.raises(ExportRefused):
        check(FP32, quality(logit_error_max=2e-4), Gate(agreement=0.0, macro_f1_loss=1.0))


def test_a_relaxed_gate_lets_more_through():
    check(INT8_STATIC, quality(agreement=0.9), parse_gate("agreement=0.9,macro-f1=0.05"))


def test_the_default_gate_is_the_strict_one():
    assert parse_gate("agreement=0.985,macro-f1=0.01") == Gate()
    assert parse_gate("agreement=1,macro-f1=0") == Gate(agreement=1.0, macro_f1_loss=0.0)


@pytest.mark.parametrize(
    "text", ["", "agreement=0.9", "agreement=,macro-f1=.", "agreement=1.5,macro-f1=0", "0.9,0.1"]
)
def test_a_gate_that_is_no_two_shares_is_refused(text):
    with pytest.raises(ExportRefused, match="two shares"):
        parse_gate(text)


def test_a_model_that_says_one_word_is_refused():
    with pytest.raises(ExportRefused, match="calls all 100 texts neutral"):
        check_original(TEXTS, np.tile(np.array([0.0, 1.0, 0.0], dtype=np.float32), (100, 1)))


def test_the_original_is_measured_by_the_labels_that_texts_carry():
    logits = np.eye(3, dtype=np.float32)[[1] * 75 + [0] * 25]
    assert "75.0% of 100 texts" in check_original(TEXTS, logits)
    bare = tuple(Labelled(text.text) for text in TEXTS)
    assert "no labels" in check_original(bare, logits)


def test_calibration_and_gate_share_no_text_and_are_bounded():
    parts = split(TEXTS)
    assert not set(parts.calibration) & set(parts.gate)
    assert set(parts.calibration) | set(parts.gate) == set(TEXTS)
    many = tuple(Labelled(f"text {number}") for number in range(5000))
    assert len(split(many).calibration) < 1000 > len(split(many).gate)


def test_too_few_texts_are_refused():
    with pytest.raises(ExportRefused, match="39 texts are too few"):
        split(TEXTS[:39])


def test_scores_by_hand():
    counts = confusion([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0])
    assert counts.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]
    assert accuracy(counts) == pytest.approx(4 / 6)
    assert macro_f1(counts) == pytest.approx((1 / 2 + 4 / 5 + 2 / 3) / 3)
    assert macro_f1(confusion([0, 1], [0, 1])) == 1.0
