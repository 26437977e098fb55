"""The word lists: that every phrase can be met, and what forms of a word there are."""

import pytest
from aitrader_models.rules.forms import plurals, verb_forms
from aitrader_models.rules.genres import CRYPTO_GENRE, GENERAL, HEADLINES_GENRE, TWEETS_GENRE
from aitrader_models.rules.patterns import Phrases, compile_phrases, find, index_of
from aitrader_models.rules.tokens import tokenize
from aitrader_models.rules.words.moves import MOVES
from aitrader_models.rules.words.nouns import NOUNS

INDEXES = [
    MOVES,
    NOUNS,
    *(genre.events for genre in (GENERAL, TWEETS_GENRE, HEADLINES_GENRE, CRYPTO_GENRE)),
]


def compiled(idea, weight, lines):
    return compile_phrases([Phrases(idea, weight, lines)], {"yard": "shipyard dock"})


def found(line, text):
    return [
        match.places
        for match in find(index_of(compiled("idea", 1.0, line)), tokenize(text).words, set())
    ]


@pytest.mark.parametrize("index", INDEXES)
def test_every_spelling_is_one_token(index):
    spelled = {
        word
        for phrases in index.values()
        for phrase in phrases
        for part in phrase.parts
        if part
        for word in part
    }
    signs = {"#", "+#", "-#", "$tag", "usd", "eur", "gbp", "%", ":"}
    assert [word for word in sorted(spelled - signs) if tokenize(word).words != [word]] == []


@pytest.mark.parametrize(
    ("line", "text", "places"),
    [
        ("win~ .. order", "Firm won an order", [(1, 3)]),
        ("win~ .. order", "Firm wins orders", [(1, 2)]),
        ("win~ .. order", "win a b c d e f order", [(0, 7)]),
        ("win~ .. order", "win a b c d e f g order", []),
        ("win~ .. order", "Firm wins. Order follows", []),
        ("cut|trim~ job", "trimmed jobs, cut jobs", [(0, 1), (3, 4)]),
        ("=tops", "top tops topped", [(1,)]),
        ("<yard> open", "docks open", [(0, 1)]),
        ("up #", "up 5", [(0, 1)]),
        ("$tag up", "$ABC up", [(0, 1)]),
    ],
)
def test_a_phrase_is_found(line, text, places):
    assert found(line, text) == places


def test_the_longest_phrase_is_found_and_words_are_used_once():
    index = index_of(compiled("short", 1.0, "profit"), compiled("long", -1.0, "profit warning"))
    taken: set[int] = set()
    (match,) = find(index, ["profit", "warning"], taken)
    assert (match.phrase.idea, taken) == ("long", {0, 1})


def test_of_equal_phrases_the_later_list_counts():
    index = index_of(compiled("first", 1.0, "cut"), compiled("second", -1.0, "cut"))
    assert find(index, ["cut"], set())[0].phrase.idea == "second"


@pytest.mark.parametrize(
    ("line", "error"),
    [("win,, lose", "empty phrase"), (".. win", "begins with a gap")],
)
def test_a_list_that_cannot_be_met_is_refused(line, error):
    with pytest.raises(ValueError, match=error):
        compiled("idea", 1.0, line)


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("rise", "rise rises rising rose risen"),
        ("drop", "drop drops dropped dropping droped droping"),
        ("cut", "cut cuts cutting cuting"),
        ("deny", "deny denies denied denying"),
        ("go", "go goes going went gone"),
        ("free", "free frees freed freeing"),
        ("win", "win wins won winning wining"),
        ("shift", "shift shifts shifted shifting"),
    ],
)
def test_forms_of_a_verb(verb, forms):
    assert verb_forms(verb) == set(forms.split())


def test_plurals():
    assert plurals("company") == {"company", "companies"}
    assert plurals("loss") == {"loss", "losses"}
    assert plurals("day") == {"day", "days"}
