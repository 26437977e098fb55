"""What the engine shows of itself whenever somebody looks."""

import platform
from collections.abc import Sequence

from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.news_desk import NewsDesk
from aitrader_server.gauges.orders import declare_order_gauges
from aitrader_server.gauges.trading import declare_trading_gauges
from aitrader_server.gauges.venue import declare_venue_gauges
from aitrader_server.rpc.chain import calls_in_flight
from aitrader_server.rpc.handlers import CallInterceptor

NS_PER_S = 1_000_000_000


def declare_gauges(
    engine: Engine, chain: Sequence[CallInterceptor], metrics: PrometheusMetrics
) -> None:
    """Has every gauge of a started engine read from where the truth is."""
    metrics.gauge("aitrader_rpc_in_flight", lambda: calls_in_flight(chain))
    metrics.gauge("aitrader_journal_sequence", lambda: engine.writer.durable_sequence)
    metrics.gauge("aitrader_journal_pending_records", lambda: engine.writer.pending_records)
    metrics.gauge("aitrader_event_subscribers", lambda: engine.bus.subscribers)
    _declare_process_gauges(engine, metrics)
    declare_order_gauges(engine, metrics)
    declare_trading_gauges(engine, metrics)
    declare_venue_gauges(engine, metrics)
    _declare_sentiment_gauges(engine.ports.models.sentiment, metrics)


def _declare_process_gauges(engine: Engine, metrics: PrometheusMetrics) -> None:
    broker = engine.ports.broker
    build = (
        engine.settings.version,
        platform.python_version(),
        broker.environment,
        broker.name,
    )
    metrics.gauges("aitrader_build_info", lambda: {build: 1.0})
    metrics.gauge("aitrader_started_seconds", lambda: engine.started_ns / NS_PER_S)


def _declare_sentiment_gauges(desk: NewsDesk, metrics: PrometheusMetrics) -> None:
    metrics.gauge("aitrader_sentiment_ready", lambda: desk.first.ready)
    metrics.gauge("aitrader_sentiment_queue_tokens", lambda: desk.first.queue_tokens)
    metrics.gauge("aitrader_sentiment_neutral_share", lambda: desk.drift.neutral_share)
    metrics.gauge("aitrader_sentiment_drifting", lambda: desk.drift.drifting)
