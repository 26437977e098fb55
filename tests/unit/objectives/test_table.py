"""The table makes sense, and what is made from it was made from this one."""

import re
from pathlib import Path

import objective_cases
import pytest
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.objectives import rules
from aitrader_server.objectives.table import (
    BY_NAME,
    OBJECTIVES,
    PAIRS,
    PERIOD,
    WINDOWS,
    Outcomes,
    Sampled,
    Within,
    seconds,
)

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/slo.md").read_text()
SPECS = {spec.name: spec for spec in ALL_METRICS}


def cells(heading: str) -> list[list[str]]:
    table = PAGE.partition(heading)[2].partition("\n\n")[0]
    return [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]


def test_names_are_unique():
    assert len(BY_NAME) == len(OBJECTIVES)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda one: one.name)
def test_every_pair_can_be_met(objective):
    for pair in PAIRS:
        assert 0 < pair.factor * objective.budget < 1
        assert seconds(pair.short) < seconds(pair.long) < seconds(PERIOD)
    assert objective.errors_min > 1


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda one: one.name)
def test_what_is_judged_is_counted(objective):
    match objective.source:
        case Outcomes(metric=metric, good=good, bad=bad):
            assert SPECS[metric].labels == ("outcome",)
            assert not good & bad
        case Within(metric=metric, most_s=most_s):
            assert SPECS[metric].labels == ("stage",)
            assert most_s in SPECS[metric].buckets
            assert f"within {most_s:g} s" in objective.description
        case Sampled(most=most):
            assert not most or f"{most:g} s" in objective.description


def test_every_window_of_a_pair_is_shown():
    assert {name for pair in PAIRS for name in (pair.short, pair.long)} == set(WINDOWS)
    assert list(WINDOWS) == sorted(WINDOWS, key=seconds)


def test_the_page_shows_the_table():
    shown = cells("| Objective | Promised | Good are | Errors, at least | Orders depend on it |\n")
    assert shown[1:] == [
        [
            one.name,
            rules.percent(one.objective),
            one.description,
            str(one.errors_min),
            "yes" if one.orders_depend_on_it else "no",
        ]
        for one in OBJECTIVES
    ]


def test_the_page_shows_the_pairs():
    shown = [[*row[:3], row[4].partition(":")[0]] for row in cells("| Burn rate over |")[2:]]
    assert shown == [
        [spaced(pair.long), spaced(pair.short), f"{pair.factor:g}", pair.severity] for pair in PAIRS
    ]


def spaced(window: str) -> str:
    return re.sub(r"(\d+)", r"\1 ", window)


def test_the_page_names_both_alerts_and_three_commands_of_each_objective():
    for objective in OBJECTIVES:
        section = PAGE.partition(f"\n### {objective.name}\n")[2].partition("\n### ")[0]
        for severity in ("critical", "warning"):
            assert f"`{rules.alert_name(objective, severity)}`" in section
        assert len(re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].splitlines()) == 3


@pytest.mark.parametrize("made", [rules, objective_cases], ids=lambda made: made.FILE.name)
def test_what_is_made_of_it_is_up_to_date(made):
    assert (ROOT / made.FILE).read_text() == made.text(), "make monitoring"


def test_panels_show_what_is_recorded():
    recorded = {rule.get("record") for group in rules.groups() for rule in group["rules"]}
    panels = rules.panels()
    assert [panel.title for panel in panels][2:] == list(BY_NAME)
    for panel in panels:
        for _, expression in panel.expressions:
            assert set(re.findall(r"slo:[\w:]+", expression)) <= recorded
