import subprocess
import sys
import time

import msgspec
import pytest
from aitrader_models.lexicon import REASONS_MAX, TEXT_CHARS_MAX, WORDS_MAX, create
from aitrader_models.vocabulary import BREAKS, ENTRIES, IRREGULAR, NEGATIONS, read_lists
from aitrader_server.domain.decision.views import SentimentView
from hypothesis import given
from hypothesis import strategies as st

MODEL = create({})

POSITIVE = [
    "ETF inflows hit a record",
    "Bitcoin surges past $100,000",
    "SEC approves spot Ether ETF",
    "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn",
    "Net loss narrowed to EUR 2 mn",
    "Unemployment falls to record low",
    "Company cuts costs",
    "Fed cuts rates",
    "Inflation cooled in May",
    "Startup raises $20M in Series A",
    "Ripple wins lawsuit against SEC",
    "Tesla beats estimates",
    "Protocol was not hacked, team says",
    "The wallet wasn\u2019t drained",
    "Shares jumped 5 % after the results",
]
NEGATIVE = [
    "Exchange hacked, $200M drained",
    "Bitcoin falls as ETF outflows rise",
    "Record losses at lender",
    "Net loss widened to EUR 2 mn",
    "Company cuts 500 jobs",
    "Company cuts forecast",
    "SEC denies approval of ETF",
    "SEC rejects ETF",
    "Coinbase sued by regulator",
    "Exchange halts withdrawals",
    "Bitcoin fails to rally",
    "Network outage lasts five hours",
    "Analysts downgrade stock",
    "Sales decreased while costs increased",
    "Crypto market crash wipes out $1bn",
]
NEUTRAL = [
    "",
    "Company to hold annual meeting",
    "The firm moves its headquarters to Helsinki",
    "Bitcoin price analysis: BTC holds at 64k",
    "Firm raises its stake in Nokia to 10 %",
    "How smart contracts work",
    "12345 67.89 $",
    "🚀🚀🚀",
    "\x00\x01\x1b[31m\u202e\ud800",
    "Компания проведёт собрание",
]


async def read(text: str) -> SentimentView:
    return await MODEL.analyze(text, "BTCUSDT")


@pytest.mark.parametrize("text", POSITIVE)
async def test_good_news_is_positive(text):
    view = await read(text)
    assert view.label == "positive"
    assert view.score > 0.3


@pytest.mark.parametrize("text", NEGATIVE)
async def test_bad_news_is_negative(text):
    view = await read(text)
    assert view.label == "negative"
    assert view.score < -0.3


@pytest.mark.parametrize("text", NEUTRAL)
async def test_no_news_is_neutral_and_gives_no_reason(text):
    view = await read(text)
    assert view == SentimentView(
        label="neutral", score=0.0, positive=0.0, neutral=1.0, negative=0.0, model="lexicon-1"
    )


async def test_the_reasons_are_the_spans_that_made_it():
    assert (await read("ETF inflows hit a record")).reasons == ("inflows hit a record",)
    assert (await read("Exchange hacked, $200M drained")).reasons == ("hacked", "drained")
    assert (await read("Team: protocol is not really hacked")).reasons == ("not really hacked",)


async def test_a_noun_is_looked_for_in_the_own_clause_only():
    assert (await read("Costs, revenue up")).label == "positive"
    assert (await read("Costs up, revenue")).label == "negative"


async def test_a_noun_is_looked_for_nine_words_away_and_the_subject_first():
    assert (await read("costs a b c d e f g h fell")).label == "positive"
    assert (await read("costs a b c d e f g h i fell")).label == "negative"
    assert (await read("costs rose sales")).label == "negative"
    assert (await read("sales rose costs")).label == "positive"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Revenue dropped", "negative"),
        ("Bitcoin rallies", "positive"),
        ("Bitcoin rallied", "positive"),
        ("Prices are rising", "positive"),
        ("Traders withdraw as prices sank", "negative"),
        ("Higher interest rates", "negative"),
        ("The Fed cuts", "negative"),  # not the past of a fee
    ],
)
async def test_forms_of_a_word_are_the_word(text, label):
    assert (await read(text)).label == label


