import numpy as np
import pytest
from aitrader_models.calibrating.fitting import fit


def drawn(offsets, shares, texts=6000, seed=3):
    """Texts whose labels are drawn from the model's probabilities after `offsets`."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(texts, 3)) * 2.0 + np.log(shares)
    moved = np.exp(logits + np.array(offsets))
    limits = np.cumsum(moved / moved.sum(axis=1, keepdims=True), axis=1)
    return logits, (random.random((texts, 1)) > limits).sum(axis=1)


def balanced(logits, labels):
    """As many texts of each label, so that the labels weigh the same anyway."""
    count = np.bincount(labels).min()
    kept = np.concatenate([np.flatnonzero(labels == label)[:count] for label in range(3)])
    return logits[kept], labels[kept]


def test_a_label_that_is_given_too_seldom_is_lifted():
    logits, labels = balanced(*drawn((0, 0, 0), (1, 1, 1)))
    shy = logits + np.array([-2.5, 0.0, -1.25])
    positive, neutral, negative = fit(shy, labels)
    assert neutral == 0.0
    assert positive == pytest.approx(2.5, abs=0.15)
    assert negative == pytest.approx(1.25, abs=0.15)


def test_it_does_not_lean_to_the_label_that_the_file_holds_most_of():
    logits, labels = balanced(*drawn((0, 0, 0), (1, 1, 1)))
    neutral = labels == 1
    more = np.concatenate([logits, *[logits[neutral]] * 5])
    assert fit(more, np.concatenate([labels, *[labels[neutral]] * 5])) == pytest.approx(
        fit(logits, labels), abs=0.002
    )


def test_the_order_of_the_texts_does_not_matter():
    logits, labels = drawn((1, 0, -1), (0.2, 0.6, 0.2))
    order = np.random.default_rng(5).permutation(len(labels))
    assert fit(logits, labels) == fit(logits[order], labels[order])


def test_texts_that_are_told_apart_without_error_leave_the_offsets_finite():
    labels = np.array([0, 1, 2] * 20)
    offsets = fit(np.eye(3)[labels] * 40.0, labels)
    assert max(map(abs, offsets)) < 1.0


@pytest.mark.parametrize("far", [5.0, 50.0])
def test_far_from_the_optimum_it_still_arrives(far):
    logits, labels = balanced(*drawn((0, 0, 0), (1, 1, 1), texts=900))
    near = fit(logits, labels)
    moved = fit(logits + np.array([-far, 0.0, far]), labels)
    # The ridge holds back what is far; what is left of it must not change a label.
    before = (logits + np.array(near)).argmax(axis=1)
    after = (logits + np.array([-far, 0.0, far]) + np.array(moved)).argmax(axis=1)
    assert np.mean(before == after) > 0.9
