"""Inputs of the models."""

import msgspec


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """Complete model inputs: prices in quote per base, `rsi` 0 to 100, money in the quote asset."""

    price: float
    trend_ma_fast: float
    trend_ma_slow: float
    rsi: float
    macd: float
    macd_signal: float
    atr: float
    equity: float
    day_pnl: float


class PartialFeatures(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller gave; None is to be computed from bars and the account."""

    price: float | None = None
    trend_ma_fast: float | None = None
    trend_ma_slow: float | None = None
    rsi: float | None = None
    macd: float | None = None
    macd_signal: float | None = None
    atr: float | None = None
    equity: float | None = None
    day_pnl: float | None = None
