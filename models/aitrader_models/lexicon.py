"""Rules that read a headline: what moves, which way, and whether that is good.

There are three kinds of words. An event is good or bad by itself (`hacked`). A move has a direction
and takes its meaning from the nearest noun of its clause: costs that fall are good. A noun says
whether more of it is good. A negation within three words turns an event or a move and weakens it, a
question halves the text. The words live in `vocabulary.py`.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice
from typing import Final, Literal, NamedTuple

from aitrader_server.domain.decision.views import SentimentView

from aitrader_models.settings import refuse_settings
from aitrader_models.vocabulary import (
    BREAKS,
    ENTRIES,
    IRREGULAR,
    NEGATIONS,
    PHRASE_STARTS,
    PHRASE_WORDS_MAX,
    Entry,
    Kind,
)

NAME: Final = "lexicon-1"

# A headline and its lead; what follows in an article repeats or dilutes them.
TEXT_CHARS_MAX: Final = 2000
WORDS_MAX: Final = 160
REASONS_MAX: Final = 8
# How far a move looks for its noun, and a negation reaches, in words of one clause.
NOUN_REACH: Final = 9
NEGATION_REACH: Final = 3
NEGATED: Final = -0.7
QUESTION: Final = 0.5
# Evidence that makes a side as likely as no news: one plain move is enough to lean, none is not.
NEUTRAL_EVIDENCE: Final = 0.6

# A number keeps its dots and commas, so that only those of a sentence end a clause.
_TOKEN: Final = re.compile(r"\d[\d.,]*|[a-z]{1,30}(?:'[a-z]{1,3})?|[.,;:!?\n]")
_ENDINGS: Final = ("s", "es", "ed", "d", "ing", "ly")
_STEM_CHARS_MIN: Final = 3


class Mark(NamedTuple):
    """An entry found in the text, at the words `first` to `last`."""

    first: int
    last: int
    entry: Entry


class Evidence(NamedTuple):
    """What the words `first` to `last` say, above zero for good."""

    first: int
    last: int
    weight: float


class Lexicon:
    """Word lists and clauses; the same text gives the same answer everywhere."""

    @property
    def name(self) -> str:
        return NAME

    async def analyze(self, text: str, symbol: str) -> SentimentView:
        """Tone of the first words of `text`, the same whatever `symbol` it is about."""
        del symbol  # which of several names a text praises is beyond these rules
        return read(text)


def create(settings: Mapping[str, object]) -> Lexicon:
    """Entry point; there is nothing to set."""
    refuse_settings(NAME, settings)
    return Lexicon()


def read(text: str) -> SentimentView:
    """Tone of `text` with the spans that made it, in reading order."""
    start = text[:TEXT_CHARS_MAX].lower().replace("\u2019", "'")
    words = [token.group() for token in islice(_TOKEN.finditer(start), WORDS_MAX)]
    found = _weigh(words, _mark(words))
    share = QUESTION if "?" in words else 1.0
    good = share * sum(max(evidence.weight, 0.0) for evidence in found)
    bad = share * sum(max(-evidence.weight, 0.0) for evidence in found)
    whole = good + bad + NEUTRAL_EVIDENCE
    positive, negative = good / whole, bad / whole
    neutral = 1.0 - positive - negative
    spans = tuple(" ".join(words[e.first : e.last + 1]) for e in found if e.weight)
    return SentimentView(
        label=_label(positive, neutral, negative),
        score=positive - negative,
        positive=positive,
        neutral=neutral,
        negative=negative,
        model=NAME,
        reasons=spans[:REASONS_MAX],
    )


def _label(
    positive: float, neutral: float, negative: float
) -> Literal["positive", "neutral", "negative"]:
    """The likeliest word; good and bad that are as likely cancel out to no news."""
    if positive > max(neutral, negative):
        return "positive"
    return "negative" if negative > max(neutral, positive) else "neutral"


def _mark(words: list[str]) -> list[Mark]:
    """Entries from left to right, the longest phrase first, none overlapping."""
    marks: list[Mark] = []
    at = 0
    while at < len(words):
        length, entry = _phrase(words, at)
        if entry is not None:
            marks.append(Mark(at, at + length - 1, entry))
        at += length
    return marks


def _phrase(words: Sequence[str], at: int) -> tuple[int, Entry | None]:
    """The longest entry that starts at `at`, and its length in words."""
    if words[at] in PHRASE_STARTS:
        for length in range(min(PHRASE_WORDS_MAX, len(words) - at), 1, -1):
            phrase = " ".join(words[at : at + length])
            entry = ENTRIES.get(phrase) or ENTRIES.get(phrase.removesuffix("s"))
            if entry is not None:
                return length, entry
    return 1, _entry(words[at])


def _entry(word: str) -> Entry | None:
    """The entry of a word or of the word that it is a form of."""
    word = IRREGULAR.get(word, word)
    found = ENTRIES.get(word)
    if found is not None:
        return found
    if word.endswith(("ies", "ied")):
        return ENTRIES.get(word[:-3] + "y")
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _STEM_CHARS_MIN:
            continue
        undoubled = stem[:-1] if stem[-2:-1] == stem[-1:] else stem
        for form in (stem, stem + "e", undoubled):
            found = ENTRIES.get(form)
            if found is not None:
                return found
    return None


def _weigh(words: list[str], marks: list[Mark]) -> list[Evidence]:
    """What the marks say, in reading order."""
    clauses = list(accumulate(word in BREAKS for word in words))
    nouns = [mark for mark in marks if mark.entry.kind is Kind.NOUN]
    noun_at = {at: noun for noun in nouns for at in (noun.first, noun.last)}
    spoken_for: set[Mark] = set()
    found: list[Evidence] = []
    for mark in marks:
        if mark.entry.kind is Kind.NOUN:
            continue
        first, last, weight = mark.first, mark.last, mark.entry.weight
        if mark.entry.kind is Kind.MOVE:
            noun = _nearest(noun_at, clauses, mark)
            if noun is not None:
                spoken_for.add(noun)
                first, last = min(first, noun.first), max(last, noun.last)
                weight *= noun.entry.polarity
        negation = _negation(words, mark.first)
        if negation is not None:
            first, weight = min(first, negation), NEGATED * weight
        found.append(Evidence(first, last, weight))
    alone = (noun for noun in nouns if noun not in spoken_for)
    found += [Evidence(n.first, n.last, n.entry.weight) for n in alone]
    return sorted(found)


def _nearest(noun_at: Mapping[int, Mark], clauses: Sequence[int], move: Mark) -> Mark | None:
    """The closest noun of the same clause; of two as close, the one before: its subject."""
    for gap in range(1, NOUN_REACH + 1):
        for at in (move.first - gap, move.last + gap):
            noun = noun_at.get(at)
            if noun is not None and clauses[at] == clauses[move.first]:
                return noun
    return None


def _negation(words: list[str], at: int) -> int | None:
    """Where the negation of the word `at` stands, if it is negated."""
    for before in range(at - 1, max(at - 1 - NEGATION_REACH, -1), -1):
        word = words[before]
        if word in BREAKS:
            return None
        if word in NEGATIONS or word.endswith("n't"):
            return before
    return None
