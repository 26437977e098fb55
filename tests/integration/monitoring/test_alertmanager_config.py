"""The committed configuration of Alertmanager and Prometheus, as their own tools judge it."""

import subprocess
from pathlib import Path

import pytest
import yaml
from alertmanager_server import localized
from web_program import require

MONITORING = Path(__file__).parents[3] / "monitoring"
CONFIG = MONITORING / "alertmanager.yaml"


def run(program: str, package: str, *words: object) -> str:
    done = subprocess.run(
        [require(program, package), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def amtool(*words: object) -> str:
    return run("amtool", "prometheus-alertmanager", *words)


def test_amtool_takes_the_committed_file_and_the_one_of_the_tests(tmp_path):
    assert "SUCCESS" in amtool("check-config", CONFIG)
    assert "SUCCESS" in amtool("check-config", localized(tmp_path, "http://127.0.0.1:9"))


def test_promtool_takes_the_committed_file():
    run(
        "promtool", "prometheus", "check", "config", "--syntax-only", MONITORING / "prometheus.yaml"
    )


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (["alertname=TradingHalted", "severity=critical", "service=engine"], "pagerduty,slack"),
        (["alertname=EngineSilent", "severity=critical", "service=watchdog"], "pagerduty,slack"),
        (["alertname=StreamDown", "severity=critical", "job=aitrader"], "pagerduty,slack"),
        (["alertname=TradingReducing", "severity=warning", "service=engine"], "slack"),
        (["alertname=OrderDenied", "severity=warning", "job=aitrader"], "slack"),
        (["alertname=Watchdog", "severity=none"], "heartbeat"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_slack_gets_all_and_pagerduty_what_is_critical(labels, receivers):
    assert amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels).split() == [
        receivers
    ]


def test_no_secret_is_in_the_file():
    receivers = yaml.safe_load(CONFIG.read_text())["receivers"]
    sections = [
        section
        for receiver in receivers
        for kind in ("slack_configs", "pagerduty_configs")
        for section in receiver.get(kind, ())
    ]
    secret = {"api_url", "routing_key", "service_key"}
    assert len(sections) == 2
    assert all(secret.isdisjoint(section) for section in sections)


def test_a_trace_is_no_label_to_group_or_to_hide_by():
    config = yaml.safe_load(CONFIG.read_text())
    assert "trace_id" not in str(config["route"]) + str(config["inhibit_rules"])
    assert "trace_id" in str(config["receivers"])
