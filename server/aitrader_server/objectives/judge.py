"""Counts what is good and what is not, as it happens."""

from collections.abc import Mapping

import msgspec

from aitrader_server.engine.ports import Metrics
from aitrader_server.objectives.table import OBJECTIVES, Outcomes, Within


class Count(msgspec.Struct, frozen=True, array_like=True):
    """Events, and those of them that were good."""

    good: int = 0
    total: int = 0

    def __sub__(self, earlier: "Count") -> "Count":
        return Count(self.good - earlier.good, self.total - earlier.total)

    @property
    def bad(self) -> int:
        return self.total - self.good

    @property
    def compliance(self) -> float:
        """Share that was good; 1 without events."""
        return self.good / self.total if self.total else 1.0


Counts = Mapping[str, Count]


class Judge:
    """Keeps running counts by objective, and shows them as metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.counts: dict[str, Count] = {}

    def judge(self, name: str, *, good: bool) -> None:
        """Counts one event of the objective `name`."""
        before = self.counts.get(name, Count())
        self.counts[name] = Count(before.good + good, before.total + 1)
        labels = {"slo": name}
        self._metrics.count("aitrader_slo_events_total", labels)
        if good:
            self._metrics.count("aitrader_slo_good_total", labels)


class JudgedMetrics:
    """Metrics of an engine; what an objective goes by is judged on its way to them."""

    def __init__(self, metrics: Metrics, judge: Judge) -> None:
        self._metrics = metrics
        self._judge = judge
        sources = [(one.name, one.source) for one in OBJECTIVES]
        self._outcomes = {
            source.metric: (name, source)
            for name, source in sources
            if isinstance(source, Outcomes)
        }
        self._times = {
            (source.metric, source.stage): (name, source)
            for name, source in sources
            if isinstance(source, Within)
        }

    def count(self, name: str, labels: Mapping[str, str], trace_id: str = "") -> None:
        """Adds one to the counter `name`."""
        self._metrics.count(name, labels, trace_id)
        found = self._outcomes.get(name)
        if found is None:
            return
        objective, source = found
        outcome = labels["outcome"]
        if outcome in source.good or outcome in source.bad:
            self._judge.judge(objective, good=outcome in source.good)

    def observe(
        self, name: str, value: float, labels: Mapping[str, str], trace_id: str = ""
    ) -> None:
        """Adds `value` to the histogram `name`."""
        self._metrics.observe(name, value, labels, trace_id)
        found = self._times.get((name, labels.get("stage", "")))
        if found is not None:
            objective, source = found
            self._judge.judge(objective, good=value <= source.most_s)
