from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.decision.decide import Decision, Opinions, decide
from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.views import RegimeView, SignalView
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.terms import Breach, DecisionRecord, Limits, SentimentRecord
from aitrader_server.domain.words import Side

BTC = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    min_notional=Decimal(5),
)
FEATURES = Features(
    price=64000.0,
    trend_ma_fast=64100.0,
    trend_ma_slow=63000.0,
    rsi=55.0,
    macd=12.0,
    macd_signal=8.0,
    atr=64.0,
    equity=10000.0,
    day_pnl=0.0,
)
GOOD_NEWS = SentimentRecord(origin="news", label="positive", score=0.5, model="words-1")
BUY = SignalView(signal="buy", confidence=0.8, reasons=("trend_up", "macd_cross_up"))
REGIME = RegimeView(regime="trend", confidence=0.9)


def opinions(signal=BUY, sentiment=None, regime=REGIME) -> Opinions:
    return Opinions(
        signal=signal,
        signal_model="rules-1",
        regime=regime,
        regime_model="bands-1",
        sentiment=sentiment,
    )


def decided(said=None, features=FEATURES, **changes) -> Decision:
    wanted = {
        "limits": Limits(),
        "instrument": BTC,
        "free_base": Decimal(1),
        "free_quote": Decimal(10000),
    } | changes
    return decide(said or opinions(), features, ("rsi", "atr"), **wanted)


def test_a_buy_carries_every_number_that_led_to_it():
    decision = decided(opinions(sentiment=GOOD_NEWS))
    assert decision.side is Side.BUY
    assert decision.reason == ""
    assert decision.record == DecisionRecord(
        signal="buy",
        confidence=0.8,
        reasons=("trend_up", "macd_cross_up"),
        signal_model="rules-1",
        regime="trend",
        regime_confidence=0.9,
        regime_model="bands-1",
        sentiment=GOOD_NEWS,
        risk_fraction=0.016,
        quantity=Decimal("0.00250"),
        features=msgspec.structs.asdict(FEATURES),
        computed=("rsi", "atr"),
        sizing=(
            "kelly 0.0800 -> cap 0.0200",
            "confidence 0.80 -> 0.0160",
            "notional 160.00000000 at 64000.0 -> 0.00250000",
            "step -> 0.0025",
        ),
    )


def test_a_sell_signal_sells():
    decision = decided(opinions(SignalView(signal="sell", confidence=0.8, reasons=("trend_down",))))
    assert decision.side is Side.SELL
    assert decision.record.quantity == Decimal("0.00250")


def test_a_sell_without_a_position_says_why_it_is_zero():
    said = opinions(SignalView(signal="sell", confidence=0.8, reasons=("trend_down",)))
    decision = decided(said, free_base=Decimal(0))
    assert decision.side is None
    assert decision.reason == "no position in BTC to sell"
    assert decision.record.signal == "sell"
    assert decision.record.quantity == 0
    assert decision.record.sizing[-1] == decision.reason
    assert not decision.record.trading_blocked


def test_hold_keeps_the_models_reasons():
    said = opinions(SignalView(signal="hold", confidence=0.6, reasons=("trend_flat",)))
    decision = decided(said)
    assert decision.side is None
    assert decision.reason == "hold: the signal model sees no direction"
    assert decision.record.reasons == ("trend_flat",)
    assert decision.record.sizing == ()


@pytest.mark.parametrize("signal", ["buy", "sell", "hold"])
def test_the_daily_loss_limit_blocks_whatever_the_models_say(signal):
    # The day began with 10000: 600 of it is 6 %.
    said = opinions(SignalView(signal=signal, confidence=0.8, reasons=()))
    decision = decided(said, msgspec.structs.replace(FEATURES, equity=9400.0, day_pnl=-600.0))
    assert decision.side is None
    assert decision.record.trading_blocked
    assert decision.record.quantity == 0
    assert decision.record.risk_fraction == 0.0
    assert decision.record.breaches == (
        Breach(
            "DAILY_LOSS_LIMIT",
            "lost 600.0 USDT today, the limit is 600.000 (0.06 of the day's start)",
            limit="600.000",
            value="600.0",
        ),
    )
    assert decision.reason == decision.record.breaches[0].message


@pytest.mark.parametrize(
    ("equity", "day_pnl", "limit", "blocked"),
    [
        (9400.01, -599.99, "0.06", False),
        (9399.99, -600.01, "0.06", True),
        (10700.0, 700.0, "0.06", False),
        (5000.0, -5000.0, None, False),
        (5000.0, -5000.0, "0", False),
        (-50.0, -50.0, "0.06", True),
        (0.0, 0.0, "0.06", False),
    ],
)
def test_the_daily_loss_is_a_share_of_the_equity_the_day_began_with(
    equity, day_pnl, limit, blocked
):
    limits = Limits(daily_loss_limit=None if limit is None else Decimal(limit))
    features = msgspec.structs.replace(FEATURES, equity=equity, day_pnl=day_pnl)
    assert decided(features=features, limits=limits).record.trading_blocked is blocked


def test_the_strategys_own_cap_counts_when_it_is_lower():
    assert decided(strategy_cap=Decimal("0.005")).record.risk_fraction == 0.004
    assert decided(strategy_cap=Decimal("0.5")).record.risk_fraction == 0.016


def test_strong_bad_news_stops_a_buy():
    bad = msgspec.structs.replace(GOOD_NEWS, label="negative", score=-0.9)
    decision = decided(opinions(sentiment=bad))
    assert decision.side is None
    assert decision.reason == "news stands against the buy: score -0.90"
    assert decision.record.sentiment == bad


def test_bad_news_that_have_no_say_change_nothing():
    unused = msgspec.structs.replace(GOOD_NEWS, score=-0.9, unused_because="stale")
    decision = decided(opinions(sentiment=unused))
    assert decision.record.sentiment == unused
    assert decision.record.quantity == decided().record.quantity


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf"), 1.5, -0.1])
def test_a_confidence_that_is_none_means_hold(bad):
    decision = decided(opinions(SignalView(signal="buy", confidence=bad, reasons=("x",))))
    assert decision.side is None
    assert decision.reason == "hold: rules-1 gave a confidence outside 0 to 1"
    assert decision.record.signal == "hold"
    assert decision.record.confidence == 0.0


def test_a_word_that_is_no_signal_means_hold():
    decision = decided(opinions(SignalView(signal="moon", confidence=0.9, reasons=())))
    assert decision.side is None
    assert decision.reason == "hold: rules-1 gave an unknown signal"
    assert decision.record.signal == "hold"


@pytest.mark.parametrize("name", Features.__struct_fields__)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_feature_that_is_no_number_means_hold_and_a_record_that_json_can_carry(name, bad):
    said = opinions(regime=RegimeView(regime="trend", confidence=bad))
    decision = decided(said, msgspec.structs.replace(FEATURES, **{name: bad}))
    assert decision.side is None
    assert decision.reason == f"hold: feature {name} is not a finite number"
    stored = msgspec.json.encode(decision.record)
    assert msgspec.json.decode(stored, type=DecisionRecord) == decision.record


@pytest.mark.parametrize(("name", "bad"), [("price", 0.0), ("price", -1.0), ("atr", -0.1)])
def test_an_impossible_feature_means_hold(name, bad):
    decision = decided(features=msgspec.structs.replace(FEATURES, **{name: bad}))
    assert decision.side is None
    assert decision.reason == "hold: price must be positive and atr not negative"
