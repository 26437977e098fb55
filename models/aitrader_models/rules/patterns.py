"""Phrases: how they are written down in the word lists, and how they are found in a text.

A phrase is a row of words, `win~ .. order|contract`:
    word     the word or its plural; `=word` only as it is spelled
    word~    every form of the verb
    a|b      either
    <group>  any word of a named group
    ..       up to six words of the same clause, or none
    #        a number; `$tag` a cashtag
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from aitrader_models.rules.forms import plurals, verb_forms

GAP: Final = ".."
GAP_WORDS_MAX: Final = 6
# What ends a clause: no gap reaches across, nor does a move or a negation.
STOPS: Final = frozenset(
    {".", ";", ":", "!", "?", "(", ")", "but", "while", "whereas", "although", "as", "after"}
    | {"amid", "because", "despite", "following", "since"}
)


def spelled(words: str) -> frozenset[str]:
    """The words of a list that is written with blanks between them."""
    return frozenset(words.split())


class Phrases(NamedTuple):
    """Comma separated phrases that say one `idea`; `weight` above zero is good, zero is no news.

    0.5 leans, 1 is plain news, 2 moves a market.
    """

    idea: str
    weight: float
    lines: str


Parts = tuple[frozenset[str] | None, ...]


class Phrase(NamedTuple):
    """`parts` are the words that fit each place; None is a gap."""

    idea: str
    weight: float
    parts: Parts


class Match(NamedTuple):
    """A phrase found at the words `places`, in order."""

    phrase: Phrase
    places: tuple[int, ...]


Index = Mapping[str, Sequence[Phrase]]


def compile_phrases(lists: Iterable[Phrases], groups: Mapping[str, str]) -> list[Phrase]:
    """The phrases of word lists in their order; raises ValueError for one that cannot be met."""
    compiled: list[Phrase] = []
    for phrases in lists:
        for line in phrases.lines.split(","):
            if not line.strip():
                raise ValueError(f"empty phrase in the list '{phrases.idea}'")
            phrase = Phrase(phrases.idea, phrases.weight, parse(line, groups))
            if phrase.parts[0] is None:
                raise ValueError(f"the phrase '{line.strip()}' begins with a gap")
            compiled.append(phrase)
    return compiled


def index_of(*lists: Sequence[Phrase]) -> Index:
    """Phrases by their first word, the longest first; of equals a later list goes first."""
    index: dict[str, list[Phrase]] = {}
    for phrase in reversed([phrase for phrases in lists for phrase in phrases]):
        for word in phrase.parts[0] or ():
            index.setdefault(word, []).append(phrase)
    for candidates in index.values():
        candidates.sort(key=_length, reverse=True)
    return index


def _length(phrase: Phrase) -> int:
    return sum(part is not None for part in phrase.parts)


def parse(line: str, groups: Mapping[str, str]) -> Parts:
    """The places of a phrase; raises KeyError for a group that there is not."""
    return tuple(None if part == GAP else expand(part, groups) for part in line.split())


def expand(part: str, groups: Mapping[str, str]) -> frozenset[str]:
    """Every spelling that fits one place."""
    words: set[str] = set()
    for choice in part.split("|"):
        if choice.startswith("<"):
            for member in groups[choice[1:-1]].split():
                words |= expand(member, groups)
        elif choice.endswith("~"):
            words |= verb_forms(choice[:-1])
        elif choice.startswith("="):
            words.add(choice[1:])
        elif choice.isalpha():
            words |= plurals(choice)
        else:
            words.add(choice)
    return frozenset(words)


def find(index: Index, words: Sequence[str], taken: set[int]) -> list[Match]:
    """Phrases from left to right, none on words that are `taken`; marks its own as taken."""
    found: list[Match] = []
    for at, word in enumerate(words):
        candidates = index.get(word)
        if candidates is None or at in taken:
            continue
        following = words[at + 1] if at + 1 < len(words) else ""
        for phrase in candidates:
            parts = phrase.parts
            if len(parts) > 1 and parts[1] is not None and following not in parts[1]:
                continue
            places = _fit(parts, 1, words, at, taken)
            if places is not None:
                found.append(Match(phrase, places))
                taken.update(places)
                break
    return found


def _fit(
    parts: Parts,
    number: int,
    words: Sequence[str],
    at: int,
    taken: set[int],
) -> tuple[int, ...] | None:
    """Places of the parts from `number` on, when the part before stands `at`."""
    if number == len(parts):
        return (at,)
    part = parts[number]
    reach = 1
    if part is None:
        number += 1
        part = parts[number]
        reach += GAP_WORDS_MAX
    for place in range(at + 1, min(at + 1 + reach, len(words))):
        if part is not None and words[place] in part and place not in taken:
            rest = _fit(parts, number + 1, words, place, taken)
            if rest is not None:
                return (at, *rest)
        if words[place] in STOPS:
            return None
    return None
