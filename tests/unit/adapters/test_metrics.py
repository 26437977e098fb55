"""Declared metrics, as a scraper reads them."""

import pytest
import structlog
from aitrader_server.adapters.metric_names import CounterSpec, GaugeSpec, HistogramSpec
from aitrader_server.adapters.metrics import PrometheusMetrics
from prometheus_client.parser import text_string_to_metric_families

SPECS = (
    CounterSpec("orders_total", "Orders.", ("side",)),
    CounterSpec("starts_total", "Starts."),
    HistogramSpec("fill_seconds", "Fills.", ("side",), buckets=(0.1, 1.0)),
    GaugeSpec("waiting", "Waiting."),
    GaugeSpec("working", "Working.", ("side", "state")),
)


def samples(metrics: PrometheusMetrics) -> dict[tuple[str, ...], float]:
    text, content_type = metrics.exposition()
    assert content_type.startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_counts_and_times_are_exposed():
    metrics = PrometheusMetrics(SPECS)
    for _ in range(3):
        metrics.count("orders_total", {"side": "buy"})
    metrics.count("orders_total", {"side": "sell"})
    metrics.count("starts_total", {})
    metrics.observe("fill_seconds", 0.5, {"side": "buy"})
    seen = samples(metrics)
    assert seen["orders_total", "buy"] == 3
    assert seen["orders_total", "sell"] == 1
    assert seen["starts_total",] == 1
    assert seen["fill_seconds_sum", "buy"] == 0.5
    assert seen["fill_seconds_bucket", "0.1", "buy"] == 0
    assert seen["fill_seconds_bucket", "1.0", "buy"] == 1


def test_a_gauge_is_read_when_somebody_looks():
    metrics = PrometheusMetrics(SPECS)
    waiting = [1, 2, 3]
    metrics.gauge("waiting", lambda: len(waiting))
    assert samples(metrics)["waiting",] == 3
    waiting.clear()
    assert samples(metrics)["waiting",] == 0


def test_a_gauge_has_its_labels_and_only_series_that_are():
    metrics = PrometheusMetrics(SPECS)
    metrics.gauges("working", lambda: {("buy", "NEW"): 2.0, ("sell", "NEW"): 1.0})
    seen = samples(metrics)
    assert seen["working", "NEW", "buy"] == 2
    assert seen["working", "NEW", "sell"] == 1
    assert ("waiting",) not in seen


@pytest.mark.parametrize(
    ("name", "labels"), [("nothing_total", {}), ("orders_total", {}), ("fill_seconds", {})]
)
def test_what_was_not_declared_is_a_bug(name, labels):
    with pytest.raises(KeyError):
        PrometheusMetrics(SPECS).count(name, labels)


def test_a_traced_observation_carries_its_trace():
    metrics = PrometheusMetrics(SPECS)
    with structlog.contextvars.bound_contextvars(trace_id="0af7651916cd43dd8448eb211c80319c"):
        metrics.observe("fill_seconds", 0.5, {"side": "buy"})
    text, _ = metrics.exposition("application/openmetrics-text")
    assert '# {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.5' in text.decode()
    assert "trace_id" not in metrics.exposition()[0].decode()


@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
def test_a_version_that_is_no_number_gets_plain_text(kind):
    _, content_type = PrometheusMetrics(SPECS).exposition(f"{kind}; version=newest")
    assert content_type == PrometheusMetrics(SPECS).exposition()[1]


def test_a_trace_that_is_given_goes_before_that_of_the_call():
    metrics = PrometheusMetrics(SPECS)
    with structlog.contextvars.bound_contextvars(trace_id="0" * 31 + "1"):
        metrics.count("orders_total", {"side": "buy"}, "0" * 31 + "2")
    text, _ = metrics.exposition("application/openmetrics-text")
    assert '# {trace_id="00000000000000000000000000000002"} 1.0' in text.decode()


def test_a_gauge_that_was_not_declared_is_a_bug():
    with pytest.raises(KeyError):
        PrometheusMetrics(SPECS).gauge("nothing", lambda: 1.0)


def test_a_counter_can_be_shown_before_anything_is_counted():
    metrics = PrometheusMetrics(SPECS)
    metrics.begin("orders_total", {"side": "buy"})
    assert 'orders_total{side="buy"} 0.0' in metrics.exposition()[0].decode()
    metrics.count("orders_total", {"side": "buy"})
    metrics.begin("orders_total", {"side": "buy"})
    assert 'orders_total{side="buy"} 1.0' in metrics.exposition()[0].decode()


def test_series_that_are_known_are_there_before_anything_happens():
    outcomes = ("good", "bad")
    metrics = PrometheusMetrics(
        (
            CounterSpec("tries_total", "Tries.", ("outcome",), outcomes),
            HistogramSpec("try_seconds", "Tries.", ("outcome",), (1.0,), outcomes),
        )
    )
    seen = samples(metrics)
    assert (seen["tries_total", "good"], seen["tries_total", "bad"]) == (0, 0)
    assert seen["try_seconds_bucket", "+Inf", "bad"] == 0
    metrics.count("tries_total", {"outcome": "bad"})
    assert samples(metrics)["tries_total", "bad"] == 1


def test_what_never_happened_and_is_not_known_is_left_out():
    assert not any(
        name.startswith(("orders", "fill")) for name, *_ in samples(PrometheusMetrics(SPECS))
    )


def test_some_metrics_are_a_text_of_their_own():
    metrics = PrometheusMetrics(SPECS)
    metrics.gauge("waiting", lambda: 3)
    metrics.count("starts_total", {})
    text = metrics.text({"waiting"}).decode()
    assert "waiting 3.0" in text
    assert "starts" not in text
