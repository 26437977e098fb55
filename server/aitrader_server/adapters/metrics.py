"""Prometheus metrics behind the engine's port."""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from aitrader_server.adapters.metric_names import (
    RPC_METRICS,
    CounterSpec,
    GaugeSpec,
    HistogramSpec,
    Spec,
)

# Values by label values, in the order of the labels.
Readings = Mapping[tuple[str, ...], float]
# A trace, the value that was seen in it, and when: Unix time in seconds.
_Seen = tuple[str, float, float]
# The label values of one series; one alone stands for itself, which is quicker.
_Key = str | tuple[str, ...]


class PrometheusMetrics:
    """Takes the metrics that were declared and no others, with exactly their labels.

    What is counted or observed with a trace, or within a traced call, carries it as its exemplar.
    For one thread: the official client's locks and checks cost ten times what counting does, and
    every order is counted a dozen times.
    """

    def __init__(self, specs: tuple[Spec, ...] = RPC_METRICS) -> None:
        self._counters = {s.name: _Counter(s) for s in specs if isinstance(s, CounterSpec)}
        self._histograms = {s.name: _Histogram(s) for s in specs if isinstance(s, HistogramSpec)}
        self._gauges = {s.name: _Gauge(s) for s in specs if isinstance(s, GaugeSpec)}
        families = {**self._counters, **self._histograms, **self._gauges}
        self._families = [families[spec.name] for spec in specs]

    def count(self, name: str, labels: Mapping[str, str], trace_id: str = "") -> None:
        """Adds one to the counter `name`."""
        self._counters[name].add(labels, trace_id or _current_trace())

    def begin(self, name: str, labels: Mapping[str, str]) -> None:
        """Shows the counter `name` before anything is counted, so that its first is an increase."""
        self._counters[name].begin(labels)

    def observe(
        self, name: str, value: float, labels: Mapping[str, str], trace_id: str = ""
    ) -> None:
        """Adds `value` to the histogram `name`."""
        self._histograms[name].add(labels, value, trace_id or _current_trace())

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Has the gauge `name`, which has no labels, read whenever somebody looks."""
        self.gauges(name, lambda: {(): read()})

    def gauges(self, name: str, read: Callable[[], Readings]) -> None:
        """The same for a gauge with labels."""
        self._gauges[name].read = read

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All metrics in the format that an Accept header asks for, and its content type.

        Prometheus text by default; exemplars travel in OpenMetrics only.
        """
        encode, content_type = _encoder(accept)
        return encode(_registry(self._families)), content_type

    def text(self, names: Iterable[str]) -> bytes:
        """Some metrics as Prometheus text."""
        wanted = frozenset(names)
        return generate_latest(_registry([f for f in self._families if f.spec.name in wanted]))


class _Family(Collector):
    """One metric with all its series; nothing is shown of one that has none."""

    spec: Spec

    def collect(self) -> Iterable[Metric]:
        metric = self.metric()
        return (metric,) if metric.samples else ()

    def metric(self) -> Metric:
        raise NotImplementedError


class _Counter(_Family):
    def __init__(self, spec: CounterSpec) -> None:
        self.spec = spec
        self._key = _key_of(spec.labels)
        self._counts: dict[_Key, int] = dict.fromkeys(_first_keys(spec), 0)
        self._seen: dict[_Key, _Seen] = {}

    def begin(self, labels: Mapping[str, str]) -> None:
        self._counts.setdefault(self._key(labels), 0)

    def add(self, labels: Mapping[str, str], trace_id: str) -> None:
        key = self._key(labels)
        self._counts[key] = self._counts.get(key, 0) + 1
        if trace_id:
            self._seen[key] = (trace_id, 1.0, time.time())

    def metric(self) -> Metric:
        family = CounterMetricFamily(self.spec.name, self.spec.help, labels=self.spec.labels)
        for key, count in self._counts.items():
            family.add_metric(_values(key), count, exemplar=_exemplar(self._seen.get(key)))
        return family


class _Buckets:
    """One series of a histogram; the last bucket takes what is over all bounds."""

    __slots__ = ("counts", "seen", "total")

    def __init__(self, size: int) -> None:
        self.counts = [0] * size
        self.seen: list[_Seen | None] = [None] * size
        self.total = 0.0

    def buckets(
        self, names: Sequence[str]
    ) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
        """What each bound's bucket and those below it hold."""
        exemplars = map(_exemplar, self.seen)
        return [
            (name, count) if seen is None else (name, count, seen)
            for name, count, seen in zip(names, accumulate(self.counts), exemplars, strict=True)
        ]


class _Histogram(_Family):
    def __init__(self, spec: HistogramSpec) -> None:
        self.spec = spec
        self._bounds = spec.buckets
        self._names = [*map(str, spec.buckets), "+Inf"]
        self._key = _key_of(spec.labels)
        self._series = {key: _Buckets(len(self._names)) for key in _first_keys(spec)}

    def add(self, labels: Mapping[str, str], value: float, trace_id: str) -> None:
        key = self._key(labels)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Buckets(len(self._names))
        index = bisect_left(self._bounds, value)
        series.counts[index] += 1
        series.total += value
        if trace_id:
            series.seen[index] = (trace_id, value, time.time())

    def metric(self) -> Metric:
        family = HistogramMetricFamily(self.spec.name, self.spec.help, labels=self.spec.labels)
        for key, series in self._series.items():
            family.add_metric(_values(key), series.buckets(self._names), series.total)
        return family


class _Gauge(_Family):
    """Left out while nobody has said how it is read."""

    def __init__(self, spec: GaugeSpec) -> None:
        self.spec = spec
        self.read: Callable[[], Readings] = dict

    def metric(self) -> Metric:
        family = GaugeMetricFamily(self.spec.name, self.spec.help, labels=self.spec.labels)
        for labels, value in self.read().items():
            family.add_metric(labels, value)
        return family


def _key_of(names: tuple[str, ...]) -> Callable[[Mapping[str, str]], _Key]:
    return itemgetter(*names) if names else lambda _: ()


def _first_keys(spec: CounterSpec | HistogramSpec) -> tuple[_Key, ...]:
    """Of the series that are there before anything happens."""
    return spec.values if spec.labels else ((),)


def _values(key: _Key) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _registry(families: Sequence[_Family]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    for family in families:
        registry.register(family)
    return registry


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """The official client's choice; its default for a version that is no number."""
    try:
        return choose_encoder(accept)
    except TypeError:
        return choose_encoder("")


def _current_trace() -> str:
    trace_id: str = structlog.contextvars.get_contextvars().get("trace_id", "")
    return trace_id


def _exemplar(seen: _Seen | None) -> Exemplar | None:
    if seen is None:
        return None
    trace_id, value, at_s = seen
    return Exemplar({"trace_id": trace_id}, value, at_s)
