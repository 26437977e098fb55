"""Dashboards are what their code makes, ask for what is served, and belong to no place."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from aitrader_server.adapters.metric_names import ALL_METRICS, series

MONITORING = Path(__file__).parents[2] / "monitoring"
FILES = sorted((MONITORING / "grafana").glob("*.json"))
BOARDS = {path.stem: json.loads(path.read_text()) for path in FILES}
RULES = [
    rule
    for path in (MONITORING / "rules").glob("*.yaml")
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
METRIC = re.compile(r"((?:aitrader_|slo:)[\w:]+)(\{[^}]*\})?")


def expressions(board):
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]


def test_the_files_are_what_the_code_makes(tmp_path):
    command = [sys.executable, "-m", "dashboards", tmp_path]
    subprocess.run(command, cwd=MONITORING, check=True, timeout=120)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in FILES}, "make monitoring"
    assert BOARDS.keys() == {"trading", "risk", "venue", "slo", "sentiment"}


def test_every_board_and_every_panel_has_an_id_of_its_own():
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)
    for board in BOARDS.values():
        ids = Counter(panel["id"] for panel in board["panels"])
        assert ids.total() == len(ids) > 1


def test_no_panel_lies_on_another():
    for board in BOARDS.values():
        taken = Counter(
            (x, y)
            for place in (panel["gridPos"] for panel in board["panels"])
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
        assert set(taken.values()) == {1}, board["title"]
        assert max(x for x, _ in taken) < 24


def test_data_sources_and_engines_are_chosen_by_who_looks():
    for board in BOARDS.values():
        variables = {variable["name"]: variable for variable in board["templating"]["list"]}
        assert {"datasource", "environment", "instance"} <= variables.keys()
        sources = [
            part["datasource"]
            for panel in board["panels"]
            if panel["type"] != "row"
            for part in (panel, *panel["targets"])
        ]
        assert all(source["uid"] == "${datasource}" for source in sources)
        for expression in expressions(board):
            for _, matchers in METRIC.findall(expression):
                assert 'environment=~"$environment",instance=~"$instance"' in matchers, expression
    (symbol,) = [v for v in BOARDS["venue"]["templating"]["list"] if v["name"] == "symbol"]
    assert symbol["query"].startswith("label_values(aitrader_quote_age_seconds")


@pytest.mark.parametrize("name", BOARDS)
def test_panels_ask_for_what_is_served(name):
    for expression in expressions(BOARDS[name]):
        for metric, matchers in METRIC.findall(expression):
            assert metric in series() or metric in RECORDED, expression
            if metric in series():
                asked = set(re.findall(r"(\w+)=", matchers)) - {"environment", "instance"}
                assert asked <= series()[metric], expression


def test_every_metric_is_shown_somewhere():
    asked = {
        metric
        for board in BOARDS.values()
        for expression in expressions(board)
        for metric, _ in METRIC.findall(expression)
    }
    # By way of what the rules record.
    asked |= {metric for rule in RULES for metric, _ in METRIC.findall(rule["expr"])}
    served = {name.removesuffix("_bucket") for name in asked}
    assert {spec.name for spec in ALL_METRICS} == {name for name in served if "slo:" not in name}


def test_what_carries_traces_shows_them():
    for board in BOARDS.values():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                traced = "_bucket{" in target["expr"] or "_total{" in target["expr"]
                assert target["exemplar"] is traced
