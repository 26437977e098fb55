"""Prometheus itself takes every rule, and every alert fires and stays silent as its cases say."""

import subprocess
from pathlib import Path

import pytest
import yaml
from web_program import require

MONITORING = Path(__file__).parents[3] / "monitoring"
TIMEOUT_S = 300


def promtool(*words: object) -> subprocess.CompletedProcess[str]:
    program = require("promtool", "prometheus")
    return subprocess.run(
        [program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def named(folder: str) -> list[Path]:
    return sorted((MONITORING / folder).glob("*.yaml"))


@pytest.mark.parametrize("path", named("rules"), ids=lambda path: path.name)
def test_rules_are_taken(path):
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", named("tests"), ids=lambda path: path.name)
def test_alerts_fire_as_their_cases_say(path):
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_weaker_rule_would_be_noticed(tmp_path):
    rules, cases = (MONITORING / folder / "slo.yaml" for folder in ("rules", "tests"))
    for folder in ("rules", "tests"):
        (tmp_path / folder).mkdir()
    weaker = rules.read_text().replace("> 14.4 * 0.001", "> 20 * 0.001")
    (tmp_path / "rules/slo.yaml").write_text(weaker)
    tried = yaml.safe_load(cases.read_text())
    first = {**tried, "tests": tried["tests"][:1]}
    (tmp_path / "tests/slo.yaml").write_text(yaml.safe_dump(first))
    done = promtool("test", "rules", tmp_path / "tests/slo.yaml")
    assert done.returncode != 0
    assert "OrderAcceptanceBurnsFast" in done.stderr + done.stdout
