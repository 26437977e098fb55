"""What the model says of a text as a whole, and that it says it for any text."""

import subprocess
import sys

import msgspec
import pytest
from aitrader_models.rules.engine import NAME, SPANS_MAX, TEXT_CHARS_MAX, create, read
from aitrader_models.rules.tokens import WORDS_MAX
from aitrader_models.rules.verdict import Evidence, judge
from aitrader_server.domain.decision.views import News, SentimentView, label_of
from aitrader_server.engine.ports import ModelContext
from hypothesis import given
from hypothesis import strategies as st


class Still:
    def now_ns(self):
        return 0


CONTEXT = ModelContext(environ={}, clock=Still(), report=print)
TEXTS = [
    "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn .",
    "Exchange halts withdrawals after $200M hack",
    "$ABCD - upgraded to Buy, PT raised to $40 https://t.co/abc",
    "Bitcoin falls while Ether surges",
    "The annual general meeting will be held on 3 May .",
]
WORDS = [
    "profit",
    "loss",
    "sales",
    "cost",
    "rose",
    "fell",
    "not",
    "no",
    "to",
    "from",
    "EUR",
    "5",
    "mn",
    "%",
    "(",
    ")",
    ",",
    ".",
    "?",
    "bitcoin",
    "ether",
    "and",
    "while",
    "wins",
    "order",
    "hacked",
    "$ABC",
    "despite",
    "could",
    "as",
    "of",
    "2008",
    "up",
    "down",
    "https://t.co/x",
]


def read_text(text: str, **about: str) -> SentimentView:
    return read(News(text=text, **about))


async def test_the_plug_in_answers_and_describes_itself():
    model = create({}, CONTEXT)
    await model.start()
    view = await model.analyze(News(text="Company wins order"), timeout_s=1.0)
    assert (view.label, view.model, view.engine) == ("positive", NAME, "rules")
    assert 0.0 < view.latency.infer_ms < 1_000.0
    described = model.describe()
    assert (described.model, described.engine, described.ready) == (NAME, "rules", True)
    await model.stop()


def test_settings_are_refused_by_name():
    with pytest.raises(ValueError, match="takes no settings, but was given words"):
        create({"words": 1}, CONTEXT)


@given(
    st.text() | st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.sampled_from(["", "BTCUSDT", "ETH-USD", "🚀"]),
)
def test_any_text_has_a_sound_answer(text, symbol):
    view = read_text(text, symbol=symbol)
    said = view.probabilities
    assert said.positive + said.neutral + said.negative == pytest.approx(1.0, abs=1e-12)
    assert min(said.positive, said.neutral, said.negative) >= 0.0
    assert view.label == label_of(said)
    assert view.score == said.positive - said.negative
    assert len(view.spans) <= SPANS_MAX
    assert bool(view.spans) == (said.neutral < 1.0)
    assert list(view.spans) == sorted(view.spans, key=lambda span: (span.start, span.end))
    assert all(0 <= span.start < span.end and span.weight for span in view.spans)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "12345 67.89 $",
        "🚀🚀🚀",
        "\x00\x01\x1b[31m\u202e\ud800",
        "Компания проведёт собрание",
        "الأسهم ترتفع اليوم",
        "公司今天召开会议",
    ],
)
def test_what_cannot_be_read_is_neutral_without_spans(text):
    view = read_text(text)
    assert (view.label, view.score, view.probabilities.neutral, view.spans) == (
        "neutral",
        0.0,
        1.0,
        (),
    )


@pytest.mark.parametrize("text", TEXTS)
def test_spans_say_where_in_the_text_they_are(text):
    for span in read_text(text).spans:
        assert text[span.start : span.end] == span.text


def test_spans_stay_in_place_when_case_or_quotes_change_the_length_of_nothing():
    text = "İŞ \u2018İ\u2019 says the company\u2019s profit rose ."
    (span,) = read_text(text).spans
    assert span.text == "profit rose"
    assert text[span.start : span.end] == "profit rose"


def test_the_loudest_spans_are_kept_in_reading_order():
    text = " ; ".join(["profit rose"] * SPANS_MAX + ["exchange hacked"])
    spans = read_text(text).spans
    assert len(spans) == SPANS_MAX
    assert spans[-1].text == "hacked"


def test_a_long_text_is_cut_and_says_so():
    words = "word " * (WORDS_MAX - 1)
    whole, longer = read_text(words + "bankruptcy"), read_text(words + "word bankruptcy")
    assert (whole.label, whole.truncated) == ("negative", False)
    assert (longer.label, longer.truncated) == ("neutral", True)
    assert read_text("profit rose " + "x" * TEXT_CHARS_MAX).truncated


@pytest.mark.parametrize("unit", ["loss rise ", "not ", "a", "?", "🚀", "\n", "5 ( 4 ) ", "\ud800"])
def test_a_million_characters_are_answered(unit):
    view = read_text(unit * (1_000_000 // len(unit)), symbol="BTCUSDT")
    assert view.tokens <= WORDS_MAX
    assert len(view.spans) <= SPANS_MAX


@given(st.floats(0.01, 5.0), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_more_evidence_makes_its_side_no_less_likely(more, plus, minus):
    def said(plus, minus):
        return judge([Evidence(0, 0, plus, 0), Evidence(0, 0, -minus, 0)], good=0.8, bad=0.8)

    before = said(plus, minus)
    good, bad = said(plus + more, minus), said(plus, minus + more)
    assert good.positive >= before.positive
    assert good.negative <= before.negative
    assert bad.negative >= before.negative
    assert bad.positive <= before.positive


def test_the_order_of_hashes_does_not_show():
    program = (
        "import sys, msgspec; from aitrader_models.rules.engine import read;"
        "from aitrader_server.domain.decision.views import News;"
        "print(msgspec.json.encode([read(News(text=text, symbol='BTCUSDT'))"
        " for text in sys.argv[1:]]))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program, *TEXTS],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_the_same_text_gives_the_same_bytes():
    for text in TEXTS:
        assert msgspec.json.encode(read_text(text)) == msgspec.json.encode(read_text(text))
