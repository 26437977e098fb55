"""What kind of text it is: each kind has words of its own and its own weight of a plain word."""

from typing import Final, NamedTuple

from aitrader_models.rules.clauses import Shares
from aitrader_models.rules.entities import COIN_NAMES, base_of
from aitrader_models.rules.patterns import Index, compile_phrases, index_of
from aitrader_models.rules.tokens import Tokens
from aitrader_models.rules.words.bad import BAD
from aitrader_models.rules.words.coins import CRYPTO_HINTS, CRYPTO_WORDS
from aitrader_models.rules.words.crypto import ADOPTION, CRYPTO
from aitrader_models.rules.words.good import GOOD
from aitrader_models.rules.words.groups import GROUPS
from aitrader_models.rules.words.plain import PLAIN
from aitrader_models.rules.words.tweets import TWEETS


class Genre(NamedTuple):
    """How a kind of text is read.

    `bare` is the share of its weight that a move keeps when nothing says what moved. `good` and
    `bad` are the evidence that makes a side as likely as no news.
    """

    name: str
    events: Index
    bare: float
    good: float
    bad: float
    shares: Shares


_COMMON: Final = compile_phrases((*GOOD, *BAD, *PLAIN), GROUPS)
_TWEETS: Final = compile_phrases(TWEETS, GROUPS)
_CRYPTO: Final = compile_phrases(CRYPTO, GROUPS)
_ADOPTION: Final = compile_phrases(ADOPTION, GROUPS)

GENERAL: Final = Genre(
    name="general",
    events=index_of(_COMMON),
    bare=0.5,
    good=0.75,
    bad=0.75,
    shares=Shares(asked=0.5, doubted=0.45, intended=0.7, described=0.45, enabled=0.8),
)
TWEETS_GENRE: Final = Genre(
    name="tweets",
    events=index_of(_COMMON, _TWEETS),
    bare=0.9,
    good=0.9,
    bad=0.7,
    shares=Shares(asked=0.5, doubted=0.9, intended=1.0, described=1.0),
)
HEADLINES_GENRE: Final = Genre(
    name="headlines",
    events=index_of(_COMMON, _CRYPTO, _TWEETS),
    bare=0.9,
    good=0.95,
    bad=0.75,
    shares=Shares(asked=0.5, doubted=0.9, intended=1.0, described=1.0),
)
CRYPTO_GENRE: Final = Genre(
    name="crypto",
    events=index_of(_COMMON, _ADOPTION, _CRYPTO),
    bare=1.0,
    good=0.6,
    bad=0.8,
    shares=Shares(asked=0.4, doubted=0.9, intended=1.0, described=1.0),
)


# Signs as releases of exchanges have them; nobody posts like that.
_TORN_OFF: Final = (" ,", " .")


def route(text: str, tokens: Tokens, symbol: str, source: str) -> Genre:
    """By its words first, then by where it came from and what it was asked for."""
    words = tokens.words
    if not CRYPTO_WORDS.isdisjoint(words) or base_of(symbol) in COIN_NAMES:
        return CRYPTO_GENRE
    if "crypto" in source.lower():
        return CRYPTO_GENRE
    torn = any(sign in text for sign in _TORN_OFF)
    if tokens.tags or (tokens.links and not torn):
        return TWEETS_GENRE
    if torn or words[-1:] == ["."]:
        return GENERAL
    return HEADLINES_GENRE if CRYPTO_HINTS.isdisjoint(words) else CRYPTO_GENRE
