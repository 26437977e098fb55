import pytest
from aitrader_models.regime import create
from aitrader_server.domain.decision.features import Features
from hypothesis import given
from hypothesis import strategies as st

MODEL = create({})


def features(atr: float, gap: float, price: float = 10000.0) -> Features:
    return Features(
        price=price,
        trend_ma_fast=price + gap,
        trend_ma_slow=price,
        rsi=50.0,
        macd=0.0,
        macd_signal=0.0,
        atr=atr,
        equity=1.0,
        day_pnl=0.0,
    )


@pytest.mark.parametrize(
    ("atr", "gap", "regime", "confidence"),
    [
        (50.0, 0.0, "high_volatility", 0.5),
        (150.0, 900.0, "high_volatility", 0.75),
        (10.0, 25.0, "trend", 0.5),
        (10.0, -75.0, "trend", 0.75),
        (10.0, 12.5, "range", 0.75),
        (10.0, 0.0, "range", 1.0),
        (0.0, 0.0, "range", 1.0),
        (0.0, 1.0, "trend", 2 / 3),
    ],
)
def test_regimes_and_their_borders(atr, gap, regime, confidence):
    view = MODEL.regime(features(atr, gap))
    assert view.regime == regime
    assert view.confidence == pytest.approx(confidence)


@given(st.floats(0.0, 1e7), st.floats(-1e6, 1e6), st.floats(1e-6, 1e7))
def test_confidence_is_a_ratio(atr, gap, price):
    assert 0.0 <= MODEL.regime(features(atr, gap, price)).confidence <= 1.0


def test_the_name_carries_the_version_and_settings_are_refused():
    assert MODEL.name == "atr-bands-1"
    with pytest.raises(ValueError, match="atr-bands-1 takes no settings, but was given bands"):
        create({"bands": 2})
