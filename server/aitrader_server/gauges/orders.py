"""Orders that are not terminal, and the latest that was denied."""

from collections import Counter

from aitrader_server.adapters.metrics import PrometheusMetrics, Readings
from aitrader_server.domain.words import TERMINAL_STATES, OrderState
from aitrader_server.engine.engine import Engine
from aitrader_server.objectives.readings import unknown_age_s

WORKING = tuple(state for state in OrderState if state not in TERMINAL_STATES)


def declare_order_gauges(engine: Engine, metrics: PrometheusMetrics) -> None:
    """Has them read whenever somebody looks."""
    exposure = engine.book.exposure
    metrics.gauge("aitrader_orders_open", lambda: len(exposure.working))
    metrics.gauges("aitrader_orders_working", lambda: _by_state(engine))
    metrics.gauge("aitrader_orders_unknown", lambda: exposure.unknown)
    metrics.gauge("aitrader_unknown_age_seconds", lambda: unknown_age_s(engine))
    metrics.gauges("aitrader_last_denial_info", lambda: _last_denial(engine))


def _by_state(engine: Engine) -> Readings:
    counted = Counter(order.state for order in engine.book.working())
    return {(state,): counted[state] for state in WORKING}


def _last_denial(engine: Engine) -> Readings:
    denial = engine.writer.tally.last_denial
    return {} if denial is None else {(denial.reason, denial.symbol, denial.trace_id): 1.0}
