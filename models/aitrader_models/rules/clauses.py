"""What the surroundings of a word do to what it says: negation, concession, doubt, question."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from aitrader_models.rules.movement import Evidence
from aitrader_models.rules.patterns import STOPS, spelled

NEGATION_REACH: Final = 3
# Good that is denied is bad; bad that is denied is at best some relief.
NEGATED_GOOD: Final = -0.7
NEGATED_BAD: Final = -0.4
CONCEDED: Final = 0.25
BEFORE_BUT: Final = 0.55
DOUBTED: Final = 0.5
HELD_AGAINST: Final = 0.4

SENTENCE_ENDS: Final = frozenset({".", "!", "?", ";"})
BREAKS: Final = STOPS | {"as", "after", "amid", "because", "despite", "following", "since"}
_NEGATIONS: Final = spelled(
    "no not never without cannot nor neither unable fails failed fail failing denies denied deny "
    "denying avoids avoided avoid avoiding averts averted avert dismisses dismissed unlikely "
    "stops stopped ceases ceased hardly barely nothing none"
)
# A negation that says the opposite: `not only`, `no longer` before what was bad stays a negation.
_NOT_NEGATED: Final = frozenset({"only", "least", "surprisingly", "doubt"})
_CONCESSIONS: Final = frozenset({"despite", "although", "though", "notwithstanding", "whilst"})
_DOUBTS: Final = spelled(
    "may might could would if whether possible possibly potential potentially unless maybe "
    "perhaps rumour rumor rumours rumors hypothetical supposedly"
)


def clause_numbers(words: Sequence[str]) -> list[int]:
    """For every word the number of its clause; a break belongs to what follows."""
    return list(accumulate(word in BREAKS for word in words))


def sentence_numbers(words: Sequence[str]) -> list[int]:
    """For every word the number of its sentence."""
    return list(accumulate(word in SENTENCE_ENDS for word in words))


def turn(words: Sequence[str], evidence: Evidence, share: float) -> Evidence:
    """`evidence` as a negation before it turns it, and with the `share` that is left of it."""
    weight = evidence.weight * share
    negation = _negation_before(words, evidence.at)
    if negation is None:
        return evidence._replace(weight=weight)
    turned = NEGATED_GOOD if weight > 0.0 else NEGATED_BAD
    return evidence._replace(first=min(evidence.first, negation), weight=weight * turned)


def _negation_before(words: Sequence[str], at: int) -> int | None:
    """Where the negation of the word `at` stands, if it is negated."""
    for before in range(at - 1, max(at - 1 - NEGATION_REACH, -1), -1):
        word = words[before]
        if word in STOPS or word == ",":
            return None
        if word in _NEGATIONS or word.endswith("n't"):
            return None if words[before + 1] in _NOT_NEGATED else before
    return None


def strengths(words: Sequence[str], *, question: float) -> list[float]:
    """For every word the share of its weight that its surroundings leave, 0 to 1."""
    left = [1.0] * len(words)
    begin = 0
    for end in range(len(words) + 1):
        if end < len(words) and words[end] not in SENTENCE_ENDS:
            continue
        _weaken(words, begin, end, left)
        if end < len(words) and words[end] == "?":
            for at in range(begin, end):
                left[at] *= question
        begin = end + 1
    return left


def _weaken(words: Sequence[str], begin: int, end: int, left: list[float]) -> None:
    """Concessions, the part before a `but` and doubts of the sentence `begin` to `end`."""
    at = begin
    while at < end:
        word = words[at]
        stop = at
        if word in _CONCESSIONS or words[at : at + 3] == ["in", "spite", "of"]:
            stop = _until(words, at, end)
            share = CONCEDED
        elif word in _DOUBTS:
            stop = _until(words, at, end)
            share = DOUBTED
        elif word in {"but", "however"} and words[at - 1 : at] != ["nothing"]:
            for before in range(begin, at):
                left[before] *= BEFORE_BUT
        for each in range(at, stop):
            left[each] *= share
        at = max(at + 1, stop)


def _until(words: Sequence[str], at: int, end: int) -> int:
    """The end of the clause that begins `at`: the next comma or the end of the sentence."""
    for place in range(at + 1, end):
        if words[place] in {",", "but", ":", "("}:
            return place
    return end
