"""What was said of a symbol of late: a mean of scores that forgets exponentially.

A text of score s and source weight w that was published at t counts w * 2 ** (-(now - t) / h),
with the half-life h; the sentiment is the weighted mean. Numerator and denominator decay alike, so
that two sums are all there is to keep.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from aitrader_server.domain.decision.news_text import fingerprint
from aitrader_server.domain.decision.views import News, SentimentView

NS_PER_S: Final = 1_000_000_000
# Of the mean; what lies between is neutral.
LABEL_SCORE_MIN: Final = 0.15
SYMBOLS_MAX: Final = 1_000
# Syndicated headlines come many times within hours and count once.
REMEMBERED_TEXTS_MAX: Final = 10_000
ORDINARY_WEIGHT: Final = 1.0


class SymbolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`source_weights` name the sources that count for more or less than 1; never negative.

    Sources are told apart by their letters, whichever case they are in.
    """

    half_life_s: float = 3_600.0
    stale_after_s: float = 21_600.0
    source_weights: Mapping[str, float] = {}


class SymbolSentiment(msgspec.Struct, frozen=True, kw_only=True):
    """`score` is -1 to 1; `weight` is what is left of the texts' weights; zero time is never."""

    symbol: str
    score: float = 0.0
    label: Literal["positive", "neutral", "negative"] = "neutral"
    count: int = 0
    weight: float = 0.0
    updated_at_ns: int = 0
    stale: bool = True


class _Sums(msgspec.Struct):
    scores: float
    weights: float
    at_ns: int
    newest_ns: int
    count: int


class SymbolBoard:
    """Sums by symbol; the symbol that was silent longest goes when there are too many."""

    def __init__(self, settings: SymbolSettings) -> None:
        self._settings = settings
        weights = settings.source_weights.items()
        self._weights = {source.casefold(): weight for source, weight in weights}
        self._sums: OrderedDict[str, _Sums] = OrderedDict()
        self._heard: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def hear(self, news: News, view: SentimentView, now_ns: int) -> None:
        """Counts `news` for its symbol, once; a time of publication to come counts as now."""
        weight = self._weights.get(news.source.casefold(), ORDINARY_WEIGHT)
        if not news.symbol or not weight or not self._is_new(news):
            return
        published_ns = min(news.published_at_ns or now_ns, now_ns)
        sums = self._sums.setdefault(news.symbol, _Sums(0.0, 0.0, now_ns, published_ns, 0))
        self._sums.move_to_end(news.symbol)
        if len(self._sums) > SYMBOLS_MAX:
            self._sums.popitem(last=False)
        kept = self._share_left(now_ns - sums.at_ns)
        counted = weight * self._share_left(now_ns - published_ns)
        sums.scores = sums.scores * kept + counted * view.score
        sums.weights = sums.weights * kept + counted
        sums.at_ns = max(now_ns, sums.at_ns)
        sums.newest_ns = max(published_ns, sums.newest_ns)
        sums.count += 1

    def read(self, symbol: str, now_ns: int) -> SymbolSentiment:
        """The sentiment of `symbol` now; stale and neutral when nothing was heard."""
        sums = self._sums.get(symbol)
        if sums is None:
            return SymbolSentiment(symbol=symbol)
        score = sums.scores / sums.weights if sums.weights else 0.0
        return SymbolSentiment(
            symbol=symbol,
            score=min(max(score, -1.0), 1.0),
            label=_label(score),
            count=sums.count,
            weight=sums.weights * self._share_left(now_ns - sums.at_ns),
            updated_at_ns=sums.newest_ns,
            stale=self.is_stale(sums.newest_ns, now_ns),
        )

    def is_stale(self, published_ns: int, now_ns: int) -> bool:
        """Whether what was published then is too old to have a say."""
        return now_ns - published_ns > self._settings.stale_after_s * NS_PER_S

    def _is_new(self, news: News) -> bool:
        """Whether `news` is heard for the first time; remembers it."""
        heard = (news.symbol, fingerprint(news.text))
        if heard in self._heard:
            return False
        self._heard[heard] = None
        if len(self._heard) > REMEMBERED_TEXTS_MAX:
            self._heard.popitem(last=False)
        return True

    def _share_left(self, age_ns: int) -> float:
        """A clock that stepped back makes nothing grow."""
        return math.exp2(-max(age_ns, 0) / (self._settings.half_life_s * NS_PER_S))


def _label(score: float) -> Literal["positive", "neutral", "negative"]:
    if score >= LABEL_SCORE_MIN:
        return "positive"
    return "negative" if score <= -LABEL_SCORE_MIN else "neutral"
