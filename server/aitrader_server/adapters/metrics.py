"""Prometheus metrics behind the engine's port."""

from collections.abc import Callable, Iterable, Mapping

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from aitrader_server.adapters.metric_names import (
    RPC_METRICS,
    CounterSpec,
    GaugeSpec,
    HistogramSpec,
    Spec,
)

# Values by label values, in the order of the labels.
Readings = Mapping[tuple[str, ...], float]


class PrometheusMetrics:
    """Takes the metrics that were declared and no others, with exactly their labels.

    What is counted or observed with a trace, or within a traced call, carries it as its exemplar.
    """

    def __init__(self, specs: tuple[Spec, ...] = RPC_METRICS) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._gauges = _Gauges([spec for spec in specs if isinstance(spec, GaugeSpec)])
        self._registry.register(self._gauges)
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
            elif isinstance(spec, HistogramSpec):
                self._histograms[spec.name] = Histogram(
                    spec.name,
                    spec.help,
                    spec.labels,
                    registry=self._registry,
                    buckets=spec.buckets,
                )

    def count(self, name: str, labels: Mapping[str, str], trace_id: str = "") -> None:
        """Adds one to the counter `name`."""
        self._counter(name, labels).inc(exemplar=_exemplar(trace_id))

    def observe(
        self, name: str, value: float, labels: Mapping[str, str], trace_id: str = ""
    ) -> None:
        """Adds `value` to the histogram `name`."""
        self._histogram(name, labels).observe(value, _exemplar(trace_id))

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Has the gauge `name`, which has no labels, read whenever somebody looks."""
        self.gauges(name, lambda: {(): read()})

    def gauges(self, name: str, read: Callable[[], Readings]) -> None:
        """The same for a gauge with labels."""
        self._gauges.readers[self._gauges.specs[name].name] = read

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


class _Gauges(Collector):
    """Reads every gauge that has a reader; the others are left out."""

    def __init__(self, specs: Iterable[GaugeSpec]) -> None:
        self.specs = {spec.name: spec for spec in specs}
        self.readers: dict[str, Callable[[], Readings]] = {}

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One family for each gauge."""
        for name, read in self.readers.items():
            spec = self.specs[name]
            family = GaugeMetricFamily(name, spec.help, labels=spec.labels)
            for labels, value in read().items():
                family.add_metric(labels, value)
            yield family


def _exemplar(trace_id: str) -> dict[str, str] | None:
    known = trace_id or structlog.contextvars.get_contextvars().get("trace_id")
    return {"trace_id": known} if known else None
