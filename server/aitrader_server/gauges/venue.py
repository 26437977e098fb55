"""The connection to the venue, its prices, and how well books and venue agree."""

import math

from aitrader_server.adapters.metrics import PrometheusMetrics, Readings
from aitrader_server.engine.engine import Engine

NS_PER_S = 1_000_000_000
MS_PER_S = 1_000


def declare_venue_gauges(engine: Engine, metrics: PrometheusMetrics) -> None:
    """Has them read whenever somebody looks."""
    health, gatekeeper = engine.ports.broker.health, engine.parts.gatekeeper
    metrics.gauge("aitrader_stream_up", lambda: gatekeeper.gates().stream_up)
    metrics.gauge("aitrader_stream_age_seconds", lambda: _age_s(engine, health().last_event_ns))
    metrics.gauge("aitrader_stream_lag_seconds", lambda: health().stream_lag_ms / MS_PER_S)
    metrics.gauge("aitrader_clock_offset_seconds", lambda: _clock_offset_s(engine))
    metrics.gauges("aitrader_rate_budget_used_ratio", lambda: _budgets(engine))
    metrics.gauges("aitrader_quote_age_seconds", lambda: _quote_ages(engine))
    metrics.gauge("aitrader_reconcile_age_seconds", lambda: _reconcile_age_s(engine))
    metrics.gauge("aitrader_reconcile_drift", lambda: _drift(engine))


def _clock_offset_s(engine: Engine) -> float:
    offset_ms = engine.ports.broker.health().clock_offset_ms
    return math.nan if offset_ms is None else offset_ms / MS_PER_S


def _budgets(engine: Engine) -> Readings:
    return {
        (name,): used / most if most else math.nan
        for name, used, most in engine.ports.broker.health().budgets
    }


def _quote_ages(engine: Engine) -> Readings:
    quotes = {symbol: engine.ports.quotes.quote(symbol) for symbol in engine.parts.instruments}
    return {
        (symbol,): math.nan if quote is None else _age_s(engine, quote.at_ns)
        for symbol, quote in quotes.items()
    }


def _drift(engine: Engine) -> float:
    return engine.parts.reconciler.drift + len(engine.parts.external.open_orders)


def _reconcile_age_s(engine: Engine) -> float:
    """Since the start before the first time."""
    return _age_s(engine, engine.parts.reconciler.compared_ns or engine.started_ns)


def _age_s(engine: Engine, since_ns: int) -> float:
    """NaN for what never was."""
    if not since_ns:
        return math.nan
    return max(engine.ports.clock.now_ns() - since_ns, 0) / NS_PER_S
