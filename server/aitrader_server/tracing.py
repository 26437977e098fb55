"""Where traces are kept, if anywhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError
from aitrader_server.spans import Spans


@contextmanager
def kept_spans(config: Config, metrics: PrometheusMetrics) -> Iterator[Spans | None]:
    """Exports until it is left; None when no collector is named.

    Raises ConfigError when one is and the extra is missing.
    """
    url = config.tracing.otlp_url
    if url is None:
        yield None
        return
    try:
        from aitrader_server.adapters.otlp import (  # noqa: PLC0415 -- an extra's driver
            OtlpSpans,
            collector_at,
        )
    except ImportError as error:
        advice = "in the project's folder, pip install '.[otel]'"
        raise ConfigError((f"tracing.otlp_url: {error.name} is missing: {advice}",)) from error
    # What it complains of we count and say once.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    spans = OtlpSpans(
        collector_at(url),
        config.tracing.sample_ratio,
        {
            "service.name": "aitrader",
            "service.version": version("ai-trader"),
            "deployment.environment.name": config.environment,
            "aitrader.account": config.account,
        },
        lambda outcome: metrics.count("aitrader_spans_total", {"outcome": outcome}),
    )
    spans.start()
    try:
        yield spans
    finally:
        spans.stop()
