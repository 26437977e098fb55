"""Rules that read a headline: what happened, what moves, which way, and whether that is good.

The text becomes words with places (`tokens`), and words say what kind of text it is (`genres`).
Then four readers look for evidence: events (`patterns` with the lists in `words`), figures that
are compared (`figures`), moves with their nouns (`movement`), all weakened or turned by what stands
around them (`clauses`). Of several coins only the one asked for counts (`entities`), and the rest
becomes probabilities (`verdict`).
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Final

import msgspec
from aitrader_server.domain.decision.news_text import normalize
from aitrader_server.domain.decision.views import (
    Latency,
    ModelDescription,
    News,
    SentimentView,
    Span,
    label_of,
)
from aitrader_server.engine.ports import ModelContext

from aitrader_models.rules import clauses, figures, movement
from aitrader_models.rules.entities import focus
from aitrader_models.rules.genres import Genre, route
from aitrader_models.rules.layout import lay_out
from aitrader_models.rules.patterns import find
from aitrader_models.rules.tokens import WORDS_MAX, Tokens, tokenize
from aitrader_models.rules.verdict import Evidence, judge
from aitrader_models.rules.words.plain import EXPLAINER, UNCHANGED
from aitrader_models.settings import refuse_settings

ENGINE: Final = "rules"
NAME: Final = "rules-1"
# More than `WORDS_MAX` words take; only junk is longer.
TEXT_CHARS_MAX: Final = 2_500
MS_PER_S: Final = 1_000.0
SPANS_MAX: Final = 16


class Rules:
    """Word lists and clauses; the same text gives the same answer everywhere."""

    def describe(self) -> ModelDescription:
        return ModelDescription(engine=ENGINE, model=NAME, tokens_max=WORDS_MAX)

    async def start(self) -> None:
        """There is nothing to load."""

    async def stop(self) -> None:
        """There is nothing to let go of."""

    async def analyze(self, news: News, timeout_s: float) -> SentimentView:
        """Tone of the first words of the text; rules are done before any time is up."""
        del timeout_s
        started = perf_counter()
        view = read(news)
        latency = Latency(infer_ms=MS_PER_S * (perf_counter() - started))
        return msgspec.structs.replace(view, latency=latency)


def create(settings: Mapping[str, object], context: ModelContext) -> Rules:
    """Entry point; there is nothing to set."""
    del context
    refuse_settings(NAME, settings)
    return Rules()


def read(news: News) -> SentimentView:
    """Tone of the text with the spans that made it, in reading order."""
    text = normalize(news.text[:TEXT_CHARS_MAX])
    tokens = tokenize(text)
    genre = route(text, tokens, news.symbol, news.source)
    found = find_evidence(tokens, genre)
    focused = focus(tokens, news.symbol, found)
    if focused is not None:
        found = find_evidence(focused, genre)
    probabilities = judge(found, good=genre.good, bad=genre.bad)
    told = sorted(sorted(found, key=_loudness)[:SPANS_MAX])
    spans = [(tokens.starts[each.first], tokens.ends[each.last], each.weight) for each in told]
    return SentimentView(
        label=label_of(probabilities),
        score=probabilities.positive - probabilities.negative,
        probabilities=probabilities,
        model=NAME,
        engine=ENGINE,
        tokens=len(tokens.words),
        truncated=tokens.truncated or len(news.text) > TEXT_CHARS_MAX,
        spans=tuple(Span(start, end, text[start:end], weight) for start, end, weight in spans),
    )


def find_evidence(tokens: Tokens, genre: Genre) -> list[Evidence]:
    """Everything that the text says, in reading order."""
    words = tokens.words
    layout = lay_out(words)
    amounts = figures.quantities(tokens)
    taken = figures.copies(tokens, amounts)
    amounts = [each for each in amounts if each.first not in taken]
    copied = set(taken)
    events = find(genre.events, words, taken)
    idle = {place for each in events if not each.phrase.weight for place in each.places}
    named = movement.nouns_of(words, copied | idle)
    compared, about = figures.compare(layout, amounts, named, unnamed=genre.bare)
    nouns = [noun for noun in named if taken.isdisjoint(noun.places)]
    moved = movement.weigh(layout, nouns, taken, about, bare=genre.bare)
    told = [
        Evidence(each.places[0], each.places[-1], each.phrase.weight, each.places[0])
        for each in events
        if each.phrase.weight
    ]
    still = {layout.clauses[each.places[0]] for each in events if each.phrase.idea == UNCHANGED}
    left = clauses.strengths(words, genre.shares)
    if any(each.phrase.idea == EXPLAINER for each in events):
        left = [share * clauses.EXPLAINED for share in left]
    left = [
        share * clauses.HELD_AGAINST if layout.clauses[at] in still else share
        for at, share in enumerate(left)
    ]
    found = [clauses.turn(words, each, left[each.at]) for each in (*told, *moved)]
    found += [each._replace(weight=each.weight * left[each.at]) for each in compared]
    return sorted(each for each in found if each.weight)


def _loudness(evidence: Evidence) -> tuple[float, int]:
    return (-abs(evidence.weight), evidence.first)
