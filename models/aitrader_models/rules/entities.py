"""Whom a text speaks of: of several coins only what concerns the one asked for is counted."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from aitrader_models.rules.tokens import Tokens
from aitrader_models.rules.verdict import Evidence
from aitrader_models.rules.words.coins import COINS, QUOTES

COIN_NAMES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {ticker: frozenset(names) for ticker, names in COINS.items()}
)
_TICKERS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {name: ticker for ticker, names in COINS.items() for name in names[:-1]}
)
_ENDS: Final = frozenset({",", ";", ".", "!", "?", ":"})
_JOINS: Final = frozenset({"while", "as", "but", "whereas", "after", "amid", "despite", "although"})
_LISTS: Final = frozenset({"and", "or", "plus"})


def base_of(symbol: str) -> str:
    """`BTCUSDT` is about BTC; a symbol without a known quote asset is its own base."""
    symbol = symbol.upper().replace("-", "").replace("/", "").replace("_", "")
    for quote in QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote)
    return symbol


def focus(tokens: Tokens, symbol: str, found: Sequence[Evidence]) -> Tokens | None:
    """The text with full stops for what concerns other coins than `symbol`.

    None when it names one coin at most, or not this one: then all of it counts. `found` is what
    the whole text says; a part that says nothing belongs to the next: `Bitcoin, ether slide`.
    """
    base = base_of(symbol)
    names = COIN_NAMES.get(base, frozenset({base.lower()}))
    subjects = [base if word in names else _TICKERS_OF.get(word, "") for word in tokens.words]
    named = {subject for subject in subjects if subject}
    if not symbol or base not in named or named == {base}:
        return None
    words = list(tokens.words)
    about: set[str] = set()
    waiting: set[str] = set()
    begun = 0
    for begin, end in _segments(words):
        here = {subject for subject in subjects[begin:end] if subject}
        if here:
            about = here | waiting
        waiting = set()
        if not any(begin <= each.at < end for each in found):
            waiting = about
            continue
        if base not in about:
            words[begun:end] = ["."] * (end - begun)
        begun = end
    if base not in about:
        words[begun:] = ["."] * (len(words) - begun)
    return tokens._replace(words=words)


def _segments(words: Sequence[str]) -> list[tuple[int, int]]:
    """Parts of the text that each have one subject."""
    cuts = [0]
    for at, word in enumerate(words):
        joins = word in _ENDS or word in _JOINS
        if joins or (word in _LISTS and at + 2 < len(words) and _begins_statement(words, at)):
            cuts.append(at)
    return list(zip(cuts, [*cuts[1:], len(words)], strict=True))


def _begins_statement(words: Sequence[str], at: int) -> bool:
    """Whether `and` begins a new statement rather than the next name of a list."""
    before, after = words[at - 1] if at else "", words[at + 1]
    return after in _TICKERS_OF and before not in _TICKERS_OF
