"""How much to trade: a capped Kelly fraction of equity that every doubt can only shrink.

Kelly, "A New Interpretation of Information Rate" (1956), and Thorp, "The Kelly Criterion in
Blackjack, Sports Betting, and the Stock Market" (2006): with win probability p and net odds b the
growth-optimal stake is f* = (b * p - (1 - p)) / b. A decided trade counts as a bet at even odds,
b = 1, hence f* = 2 * p - 1, which is the edge.

A decided order carries no stop, so all of its notional is at risk: notional = fraction * equity.
"""

import math
from decimal import Decimal
from typing import Final

import msgspec

from aitrader_server.domain.decision.features import Features
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ONE, ZERO, from_float, text
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import Side

# Edge that full confidence stands for: the side is right 55 times in 100. Rules that vote have no
# measured hit rate, so the claim is small; `per_trade_cap` bounds what it may cost.
FULL_CONFIDENCE_EDGE: Final = 0.10
# ATR as a fraction of price, per bar, above which size falls in proportion.
VOLATILITY_REFERENCE: Final = 0.005
# News this much against the side stops it; milder contrary news shrinks it in proportion.
SENTIMENT_VETO: Final = 0.6


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity in the base asset with the steps that led to it.

    `risk_fraction` is a fraction of equity; `zero_because` is empty when there is a quantity.
    """

    risk_fraction: Decimal = ZERO
    quantity: Decimal = ZERO
    steps: tuple[str, ...] = ()
    zero_because: str = ""


def size(
    side: Side,
    *,
    confidence: float,
    sentiment_score: float | None,
    features: Features,
    cap: Decimal,
    limits: Limits,
    instrument: Instrument,
    free_base: Decimal,
    free_quote: Decimal,
    equity_max: Decimal | None = None,
    price_min: Decimal | None = None,
) -> Size:
    """The largest quantity that cap, doubts, filters and free balances all admit.

    `cap` is the highest admitted fraction of equity; `sentiment_score` runs from -1 to 1, None
    without news. `equity_max` and `price_min` are what account and market say themselves: a claim
    may make a trade smaller, never larger.
    """
    fraction, steps, stopped = _fraction(side, confidence, sentiment_score, features, cap)
    equity = ZERO if stopped else from_float(features.equity)
    if equity_max is not None and features.equity > float(equity_max):
        steps.append(f"equity {text(equity)} -> {text(equity_max)}")
        equity = equity_max
    if not stopped and equity <= ZERO:
        stopped = "there is no equity"
    if stopped:
        return Size(steps=(*steps, stopped), zero_because=stopped)
    price = max(from_float(features.price), price_min or ZERO)
    notional = fraction * equity
    quantity = notional / price
    steps.append(f"notional {_short(notional)} at {text(price)} -> {_short(quantity)}")
    held = free_base if side is Side.SELL else free_quote
    held_asset = instrument.base if side is Side.SELL else instrument.quote
    if held <= ZERO:
        stopped = f"no free {held_asset} to {side.lower()} with"
        if side is Side.SELL:
            stopped = f"no position in {held_asset} to sell"
        return Size(risk_fraction=fraction, steps=(*steps, stopped), zero_because=stopped)
    for name, ceiling in _ceilings(side, price, held, limits, instrument):
        if ceiling < quantity:
            quantity = ceiling
            steps.append(f"{name} -> {_short(quantity)}")
    quantity = instrument.floor_quantity(quantity)
    steps.append(f"step -> {text(quantity)}")
    below = _below_minimum(quantity, price, instrument)
    if below:
        return Size(risk_fraction=fraction, steps=(*steps, below), zero_because=below)
    return Size(risk_fraction=fraction, quantity=quantity, steps=tuple(steps))


def _fraction(
    side: Side, confidence: float, score: float | None, features: Features, cap: Decimal
) -> tuple[Decimal, list[str], str]:
    """Fraction of equity, its steps, and what stopped it if it is zero."""
    inputs = (confidence, features.price, features.atr, features.equity, score or 0.0)
    if not all(map(math.isfinite, inputs)) or features.price <= 0.0 or features.atr < 0.0:
        return ZERO, [], "an input of the size is not a usable number"
    confidence = min(max(confidence, 0.0), 1.0)
    kelly = FULL_CONFIDENCE_EDGE * confidence
    capped = min(kelly, float(cap))
    steps = [f"kelly {kelly:.4f} -> cap {capped:.4f}"]
    fraction = capped * confidence
    steps.append(f"confidence {confidence:.2f} -> {fraction:.4f}")
    volatility = features.atr / features.price
    if volatility > VOLATILITY_REFERENCE:
        fraction *= VOLATILITY_REFERENCE / volatility
        steps.append(f"volatility {volatility:.4f} -> {fraction:.4f}")
    against = 0.0 if score is None else max(-score if side is Side.BUY else score, 0.0)
    if against >= SENTIMENT_VETO:
        return ZERO, steps, f"news stands against the {side.lower()}: score {score:.2f}"
    if against:
        fraction *= 1.0 - against / SENTIMENT_VETO
        steps.append(f"sentiment {score:.2f} -> {fraction:.4f}")
    if fraction <= 0.0:
        return ZERO, steps, "nothing is left at risk"
    # The float product may lie a hair above the exact cap.
    return min(from_float(fraction), cap), steps, ""


def _ceilings(
    side: Side, price: Decimal, held: Decimal, limits: Limits, instrument: Instrument
) -> list[tuple[str, Decimal]]:
    """Every admitted maximum, in the base asset; a zero bound means that there is none."""
    worst = price * (ONE + limits.max_slippage) if side is Side.BUY else price
    free = held / worst if side is Side.BUY else held
    free_asset = instrument.quote if side is Side.BUY else instrument.base
    bounds = (
        ("max_order_notional", (limits.max_order_notional or ZERO) / worst),
        ("max_order_quantity", limits.max_order_quantity or ZERO),
        ("venue's max notional", instrument.max_notional / worst),
        ("venue's max quantity", instrument.max_quantity),
        ("venue's max market quantity", instrument.market_max_quantity),
    )
    bounded = [(name, bound) for name, bound in bounds if bound > ZERO]
    return [(f"free {text(held)} {free_asset}", free), *bounded]


def _below_minimum(quantity: Decimal, price: Decimal, instrument: Instrument) -> str:
    """Which minimum `quantity` misses, if any."""
    minimum = max(instrument.min_quantity, instrument.market_min_quantity)
    if quantity < minimum:
        return f"rounds below the minimum of {text(minimum)} {instrument.base}"
    if quantity <= ZERO:
        return "rounds to zero on the venue's step"
    if quantity * price < instrument.min_notional:
        notional = _short(quantity * price)
        minimum_notional = f"{text(instrument.min_notional)} {instrument.quote}"
        return f"notional {notional} is below the minimum of {minimum_notional}"
    return ""


def _short(amount: Decimal) -> str:
    """Eight decimals are enough to follow a step."""
    return f"{amount:.8f}"
