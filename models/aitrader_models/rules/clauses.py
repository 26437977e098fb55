"""What the surroundings of a word do to what it says: negation, reversal, concession, doubt."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from aitrader_models.rules.patterns import STOPS, expand, spelled
from aitrader_models.rules.verdict import Evidence

NEGATION_REACH: Final = 4
REVERSAL_REACH: Final = 6
REVERSAL_REACH_AFTER: Final = 7
# Good that is denied is bad; bad that is denied or over is some relief.
NEGATED_GOOD: Final = -0.9
NEGATED_BAD: Final = -0.4
REVERSED_BAD: Final = -0.6
BEFORE_BUT: Final = 0.5
HELD_AGAINST: Final = 0.4
EXPLAINED: Final = 0.4

SENTENCE_ENDS: Final = frozenset({".", "!", "?", ";"})
_NEGATIONS: Final = spelled(
    "no not never without cannot nor neither unable fails failed fail failing denies denied deny "
    "denying stops stopped ceases ceased hardly barely nothing none zero"
)
_NOT_NEGATED: Final = spelled("only least surprisingly doubt")
# Bad that somebody is cleared of, that is averted, eased, over.
_REVERSED_BY: Final = expand(
    "allay~|avert~|avoid~|bust~|calm~|cancel~|=clears|=cleared|defy~|dismiss~|ease~|=emerge|=emerges|=emerged|"
    "escape~|fight~|fix~|foil~|lift~|overcome~|overturn~|patch~|prevent~|shield~|"
    "protect~|rebound~|recover~|repay~|resolve~|return~|settle~|shrug~|solve~|"
    "survive~|tackle~|thwart~|toss~|veto~|=against|=anti|=combat|=protection|=unlikely",
    {},
)
_REVERSED_AFTER: Final = spelled(
    "averted avoided cancelled canceled cleared contained dismissed dropped ease eased eases "
    "easing ended ends fixed foiled halved lifted overblown overturned prevented recede receding "
    "recovered resolved returned reversed settled struck subside subsides thwarted tossed "
    "unlikely"
)
_CONCESSIONS: Final = spelled("despite although though notwithstanding whilst")
_BACKGROUNDS: Final = spelled("after following amid")
_DOUBTS: Final = spelled(
    "may might could if whether possibly potential potentially unless maybe "
    "perhaps rumour rumor rumours rumors hypothetical supposedly"
)
_INTENTIONS: Final = spelled(
    "aims aim aiming wants want strategy plans plan planned intends intend seeks seek purpose goal "
    "vision hopes hope ambition objective target targets"
)
# What a product lets its users do is nearly as good as done.
_BENEFITS: Final = spelled("enables enable enabling allows allow allowing lets helps help helping")
# Whoever is introduced by what it is has done nothing new.
_PROFILES: Final = spelled("founded headquartered specialises specializes specialised specialized")
# What a thing is for is no news of its maker.
_DESCRIPTIONS: Final = spelled(
    "designed used uses use intended meant offers provides covers comprises consists"
)
_BEFORE_MONTHS: Final = spelled("# in of on since until by from to and late early mid last this")
_ASKING: Final = frozenset({"how", "why", "what", "who", "which", "where"})
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(_CONCESSIONS, "conceded")
    | dict.fromkeys(_BACKGROUNDS, "background")
    | dict.fromkeys(_DOUBTS, "doubted")
    | dict.fromkeys(_INTENTIONS, "intended")
    | dict.fromkeys(_BENEFITS, "enabled")
    | dict.fromkeys(_DESCRIPTIONS, "described")
)


class Shares(NamedTuple):
    """What is left of a weight in a question, after a `could`, in a plan, and so on."""

    asked: float
    doubted: float
    intended: float
    described: float
    enabled: float = 1.0
    conceded: float = 0.25
    background: float = 0.6


def turn(words: Sequence[str], evidence: Evidence, share: float) -> Evidence:
    """`evidence` as a negation or a reversal turns it, with the `share` that is left of it."""
    weight = evidence.weight * share
    place = _negation_before(words, evidence.at)
    if place is not None:
        weight *= NEGATED_GOOD if weight > 0.0 else NEGATED_BAD
    elif weight < 0.0:
        place = _reversal_near(words, evidence)
        weight *= 1.0 if place is None else REVERSED_BAD
    if place is None:
        return evidence._replace(weight=weight)
    first, last = min(evidence.first, place), max(evidence.last, place)
    return Evidence(first, last, weight, evidence.at)


def _negation_before(words: Sequence[str], at: int) -> int | None:
    """Where the negation of the word `at` stands, if it is negated."""
    for before in range(at - 1, max(at - 1 - NEGATION_REACH, -1), -1):
        word = words[before]
        if word in STOPS or word == ",":
            return None
        if word in _NEGATIONS or word.endswith("n't"):
            return None if words[before + 1] in _NOT_NEGATED else before
    return None


def _reversal_near(words: Sequence[str], evidence: Evidence) -> int | None:
    """Where a word stands that says the bad is gone."""
    first, last = evidence.first, evidence.last
    for before in range(first - 1, max(first - 1 - REVERSAL_REACH, -1), -1):
        if words[before] in STOPS or words[before] in {"on", "over"}:
            break
        if words[before] in _REVERSED_BY:
            return before
    for after in range(last + 1, min(last + 1 + REVERSAL_REACH_AFTER, len(words))):
        if words[after] in STOPS or words[after] == ",":
            break
        if words[after] in _REVERSED_AFTER:
            return after
    return None


def strengths(words: Sequence[str], shares: Shares) -> list[float]:
    """For every word the share of its weight that its surroundings leave, 0 to 1."""
    left = [1.0] * len(words)
    begin = 0
    for end in range(len(words) + 1):
        if end < len(words) and words[end] not in SENTENCE_ENDS:
            continue
        _weaken(words, begin, end, left, shares)
        if words[begin : begin + 1] and (words[begin] in _ASKING or words[end : end + 1] == ["?"]):
            for at in range(begin, end):
                left[at] *= shares.asked
        begin = end + 1
    return left


def _weaken(words: Sequence[str], begin: int, end: int, left: list[float], shares: Shares) -> None:
    """Concessions, background, doubts and the part before a `but` of one sentence."""
    if not _PROFILES.isdisjoint(words[begin:end]):
        _scale(left, begin, end, shares.described)
    at = begin
    while at < end:
        word = words[at]
        kind = None if word == "may" and _is_month(words, at) else _KINDS.get(word)
        if words[at : at + 3] == ["in", "spite", "of"]:
            kind = "conceded"
        if word in {"but", "however"}:
            _scale(left, begin, at, BEFORE_BUT)
        if kind is None or (kind == "background" and at == begin):
            at += 1
            continue
        stop = end if kind == "described" else _until(words, at, end)
        _scale(left, at, stop, getattr(shares, kind))
        at = stop


def _is_month(words: Sequence[str], at: int) -> bool:
    """Whether `may` is the month: `in May`, `3 May`, `May 2008`."""
    return not _BEFORE_MONTHS.isdisjoint(words[max(at - 1, 0) : at]) or words[at + 1 : at + 2] == [
        "#"
    ]


def _scale(left: list[float], begin: int, end: int, share: float) -> None:
    for at in range(begin, end):
        left[at] *= share


def _until(words: Sequence[str], at: int, end: int) -> int:
    """The end of the clause that begins `at`: the next comma or the end of the sentence."""
    for place in range(at + 1, end):
        if words[place] in {",", "but", ":", "("}:
            return place
    return end
