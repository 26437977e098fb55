from decimal import Decimal

import pytest
from aitrader_server.domain.decision.features import Features, PartialFeatures
from aitrader_server.domain.decision.indicators import (
    BARS_WANTED,
    Missing,
    atr,
    complete,
    ema,
    macd,
    macd_signal,
    rsi,
    sma,
)
from aitrader_server.domain.instrument import Bar, Quote
from hypothesis import given
from hypothesis import strategies as st

GIVEN = PartialFeatures(
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
QUOTE = Quote(
    symbol="BTCUSDT",
    bid=Decimal("64999.00"),
    ask=Decimal("65001.00"),
    bid_quantity=Decimal(1),
    ask_quantity=Decimal(1),
    last=Decimal("65001.00"),
    at_ns=0,
)
prices = st.integers(min_value=1, max_value=10**7).map(lambda cents: Decimal(cents) / 100)


def bar(low: str, high: str, close: str) -> Bar:
    return Bar(
        open_ns=0,
        open=Decimal(close),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
        volume=Decimal(1),
    )


def flat_bars(count: int, close: str = "100") -> list[Bar]:
    return [bar(close, close, close)] * count


@st.composite
def bar_series(draw: st.DrawFn, least: int = 16) -> list[Bar]:
    count = draw(st.integers(least, 80))
    triples = draw(st.lists(st.tuples(prices, prices, prices), min_size=count, max_size=count))
    return [bar(str(min(t)), str(max(t)), str(t[1])) for t in triples]


def test_sma_takes_the_newest_values_only():
    assert sma([100.0, 1.0, 2.0, 6.0], 3) == 3.0


def test_ema_by_hand():
    # alpha = 1/2; seed (2 + 4 + 6) / 3 = 4; then 4 + (8 - 4) / 2 = 6; then 6 + (4 - 6) / 2 = 5.
    assert ema([2.0, 4.0, 6.0, 8.0, 4.0], 3) == [4.0, 6.0, 5.0]


def test_rsi_by_hand():
    # Changes +2 -1 | +3 -4 with period 2: gains 1 -> 2 -> 1, losses .5 -> .25 -> 2.125.
    assert rsi([10.0, 12.0, 11.0, 14.0, 10.0], 2) == pytest.approx(100 * 1 / 3.125)


def test_rsi_with_wilders_own_period_by_hand():
    # Seven gains of 1 and seven losses of 0.5, then a gain of 1:
    # gain (0.5 * 13 + 1) / 14 = 0.535714, loss 0.25 * 13 / 14 = 0.232143.
    closes = [100.0]
    for change in [1.0, -0.5] * 7 + [1.0]:
        closes.append(closes[-1] + change)
    assert rsi(closes) == pytest.approx(100 * 0.5357142857 / 0.7678571428)


def test_rsi_at_its_ends():
    rising = [float(n) for n in range(1, 20)]
    assert rsi(rising) == 100.0
    assert rsi(rising[::-1]) == 0.0
    assert rsi([7.0] * 20) == 50.0


def test_atr_by_hand():
    # True ranges: 12 - 9 = 3; gap up 15 - 11 = 4; gap down 14 - 7 = 7. Period 2: 3.5, then 5.25.
    bars = [bar("8", "11", "10"), bar("9", "12", "11"), bar("13", "15", "14"), bar("7", "9", "8")]
    assert atr(bars, 2) == 5.25


def test_macd_of_a_straight_line_is_half_the_difference_of_the_periods():
    # An EMA seeded with a mean lags a line of slope s by s * (period - 1) / 2 from its seed on.
    line = macd([3.0 * n for n in range(60)])
    assert line == pytest.approx([3.0 * (26 - 12) / 2] * 35)
    assert macd_signal([3.0 * n for n in range(60)]) == pytest.approx(21.0)


def test_too_few_values_are_a_bug_of_the_caller():
    with pytest.raises(ValueError, match="a mean over 3 needs as many values, not 2"):
        sma([1.0, 2.0], 3)


@given(st.floats(0.01, 1e6), st.integers(1, 30), st.integers(0, 30))
def test_ema_of_a_constant_is_the_constant(value, period, more):
    assert ema([value] * (period + more), period) == pytest.approx([value] * (more + 1))


@given(bar_series())
def test_rsi_stays_within_0_and_100_and_atr_is_not_negative(bars):
    assert 0.0 <= rsi([float(b.close) for b in bars]) <= 100.0
    assert atr(bars) >= 0.0


@given(bar_series(least=34))
def test_averages_stay_within_the_values(bars):
    closes = [float(b.close) for b in bars]
    slack = 1e-9 * max(closes)
    for mean in (sma(closes, 20), *ema(closes, 26)):
        assert min(closes) - slack <= mean <= max(closes) + slack


def test_what_the_caller_gave_is_taken_as_it_is():
    found = complete(GIVEN, [], None, None, None)
    assert not isinstance(found, Missing)
    features, computed = found
    assert {name: getattr(features, name) for name in Features.__struct_fields__} == {
        name: getattr(GIVEN, name) for name in PartialFeatures.__struct_fields__
    }
    assert computed == ()


def test_everything_is_computed_when_nothing_is_given():
    found = complete(PartialFeatures(), flat_bars(60), QUOTE, Decimal("1000.50"), Decimal(-3))
    assert not isinstance(found, Missing)
    features, computed = found
    assert computed == Features.__struct_fields__
    assert features == Features(
        price=65000.0,
        trend_ma_fast=100.0,
        trend_ma_slow=100.0,
        rsi=50.0,
        macd=0.0,
        macd_signal=0.0,
        atr=0.0,
        equity=1000.5,
        day_pnl=-3.0,
    )


def test_a_given_zero_is_not_replaced():
    found = complete(PartialFeatures(day_pnl=0.0), flat_bars(60), QUOTE, Decimal(1), Decimal(-9))
    assert not isinstance(found, Missing)
    assert found[0].day_pnl == 0.0
    assert "day_pnl" not in found[1]


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("trend_ma_fast", 20),
        ("trend_ma_slow", 50),
        ("rsi", 15),
        ("macd", 26),
        ("macd_signal", 34),
        ("atr", 15),
    ],
)
def test_too_few_bars_name_the_feature_and_the_need(name, least):
    fields = {f: getattr(GIVEN, f) for f in PartialFeatures.__struct_fields__ if f != name}
    partial = PartialFeatures(**fields)
    assert complete(partial, flat_bars(least - 1), None, None, None) == Missing(
        (name,), f"{name} needs {least} closed bars (there are {least - 1})"
    )
    found = complete(partial, flat_bars(least), None, None, None)
    assert not isinstance(found, Missing)
    assert found[1] == (name,)


def test_every_missing_feature_is_named_at_once():
    partial = PartialFeatures(trend_ma_slow=1.0, rsi=50.0, macd=0.0, macd_signal=0.0, atr=1.0)
    assert complete(partial, flat_bars(3), None, None, Decimal(0)) == Missing(
        ("price", "trend_ma_fast", "equity"),
        "price needs a quote; trend_ma_fast needs 20 closed bars (there are 3); "
        "equity needs the account",
    )


def test_with_the_wanted_bars_the_first_price_no_longer_matters():
    tail = flat_bars(BARS_WANTED - 1)
    near = complete(PartialFeatures(), flat_bars(1) + tail, QUOTE, Decimal(1), Decimal(0))
    far = complete(PartialFeatures(), flat_bars(1, "200") + tail, QUOTE, Decimal(1), Decimal(0))
    assert not isinstance(near, Missing)
    assert not isinstance(far, Missing)
    assert far[0].macd == pytest.approx(near[0].macd, abs=1e-5)
    assert far[0].macd_signal == pytest.approx(near[0].macd_signal, abs=1e-5)
    assert far[0].atr == pytest.approx(near[0].atr, abs=1e-5)
