"""Whatever news say, a trade that they have a say in is no larger than without them."""

from decimal import Decimal

from aitrader_server.domain.decision.decide import Opinions, decide
from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.views import RegimeView, SignalView
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.terms import Limits, SentimentRecord
from aitrader_server.domain.words import Side
from hypothesis import given
from hypothesis import strategies as st

BTC = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    min_notional=Decimal(5),
)
scores = st.floats(-1.0, 1.0)
opinions = st.builds(
    Opinions,
    signal=st.builds(
        SignalView,
        signal=st.sampled_from(["buy", "sell", "hold"]),
        confidence=st.floats(0.0, 1.0),
        reasons=st.just(()),
    ),
    signal_model=st.just("signal-1"),
    regime=st.just(RegimeView(regime="trend", confidence=0.5)),
    regime_model=st.just("regime-1"),
)
features = st.builds(
    Features,
    price=st.floats(1.0, 100_000.0),
    trend_ma_fast=st.just(1.0),
    trend_ma_slow=st.just(1.0),
    rsi=st.just(50.0),
    macd=st.just(0.0),
    macd_signal=st.just(0.0),
    atr=st.floats(0.0, 1_000.0),
    equity=st.floats(0.0, 1e7),
    day_pnl=st.floats(-1e5, 1e5),
)


def decided(said: Opinions, known: Features, score: float | None, unused_because: str = ""):
    record = SentimentRecord(origin="news", unused_because=unused_because, score=score or 0.0)
    heard = Opinions(
        signal=said.signal,
        signal_model=said.signal_model,
        regime=said.regime,
        regime_model=said.regime_model,
        sentiment=None if score is None else record,
    )
    return decide(
        heard,
        known,
        (),
        limits=Limits(),
        instrument=BTC,
        free_base=Decimal(10),
        free_quote=Decimal(1_000_000),
    )


def quantity(decision) -> Decimal:
    return decision.record.quantity if decision.side else Decimal(0)


@given(opinions, features, scores)
def test_news_never_make_a_trade_larger_nor_turn_it(said, known, score):
    alone, heard = decided(said, known, None), decided(said, known, score)
    assert quantity(heard) <= quantity(alone)
    assert heard.side in (alone.side, None)
    assert heard.record.risk_fraction <= alone.record.risk_fraction
    assert heard.record.trading_blocked == alone.record.trading_blocked


@given(opinions, features, scores, scores)
def test_the_more_news_stand_against_a_trade_the_smaller_it_is(said, known, one, other):
    low, high = (quantity(decided(said, known, score)) for score in sorted((one, other)))
    if decided(said, known, None).side is Side.SELL:
        low, high = high, low
    assert low <= high


@given(opinions, features, scores)
def test_news_that_have_no_say_change_nothing(said, known, score):
    alone, unused = decided(said, known, None), decided(said, known, score, "stale")
    assert quantity(unused) == quantity(alone)
    assert (unused.side, unused.reason) == (alone.side, alone.reason)
    assert unused.record.sizing == alone.record.sizing


@given(opinions, features, st.sampled_from([float("nan"), float("inf"), float("-inf")]))
def test_a_score_that_is_no_number_never_makes_a_trade_larger(said, known, score):
    assert quantity(decided(said, known, score)) <= quantity(decided(said, known, None))
