"""From what the models say to what is to be done, with every number that led there."""

import math
from decimal import Decimal
from typing import Final

import msgspec

from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.decision.sizing import size
from aitrader_server.domain.decision.views import RegimeView, SignalView
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import from_float, text
from aitrader_server.domain.terms import Breach, DecisionRecord, Limits, SentimentRecord
from aitrader_server.domain.words import Side

_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """`side` is None when nothing is to be done, and then `reason` says why."""

    record: DecisionRecord
    side: Side | None
    reason: str


class Opinions(msgspec.Struct, frozen=True, kw_only=True):
    """What the models said, under their names; no sentiment without news.

    Sentiment may only make a trade smaller, so that the lack of it stops nothing.
    """

    signal: SignalView
    signal_model: str
    regime: RegimeView
    regime_model: str
    sentiment: SentimentRecord | None = None


def decide(
    opinions: Opinions,
    features: Features,
    computed: tuple[str, ...],
    *,
    limits: Limits,
    instrument: Instrument,
    free_base: Decimal,
    free_quote: Decimal,
    strategy_cap: Decimal | None = None,
    equity_max: Decimal | None = None,
    price_min: Decimal | None = None,
) -> Decision:
    """Weighs the opinions against limits and balances.

    The regime is recorded and not weighed: the ATR already scales the size. `strategy_cap` is the
    asking strategy's own highest fraction of equity, None when it has none. `equity_max` and
    `price_min` bound the features of those names where a trade is sized.
    """
    record = _record(opinions, features, computed)
    fault = _fault(opinions, features)
    if fault:
        return _hold(record, fault)
    breach = _daily_loss(features, limits, instrument.quote)
    if breach is not None:
        blocked = msgspec.structs.replace(record, trading_blocked=True, breaches=(breach,))
        return Decision(record=blocked, side=None, reason=breach.message)
    side = _SIDES.get(opinions.signal.signal)
    if side is None:
        return Decision(record=record, side=None, reason="hold: the signal model sees no direction")
    cap = limits.per_trade_cap
    sized = size(
        side,
        confidence=opinions.signal.confidence,
        sentiment_score=_heard(opinions.sentiment),
        features=features,
        cap=cap if strategy_cap is None else min(cap, strategy_cap),
        limits=limits,
        instrument=instrument,
        free_base=free_base,
        free_quote=free_quote,
        equity_max=equity_max,
        price_min=price_min,
    )
    record = msgspec.structs.replace(
        record,
        risk_fraction=float(sized.risk_fraction),
        quantity=sized.quantity,
        sizing=sized.steps,
    )
    if sized.zero_because:
        return Decision(record=record, side=None, reason=sized.zero_because)
    return Decision(record=record, side=side, reason="")


def _record(opinions: Opinions, features: Features, computed: tuple[str, ...]) -> DecisionRecord:
    """The opinions as they stand; a number that JSON cannot carry is left out or zero."""
    signal, regime = opinions.signal, opinions.regime
    return DecisionRecord(
        signal=signal.signal,
        confidence=_finite(signal.confidence),
        reasons=signal.reasons,
        signal_model=opinions.signal_model,
        regime=regime.regime,
        regime_confidence=_finite(regime.confidence),
        regime_model=opinions.regime_model,
        features={
            name: value
            for name, value in msgspec.structs.asdict(features).items()
            if math.isfinite(value)
        },
        computed=computed,
        sentiment=opinions.sentiment,
    )


def _heard(sentiment: SentimentRecord | None) -> float | None:
    """The score that has its say, -1 to 1."""
    return None if sentiment is None or sentiment.unused_because else sentiment.score


def _hold(record: DecisionRecord, fault: str) -> Decision:
    """An unusable opinion is no opinion: whatever the signal said, it is held."""
    return Decision(
        record=msgspec.structs.replace(record, signal="hold", confidence=0.0, reasons=(fault,)),
        side=None,
        reason=f"hold: {fault}",
    )


def _fault(opinions: Opinions, features: Features) -> str:
    """What makes an input unusable, if anything does."""
    for name, value in msgspec.structs.asdict(features).items():
        if not math.isfinite(value):
            return f"feature {name} is not a finite number"
    if features.price <= 0.0 or features.atr < 0.0:
        return "price must be positive and atr not negative"
    signal = opinions.signal
    if signal.signal not in ("buy", "sell", "hold"):
        return f"{opinions.signal_model} gave an unknown signal"
    # NaN compares false, so these ranges refuse it as well.
    if not 0.0 <= signal.confidence <= 1.0:
        return f"{opinions.signal_model} gave a confidence outside 0 to 1"
    return ""


def _daily_loss(features: Features, limits: Limits, asset: str) -> Breach | None:
    """The daily loss limit as a share of the equity that the day began with."""
    if not limits.daily_loss_limit or features.day_pnl >= 0.0:
        return None
    loss = -from_float(features.day_pnl)
    allowed = limits.daily_loss_limit * (from_float(features.equity) + loss)
    if loss < allowed:
        return None
    share = f"{text(limits.daily_loss_limit)} of the day's start"
    return Breach(
        "DAILY_LOSS_LIMIT",
        f"lost {text(loss)} {asset} today, the limit is {text(allowed)} ({share})",
        limit=text(allowed),
        value=text(loss),
    )


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
