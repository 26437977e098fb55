"""Prometheus metrics behind the engine's port."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

# From a cached read to a venue that hardly answers.
SECONDS_BUCKETS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """A counter; its name ends in `_total`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistogramSpec:
    """A histogram; `buckets` are upper bounds in the unit that the name says."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS_BUCKETS


RPC_METRICS = (
    CounterSpec("aitrader_rpc_calls_total", "Finished calls.", ("method", "code")),
    HistogramSpec("aitrader_rpc_seconds", "Time per call; streams to their end.", ("method",)),
)

ENGINE_METRICS = (
    CounterSpec("aitrader_events_total", "Durable journal events.", ("kind",)),
    CounterSpec("aitrader_model_failures_total", "Models that failed or were late.", ("model",)),
    CounterSpec("aitrader_venue_reports_foreign_total", "Reports on orders that are not ours."),
    CounterSpec("aitrader_alerts_total", "Alarms for Alertmanager.", ("outcome",)),
)

TEXTS_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0)
SHARE_BUCKETS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)

SENTIMENT_METRICS = (
    CounterSpec("aitrader_sentiment_texts_total", "Scored texts.", ("engine", "label")),
    CounterSpec(
        "aitrader_sentiment_fallbacks_total",
        "Texts that a model left to the next one.",
        ("engine", "reason"),
    ),
    CounterSpec("aitrader_sentiment_refusals_total", "Texts refused by a full queue."),
    CounterSpec("aitrader_sentiment_cache_hits_total", "Texts scored before."),
    CounterSpec(
        "aitrader_sentiment_truncated_total", "Texts longer than the model reads.", ("engine",)
    ),
    HistogramSpec("aitrader_sentiment_seconds", "Time per text, models in turn.", ("engine",)),
    HistogramSpec(
        "aitrader_sentiment_stage_seconds", "Time per text and stage.", ("engine", "stage")
    ),
    HistogramSpec(
        "aitrader_sentiment_batch_size", "Texts scored in one go.", ("engine",), TEXTS_BUCKETS
    ),
    HistogramSpec(
        "aitrader_sentiment_padding_ratio",
        "Share of a batch's tokens that only fill it up.",
        ("engine",),
        SHARE_BUCKETS,
    ),
)


class PrometheusMetrics:
    """Takes the metrics that were declared and no others, with exactly their labels.

    What is observed within a traced call carries the trace as its exemplar.
    """

    def __init__(self, specs: tuple[CounterSpec | HistogramSpec, ...] = RPC_METRICS) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        # Finding a child by its labels costs more than counting.
        self._counter_children: dict[tuple[str, ...], Counter] = {}
        self._histogram_children: dict[tuple[str, ...], Histogram] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        for spec in specs:
            self._labels[spec.name] = spec.labels
            if isinstance(spec, CounterSpec):
                self._counters[spec.name] = Counter(
                    spec.name, spec.help, spec.labels, registry=self._registry
                )
            else:
                self._histograms[spec.name] = Histogram(
                    spec.name,
                    spec.help,
                    spec.labels,
                    registry=self._registry,
                    buckets=spec.buckets,
                )

    def count(self, name: str, labels: Mapping[str, str]) -> None:
        """Adds one to the counter `name`."""
        self._counter(name, labels).inc()

    def observe(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Adds `value` to the histogram `name`."""
        self._histogram(name, labels).observe(value, _exemplar())

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Declares a gauge that is read when somebody looks."""
        Gauge(name, text, registry=self._registry).set_function(read)

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All metrics in the format that an Accept header asks for, and its content type.

        Prometheus text by default; exemplars travel in OpenMetrics only.
        """
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _counter(self, name: str, labels: Mapping[str, str]) -> Counter:
        counter = self._counters[name]
        names = self._labels[name]
        if not names:
            return counter
        key = (name, *[labels[label] for label in names])
        child = self._counter_children.get(key)
        if child is None:
            child = self._counter_children[key] = counter.labels(**labels)
        return child

    def _histogram(self, name: str, labels: Mapping[str, str]) -> Histogram:
        histogram = self._histograms[name]
        names = self._labels[name]
        if not names:
            return histogram
        key = (name, *[labels[label] for label in names])
        child = self._histogram_children.get(key)
        if child is None:
            child = self._histogram_children[key] = histogram.labels(**labels)
        return child


def _exemplar() -> dict[str, str] | None:
    trace_id = structlog.contextvars.get_contextvars().get("trace_id")
    return None if trace_id is None else {"trace_id": trace_id}
