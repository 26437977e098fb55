"""Technical indicators over closed bars, in floats: they feed models, never the books."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import msgspec

from aitrader_server.domain.decision.features import Features, PartialFeatures
from aitrader_server.domain.instrument import Bar, Quote

FAST_BARS: Final = 20
SLOW_BARS: Final = 50
MACD_FAST_BARS: Final = 12
MACD_SLOW_BARS: Final = 26
MACD_SIGNAL_BARS: Final = 9
WILDER_BARS: Final = 14

# Ask for this many bars where there are as many: by then the recursive averages have forgotten how
# they were seeded, the slowest of them to less than one part in ten million.
BARS_WANTED: Final = 250


class Missing(msgspec.Struct, frozen=True):
    """Features that nobody gave and nothing could compute; `why` names what each would need."""

    names: tuple[str, ...]
    why: str


def sma(values: Sequence[float], period: int) -> float:
    """Arithmetic mean of the newest `period` values."""
    _require(values, period)
    return sum(values[-period:]) / period


def ema(values: Sequence[float], period: int) -> list[float]:
    """Exponential mean with alpha = 2 / (period + 1), from the value at index `period - 1` on.

    Seeded with the arithmetic mean of the first `period` values (Murphy, "Technical Analysis of the
    Financial Markets", 1999, ch. 9).
    """
    return _smooth(values, period, 2.0 / (period + 1))


def rsi(closes: Sequence[float], period: int = WILDER_BARS) -> float:
    """Relative strength index, 0 to 100; 50 when no close ever moved.

    100 - 100 / (1 + mean gain / mean loss) over Wilder's smoothing (Wilder, "New Concepts in
    Technical Trading Systems", 1978, section VI).
    """
    changes = [new - old for old, new in pairwise(closes)]
    gain = _smooth([max(change, 0.0) for change in changes], period, 1.0 / period)[-1]
    loss = _smooth([max(-change, 0.0) for change in changes], period, 1.0 / period)[-1]
    if gain + loss == 0.0:
        return 50.0
    return 100.0 * gain / (gain + loss)


def macd(closes: Sequence[float]) -> list[float]:
    """EMA(12) minus EMA(26) of the closes, from the 26th close on.

    Appel, "Technical Analysis: Power Tools for Active Investors", 2005, ch. 8.
    """
    slow = ema(closes, MACD_SLOW_BARS)
    fast = ema(closes, MACD_FAST_BARS)[-len(slow) :]
    return [f - s for f, s in zip(fast, slow, strict=True)]


def macd_signal(closes: Sequence[float]) -> float:
    """Newest EMA(9) of the MACD line."""
    return ema(macd(closes), MACD_SIGNAL_BARS)[-1]


def atr(bars: Sequence[Bar], period: int = WILDER_BARS) -> float:
    """Average true range in price units.

    The true range is the widest of high - low, |high - previous close| and |low - previous close|,
    under Wilder's smoothing (Wilder 1978, section III).
    """
    ranges: list[float] = []
    for before, bar in pairwise(bars):
        close, high, low = float(before.close), float(bar.high), float(bar.low)
        ranges.append(max(high, close) - min(low, close))
    return _smooth(ranges, period, 1.0 / period)[-1]


def _smooth(values: Sequence[float], period: int, alpha: float) -> list[float]:
    _require(values, period)
    means = [sum(values[:period]) / period]
    for value in values[period:]:
        means.append(means[-1] + alpha * (value - means[-1]))
    return means


def _require(values: Sequence[float], period: int) -> None:
    if not 0 < period <= len(values):
        raise ValueError(f"a mean over {period} needs as many values, not {len(values)}")


def _closes(bars: Sequence[Bar]) -> list[float]:
    return [float(bar.close) for bar in bars]


# How many closed bars each feature needs at least, and how it comes from them.
_FROM_BARS: Final[Mapping[str, tuple[int, Callable[[Sequence[Bar]], float]]]] = MappingProxyType(
    {
        "trend_ma_fast": (FAST_BARS, lambda bars: sma(_closes(bars), FAST_BARS)),
        "trend_ma_slow": (SLOW_BARS, lambda bars: sma(_closes(bars), SLOW_BARS)),
        "rsi": (WILDER_BARS + 1, lambda bars: rsi(_closes(bars))),
        "macd": (MACD_SLOW_BARS, lambda bars: macd(_closes(bars))[-1]),
        "macd_signal": (
            MACD_SLOW_BARS + MACD_SIGNAL_BARS - 1,
            lambda bars: macd_signal(_closes(bars)),
        ),
        "atr": (WILDER_BARS + 1, atr),
    }
)


def complete(
    partial: PartialFeatures,
    bars: Sequence[Bar],
    quote: Quote | None,
    equity: Decimal | None,
    day_pnl: Decimal | None,
) -> tuple[Features, tuple[str, ...]] | Missing:
    """Fills what the caller did not give; returns the features and the names that were computed.

    The price is the middle of the quote; `equity` and `day_pnl` are the account's, quote asset.
    """
    elsewhere = {
        "price": (None if quote is None else quote.mid, "a quote"),
        "equity": (equity, "the account"),
        "day_pnl": (day_pnl, "the account"),
    }
    values: dict[str, float] = {}
    computed: list[str] = []
    needs: dict[str, str] = {}
    for name in Features.__struct_fields__:
        given: float | None = getattr(partial, name)
        if given is not None:
            values[name] = given
            continue
        value: float | Decimal | None
        if name in _FROM_BARS:
            count, compute = _FROM_BARS[name]
            value = compute(bars) if len(bars) >= count else None
            need = f"{count} closed bars (there are {len(bars)})"
        else:
            value, need = elsewhere[name]
        if value is None:
            needs[name] = need
        else:
            values[name] = float(value)
            computed.append(name)
    if needs:
        why = "; ".join(f"{name} needs {need}" for name, need in needs.items())
        return Missing(tuple(needs), why)
    return Features(**values), tuple(computed)
