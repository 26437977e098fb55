"""What the engine shows of itself whenever somebody looks."""

from collections.abc import Sequence

from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.news_desk import NewsDesk
from aitrader_server.rpc.chain import calls_in_flight
from aitrader_server.rpc.handlers import CallInterceptor


def declare_gauges(
    engine: Engine, chain: Sequence[CallInterceptor], metrics: PrometheusMetrics
) -> None:
    """Has every gauge of a started engine read from where the truth is."""
    exposure, gatekeeper = engine.book.exposure, engine.parts.gatekeeper
    metrics.gauge("aitrader_rpc_in_flight", lambda: calls_in_flight(chain))
    metrics.gauge("aitrader_orders_open", lambda: len(exposure.working))
    metrics.gauge("aitrader_orders_unknown", lambda: exposure.unknown)
    metrics.gauge("aitrader_journal_sequence", lambda: engine.writer.durable_sequence)
    metrics.gauge("aitrader_event_subscribers", lambda: engine.bus.subscribers)
    metrics.gauge("aitrader_limits_store_writable", lambda: not gatekeeper.limits_store_trouble)
    _declare_sentiment_gauges(engine.ports.models.sentiment, metrics)


def _declare_sentiment_gauges(desk: NewsDesk, metrics: PrometheusMetrics) -> None:
    metrics.gauge("aitrader_sentiment_ready", lambda: desk.first.ready)
    metrics.gauge("aitrader_sentiment_queue_tokens", lambda: desk.first.queue_tokens)
    metrics.gauge("aitrader_sentiment_neutral_share", lambda: desk.drift.neutral_share)
    metrics.gauge("aitrader_sentiment_drifting", lambda: desk.drift.drifting)
