"""Two figures of the same thing, one newer: `to EUR 13.1 mn from EUR 8.7 mn`, `11.2 % ( 8.9 )`."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from aitrader_models.rules.clauses import SENTENCE_ENDS
from aitrader_models.rules.layout import Layout
from aitrader_models.rules.movement import head_of
from aitrader_models.rules.patterns import Match, spelled
from aitrader_models.rules.tokens import Tokens
from aitrader_models.rules.verdict import Evidence
from aitrader_models.rules.words.figures import CURRENCIES, MONTHS, PERCENT, SCALES
from aitrader_models.rules.words.nouns import JOBS, LOSS, PROFIT

WEIGHT: Final = 1.2
NOUN_REACH: Final = 14
NEWER_REACH: Final = 12
OLDER_REACH: Final = 9
BRACKET_REACH: Final = 3
# Figures that differ by less say that nothing changed.
SAME: Final = 0.005
# A comparison may begin a text: `As compared to`.
_OPENING: Final = 2
_YEARS: Final = (1900, 2100)
_CUES: Final = spelled(
    "from versus vs v against than compared ( whereas while comparable comparison "
    "exceeding above below"
)
_EARLIER: Final = spelled("from versus against compared")
_RANGES: Final = spelled("range ranges ranging varies vary between")


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
        below = words[last + 1 : last + 2] == ["negative"] or words[first - 1 : first] == ["minus"]
        found.append(Quantity(first, last, -abs(value) if below else value, scale, unit))
    return found


def _is_date(words: Sequence[str], at: int, value: float) -> bool:
    near = (*words[max(at - 1, 0) : at], *words[at + 1 : at + 2])
    if any(word in MONTHS for word in near):
        return True
    return value.is_integer() and _YEARS[0] <= value <= _YEARS[1]


def copies(tokens: Tokens, found: Sequence[Quantity]) -> set[int]:
    """Words of bracketed amounts that only repeat the amount before in another currency."""
    words, dropped = tokens.words, set[int]()
    for one, other in pairwise(found):
        bracketed = words[one.last + 1 : one.last + 2] == ["("]
        near = other.first - one.last <= 1 + BRACKET_REACH
        if bracketed and near and other.unit and one.unit and other.unit != one.unit:
            dropped.update(range(one.last + 1, min(other.last + 2, len(words))))
    return dropped


def compare(
    layout: Layout, found: Sequence[Quantity], nouns: Sequence[Match], *, unnamed: float
) -> tuple[list[Evidence], set[int]]:
    """What the comparisons say, and the first words of the nouns that they are about.

    `unnamed` is the share left when nothing names the figure.
    """
    said: list[Evidence] = []
    used: set[int] = set()
    about: set[int] = set()
    for at, word in enumerate(layout.words):
        if word not in _CUES:
            continue
        pair = _pair(layout.words, found, at)
        if pair is None or pair[1].first in used:
            continue
        newer, older = pair
        used.add(older.first)
        subject, other = _nouns(layout, nouns, newer, older)
        if word == "while" and (subject is None or _strangers(subject, other)):
            continue
        about.update(noun.places[0] for noun in (subject, other) if noun is not None)
        weight = WEIGHT * _judge(subject, other, newer, older, unnamed)
        if weight:
            first, last = min(newer.first, older.first), max(newer.last, older.last)
            said.append(Evidence(first, last, weight, newer.first))
    return said, about


def _pair(
    words: Sequence[str], found: Sequence[Quantity], cue: int
) -> tuple[Quantity, Quantity] | None:
    """The newer and the older figure around the cue."""
    behind = bisect_right(found, cue, key=_place)
    if behind == len(found):
        return None
    after = found[behind]
    if not _is_near(words, cue, after):
        return None
    if _older_first(words, found[behind : behind + 2], cue):
        ranged = _RANGES.intersection(words[max(cue - 3, 0) : cue])
        newer = found[behind + 1]
        return None if ranged or not _alike(newer, after) else (newer, after)
    for before in reversed(found[:behind]):
        if cue - before.last > NEWER_REACH:
            break
        if _alike(before, after):
            return None if _crosses(words, before.last, cue) else (before, after)
    return None


def _is_near(words: Sequence[str], cue: int, older: Quantity) -> bool:
    """Whether the figure after the cue may be its own: not in `60 % from Finland , 20 %`."""
    reach = BRACKET_REACH if words[cue] == "(" else OLDER_REACH
    listed = words[cue] == "from" and "," in words[cue : older.first]
    return older.first - cue <= reach and not listed and not _crosses(words, cue, older.first)


def _older_first(words: Sequence[str], amounts: Sequence[Quantity], cue: int) -> bool:
    """Whether the cue begins `from 2 to 3` or stands before all: `Against 2 last year , ... 3`."""
    if len(amounts) == 1 or words[cue] not in _EARLIER:
        return False
    older, newer = amounts[:2]
    between = words[older.last + 1 : newer.first]
    if words[cue] == "from" and "to" in between and "," not in between:
        return len(between) <= OLDER_REACH
    return cue < _OPENING and not _crosses(words, cue, newer.first)


def _place(amount: Quantity) -> int:
    return amount.first


def _crosses(words: Sequence[str], begin: int, end: int) -> bool:
    return not SENTENCE_ENDS.isdisjoint(words[begin:end])


def _alike(newer: Quantity, older: Quantity) -> bool:
    """The older figure may leave out the unit that the newer has."""
    if newer.unit == older.unit:
        return bool(newer.unit) or newer.scale == older.scale
    return not older.unit


def _nouns(
    layout: Layout, nouns: Sequence[Match], newer: Quantity, older: Quantity
) -> tuple[Match | None, Match | None]:
    """What the newer and the older figure are of; the noun may follow: `a EUR 2 mn loss`."""
    one, two = sorted((newer, older))
    before = _noun_before(layout.words, nouns, one.first, max(one.first - NOUN_REACH, 0))
    before = head_of(layout, nouns, before) if before is not None else None
    between = _noun_before(layout.words, nouns, two.first, one.last)
    if two is newer:
        subject = _noun_after(layout.words, nouns, newer) or between or before
        other = _noun_after(layout.words, nouns, older) or before
    else:
        subject = _noun_after(layout.words, nouns, newer) or before
        other = _noun_after(layout.words, nouns, older) or between
    return subject, other if other is not subject else None


def _strangers(one: Match, other: Match | None) -> bool:
    """Whether two nouns are of different things, a profit and a loss being the same."""
    if other is None:
        return False
    ideas = {one.phrase.idea, other.phrase.idea}
    return len(ideas) > 1 and ideas != {LOSS, PROFIT}


def _judge(
    subject: Match | None,
    other: Match | None,
    newer: Quantity,
    older: Quantity,
    unnamed: float,
) -> float:
    """Above zero when the newer figure is the better one."""
    if subject is None:
        named = newer.unit or newer.scale != 1.0
        return unnamed * _direction(newer, older) if named else 0.0
    idea, weight = subject.phrase.idea, subject.phrase.weight
    if other is not None and {idea, other.phrase.idea} == {LOSS, PROFIT}:
        return abs(weight) * (1 if idea == PROFIT else -1)
    return 0.0 if idea == JOBS else weight * _direction(newer, older)


def _direction(newer: Quantity, older: Quantity) -> int:
    """1 when the newer is more, -1 when it is less; a unit that is left out is the same."""
    one, other = newer.written, older.written
    if older.unit or older.scale != 1.0:
        one, other = one * newer.scale, other * older.scale
    if abs(one - other) <= SAME * abs(other):
        return 0
    return 1 if one > other else -1


def _noun_after(words: Sequence[str], nouns: Sequence[Match], amount: Quantity) -> Match | None:
    """The profit or loss that follows an amount: `a EUR 2 mn net loss`, `EUR 2 mn of profit`."""
    place = amount.last + 1
    if words[place : place + 1] in (["of"], ["in"]):
        place += 1
    for noun in nouns:
        if noun.places[0] == place and noun.phrase.idea in {LOSS, PROFIT}:
            return noun
    return None


def _noun_before(
    words: Sequence[str], nouns: Sequence[Match], end: int, begin: int
) -> Match | None:
    """The last noun between the words `begin` and `end` of one sentence."""
    for noun in reversed(nouns):
        if begin <= noun.places[0] and noun.places[-1] < end:
            return None if _crosses(words, noun.places[-1], end) else noun
    return None
