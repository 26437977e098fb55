"""Prometheus rules and panels from the table: `python -m aitrader_server.objectives.rules`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from aitrader_server.objectives.table import (
    OBJECTIVES,
    PAIRS,
    PERIOD,
    WINDOWS,
    Objective,
    Pair,
    seconds,
)

FILE: Final = Path("monitoring/rules/slo.yaml")
EVENTS: Final = "aitrader_slo_events_total"
GOOD: Final = "aitrader_slo_good_total"
HEAD: Final = """\
# Made by `make monitoring` from server/aitrader_server/objectives/table.py.
# `slo` names the objective; each engine is judged by itself. docs/slo.md says what to do.
"""
LEFT: Final = "slo:period_error_budget_remaining:ratio"
_SPEED: Final = {"critical": "Fast", "warning": "Slowly"}

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """What one chart shows: PromQL by legend, `{{slo}}` and the like as Grafana writes them."""

    title: str
    description: str
    unit: str
    expressions: tuple[tuple[str, str], ...]


def groups() -> list[dict[str, Any]]:
    """The groups of a rule file; rules of one group are evaluated one after another."""
    return [
        {"name": "aitrader-slo", "rules": [*_recordings(), *_alerts()]},
        {
            "name": f"aitrader-slo-{PERIOD}",
            # Reads a whole period, which moves slowly.
            "interval": "5m",
            "rules": [
                _record(f"slo:sli_error:ratio_rate{PERIOD}", _error_ratio(PERIOD)),
                _record(
                    LEFT,
                    f"1 - slo:sli_error:ratio_rate{PERIOD} / (1 - aitrader_slo_objective_ratio)",
                ),
            ],
        },
        {"name": "aitrader-watchdog", "rules": [_watchdog()]},
    ]


def text() -> str:
    """The rule file."""
    body = yaml.dump({"groups": groups()}, Dumper=_Dumper, sort_keys=False, width=100)
    return HEAD + body


def panels() -> tuple[Panel, ...]:
    """A dashboard's row: all objectives side by side, then each with its burn rates."""
    return (
        Panel(
            "Error budget left",
            f"Share of the error budget of {PERIOD} that is left; negative when overspent.",
            "percentunit",
            (("{{slo}}", LEFT),),
        ),
        Panel(
            "Burn rate",
            f"1 spends the budget exactly in {PERIOD}.",
            "none",
            (("{{slo}}", "slo:current_burn_rate:ratio"),),
        ),
        *(_panel(objective) for objective in OBJECTIVES),
    )


def alert_name(objective: Objective, severity: str) -> str:
    """E.g. `OrderAcceptanceBurnsFast` for the one that pages."""
    return objective.name.title().replace("_", "") + f"Burns{_SPEED[severity]}"


def percent(share: float) -> str:
    """`99.9 %`."""
    return f"{share * 100:g} %"


def _recordings() -> Iterator[Rule]:
    for window in WINDOWS:
        yield _record(f"slo:sli_error:ratio_rate{window}", _error_ratio(window))
    for window in sorted({pair.long for pair in PAIRS}, key=seconds):
        yield _record(f"slo:sli_error:increase{window}", _errors(window))
    yield _record(
        "slo:current_burn_rate:ratio",
        f"slo:sli_error:ratio_rate{WINDOWS[0]} / (1 - aitrader_slo_objective_ratio)",
    )


def _errors(window: str) -> str:
    return f"increase({EVENTS}[{window}]) - increase({GOOD}[{window}])"


def _error_ratio(window: str) -> str:
    """Nothing for a window without events: no news is neither good nor bad."""
    return f"({_errors(window)})\n/ (increase({EVENTS}[{window}]) > 0)"


def _record(name: str, expression: str) -> Rule:
    return {"record": name, "expr": expression}


def _alerts() -> Iterator[Rule]:
    for objective in OBJECTIVES:
        for severity, speed in _SPEED.items():
            pairs = [pair for pair in PAIRS if pair.severity == severity]
            yield {
                "alert": alert_name(objective, severity),
                "expr": "\nor\n".join(_burns(objective, pair) for pair in pairs),
                "labels": {"severity": severity},
                "annotations": {
                    "summary": f"{objective.name} burns its error budget {speed.lower()}.",
                    "description": _promise(objective, pairs),
                    "runbook": f"docs/slo.md#{objective.name}",
                },
            }


def _promise(objective: Objective, pairs: Iterable[Pair]) -> str:
    paces = " or ".join(
        f"{pair.factor:g} times that pace over {pair.long} and {pair.short}" for pair in pairs
    )
    return (
        f"{objective.description} {percent(objective.objective)} are promised, which leaves a "
        f"budget for {PERIOD}; it is spent at {paces}."
    )


def _burns(objective: Objective, pair: Pair) -> str:
    which, most = f'{{slo="{objective.name}"}}', f"{pair.factor:g} * {objective.budget:g}"
    # `increase` guesses what lies beyond the first and the last sample: half an error either way.
    return "\n".join(
        (
            "(",
            f"  slo:sli_error:ratio_rate{pair.long}{which} > {most}",
            f"  and slo:sli_error:ratio_rate{pair.short}{which} > {most}",
            f"  and slo:sli_error:increase{pair.long}{which} > {objective.errors_min - 0.5:g}",
            ")",
        )
    )


def _watchdog() -> Rule:
    return {
        "alert": "Watchdog",
        "expr": "vector(1)",
        "labels": {"severity": "none"},
        "annotations": {
            "summary": "Prometheus and Alertmanager work: this always fires.",
            "description": "Whoever expects it and hears nothing knows that alerts do not arrive.",
            "runbook": "docs/slo.md#watchdog",
        },
    }


def _panel(objective: Objective) -> Panel:
    which = f'{{slo="{objective.name}"}}'
    return Panel(
        objective.name,
        f"{objective.description} Burn rates; {percent(objective.objective)} are promised.",
        "none",
        tuple(
            (window, f"slo:sli_error:ratio_rate{window}{which} / {objective.budget:g}")
            for window in _shown()
        ),
    )


def _shown() -> Sequence[str]:
    return [window for pair in PAIRS[:2] for window in (pair.short, pair.long)]


class _Dumper(yaml.SafeDumper):
    """Writes what has several lines as several lines."""


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)


if __name__ == "__main__":
    FILE.write_text(text())
