from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.sizing import Size, size
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import is_multiple
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import Side
from hypothesis import given
from hypothesis import strategies as st

BTC = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    market_max_quantity=Decimal(50),
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


def size_of(side=Side.BUY, features=FEATURES, instrument=BTC, limits=None, **changes) -> Size:
    wanted = {
        "confidence": 0.8,
        "sentiment_score": None,
        "cap": Decimal("0.02"),
        "free_base": Decimal(10),
        "free_quote": Decimal(10000),
    } | changes
    return size(side, features=features, instrument=instrument, limits=limits or Limits(), **wanted)


def with_features(**changes) -> Features:
    return msgspec.structs.replace(FEATURES, **changes)


def test_every_step_is_told():
    # Kelly at even odds: 0.1 * 0.8 = 0.08, capped at 0.02; times 0.8; ATR 1 % against 0.5 % halves;
    # contrary news of 0.3 against a veto at 0.6 halves again: 0.004 * 10000 / 64000 = 0.000625.
    sized = size_of(features=with_features(atr=640.0), sentiment_score=-0.3)
    assert sized == Size(
        risk_fraction=Decimal("0.004"),
        quantity=Decimal("0.00062"),
        steps=(
            "kelly 0.0800 -> cap 0.0200",
            "confidence 0.80 -> 0.0160",
            "volatility 0.0100 -> 0.0080",
            "sentiment -0.30 -> 0.0040",
            "notional 40.00000000 at 64000.0 -> 0.00062500",
            "step -> 0.00062",
        ),
    )


@pytest.mark.parametrize(
    ("claimed", "known"),
    [
        ({"equity": 1e9}, {"equity_max": Decimal(10000)}),
        ({"price": 1000.0, "atr": 1.0}, {"price_min": Decimal(64000)}),
    ],
)
def test_a_claim_makes_no_trade_larger_than_account_and_market_do(claimed, known):
    honest = size_of()
    assert honest.quantity > 0
    assert size_of(features=with_features(**claimed)).quantity > honest.quantity
    assert size_of(features=with_features(**claimed), **known).quantity == honest.quantity


def test_below_the_cap_the_stake_is_kellys():
    sized = size_of(confidence=0.1, cap=Decimal("0.5"))
    assert sized.steps[0] == "kelly 0.0100 -> cap 0.0100"
    assert sized.risk_fraction == pytest.approx(Decimal("0.001"))


@pytest.mark.parametrize("score", [None, 0.0, 0.4, 1.0])
def test_absent_and_agreeing_news_change_nothing(score):
    assert size_of(sentiment_score=score) == size_of()


@pytest.mark.parametrize(("side", "score"), [(Side.BUY, -0.6), (Side.SELL, 0.75)])
def test_strong_contrary_news_stops_the_trade(side, score):
    sized = size_of(side, sentiment_score=score)
    assert sized.quantity == 0
    assert sized.risk_fraction == 0
    assert sized.zero_because == f"news stands against the {side.lower()}: score {score:.2f}"
    assert sized.steps[-1] == sized.zero_because


def test_a_sell_without_a_position_is_zero():
    assert size_of(Side.SELL, free_base=Decimal(0)).zero_because == "no position in BTC to sell"


def test_a_sell_takes_no_more_than_the_position():
    sized = size_of(Side.SELL, free_base=Decimal("0.0012345"))
    assert sized.quantity == Decimal("0.00123")
    assert "free 0.0012345 BTC -> 0.00123450" in sized.steps


def test_a_buy_without_money_is_zero():
    assert size_of(free_quote=Decimal(0)).zero_because == "no free USDT to buy with"


def test_a_buy_leaves_room_for_slippage():
    # 64 USDT buys 0.001 at the price itself, but 0.00099 at 1 % worse.
    sized = size_of(free_quote=Decimal(64), limits=Limits(max_slippage=Decimal("0.01")))
    assert sized.quantity == Decimal("0.00099")


def test_what_rounds_below_the_minimum_says_so():
    sized = size_of(features=with_features(equity=10.0))
    assert sized.zero_because == "rounds below the minimum of 0.00001 BTC"
    assert sized.quantity == 0


def test_a_notional_below_the_minimum_says_so():
    # 0.016 * 300 = 4.80 USDT, on the step 0.00007 * 64000 = 4.48 USDT.
    sized = size_of(features=with_features(equity=300.0))
    assert sized.zero_because == "notional 4.48000000 is below the minimum of 5 USDT"


def test_a_notional_at_the_minimum_is_traded():
    least = msgspec.structs.replace(BTC, min_notional=Decimal(160))
    assert size_of(instrument=least).quantity * 64000 == 160


def test_the_minimum_of_market_orders_counts_too():
    coarse = msgspec.structs.replace(BTC, market_min_quantity=Decimal("0.01"))
    assert size_of(instrument=coarse).zero_because == "rounds below the minimum of 0.01 BTC"


def test_a_cap_that_no_float_can_hold_is_kept():
    cap = Decimal("0.0199999999999999999999")
    assert size_of(confidence=1.0, cap=cap).risk_fraction == cap


def test_more_than_full_confidence_is_full_confidence():
    wide = Decimal("0.9")
    assert size_of(confidence=5.0, cap=wide) == size_of(confidence=1.0, cap=wide)


