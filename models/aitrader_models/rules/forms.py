"""The forms of an English word, spelled out once so that reading is one look into a table."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

_IRREGULAR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "arise": "arose arisen",
        "bear": "bore borne",
        "beat": "beaten",
        "bite": "bit bitten",
        "bleed": "bled",
        "become": "became",
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "build": "built",
        "buy": "bought",
        "choose": "chose chosen",
        "cost": "",
        "creep": "crept",
        "cut": "",
        "draw": "drew drawn",
        "drive": "drove driven",
        "eat": "ate eaten",
        "fall": "fell fallen",
        "fight": "fought",
        "find": "found",
        "flee": "fled",
        "freeze": "froze frozen",
        "get": "got gotten",
        "give": "gave given",
        "go": "went gone",
        "grow": "grew grown",
        "hide": "hid hidden",
        "hit": "",
        "hold": "held",
        "hurt": "",
        "keep": "kept",
        "lay": "laid",
        "lead": "led",
        "lend": "lent",
        "leave": "left",
        "lose": "lost",
        "make": "made",
        "meet": "met",
        "overcome": "overcame",
        "overtake": "overtook overtaken",
        "pay": "paid",
        "put": "",
        "quit": "",
        "rise": "rose risen",
        "run": "ran",
        "see": "saw seen",
        "send": "sent",
        "seek": "sought",
        "sell": "sold",
        "set": "",
        "shed": "",
        "shrink": "shrank shrunk shrunken",
        "shut": "",
        "sink": "sank sunk",
        "slide": "slid",
        "spend": "spent",
        "split": "",
        "spread": "",
        "spring": "sprang sprung",
        "stand": "stood",
        "steal": "stole stolen",
        "strike": "struck",
        "swell": "swelled swollen",
        "swing": "swung",
        "take": "took taken",
        "throw": "threw thrown",
        "upset": "",
        "win": "won",
        "withdraw": "withdrew withdrawn",
        "write": "wrote written",
    }
)
_SIBILANT: Final = re.compile(r"(?:[sxzo]|ch|sh)$")
_Y_AFTER_CONSONANT: Final = re.compile(r"[^aeiou]y$")
# `drop` doubles its last letter, `cancel` may; a spelling that nobody uses does no harm.
_MAY_DOUBLE: Final = re.compile(r"[^aeiou][aeiou][^aeiouwxy]$|^[aeiou][^aeiouwxy]$")


@cache
def plurals(word: str) -> frozenset[str]:
    """A noun and its regular plural."""
    if _Y_AFTER_CONSONANT.search(word):
        return frozenset({word, word[:-1] + "ies"})
    return frozenset({word, word + ("es" if _SIBILANT.search(word) else "s")})


@cache
def verb_forms(verb: str) -> frozenset[str]:
    """A verb in every person and tense."""
    irregular = _IRREGULAR.get(verb)
    stem = verb.removesuffix("e") if not verb.endswith("ee") else verb
    stems = {stem}
    if _MAY_DOUBLE.search(verb):
        stems.add(verb + verb[-1])
    found = {*plurals(verb), *(each + "ing" for each in stems)}
    if irregular is not None:
        found.update(irregular.split())
    elif _Y_AFTER_CONSONANT.search(verb):
        found.add(verb[:-1] + "ied")
    elif verb.endswith("ee"):
        found.add(verb + "d")
    else:
        found.update(each + "ed" for each in stems)
    return frozenset(found)
