"""Alerts look at metrics that exist, with labels that they have, and lead to a page that helps."""

import re
from pathlib import Path

import pytest
import yaml
from aitrader_server.adapters.metric_names import series

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
RULES = sorted((MONITORING / "rules").glob("*.yaml"))
# What Prometheus adds to everything that it reads, and what it says of whom it reads.
ADDED_LABELS = {"instance", "job"}
ADDED_SERIES = dict.fromkeys(("up", "push_time_seconds"), frozenset(ADDED_LABELS))
# Looks at nothing, because it has to fire whatever there is to see.
ALWAYS = "vector(1)"


def rules(path: Path) -> list[dict]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alerts(path: Path) -> list[dict]:
    return [rule for rule in rules(path) if "alert" in rule]


def recorded() -> dict[str, frozenset[str]]:
    """Labels of what rules record: those of the first metric that each looks at."""
    known: dict[str, frozenset[str]] = {}
    for rule in (rule for path in RULES for rule in rules(path) if "record" in rule):
        (name, *_) = re.findall(NAME, rule["expr"])
        known[rule["record"]] = {**series(), **known}[name]
    return known


NAME = r"(?:(?:aitrader_|slo:)[\w:]+|\b(?:up|push_time_seconds)\b)"
KNOWN = {**series(), **ADDED_SERIES, **recorded()}


def problems(expression: str) -> list[str]:
    """What an expression asks for that no engine serves."""
    labels = set(ADDED_LABELS)
    found = []
    for name, matchers in re.findall(rf"({NAME})(\{{[^}}]*\}})?", expression):
        if name not in KNOWN:
            found.append(name)
            continue
        labels |= KNOWN[name]
        asked = set(re.findall(r"(\w+)\s*[=!]", matchers))
        found += sorted(asked - KNOWN[name] - ADDED_LABELS)
    for grouping in re.findall(r"(?:by|on|without|ignoring)\s*\(([^)]*)\)", expression):
        found += sorted(set(re.findall(r"\w+", grouping)) - labels)
    return found


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_look_at_what_is_served(path):
    for rule in rules(path):
        assert re.search(NAME, rule["expr"]) or rule["expr"] == ALWAYS, rule
        assert problems(rule["expr"]) == [], rule


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_alerts_lead_to_a_page_that_helps(path):
    for rule in alerts(path):
        page, _, fragment = rule["annotations"]["runbook"].partition("#")
        assert fragment in anchors(ROOT / page), rule["alert"]
        shown = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        (name, *_) = [*re.findall(NAME, rule["expr"]), ""]
        labels = KNOWN.get(name, frozenset())
        assert shown <= labels | ADDED_LABELS, rule["alert"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_each_alert_says_how_grave_it_is_and_what_it_means(path):
    for rule in alerts(path):
        grave = {"none"} if rule["expr"] == ALWAYS else {"critical", "warning"}
        assert rule["labels"]["severity"] in grave, rule["alert"]
        assert rule["annotations"]["summary"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_each_alert_is_tried_with_its_cause(path):
    tried = yaml.safe_load((MONITORING / "tests" / path.name).read_text())
    assert tried["rule_files"] == [f"../rules/{path.name}"]
    cases = [case for test in tried["tests"] for case in test.get("alert_rule_test", ())]
    names = [rule["alert"] for rule in alerts(path)]
    assert len(names) == len(set(names))
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == set(names)


@pytest.mark.parametrize(
    "expression",
    [
        "aitrader_sentiment_redy == 0",
        "rate(aitrader_sentiment_seconds[5m]) > 1",
        'aitrader_sentiment_texts_total{engin="onnx"} > 1',
        "sum by (reason) (aitrader_sentiment_texts_total) > 1",
        "slo:sli_error:ratio_rate7m > 1",
        'slo:sli_error:ratio_rate5m{name="heartbeat"} > 1',
    ],
)
def test_a_wrong_alert_would_be_noticed(expression):
    assert problems(expression)


def test_there_are_alerts():
    assert RULES