async def test_a_negation_reaches_three_words_and_not_over_a_comma():
    assert (await read("not at all hacked")).label == "positive"
    assert (await read("not one two three hacked")).label == "negative"
    assert (await read("not today, hacked")).label == "negative"


async def test_a_question_says_half():
    said, asked = await read("Bitcoin to rally"), await read("Bitcoin to rally?")
    assert said.positive / said.neutral == pytest.approx(2 * asked.positive / asked.neutral)


async def test_several_spans_say_more_than_one_and_good_and_bad_offset():
    one, two = await read("hacked"), await read("hacked, sued")
    assert two.score < one.score
    mixed = await read("hacked, approved")
    assert one.score < mixed.score < 0.0


async def test_what_follows_the_lead_is_not_read():
    lead = "word " * WORDS_MAX
    assert (await read(lead + "hacked")).label == "neutral"
    assert (await read("x" * TEXT_CHARS_MAX + " hacked")).label == "neutral"
    assert (await read("word " * (WORDS_MAX - 1) + "hacked")).label == "negative"


@given(st.text() | st.lists(st.sampled_from(sorted(ENTRIES)), max_size=50).map(" ".join))
async def test_any_text_has_a_sound_answer(text):
    view = await read(text)
    parts = {"positive": view.positive, "neutral": view.neutral, "negative": view.negative}
    assert sum(parts.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 <= part <= 1.0 for part in parts.values())
    assert view.score == view.positive - view.negative
    if view.positive == view.negative:
        assert view.label == "neutral"
    else:
        assert parts[view.label] == max(parts.values())
    assert len(view.reasons) <= REASONS_MAX
    assert bool(view.reasons) == (view.neutral < 1.0)


@given(st.text())
async def test_the_same_text_gives_the_same_bytes(text):
    again = await create({}).analyze(text, "")
    assert msgspec.json.encode(again) == msgspec.json.encode(await read(text))


def test_the_order_of_hashes_does_not_show():
    program = (
        "import sys, msgspec; from aitrader_models.lexicon import read;"
        "print(msgspec.json.encode([read(text) for text in sys.argv[1:]]))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program, *POSITIVE, *NEGATIVE],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


@pytest.mark.parametrize("text", [*POSITIVE, *NEGATIVE])
async def test_a_headline_takes_less_than_a_millisecond(text):
    best_s = float("inf")
    for _ in range(20):
        begun = time.perf_counter()
        await read(text)
        best_s = min(best_s, time.perf_counter() - begun)
    assert best_s < 1e-3


@pytest.mark.parametrize("unit", ["loss rise ", "not ", "all time ", "a", "?", "🚀", "\n", "es"])
async def test_hostile_text_stays_cheap(unit):
    text = unit * 1_000_000
    best_s = float("inf")
    for _ in range(10):
        begun = time.perf_counter()
        await read(text)
        best_s = min(best_s, time.perf_counter() - begun)
    assert best_s < 10e-3


def test_no_word_is_listed_twice():
    listed = [word for word, _ in read_lists()]
    assert sorted(listed) == sorted(set(listed))


def test_every_listed_word_can_be_met():
    # The reader yields lower-case words without hyphens, split at breaks.
    for word in ENTRIES:
        assert all(part.isascii() and part.isalpha() and part.islower() for part in word.split())
        assert BREAKS.isdisjoint(word.split())
    assert set(IRREGULAR.values()) <= set(ENTRIES)
    assert NEGATIONS.isdisjoint(ENTRIES)


def test_the_name_carries_the_version_and_settings_are_refused():
    assert MODEL.name == "lexicon-1"
    with pytest.raises(ValueError, match="lexicon-1 takes no settings, but was given words"):
        create({"words": 1})
