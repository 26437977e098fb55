"""Waits, probabilities and scores as services word them."""

import math

import pytest
from aitrader_models.cloud.google_language import spread
from aitrader_models.cloud.service import WAIT_S_MAX, read_probabilities, told_wait_s
from aitrader_server.domain.decision.views import label_of
from hypothesis import given
from hypothesis import strategies as st

DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [
        ("20", 20),
        ("0.5", 0.5),
        ("0", 0),
        ("-3", 0),
        ("nan", 0),
        ("inf", WAIT_S_MAX),
        ("1e99", WAIT_S_MAX),
        ("Sun, 22 Nov 2026 10:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 09:00:00 GMT", WAIT_S_MAX),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date(told, wait_s):
    assert told_wait_s({"retry-after": told, "date": DATE}) == wait_s


def test_a_date_without_the_time_of_the_service_is_no_wait():
    assert told_wait_s({"retry-after": DATE}) == 0
    assert told_wait_s({}) == 0


@given(*[st.floats(0, 1) for _ in range(3)])
def test_what_sums_to_about_one_is_made_to(positive, neutral, negative):
    read = read_probabilities(positive, neutral, negative)
    off = abs(positive + neutral + negative - 1)
    if abs(off - 0.02) > 1e-6:
        assert (read is not None) == (off < 0.02)
    if read is not None:
        assert read.positive + read.neutral + read.negative == pytest.approx(1, abs=1e-12)


@given(st.floats().filter(lambda part: not 0 <= part <= 1), st.permutations(range(3)))
def test_a_part_that_is_no_probability_spoils_the_rest(part, order):
    parts = (part, 1 - part, 0.0)
    assert read_probabilities(*(parts[at] for at in order)) is None


@given(st.floats(-1, 1), st.floats(0, 1e6))
def test_a_spread_keeps_the_score_and_is_even_handed(score, magnitude):
    parts = spread(score, magnitude)
    mirrored = spread(-score, magnitude)
    assert parts is not None
    assert mirrored is not None
    assert min(parts.positive, parts.neutral, parts.negative) >= 0
    assert parts.positive + parts.neutral + parts.negative == pytest.approx(1)
    assert parts.positive - parts.negative == pytest.approx(score, abs=1e-12)
    assert (mirrored.positive, mirrored.negative) == (parts.negative, parts.positive)


@pytest.mark.parametrize(
    ("score", "magnitude", "label"),
    [
        (0.8, 3.0, "positive"),
        (-0.6, 4.0, "negative"),
        (0.1, 0.0, "neutral"),
        (0.0, 4.0, "neutral"),
        (0.1, 400.0, "neutral"),
        (0.24, 0.24, "neutral"),
        (0.26, 0.26, "positive"),
        (-0.26, 0.26, "negative"),
        (1.0, 1.0, "positive"),
    ],
)
def test_a_spread_has_the_label_that_the_service_means(score, magnitude, label):
    parts = spread(score, magnitude)
    assert parts is not None
    assert label_of(parts) == label


def test_mixed_feelings_take_from_neutral():
    plain, mixed = spread(0.0, 0.0), spread(0.0, 4.0)
    assert plain is not None
    assert mixed is not None
    assert (plain.neutral, mixed.neutral) == (1.0, 0.45)


@pytest.mark.parametrize(
    ("score", "magnitude"), [(1.01, 1), (-1.01, 1), (math.nan, 1), (0, -0.1), (0, math.nan)]
)
def test_a_score_out_of_range_is_none(score, magnitude):
    assert spread(score, magnitude) is None
