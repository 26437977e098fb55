"""The newest minutes of one symbol, without a hole."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from aitrader_server.domain.instrument import Bar
from aitrader_server.domain.intervals import MINUTE_NS

from aitrader_gateway.binance.market_events import Candle

KEPT_MAX: Final = 1000
# How long after a minute's end its bar may still be on its way.
LATE_NS_MAX: Final = 5_000_000_000
_NS_PER_MS: Final = 1_000_000
# The venue's newest minutes are told while older ones are being read.
_TOLD_MAX: Final = 3


class MinuteBars:
    """Loaded from the venue's history, then kept by what the stream tells.

    Nothing is shown while a minute is missing: averages over a hole are wrong without looking so.
    """

    def __init__(self) -> None:
        self.forming: Bar | None = None
        self._closed: deque[Bar] = deque(maxlen=KEPT_MAX)
        self._whole = False
        self._told: dict[int, Candle] = {}

    def take(self, candle: Candle) -> None:
        """What the stream says of a minute; what is older than the newest is a repetition."""
        known = self._told.get(candle.open_ms)
        if known is None or not known.closed:
            self._told[candle.open_ms] = candle
        while len(self._told) > _TOLD_MAX:
            del self._told[min(self._told)]
        self._add(candle)

    def load(self, bars: Sequence[Bar]) -> None:
        """The venue's newest minutes, oldest first, the last of them forming; none if none ever."""
        self._closed = deque(bars[:-1], maxlen=KEPT_MAX)
        self.forming = bars[-1] if bars else None
        self._whole = True
        for open_ms in sorted(self._told):
            self._add(self._told[open_ms])

    def lose(self) -> None:
        """Minutes may have been missed: nothing is shown until they are loaded again."""
        self._whole = False
        self._told.clear()

    def behind(self, now_ns: int) -> bool:
        """Whether a closed minute is missing."""
        if not self._whole:
            return True
        if self._closed:
            return now_ns > self._closed[-1].open_ns + 2 * MINUTE_NS + LATE_NS_MAX
        return self.forming is not None and now_ns > self.forming.open_ns + MINUTE_NS + LATE_NS_MAX

    def newest(self, count: int, now_ns: int) -> Sequence[Bar]:
        """The newest closed minutes, oldest first, at most `count`; none while one is missing."""
        if count <= 0 or self.behind(now_ns):
            return ()
        return tuple(self._closed)[-count:]

    def before(self, end_ns: int, count: int, now_ns: int) -> Sequence[Bar] | None:
        """The newest `count` that opened before `end_ns`, forming or not; None: the venue knows."""
        if self.behind(now_ns):
            return None
        forming = () if self.forming is None else (self.forming,)
        known = [bar for bar in (*self._closed, *forming) if bar.open_ns < end_ns]
        return known[-count:] if len(known) >= count else None

    def _add(self, candle: Candle) -> None:
        bar = _bar(candle)
        following_ns = self._closed[-1].open_ns + MINUTE_NS if self._closed else self._first_ns(bar)
        if bar.open_ns < following_ns:
            return
        if bar.open_ns > following_ns:
            self._whole = False
        if candle.closed:
            self._closed.append(bar)
            self.forming = None
        else:
            self.forming = bar

    def _first_ns(self, bar: Bar) -> int:
        """Where the first closed minute opens: with the forming one, or with the first trade."""
        return bar.open_ns if self.forming is None else self.forming.open_ns


def _bar(candle: Candle) -> Bar:
    return Bar(
        open_ns=candle.open_ms * _NS_PER_MS,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
    )
