"""What moves, which way, and whether that is good.

A move takes its meaning from the nearest noun of its clause: costs that fall are good, a stake that
rises is neither. Where the noun stands depends on the move: sales rise, but one cuts costs.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from aitrader_models.rules.patterns import Match, find
from aitrader_models.rules.words.moves import ADJECTIVE, MOVES, TRANSITIVE
from aitrader_models.rules.words.nouns import ALONE, NOUNS

NOUN_REACH: Final = 9
_WRONG_SIDE: Final = 4
_COMMA: Final = 2
_PASSIVE: Final = frozenset({"was", "were", "is", "are", "be", "been", "being", "by"})
_OF: Final = frozenset({"in", "of", "for"})


class Evidence(NamedTuple):
    """What the words `first` to `last` say, above zero for good; `at` is the word that says it."""

    first: int
    last: int
    weight: float
    at: int


def nouns_of(words: Sequence[str], taken: set[int]) -> list[Match]:
    """Financial nouns that no event has used."""
    return find(NOUNS, words, set(taken))


def weigh(
    words: Sequence[str],
    nouns: Sequence[Match],
    clauses: Sequence[int],
    taken: set[int],
    *,
    bare: float,
) -> list[Evidence]:
    """Moves with their nouns, then nouns that speak for themselves.

    `bare` is the share of its weight that a move keeps when nothing says what moved.
    """
    blocked = taken | {place for noun in nouns for place in noun.places}
    spoken_for: set[Match] = set()
    found: list[Evidence] = []
    for move in find(MOVES, words, blocked):
        noun = _nearest(words, nouns, clauses, move)
        first, last = move.places[0], move.places[-1]
        weight = move.phrase.weight
        if noun is not None:
            spoken_for.add(noun)
            weight *= noun.phrase.weight
            first, last = min(first, noun.places[0]), max(last, noun.places[-1])
        else:
            weight *= bare if move.phrase.idea != TRANSITIVE else 0.0
        if weight:
            found.append(Evidence(first, last, weight, move.places[0]))
    for noun in nouns:
        alone = ALONE.get(noun.phrase.idea)
        if alone is not None and noun not in spoken_for:
            found.append(Evidence(noun.places[0], noun.places[-1], alone, noun.places[0]))
    return found


def _nearest(
    words: Sequence[str], nouns: Sequence[Match], clauses: Sequence[int], move: Match
) -> Match | None:
    """The closest noun of the clause, a little farther on the side where none is expected."""
    first, last = move.places[0], move.places[-1]
    after_first = _expects_after(words, move)
    best: Match | None = None
    best_gap = NOUN_REACH + 1
    for noun in nouns:
        place = noun.places[-1] if noun.places[-1] < first else noun.places[0]
        if clauses[place] != clauses[first]:
            continue
        after = place > last
        gap = place - last if after else first - place
        gap += _WRONG_SIDE * (after != after_first)
        gap += _COMMA * words[min(place, last) : max(place, first)].count(",")
        if gap < best_gap:
            best, best_gap = noun, gap
    return best


def _expects_after(words: Sequence[str], move: Match) -> bool:
    first, last = move.places[0], move.places[-1]
    following = words[last + 1] if last + 1 < len(words) else ""
    if following in _OF or move.phrase.idea == ADJECTIVE:
        return True
    passive = following == "by" or (first > 0 and words[first - 1] in _PASSIVE)
    return move.phrase.idea == TRANSITIVE and not passive
