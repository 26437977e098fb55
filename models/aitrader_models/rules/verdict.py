"""Evidence on both sides becomes probabilities.

Good, bad and no news have odds of g squared to b squared to 1, where g and b are the evidence in
units of what makes a side as likely as no news. More evidence on a side never makes it less likely.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from aitrader_server.domain.decision.views import Probabilities

EVIDENCE_MAX: Final = 4.0


class Evidence(NamedTuple):
    """What the words `first` to `last` say, above zero for good; `at` is the word that says it."""

    first: int
    last: int
    weight: float
    at: int


def judge(found: Sequence[Evidence], *, good: float, bad: float) -> Probabilities:
    """`good` and `bad` are the evidence that makes each side as likely as no news."""
    plus = min(sum(max(each.weight, 0.0) for each in found), EVIDENCE_MAX) / good
    minus = min(sum(max(-each.weight, 0.0) for each in found), EVIDENCE_MAX) / bad
    whole = 1.0 + plus * plus + minus * minus
    positive, negative = plus * plus / whole, minus * minus / whole
    return Probabilities(positive=positive, neutral=1.0 - positive - negative, negative=negative)
