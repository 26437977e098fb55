"""Where a word stands: in which clause, and how far into the text."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from aitrader_models.rules.patterns import STOPS
from aitrader_models.rules.words.figures import CURRENCIES, PERCENT, SCALES

# What is said in brackets interrupts a clause and does not end it.
_ENDS: Final = STOPS - {"(", ")"}
_QUIET: Final = frozenset({"#", "+#", "-#", ",", "(", ")", "%", *CURRENCIES, *SCALES, *PERCENT})


class Layout(NamedTuple):
    """For every word the number of its clause, and its distance in words that are no amounts."""

    words: Sequence[str]
    clauses: Sequence[int]
    steps: Sequence[int]


def lay_out(words: Sequence[str]) -> Layout:
    """A clause begins with the word that ends the one before."""
    return Layout(
        words,
        list(accumulate(word in _ENDS for word in words)),
        list(accumulate(word not in _QUIET for word in words)),
    )
