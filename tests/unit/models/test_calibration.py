"""Whether the models say what a person would about bars whose nature is known."""

import random
from collections import Counter
from decimal import Decimal

from aitrader_models.regime import create as create_regime
from aitrader_models.signal import create as create_signal
from aitrader_server.domain.decision.features import Features, PartialFeatures
from aitrader_server.domain.decision.indicators import BARS_WANTED, Missing, complete
from aitrader_server.domain.instrument import Bar

WALKS = 60
QUIET = 0.0004  # standard deviation of one minute's return of a large pair
TICKS_PER_BAR = 12


def walk(seed: int, drift: float, noise: float) -> list[Bar]:
    """One-minute bars of a random walk; `drift` and `noise` are per bar, as fractions of price."""
    chance = random.Random(seed)
    price, bars = 65000.0, []
    for _ in range(BARS_WANTED):
        path = [price]
        for _ in range(TICKS_PER_BAR):
            step = chance.gauss(drift / TICKS_PER_BAR, noise / TICKS_PER_BAR**0.5)
            path.append(path[-1] * (1.0 + step))
        price = path[-1]
        first, high, low, close = (
            Decimal(f"{p:.2f}") for p in (path[0], max(path), min(path), price)
        )
        bars.append(Bar(open_ns=0, open=first, high=high, low=low, close=close, volume=Decimal(1)))
    return bars


def features_of(bars: list[Bar]) -> Features:
    partial = PartialFeatures(price=float(bars[-1].close), equity=10000.0, day_pnl=0.0)
    found = complete(partial, bars, None, None, None)
    assert not isinstance(found, Missing)
    return found[0]


def opinions(drift: float, noise: float) -> tuple[Counter[str], Counter[str]]:
    signal, regime = create_signal({}), create_regime({})
    seen = [features_of(walk(seed, drift, noise)) for seed in range(WALKS)]
    return (
        Counter(signal.signal(f).signal for f in seen),
        Counter(regime.regime(f).regime for f in seen),
    )


def test_a_rising_market_is_a_trend_that_is_never_sold():
    signals, regimes = opinions(3e-4, QUIET)
    assert signals["sell"] == 0
    assert signals["buy"] > WALKS / 3
    assert regimes["trend"] == WALKS


def test_a_falling_market_is_a_trend_that_is_never_bought():
    signals, regimes = opinions(-3e-4, QUIET)
    assert signals["buy"] == 0
    assert signals["sell"] > WALKS / 3
    assert regimes["trend"] == WALKS


def test_a_driftless_market_is_mostly_a_range_that_favours_no_side():
    signals, regimes = opinions(0.0, QUIET)
    assert regimes["range"] > 0.7 * WALKS
    assert signals["hold"] > max(signals["buy"], signals["sell"])
    assert abs(signals["buy"] - signals["sell"]) < WALKS / 4


def test_a_wild_market_is_called_wild_whatever_its_direction():
    for drift in (0.0, 3e-3):
        _, regimes = opinions(drift, 20 * QUIET)
        assert regimes["high_volatility"] == WALKS
