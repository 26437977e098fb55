"""Cases for promtool, from the objectives' table: `python tests/objective_cases.py` writes them."""

from pathlib import Path
from typing import Any, Final

import yaml
from aitrader_server.objectives.rules import EVENTS, GOOD, LEFT, alert_name, groups
from aitrader_server.objectives.table import (
    MINUTE_S,
    OBJECTIVES,
    PAIRS,
    Objective,
    Pair,
    seconds,
)

FILE: Final = Path("monitoring/tests/slo.yaml")
HEAD: Final = (
    "# Made by `make monitoring`. Run with: promtool test rules monitoring/tests/slo.yaml\n"
)
# All pairs alone are tried with one objective; the others differ from it in numbers only.
ONE: Final = OBJECTIVES[0]
# A budget's ten thousandths are whole events.
EVENTS_PER_STEP: Final = 100_000
STEPS_PER_SHORT: Final = 5
# So much went well before that longer pairs than the tried one are not met.
STEPS_BEFORE: Final = 10
TIMES_BEFORE: Final = 100_000
OVER: Final = 1.1


def text() -> str:
    """The file of cases."""
    tests = [
        *(case for pair in PAIRS for case in (_burns(pair), _is_over(pair))),
        _every_objective(),
        _half_the_pace(),
        _few_errors(ONE.errors_min - 1, "too few errors burn nothing, however few the events"),
        _few_errors(ONE.errors_min, "as many as count burn at once where nearly nothing happens"),
        {
            "name": "the watchdog fires without anything to see",
            "interval": "1m",
            "input_series": [],
            "alert_rule_test": [_expected("Watchdog", "none", None)],
        },
    ]
    document = {
        "rule_files": ["../rules/slo.yaml"],
        "evaluation_interval": "5m",
        "tests": tests,
    }
    return HEAD + yaml.safe_dump(document, sort_keys=False, width=100)


def _burns(pair: Pair) -> dict[str, Any]:
    """Just over its pace for the longer window, after a time in which nearly all was good."""
    pace = pair.factor * OVER
    phases = [(_steps(pair), round(EVENTS_PER_STEP * ONE.budget * pace))]
    return _pace(pair, f"{pace:.4g} times the pace for {pair.long}", phases, {pair.severity})


def _is_over(pair: Pair) -> dict[str, Any]:
    """The same, and then for a little more than the shorter window nothing is bad."""
    bad = round(EVENTS_PER_STEP * ONE.budget * pair.factor * OVER)
    phases = [(_steps(pair), bad), (STEPS_PER_SHORT + 1, 0)]
    return _pace(pair, f"the same, and well again for {pair.short}", phases, set())


def _pace(
    pair: Pair, name: str, phases: list[tuple[int, int]], severities: set[str]
) -> dict[str, Any]:
    step_minutes = seconds(pair.short) // STEPS_PER_SHORT // MINUTE_S
    steps = STEPS_BEFORE + sum(steps for steps, _ in phases)
    return {
        "name": name,
        "interval": f"{step_minutes}m",
        "input_series": _series(phases),
        "alert_rule_test": _both(ONE, steps * step_minutes, severities),
    }


def _steps(pair: Pair) -> int:
    return seconds(pair.long) * STEPS_PER_SHORT // seconds(pair.short)


def _every_objective() -> dict[str, Any]:
    """Two engines; at one everything is bad, and only that one is told of."""
    series = []
    for objective in OBJECTIVES:
        for instance, good in (("a", 60), ("b", 0)):
            labels = f'{{instance="{instance}", slo="{objective.name}"}}'
            series += [
                {"series": EVENTS + labels, "values": "0+60x30"},
                {"series": GOOD + labels, "values": f"0+{good}x30"},
            ]
    return {
        "name": "an engine with which nothing is good",
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": [
            _expected(alert_name(objective, severity), severity, objective, "b", minutes=30)
            for objective in OBJECTIVES
            for severity in ("critical", "warning")
        ],
    }


def _half_the_pace() -> dict[str, Any]:
    """What is recorded for people to look at, beside what alerts go by."""
    labels = f'{{instance="b", slo="{ONE.name}"}}'
    good = EVENTS_PER_STEP - round(EVENTS_PER_STEP * ONE.budget / 2)
    return {
        "name": "half the budget is spent at half the pace",
        "interval": "1m",
        "input_series": [
            {"series": EVENTS + labels, "values": _run(0, EVENTS_PER_STEP, 60)},
            {"series": GOOD + labels, "values": _run(0, good, 60)},
            {"series": "aitrader_slo_objective_ratio" + labels, "values": f"{ONE.objective}x60"},
        ],
        "promql_expr_test": [
            {
                "expr": f"round({name}, 0.01)",
                "eval_time": "60m",
                "exp_samples": [{"labels": labels, "value": 0.5}],
            }
            for name in ("slo:current_burn_rate:ratio", LEFT)
        ],
    }


def _few_errors(errors: int, name: str) -> dict[str, Any]:
    """One good event, then so many bad ones in an hour."""
    labels = f'{{instance="b", slo="{ONE.name}"}}'
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {"series": EVENTS + labels, "values": f"0x50 1 1+1x{errors} {errors + 1}x2"},
            {"series": GOOD + labels, "values": f"0x50 1 1x{errors + 3}"},
        ],
        "alert_rule_test": _both(
            ONE, 55, {"critical", "warning"} if errors >= ONE.errors_min else set()
        ),
    }


def _series(phases: list[tuple[int, int]]) -> list[dict[str, str]]:
    """Counters of phases of so many steps and bad events per step, after a good time."""
    first = _run(0, EVENTS_PER_STEP * TIMES_BEFORE, STEPS_BEFORE)
    events, good = [first], [first]
    reached = reached_good = EVENTS_PER_STEP * TIMES_BEFORE * STEPS_BEFORE
    for steps, bad in phases:
        well = EVENTS_PER_STEP - bad
        events.append(_run(reached + EVENTS_PER_STEP, EVENTS_PER_STEP, steps - 1))
        good.append(_run(reached_good + well, well, steps - 1))
        reached += EVENTS_PER_STEP * steps
        reached_good += well * steps
    labels = f'{{instance="b", slo="{ONE.name}"}}'
    return [
        {"series": EVENTS + labels, "values": " ".join(events)},
        {"series": GOOD + labels, "values": " ".join(good)},
    ]


def _run(first: int, step: int, times: int) -> str:
    return f"{first}+{step}x{times}"


def _both(objective: Objective, minutes: int, severities: set[str]) -> list[dict[str, Any]]:
    """What both alerts of an objective are expected to say."""
    return [
        _expected(
            alert_name(objective, severity),
            severity,
            objective,
            "b" if severity in severities else None,
            minutes=minutes,
        )
        for severity in ("critical", "warning")
    ]


def _expected(
    name: str,
    severity: str,
    objective: Objective | None,
    instance: str | None = None,
    *,
    minutes: int = 10,
) -> dict[str, Any]:
    labels = {"severity": severity}
    if objective is not None:
        labels |= {"slo": objective.name, "instance": str(instance)}
    fires = objective is None or instance is not None
    told = [{"exp_labels": labels, "exp_annotations": _annotations(name)}]
    return {
        "eval_time": f"{minutes}m",
        "alertname": name,
        "exp_alerts": told if fires else [],
    }


def _annotations(name: str) -> dict[str, str]:
    rules = (rule for group in groups() for rule in group["rules"])
    return dict(next(rule for rule in rules if rule.get("alert") == name)["annotations"])


if __name__ == "__main__":
    FILE.write_text(text())
