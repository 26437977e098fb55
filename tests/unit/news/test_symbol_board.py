"""What was said of a symbol: a mean that forgets."""

import math
from itertools import permutations

import msgspec
import pytest
from aitrader_server.domain.decision.symbol_sentiment import (
    REMEMBERED_TEXTS_MAX,
    SYMBOLS_MAX,
    SymbolBoard,
    SymbolSettings,
)
from aitrader_server.domain.decision.views import ModelDescription, News
from hypothesis import given
from hypothesis import strategies as st
from scripted_models import NS_PER_S, START_NS, scored

HALF_LIFE_S = 600.0
STALE_AFTER_S = 3_600.0
WEIGHTS = {"good-wire": 4.0, "rumours": 0.25, "spam": 0.0}
SETTINGS = SymbolSettings(
    half_life_s=HALF_LIFE_S, stale_after_s=STALE_AFTER_S, source_weights=WEIGHTS
)
DESCRIBED = ModelDescription(engine="scripted", model="scripted-1")


class Text(msgspec.Struct, frozen=True):
    """A text that was published `age_s` before START_NS."""

    name: str
    score: float
    age_s: float = 0.0
    source: str = ""


def board_of(*texts: Text, settings: SymbolSettings = SETTINGS, symbol="BTCUSDT") -> SymbolBoard:
    board = SymbolBoard(settings)
    for text in texts:
        hear(board, text, symbol=symbol)
    return board


def hear(board: SymbolBoard, text: Text, *, now_ns=START_NS, symbol="BTCUSDT") -> None:
    published_ns = START_NS - int(text.age_s * NS_PER_S)
    news = News(text=text.name, symbol=symbol, source=text.source, published_at_ns=published_ns)
    board.hear(news, scored(text.score, DESCRIBED), now_ns)


def mean(texts, now_ns=START_NS) -> float:
    """The definition, text by text."""
    shares = [
        WEIGHTS.get(text.source, 1.0)
        * 2.0 ** -(((now_ns - START_NS) / NS_PER_S + text.age_s) / HALF_LIFE_S)
        for text in texts
    ]
    return math.fsum(
        share * text.score for share, text in zip(shares, texts, strict=True)
    ) / math.fsum(shares)


