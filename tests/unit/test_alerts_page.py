"""Whoever is woken by an alarm finds out what it means and what to type."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from aitrader_server.adapters.metric_names import series

TRACE = "trace_id"
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/alerts.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
RULES = yaml.safe_load((ROOT / "monitoring/rules/trading.yaml").read_text())["groups"]
ALERTS = [rule for group in RULES for rule in group["rules"]]


def posted() -> set[str]:
    """Names of the alarms that the code posts: CamelCase texts where alarms are made."""
    found = set()
    for source in (ROOT / "server").rglob("*.py"):
        tree = ast.parse(source.read_text())
        if source.name != "alarms.py" and re.search(r"\bAlarm\(", source.read_text()):
            found |= {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and re.fullmatch(r"(?:[A-Z][a-z]+){2,}", str(node.value))
            }
    return found


def test_the_code_posts_alarms():
    assert {"TradingHalted", "TradingReducing", "EngineSilent"} <= posted()


def test_every_alarm_has_a_section_and_no_section_is_of_none():
    assert SECTIONS.keys() == posted() | {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_begins_with_three_commands(name):
    (block,) = re.findall(r"^```sh\n(.*?)^```$", SECTIONS[name], re.MULTILINE | re.DOTALL)
    assert len(block.splitlines()) == 3


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_a_trace_is_told_and_never_a_label(rule):
    assert TRACE not in rule["labels"]
    assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
    traced = [name for name in re.findall(r"aitrader_\w+", rule["expr"]) if TRACE in series()[name]]
    assert not traced or re.search(rf"without \([^)]*{TRACE}", rule["expr"])
