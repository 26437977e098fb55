"""What moves, which way, and whether that is good.

A move takes its meaning from the nearest noun of its clause: costs that fall are good, a stake that
rises is neither. Where the noun stands depends on the move: sales rise, but one cuts costs.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from aitrader_models.rules.layout import Layout
from aitrader_models.rules.patterns import STOPS, Match, find, spelled
from aitrader_models.rules.verdict import Evidence
from aitrader_models.rules.words.figures import CURRENCIES, PERCENT
from aitrader_models.rules.words.moves import ADJECTIVE, INTRANSITIVE, MOVES, QUALITY, TRANSITIVE
from aitrader_models.rules.words.nouns import ALONE, NOUNS

NOUN_REACH: Final = 9
# The least share that a move keeps when its size is told: `by 5 %`, `sharply`.
SIZED: Final = 0.9
_SIZES: Final = PERCENT | spelled(
    "sharply markedly clearly significantly considerably substantially strongly dramatically "
    "drastically steeply notably heavily fast quickly rapidly"
)
HEAD_REACH: Final = 4
_WRONG_SIDE: Final = 3
_COMMA: Final = 1
_BEING: Final = frozenset({"was", "were", "is", "are", "be", "been", "remained"})
_PASSIVE: Final = frozenset({"was", "were", "is", "are", "be", "been", "being", "by"})
_PREPOSITIONS: Final = frozenset({"of", "for", "in", "on", "from", "per", "excluding", "including"})
_CAUSES: Final = spelled(
    "on over amid by to at from with due against despite after as and that which"
)
_CUTS: Final = STOPS | {","}
_OF: Final = frozenset({"in", "of", "for"})
# `a rise of 5 %`, `an increase of a fifth` say by how much, not of what.
_AMOUNT: Final = (
    ["#"],
    ["a"],
    ["about"],
    ["some"],
    ["over"],
    *([each] for each in sorted(CURRENCIES)),
)


def nouns_of(words: Sequence[str], taken: set[int]) -> list[Match]:
    """Financial nouns that no event has used."""
    return find(NOUNS, words, set(taken))


def weigh(
    layout: Layout,
    nouns: Sequence[Match],
    taken: set[int],
    spoken_for: set[int],
    *,
    bare: float,
) -> list[Evidence]:
    """Moves with their nouns, then nouns that speak for themselves.

    `spoken_for` are the first words of nouns whose figures were compared. `bare` is the share of
    its weight that a move keeps when nothing says what moved.
    """
    words = layout.words
    blocked = taken | {place for noun in nouns for place in noun.places}
    spoken_for = set(spoken_for)
    found: list[Evidence] = []
    for move in find(MOVES, words, blocked):
        noun = _nearest(layout, nouns, move)
        first, last = move.places[0], move.places[-1]
        weight, idea = move.phrase.weight, move.phrase.idea
        if noun is not None and noun.places[0] < first:
            noun = head_of(layout, nouns, noun)
        if noun is not None:
            spoken_for.add(noun.places[0])
            weight *= abs(noun.phrase.weight) if idea == QUALITY else noun.phrase.weight
            first, last = min(first, noun.places[0]), max(last, noun.places[-1])
        elif idea != QUALITY:
            usual = bare if idea != TRANSITIVE else 0.0
            weight *= max(usual, SIZED) if _is_sized(words, move) else usual
        if weight:
            found.append(Evidence(first, last, weight, move.places[0]))
    for noun in nouns:
        alone = ALONE.get(noun.phrase.idea)
        if alone is not None and noun.places[0] not in spoken_for:
            found.append(Evidence(noun.places[0], noun.places[-1], alone, noun.places[0]))
    return found


def _nearest(layout: Layout, nouns: Sequence[Match], move: Match) -> Match | None:
    """The closest noun of the clause, a little farther on the side where none is expected."""
    words, clauses, steps = layout
    first, last = move.places[0], move.places[-1]
    after_first = _expects_after(words, move)
    best: Match | None = None
    best_gap = NOUN_REACH + 1
    split = bisect_left(nouns, first, key=_place)
    for side in (range(split - 1, -1, -1), range(split, len(nouns))):
        for noun in map(nouns.__getitem__, side):
            after = noun.places[0] > last
            place = noun.places[0] if after else noun.places[-1]
            gap = steps[place] - steps[last] if after else steps[first] - steps[place]
            gap += _WRONG_SIDE * (after != after_first)
            if gap >= best_gap or clauses[place] != clauses[first]:
                break
            gap += _COMMA * words[min(place, last) : max(place, first)].count(",")
            if gap < best_gap and not (after and _elsewhere(words[last + 1 : place], move)):
                best, best_gap = noun, gap
    return best


def _elsewhere(between: Sequence[str], move: Match) -> bool:
    """Whether the words between a move and a later noun make the noun a cause or a new subject."""
    if between[:1] == ["by"]:
        return True
    if move.phrase.idea == INTRANSITIVE and between and between[0] not in _OF:
        return not _CAUSES.isdisjoint(between)
    return not _CAUSES.isdisjoint(between[1:])


def head_of(layout: Layout, nouns: Sequence[Match], noun: Match) -> Match:
    """The noun that `noun` only belongs to: it is the cost, in `cost of sales rose`."""
    index = bisect_left(nouns, noun.places[0], key=_place)
    while index > 0:
        index -= 1
        other = nouns[index]
        between = layout.words[other.places[-1] + 1 : noun.places[0]]
        far = layout.steps[noun.places[0]] - layout.steps[other.places[-1]] > HEAD_REACH
        if far or _PREPOSITIONS.isdisjoint(between[:1]) or not _CUTS.isdisjoint(between):
            break
        noun = other
    return noun


def _place(noun: Match) -> int:
    return noun.places[0]


def _is_sized(words: Sequence[str], move: Match) -> bool:
    """Whether the move says by how much."""
    first, last = move.places[0], move.places[-1]
    return not _SIZES.isdisjoint((*words[max(first - 2, 0) : first], *words[last + 1 : last + 5]))


def _expects_after(words: Sequence[str], move: Match) -> bool:
    first, last = move.places[0], move.places[-1]
    following = words[last + 1] if last + 1 < len(words) else ""
    before = words[max(first - 2, 0) : first]
    if move.phrase.idea == ADJECTIVE:
        return _BEING.isdisjoint(before)
    if following in _OF:
        return words[last + 2 : last + 3] not in _AMOUNT
    passive = following == "by" or not _PASSIVE.isdisjoint(before[-1:])
    return move.phrase.idea == TRANSITIVE and not passive
