"""Whether trading goes on, what it is worth, and how near its limits are."""

import math
from decimal import Decimal

from aitrader_server.adapters.metrics import PrometheusMetrics, Readings
from aitrader_server.domain.words import TradingState
from aitrader_server.engine.engine import Engine
from aitrader_server.gauges.limits import limits_used
from aitrader_server.rpc.services.readiness import readiness


def declare_trading_gauges(engine: Engine, metrics: PrometheusMetrics) -> None:
    """Has them read whenever somebody looks."""
    gatekeeper, account = engine.parts.gatekeeper, engine.parts.account
    asset = (engine.settings.quote_asset,)
    dead_man = gatekeeper.dead_man
    guarded = dead_man.limit_s is not None
    metrics.gauges("aitrader_trading_state", lambda: _states(engine))
    metrics.gauges("aitrader_last_halt_info", lambda: _halt(engine))
    metrics.gauges("aitrader_ready", lambda: _ready(engine))
    metrics.gauge("aitrader_dead_man_age_seconds", lambda: dead_man.age_s if guarded else 0.0)
    metrics.gauge("aitrader_dead_man_limit_seconds", lambda: dead_man.limit_s or 0.0)
    metrics.gauges("aitrader_limit_used_ratio", lambda: limits_used(engine))
    metrics.gauge("aitrader_limits_version", lambda: engine.book.state.limits_version)
    metrics.gauge("aitrader_limits_store_writable", lambda: not gatekeeper.limits_store_trouble)
    metrics.gauges("aitrader_equity", lambda: {asset: _known(account.equity())})
    metrics.gauges("aitrader_day_pnl", lambda: {asset: _known(account.view().day_pnl)})
    metrics.gauge("aitrader_drawdown_ratio", lambda: _known(account.view().drawdown))


def _states(engine: Engine) -> Readings:
    standing = engine.parts.control.standing.state
    return {(state,): float(state is standing) for state in TradingState}


def _halt(engine: Engine) -> Readings:
    standing = engine.parts.control.standing
    if standing.state is TradingState.ACTIVE:
        return {}
    return {(standing.state, standing.actor, standing.trace_id): 1.0}


def _ready(engine: Engine) -> Readings:
    return {(name,): float(part.ok) for name, part in readiness(engine).items()}


def _known(amount: Decimal | None) -> float:
    return math.nan if amount is None else float(amount)
