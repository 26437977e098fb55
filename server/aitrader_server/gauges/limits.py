"""How much of each limit is used: 1 is where orders are denied, or trading stops."""

import math
from decimal import Decimal

from aitrader_server.adapters.metrics import Readings
from aitrader_server.domain.conduct import recent
from aitrader_server.domain.money import ZERO
from aitrader_server.engine.engine import Engine


def limits_used(engine: Engine) -> Readings:
    """Shares by the limit's key under `risk`; of those that are set, NaN while not known."""
    used = {**_counts(engine), **_amounts(engine), **_losses(engine)}
    return {(limit,): share for limit, share in used.items() if share is not None}


def _counts(engine: Engine) -> dict[str, float | None]:
    state, exposure = engine.book.state, engine.book.exposure
    limits, conduct, now_ns = state.limits, state.conduct, engine.ports.clock.now_ns()
    found = {
        "max_open_orders": (len(exposure.working), limits.max_open_orders),
        "max_unknown_orders": (exposure.unknown, limits.max_unknown_orders),
        "max_orders_per_day": (state.day.usage.orders, limits.max_orders_per_day),
        "max_orders_per_minute": (recent(conduct.sent_ns, now_ns), limits.max_orders_per_minute),
        "max_rejects_per_minute": (
            recent(conduct.refused_ns, now_ns),
            limits.max_rejects_per_minute,
        ),
        "max_consecutive_losses": (conduct.losses, limits.max_consecutive_losses),
        "max_executions": (max(conduct.executions.values(), default=0), limits.max_executions),
    }
    # No count may be 0: that stands for no limit.
    return {name: value / bound if bound else None for name, (value, bound) in found.items()}


def _amounts(engine: Engine) -> dict[str, float | None]:
    state, exposure = engine.book.state, engine.book.exposure
    limits = state.limits
    equity = engine.parts.account.equity()
    invested = None if equity is None else equity - state.ledger.held(engine.settings.quote_asset)
    return {
        "max_turnover_per_day": _share(
            state.day.usage.turnover + exposure.notional, limits.max_turnover_per_day
        ),
        "max_gross_exposure": _share(
            None if invested is None else invested + exposure.buy_notional,
            limits.max_gross_exposure,
        ),
        "max_position_notional": _share(_largest_position(engine), limits.max_position_notional),
    }


def _losses(engine: Engine) -> dict[str, float | None]:
    state, account = engine.book.state, engine.parts.account.view()
    limits = state.limits
    return {
        "daily_loss_limit": _lost(account.day_pnl, limits.daily_loss_limit, state.day.start_equity),
        "rolling_24h_loss_limit": _lost(
            account.rolling_pnl, limits.rolling_24h_loss_limit, account.rolling_base
        ),
        "max_drawdown": _share(account.drawdown, limits.max_drawdown),
    }


def _largest_position(engine: Engine) -> Decimal | None:
    """With every open purchase filled; None while a price is missing."""
    book, largest = engine.book, ZERO
    for symbol, instrument in engine.parts.instruments.items():
        held, quote = book.state.ledger.held(instrument.base), engine.ports.quotes.quote(symbol)
        if held and quote is None:
            return None
        value = held * quote.last if quote is not None else ZERO
        largest = max(largest, value + book.exposure.of(symbol).buy_notional)
    return largest


def _lost(pnl: Decimal | None, share: Decimal | None, base: Decimal | None) -> float | None:
    if share is None:
        return None
    if pnl is None or base is None:
        return math.nan
    return _share(max(-pnl, ZERO), share * base)


def _share(value: Decimal | None, bound: Decimal | None) -> float | None:
    if bound is None:
        return None
    if value is None:
        return math.nan
    # A zero amount lets nothing through.
    return float(value / bound) if bound else 1.0
