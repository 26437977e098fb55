"""What the engine counts is judged on its way to the metrics, and shown beside it."""

import pytest
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.objectives.judge import Count, Judge, JudgedMetrics


@pytest.fixture
def shown():
    return PrometheusMetrics(ALL_METRICS)


@pytest.fixture
def judge(shown):
    return Judge(shown)


@pytest.fixture
def metrics(shown, judge):
    return JudgedMetrics(shown, judge)


def text(shown):
    return shown.exposition()[0].decode()


def outcome(metrics, word):
    metrics.count("aitrader_order_outcomes_total", {"outcome": word})


def test_a_refusal_of_the_venue_is_no_failure_of_ours(metrics, judge, shown):
    for word in ("accepted", "rejected", "unknown", "not_sent"):
        outcome(metrics, word)
    assert judge.counts == {"order_acceptance": Count(good=2, total=4)}
    assert 'aitrader_slo_events_total{slo="order_acceptance"} 4.0' in text(shown)
    assert 'aitrader_slo_good_total{slo="order_acceptance"} 2.0' in text(shown)
    assert 'aitrader_order_outcomes_total{outcome="unknown"} 1.0' in text(shown)


def test_what_no_objective_knows_is_counted_and_not_judged(metrics, judge, shown):
    outcome(metrics, "pondered")
    metrics.count("aitrader_events_total", {"kind": "DayOpened"})
    assert judge.counts == {}
    assert 'aitrader_order_outcomes_total{outcome="pondered"} 1.0' in text(shown)


def test_only_what_is_slow_is_bad(metrics, judge, shown):
    for stage, seconds in (("ack", 1.0), ("ack", 1.01), ("venue", 9.0), ("ack", 0.002)):
        metrics.observe("aitrader_order_stage_seconds", seconds, {"stage": stage})
    metrics.observe("aitrader_rpc_seconds", 9.0, {"method": "Trade"})
    assert judge.counts == {"ack_latency": Count(good=2, total=3)}
    assert 'aitrader_order_stage_seconds_count{stage="venue"} 1.0' in text(shown)


def test_alarms_that_do_not_arrive_are_bad(metrics, judge):
    for word in ("posted", "failed", "refused", "dropped"):
        metrics.count("aitrader_alerts_total", {"outcome": word})
    assert judge.counts == {"alert_delivery": Count(good=1, total=4)}


def test_a_trace_stays_with_what_is_counted(metrics, shown):
    metrics.count("aitrader_order_outcomes_total", {"outcome": "unknown"}, "0" * 31 + "1")
    body, _ = shown.exposition("application/openmetrics-text")
    assert f'outcome="unknown"}} 1.0 # {{trace_id="{"0" * 31}1"}}' in body.decode()


def test_without_events_all_is_well():
    assert Count().compliance == 1.0
