import msgspec
import pytest
from aitrader_models.signal import create
from aitrader_server.domain.decision.features import Features
from hypothesis import given
from hypothesis import strategies as st

MODEL = create({})
UP = Features(
    price=65000.0,
    trend_ma_fast=65100.0,
    trend_ma_slow=64000.0,
    rsi=55.0,
    macd=12.0,
    macd_signal=8.0,
    atr=60.0,
    equity=10000.0,
    day_pnl=0.0,
)
WILD = st.builds(
    Features,
    price=st.floats(1e-6, 1e7),
    trend_ma_fast=st.floats(1e-6, 1e7),
    trend_ma_slow=st.floats(1e-6, 1e7),
    rsi=st.floats(0.0, 100.0),
    macd=st.floats(-1e6, 1e6),
    macd_signal=st.floats(-1e6, 1e6),
    atr=st.floats(0.0, 1e6),
    equity=st.just(1.0),
    day_pnl=st.just(0.0),
)


def with_features(**changes) -> Features:
    return msgspec.structs.replace(UP, **changes)


def mirrored(features: Features) -> Features:
    return msgspec.structs.replace(
        features,
        trend_ma_fast=features.trend_ma_slow,
        trend_ma_slow=features.trend_ma_fast,
        rsi=100.0 - features.rsi,
        macd=-features.macd,
        macd_signal=-features.macd_signal,
    )


def test_the_name_carries_the_version():
    assert MODEL.name == "trend-rsi-macd-1"


def test_an_uptrend_buys():
    view = MODEL.signal(UP)
    assert view.signal == "buy"
    assert view.confidence == pytest.approx(0.8)
    assert view.reasons == ("trend_up", "macd_cross_up", "rsi_neutral")


def test_the_mirror_sells():
    view = MODEL.signal(mirrored(UP))
    assert view.signal == "sell"
    assert view.confidence == pytest.approx(0.8)
    assert view.reasons == ("trend_down", "macd_cross_down", "rsi_neutral")


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"macd": 4.0}, ("trend_up", "macd_cross_down", "rsi_neutral")),
        ({"macd": 8.0}, ("trend_up", "macd_flat", "rsi_neutral")),
        ({"trend_ma_fast": 64005.0}, ("trend_flat", "macd_cross_up", "rsi_neutral")),
        (
            {"trend_ma_fast": 64000.0, "rsi": 20.0},
            ("trend_flat", "macd_cross_up", "rsi_oversold"),
        ),
        ({"macd": 4.0, "rsi": 80.0}, ("trend_up", "macd_cross_down", "rsi_overbought")),
    ],
)
def test_trend_and_macd_that_disagree_hold(changes, reasons):
    view = MODEL.signal(with_features(**changes))
    assert view.signal == "hold"
    assert view.reasons == reasons


def test_a_hold_is_the_surer_the_more_the_votes_cancel_out():
    silent = MODEL.signal(
        with_features(trend_ma_fast=64000.0, macd=8.0)  # no vote at all
    )
    split = MODEL.signal(with_features(macd=4.0))  # 0.5 - 0.3
    trend_only = MODEL.signal(with_features(macd=8.0))  # 0.5
    assert silent.confidence == 1.0
    assert split.confidence == pytest.approx(0.8)
    assert trend_only.confidence == pytest.approx(0.5)


def test_rsi_moves_the_confidence_only():
    pullback, plain, late = (MODEL.signal(with_features(rsi=r)) for r in (30.0, 50.0, 70.0))
    assert {pullback.signal, plain.signal, late.signal} == {"buy"}
    assert pullback.confidence == pytest.approx(1.0)
    assert plain.confidence == pytest.approx(0.8)
    assert late.confidence == pytest.approx(0.6)


def test_a_weaker_trend_is_less_sure():
    weak = MODEL.signal(with_features(trend_ma_fast=64030.0))
    assert weak.signal == "buy"
    assert weak.confidence == pytest.approx(0.6)


def test_bars_without_any_range_do_not_divide_by_zero():
    assert MODEL.signal(with_features(atr=0.0)).signal == "buy"
    assert MODEL.signal(with_features(atr=0.0, trend_ma_fast=64000.0)).signal == "hold"


@given(WILD)
def test_mirrored_features_give_the_mirrored_answer(features):
    view, mirror = MODEL.signal(features), MODEL.signal(mirrored(features))
    swap = {"buy": "sell", "sell": "buy", "hold": "hold"}
    # 100 - rsi rounds, which may carry it over a level.
    if 29.9 < features.rsi < 30.1 or 69.9 < features.rsi < 70.1:
        return
    assert mirror.signal == swap[view.signal]
    assert mirror.confidence == view.confidence


@given(WILD)
def test_confidence_is_a_ratio_and_the_answer_depends_on_nothing_else(features):
    view = MODEL.signal(features)
    assert 0.0 <= view.confidence <= 1.0
    assert create({}).signal(features) == view


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValueError, match="trend-rsi-macd-1 takes no settings, but was given fast"):
        create({"fast": 3})