texts_of_all_kinds = st.lists(
    st.builds(
        Text,
        st.text(min_size=1, max_size=8),
        st.floats(-1.0, 1.0),
        st.floats(0.0, 20 * HALF_LIFE_S),
        st.sampled_from(["", "good-wire", "rumours"]),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda text: text.name,
)


def test_nothing_was_said_yet():
    said = SymbolBoard(SETTINGS).read("BTCUSDT", START_NS)
    assert (said.score, said.label, said.count, said.weight) == (0.0, "neutral", 0, 0.0)
    assert (said.updated_at_ns, said.stale) == (0, True)


def test_a_text_counts_half_after_a_half_life():
    board = board_of(Text("a", 0.8))
    for lives, weight in ((0, 1.0), (1, 0.5), (3, 0.125)):
        said = board.read("BTCUSDT", START_NS + int(lives * HALF_LIFE_S * NS_PER_S))
        assert said.weight == pytest.approx(weight)
        assert said.score == pytest.approx(0.8)


def test_an_older_text_counts_for_less_in_the_mean():
    # One half-life apart: (1 * 0.5 - 1 * 1) / (0.5 + 1).
    said = board_of(Text("old", 1.0, HALF_LIFE_S), Text("new", -1.0)).read("BTCUSDT", START_NS)
    assert said.score == pytest.approx(-1 / 3)
    assert (said.count, said.updated_at_ns) == (2, START_NS)


@pytest.mark.parametrize("source", ["spam", "SPAM"])
def test_sources_count_as_they_are_told_to(source):
    said = board_of(Text("a", 1.0, source="good-wire"), Text("b", -1.0)).read("BTCUSDT", START_NS)
    assert said.score == pytest.approx(3 / 5)
    assert said.weight == pytest.approx(5)
    said = board_of(Text("a", 1.0, source=source)).read("BTCUSDT", START_NS)
    assert (said.count, said.stale) == (0, True)


@pytest.mark.parametrize(
    ("score", "label"),
    [
        (1.0, "positive"),
        (0.15, "positive"),
        (0.14, "neutral"),
        (-0.14, "neutral"),
        (-0.15, "negative"),
    ],
)
def test_the_mean_has_a_label(score, label):
    assert board_of(Text("a", score)).read("BTCUSDT", START_NS).label == label


def test_a_syndicated_text_counts_once_but_for_every_symbol():
    board = board_of(Text("a", 1.0), Text("a", 1.0, 5.0, "good-wire"), Text("b", 0.0))
    hear(board, Text("a", 1.0), symbol="ETHUSDT")
    assert board.read("BTCUSDT", START_NS).count == 2
    assert board.read("BTCUSDT", START_NS).score == pytest.approx(0.5)
    assert board.read("ETHUSDT", START_NS).count == 1


def test_a_text_of_no_symbol_counts_nowhere():
    assert board_of(Text("a", 1.0), symbol="").read("", START_NS).count == 0


@pytest.mark.parametrize("age_s", [-1.0, -1e9, -9e18])
def test_a_text_from_the_future_counts_as_of_now(age_s):
    board = board_of(Text("a", 1.0, age_s))
    said = board.read("BTCUSDT", START_NS)
    assert (said.weight, said.updated_at_ns, said.stale) == (1.0, START_NS, False)
    later_ns = START_NS + int((STALE_AFTER_S + 1) * NS_PER_S)
    assert board.read("BTCUSDT", later_ns).stale


def test_what_has_no_date_counts_as_of_now():
    board = SymbolBoard(SETTINGS)
    board.hear(News(text="a", symbol="BTCUSDT"), scored(1.0, DESCRIBED), START_NS)
    assert board.read("BTCUSDT", START_NS).updated_at_ns == START_NS


def test_it_is_stale_once_even_the_newest_is_too_old():
    board = board_of(Text("old", 1.0, 100.0), Text("older", 1.0, 200.0))
    last_ns = START_NS + int((STALE_AFTER_S - 100.0) * NS_PER_S)
    assert not board.read("BTCUSDT", last_ns).stale
    assert board.read("BTCUSDT", last_ns + 1).stale


def test_the_symbol_that_was_silent_longest_is_forgotten():
    board = SymbolBoard(SETTINGS)
    for number in range(SYMBOLS_MAX):
        hear(board, Text(f"text {number}", 1.0), symbol=f"S{number}")
    hear(board, Text("again", 1.0), symbol="S0")
    hear(board, Text("one more", 1.0), symbol="NEW")
    counts = {name: board.read(name, START_NS).count for name in ("S0", "S1", "S2", "NEW")}
    assert counts == {"S0": 2, "S1": 0, "S2": 1, "NEW": 1}


def test_the_texts_that_are_known_are_bounded():
    board = SymbolBoard(SETTINGS)
    for number in range(REMEMBERED_TEXTS_MAX + 1):
        hear(board, Text(f"text {number}", 1.0))
    hear(board, Text(f"text {REMEMBERED_TEXTS_MAX}", 1.0))
    assert board.read("BTCUSDT", START_NS).count == REMEMBERED_TEXTS_MAX + 1
    hear(board, Text("text 0", 1.0))
    assert board.read("BTCUSDT", START_NS).count == REMEMBERED_TEXTS_MAX + 2


@given(texts_of_all_kinds, st.floats(0.0, 5 * HALF_LIFE_S))
def test_the_two_sums_are_the_mean(texts, later_s):
    now_ns = START_NS + int(later_s * NS_PER_S)
    said = board_of(*texts).read("BTCUSDT", now_ns)
    assert said.score == pytest.approx(mean(texts, now_ns), abs=1e-9)
    assert said.count == len(texts)


@given(texts_of_all_kinds, st.lists(st.floats(0.0, HALF_LIFE_S), min_size=20, max_size=20))
def test_the_two_sums_are_the_mean_whenever_texts_arrive(texts, pauses_s):
    board, now_ns = SymbolBoard(SETTINGS), START_NS
    for text, pause_s in zip(texts, pauses_s, strict=False):
        now_ns += int(pause_s * NS_PER_S)
        hear(board, text, now_ns=now_ns)
    assert board.read("BTCUSDT", now_ns).score == pytest.approx(mean(texts, now_ns), abs=1e-9)


def test_a_clock_that_stepped_back_and_forth_makes_nothing_older():
    board = board_of(Text("first", 1.0))
    back_ns = START_NS - int(10 * HALF_LIFE_S * NS_PER_S)
    hear(board, Text("second", 1.0, 10 * HALF_LIFE_S), now_ns=back_ns)
    assert board.read("BTCUSDT", START_NS).weight >= 1.0


@given(texts_of_all_kinds, st.randoms())
def test_the_order_in_which_texts_arrive_does_not_matter(texts, chance):
    shuffled = list(texts)
    chance.shuffle(shuffled)
    one, other = (board_of(*order).read("BTCUSDT", START_NS) for order in (texts, shuffled))
    assert one.score == pytest.approx(other.score, abs=1e-9)
    assert one.weight == pytest.approx(other.weight)
    assert (one.count, one.updated_at_ns) == (other.count, other.updated_at_ns)


@given(
    texts_of_all_kinds,
    st.lists(st.floats(-30 * HALF_LIFE_S, 30 * HALF_LIFE_S), min_size=21, max_size=21),
)
def test_no_clock_makes_anything_grow(texts, steps_s):
    board, now_ns, heard = SymbolBoard(SETTINGS), START_NS, 0.0
    for text, step_s in zip(texts, steps_s, strict=False):
        hear(board, text, now_ns=now_ns)
        heard += WEIGHTS.get(text.source, 1.0)
        now_ns += int(step_s * NS_PER_S)
        said = board.read("BTCUSDT", now_ns)
        assert -1.0 <= said.score <= 1.0
        assert 0.0 <= said.weight <= heard * (1 + 1e-12)


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.0, 1e4), st.floats(1.0, 1e4))
def test_newer_counts_more(older, newer, age_s, apart_s):
    texts = Text("older", older, age_s + apart_s), Text("newer", newer, age_s)
    for order in permutations(texts):
        score = board_of(*order).read("BTCUSDT", START_NS).score
        assert abs(score - newer) <= abs(score - older) + 1e-9


@given(
    st.floats(1.0, 31_536_000.0),
    st.lists(st.tuples(st.floats(-1.0, 1.0), st.floats(0.0, 1e12)), min_size=1, max_size=5),
)
def test_any_half_life_and_any_age_leave_a_usable_mean(half_life_s, texts):
    settings = SymbolSettings(half_life_s=half_life_s)
    board = board_of(*(Text(str(at), *text) for at, text in enumerate(texts)), settings=settings)
    said = board.read("BTCUSDT", START_NS)
    assert -1.0 <= said.score <= 1.0
    assert math.isfinite(said.weight)
