"""Two figures of the same thing, one newer: `to EUR 13.1 mn from EUR 8.7 mn`, `11.2 % ( 8.9 )`."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from aitrader_models.rules.clauses import SENTENCE_ENDS
from aitrader_models.rules.movement import Evidence
from aitrader_models.rules.patterns import Match
from aitrader_models.rules.tokens import Tokens
from aitrader_models.rules.words.figures import CURRENCIES, MONTHS, PERCENT, SCALES
from aitrader_models.rules.words.nouns import EXPECTED, LOSS, PROFIT

WEIGHT: Final = 1.2
UNNAMED: Final = 0.8
NOUN_REACH: Final = 14
NEWER_REACH: Final = 12
OLDER_REACH: Final = 9
_YEARS: Final = (1900, 2100)
_CUES: Final = frozenset(
    {"from", "versus", "vs", "against", "than", "compared", "(", "whereas", "v"}
)
_RANGES: Final = frozenset({"range", "ranges", "ranging", "varies", "vary", "between"})


class Quantity(NamedTuple):
    """The words `first` to `last`: `written` times `scale` of `unit`, a currency, `%` or empty."""

    first: int
    last: int
    written: float
    scale: float
    unit: str


def quantities(tokens: Tokens) -> list[Quantity]:
    """Numbers with their scale and unit; dates and years are none."""
    found: list[Quantity] = []
    words = tokens.words
    for at, value in tokens.values.items():
        first = last = at
        unit, scale = "", 1.0
        if at and words[at - 1] in CURRENCIES:
            unit, first = CURRENCIES[words[at - 1]], at - 1
        if words[last + 1 : last + 2] and words[last + 1] in SCALES:
            scale, last = SCALES[words[last + 1]], last + 1
        following = words[last + 1] if last + 1 < len(words) else ""
        if following in PERCENT:
            unit, last = "%", last + 1
            last += words[last : last + 2] in (["per", "cent"], ["percentage", "points"])
        elif not unit and following in CURRENCIES:
            unit, last = CURRENCIES[following], last + 1
        if not unit and scale == 1.0 and _is_date(words, at, value):
            continue
        found.append(Quantity(first, last, value, scale, unit))
    return found


def _is_date(words: Sequence[str], at: int, value: float) -> bool:
    near = (*words[max(at - 1, 0) : at], *words[at + 1 : at + 2])
    if any(word in MONTHS for word in near):
        return True
    return value == int(value) and _YEARS[0] <= value <= _YEARS[1]


def copies(tokens: Tokens, found: Sequence[Quantity]) -> set[int]:
    """Words of bracketed amounts that only repeat the amount before in another currency."""
    words, dropped = tokens.words, set[int]()
    for one, other in pairwise(found):
        bracketed = words[one.last + 1 : other.first] == ["("]
        if bracketed and other.unit and one.unit and other.unit != one.unit:
            end = other.last + 1
            dropped.update(range(other.first - 1, min(end + 1, len(words))))
    return dropped


def compare(
    tokens: Tokens, found: Sequence[Quantity], nouns: Sequence[Match], *, unnamed: float
) -> list[Evidence]:
    """What the comparisons say; `unnamed` is the share left when nothing names the figure."""
    said: list[Evidence] = []
    used: set[int] = set()
    for at, word in enumerate(tokens.words):
        if word not in _CUES:
            continue
        pair = _pair(tokens.words, found, at)
        if pair is None or pair[1].first in used:
            continue
        newer, older = pair
        used.add(older.first)
        weight = _judge(tokens.words, nouns, newer, older, unnamed)
        if weight:
            said.append(
                Evidence(
                    min(newer.first, older.first), max(newer.last, older.last), weight, newer.first
                )
            )
    return said


def _pair(
    words: Sequence[str], found: Sequence[Quantity], cue: int
) -> tuple[Quantity, Quantity] | None:
    """The newer and the older figure around the cue."""
    after = next((q for q in found if q.first > cue), None)
    if after is None or after.first - cue > OLDER_REACH or _crosses(words, cue, after.first):
        return None
    if words[cue] == "(" and after.first != cue + 1:
        return None
    if words[cue] == "from":
        target = next((q for q in found if q.first > after.last), None)
        if target is not None and words[after.last + 1 : target.first] == ["to"]:
            ranged = _RANGES.intersection(words[max(cue - 3, 0) : cue])
            return None if ranged or not _alike(target, after) else (target, after)
    for before in reversed(found):
        if before.last < cue and _alike(before, after):
            near = cue - before.last <= NEWER_REACH
            return (before, after) if near and not _crosses(words, before.last, cue) else None
    return None


def _crosses(words: Sequence[str], begin: int, end: int) -> bool:
    return any(word in SENTENCE_ENDS for word in words[begin:end])


def _alike(one: Quantity, other: Quantity) -> bool:
    """A figure of a comparison may leave out the unit that the other has, but not another one."""
    if one.unit == other.unit:
        return bool(one.unit) or one.scale == other.scale
    return not one.unit or not other.unit


def _judge(
    words: Sequence[str], nouns: Sequence[Match], newer: Quantity, older: Quantity, unnamed: float
) -> float:
    """Above zero when the newer figure is the better one."""
    begin = min(newer.first, older.first)
    subject = _noun_before(words, nouns, begin, max(begin - NOUN_REACH, 0))
    between = _noun_before(words, nouns, max(newer.first, older.first), min(newer.last, older.last))
    if subject is None:
        weight = unnamed
    elif subject.phrase.idea == LOSS:
        weight = -abs(subject.phrase.weight)
    else:
        weight = subject.phrase.weight
    if not weight:
        return 0.0
    if subject is None and not newer.unit and newer.scale == 1.0:
        return 0.0
    if subject is not None and between is not None:
        one, other = subject.phrase.idea, between.phrase.idea
        if {one, other} == {LOSS, PROFIT}:
            return WEIGHT * abs(weight) * (1.0 if one == PROFIT else -1.0)
    if between is not None and between.phrase.idea == EXPECTED:
        weight = abs(weight)
    return WEIGHT * weight * _direction(newer, older)


def _direction(newer: Quantity, older: Quantity) -> int:
    """1 when the newer is more, -1 when it is less; a unit that is left out is the same."""
    one, other = newer.written, older.written
    if older.unit or older.scale != 1.0:
        one, other = one * newer.scale, other * older.scale
    return (one > other) - (one < other)


def _noun_before(
    words: Sequence[str], nouns: Sequence[Match], end: int, begin: int
) -> Match | None:
    """The last noun between the words `begin` and `end` of one sentence."""
    for noun in reversed(nouns):
        if begin <= noun.places[0] and noun.places[-1] < end:
            return None if _crosses(words, noun.places[-1], end) else noun
    return None