def test_a_negative_range_of_the_bars_sizes_to_zero():
    sized = size_of(features=with_features(atr=-1.0))
    assert sized.zero_because == "an input of the size is not a usable number"


def test_no_minimum_still_means_more_than_nothing():
    free = Instrument(symbol="X", base="B", quote="Q", step_size=Decimal(1))
    assert size_of(instrument=free).zero_because == "rounds to zero on the venue's step"


@pytest.mark.parametrize(
    ("limits", "bounds", "quantity", "name"),
    [
        (Limits(max_order_notional=Decimal("64.64")), {}, "0.00100", "max_order_notional"),
        (Limits(max_order_quantity=Decimal("0.002")), {}, "0.00200", "max_order_quantity"),
        (Limits(), {"max_quantity": Decimal("0.0015")}, "0.00150", "venue's max quantity"),
        (Limits(), {"market_max_quantity": Decimal("0.001")}, "0.00100", "venue's max market"),
        (Limits(), {"max_notional": Decimal("64.64")}, "0.00100", "venue's max notional"),
    ],
)
def test_limits_and_filters_bound_the_quantity(limits, bounds, quantity, name):
    sized = size_of(limits=limits, instrument=msgspec.structs.replace(BTC, **bounds))
    assert sized.quantity == Decimal(quantity)
    assert any(step.startswith(name) for step in sized.steps)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["confidence", "sentiment_score", "price", "atr", "equity"])
def test_a_number_that_is_none_sizes_to_zero(bad, name):
    if name in Features.__struct_fields__:
        sized = size_of(features=with_features(**{name: bad}))
    else:
        sized = size_of(**{name: bad})
    assert sized.quantity == 0
    assert sized.zero_because == "an input of the size is not a usable number"


@pytest.mark.parametrize("equity", [0.0, -5.0])
def test_without_equity_nothing_is_traded(equity):
    assert size_of(features=with_features(equity=equity)).zero_because == "there is no equity"


@pytest.mark.parametrize("changes", [{"cap": Decimal(0)}, {"confidence": 0.0}])
def test_nothing_at_risk_is_zero(changes):
    assert size_of(**changes).zero_because == "nothing is left at risk"


confidences = st.floats(0.0, 1.0)
scores = st.none() | st.floats(-1.0, 1.0)
amounts = st.decimals(0, 10**9, places=8)
steps = st.sampled_from([Decimal("0.00000001"), Decimal("0.00001"), Decimal("0.1"), Decimal(1)])
cases = {
    "side": st.sampled_from(Side),
    "features": st.builds(
        with_features,
        price=st.floats(1e-6, 1e7),
        atr=st.floats(0.0, 1e7),
        equity=st.floats(0.01, 1e12),
    ),
    "cap": st.decimals(0, 1, places=4),
    "step": steps,
    "free_base": amounts,
    "free_quote": amounts,
}


def sized_case(case, confidence, score) -> Size:
    instrument = msgspec.structs.replace(
        BTC, step_size=case["step"], min_quantity=case["step"], market_max_quantity=Decimal(10**7)
    )
    return size_of(
        case["side"],
        case["features"],
        instrument,
        cap=case["cap"],
        free_base=case["free_base"],
        free_quote=case["free_quote"],
        confidence=confidence,
        sentiment_score=score,
    )


@given(st.fixed_dictionaries(cases), confidences, scores)
def test_every_bound_holds(case, confidence, score):
    sized = sized_case(case, confidence, score)
    price = Decimal(repr(case["features"].price))
    equity = Decimal(repr(case["features"].equity))
    assert 0 <= sized.risk_fraction <= case["cap"]
    assert sized.quantity.is_finite()
    assert is_multiple(sized.quantity, case["step"])
    assert sized.quantity * price <= case["cap"] * equity
    held = case["free_base"] if case["side"] is Side.SELL else case["free_quote"] / price
    assert 0 <= sized.quantity <= held
    assert bool(sized.zero_because) == (sized.quantity == 0)
    if sized.quantity:
        assert case["step"] <= sized.quantity <= min(BTC.max_quantity, 10**7)
        assert sized.quantity * price >= BTC.min_notional


@given(st.fixed_dictionaries(cases), confidences, confidences, scores)
def test_more_confidence_never_trades_less(case, one, other, score):
    less, more = (sized_case(case, c, score) for c in sorted((one, other)))
    assert less.quantity <= more.quantity
    assert less.risk_fraction <= more.risk_fraction


@given(st.fixed_dictionaries(cases), confidences, st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_worse_news_never_trades_more(case, confidence, one, other):
    worse, better = sorted((one, other), reverse=case["side"] is Side.SELL)
    bad, good, none = (sized_case(case, confidence, s) for s in (worse, better, None))
    assert bad.quantity <= good.quantity <= none.quantity
    assert bad.risk_fraction <= good.risk_fraction <= none.risk_fraction


@given(st.fixed_dictionaries(cases), confidences, st.floats(0.0, 1e7))
def test_wider_bars_never_trade_more(case, confidence, atr):
    calm, wild = sorted((atr, case["features"].atr))
    quantities = [
        sized_case(
            case | {"features": msgspec.structs.replace(case["features"], atr=a)}, confidence, None
        ).quantity
        for a in (calm, wild)
    ]
    assert quantities[1] <= quantities[0]
