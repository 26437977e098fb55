"""Words, numbers and signs of a text, each with its place.

Releases of the years before 2012 are often torn: `EUR131 .1 mn`, `EUR0 .66`. A number is read as
one whatever blanks stand before its decimals. Links are left out and a cashtag is one token.
"""

import re
from typing import Final, NamedTuple

from aitrader_models.rules.words.figures import CURRENCIES

WORDS_MAX: Final = 200
# An abbreviation before which a full stop ends nothing; a look back has one width.
_NO_END: Final = "".join(
    rf"(?<!\b{word})"
    for word in [
        "vs",
        "mr",
        "ms",
        "dr",
        "st",
        "inc",
        "co",
        "corp",
        "ltd",
        "approx",
        "jan",
        "feb",
        "aug",
        "sept",
        "oct",
    ]
)
# They may be torn off: `131 .1`.
_DECIMALS: Final = r"(?:[ ]?\.\d+|,\d{1,2}(?!\d))"
# A currency may stick to its amount: `EUR131`.
_NO_CURRENCY: Final = "".join(rf"(?<!{code})" for code in sorted(set(CURRENCIES.values()) | {"us"}))
_ENDING: Final = r"(?:'(?:t|re|ve|ll|d|m)\b)"
# The commonest first: a text is mostly words.
_TOKEN: Final = re.compile(
    "|".join(
        (
            r"(?P<link>(?:https?://|www\.|pic\.twitter)\S*)",
            (
                rf"(?P<word>(?:co-(?=o))?[^\W\d_]{{1,40}}(?:(?=\d){_NO_CURRENCY}\d{{1,4}})?{_ENDING}?)"
                r"(?:[ ]?'s\b)?"
            ),
            rf"(?P<number>(?:(?<![\w.+-])[+-])?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,15}}){_DECIMALS}?)",
            r"(?P<tag>[$][a-z]{1,6}(?:\.[a-z])?\d?(?![a-z0-9]))",
            rf"""(?P<sign>[,;:!?()%$€£¥\[\]]|(?<![.\s][a-z]){_NO_END}\.(?=[\s"]|$))""",
        )
    )
)
_SIGNS: Final = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "[": "(", "]": ")"}
# One sign for one sign, so that every place in the text stays what it was; the last is a dotted
# capital i, the one letter that is longer in lower case.
_PLAIN: Final = {0x2018: "'", 0x2019: "'", 0x2212: "-", 0x2010: "-", 0x2011: "-", 0x130: "i"}
_THOUSANDS: Final = 3
# Links of posts; one to an article says nothing about the text around it.
_SHORTENED: Final = re.compile(r"//t\.co/|pic\.twitter")
TAG: Final = "$tag"
NUMBER: Final = "#"
_SIGNED: Final = frozenset("+-")


class Tokens(NamedTuple):
    """Token `i` is `words[i]` in lower case, from `starts[i]` to `ends[i]`.

    A number is the word `#` (`+#` or `-#` when it says so) with its value in `values`, a cashtag is
    the word `$tag`.
    """

    words: list[str]
    starts: list[int]
    ends: list[int]
    values: dict[int, float]
    tags: int
    links: int
    truncated: bool


def tokenize(text: str) -> Tokens:
    """The first `WORDS_MAX` tokens."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    values: dict[int, float] = {}
    tags = links = 0
    truncated = False
    plain = text.translate(_PLAIN).lower()
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup or ""
        begin, end = match.span(kind)
        word = plain[begin:end]
        if kind == "link":
            links += _SHORTENED.search(word) is not None
            continue
        if len(words) == WORDS_MAX:
            truncated = True
            break
        if kind == "number":
            values[len(words)] = _value(word)
            word = word[0] + NUMBER if word[0] in _SIGNED else NUMBER
        elif kind == "tag":
            tags += 1
            word = TAG
        elif kind == "sign":
            word = _SIGNS.get(word, word)
        elif "-" in word:
            word = word.replace("-", "")
        words.append(word)
        starts.append(begin)
        ends.append(end)
    return Tokens(words, starts, ends, values, tags, links, truncated)


def _value(digits: str) -> float:
    """`1,250` is a thousand and more, `8,7` is less than nine."""
    whole, comma, rest = digits.replace(" ", "").rpartition(",")
    if comma and len(rest) < _THOUSANDS and "," not in whole:
        return float(f"{whole}.{rest}")
    return float(digits.replace(" ", "").replace(",", ""))
