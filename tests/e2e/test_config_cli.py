"""`aitrader config` as a person or a supervisor runs it: real processes, real files."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EX_CONFIG = 78
SOCKET_SEEN = 99
# Ends the process with 99 at the first thing that is done with a socket.
GUARD = """\
import os, sys
sys.addaudithook(lambda event, _: os._exit(99) if event.startswith("socket.") else None)
"""
SCRIPT = Path(sys.executable).with_name("aitrader")
# The command and the plug-ins that the defaults name, whether or not the venv offers them.
ENTRY_POINTS = """\
[aitrader.commands]
config = aitrader_server.commands.config:config
[aitrader.venues]
paper = toys:paper
binance = toys:binance
[aitrader.signal_models]
trend-rsi-macd = toys:signal
[aitrader.regime_models]
atr-bands = toys:regime
[aitrader.sentiment_models]
rules = toys:sentiment
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    info = folder / "toys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


@pytest.fixture
def run(site: Path, tmp_path: Path) -> Run:
    def run_command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT, "config", *arguments],
            cwd=tmp_path,
            env=variables | {"PYTHONPATH": f"{site}:{tmp_path}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_command


def test_defaults_need_no_file(run):
    done = run("check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


def test_a_check_answers_in_json_too(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("rsk: {}\n")
    good, bad = run("check", "--json"), run("check", "mine.yaml", "--json")
    assert (good.returncode, json.loads(good.stdout)) == (0, {"ok": True, "problems": []})
    assert bad.returncode == EX_CONFIG
    assert json.loads(bad.stdout) == {"ok": False, "problems": bad.stderr.splitlines()}


def test_every_problem_is_a_line_on_stderr_and_the_code_is_78(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("rsk: {}\nrisk:\n  per_trade_cap: much\n")

    done = run("check", "mine.yaml", AITRADER__REST__PRT="1")

    assert done.returncode == EX_CONFIG
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "mine.yaml:1: rsk: unknown key, did you mean risk?",
        (
            "mine.yaml:3: risk.per_trade_cap: 'much' does not fit, "
            "write a decimal number such as 0.02 (share of equity one trade may risk, 0 to 1)"
        ),
        "AITRADER__REST__PRT: rest.prt: unknown key, did you mean port?",
    ]


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["check"]])
def test_no_command_runs_with_a_broken_file(run, command):
    assert run(*command, "--set", "risk.per_trade_cap=2").returncode == EX_CONFIG


@pytest.mark.parametrize(("flag", "code"), [("rest.port=1", 0), ("rest.prt=1", EX_CONFIG)])
def test_no_socket_is_opened(run, tmp_path, flag, code):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    assert run("check", "--set", flag).returncode == code


def test_the_guard_sees_sockets(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.socket()"],
        env={"PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == SOCKET_SEEN


def test_init_writes_a_file_that_is_found_and_good(run, tmp_path):
    first = run("init")
    assert (first.returncode, first.stdout) == (0, "wrote configs/exec.yaml\n")
    written = (tmp_path / "configs" / "exec.yaml").read_text()
    assert written == (ROOT / "configs" / "exec.yaml").read_text()
    shown = json.loads(run("show", "--json", "--origin").stdout)
    assert shown["risk.per_trade_cap"]["value"] == "0.02"
    assert shown["risk.per_trade_cap"]["origin"].startswith("configs/exec.yaml:")


def test_init_never_overwrites(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("account: main\n")
    done = run("init", "mine.yaml")
    assert done.returncode == 1
    assert "mine.yaml exists already" in done.stderr
    assert (tmp_path / "mine.yaml").read_text() == "account: main\n"


def test_init_says_why_it_cannot_write(run, tmp_path):
    (tmp_path / "file").touch()
    done = run("init", "file/exec.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: file/exec.yaml cannot be written: ")


def test_show_tells_where_each_value_came_from(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("account: main\nrisk: {per_trade_cap: 0.010}\n")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "calm.yaml").write_text("rest: {port: 81}\n")

    done = run(
        "show",
        "--origin",
        "--set",
        "events.heartbeat_s=9",
        AITRADER_CONFIG="mine.yaml",
        AITRADER_ENVIRONMENT="calm",
        AITRADER__GRPC__PORT="0",
    )

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    for line in (
        "account: main  # mine.yaml:1",
        "state: state  # default",
        "  per_trade_cap: 0.010  # mine.yaml:2",
        "  port: 81  # environments/calm.yaml:1",
        "  port: 0  # AITRADER__GRPC__PORT",
        "  heartbeat_s: 9  # --set events.heartbeat_s",
        "grpc:",
    ):
        assert line in lines


def test_show_as_json_is_one_object_without_secrets(run):
    sha256 = "cd" * 32
    done = run(
        "show",
        "--json",
        AITRADER__ACCESS__TOKENS=f"[{{name: a, role: viewer, sha256: {sha256}}}]",
        AITRADER__EXECUTION__PAPER="{api_key: env:THE_KEY}",
        THE_KEY="canary",
        BINANCE_TESTNET_API_KEY="canary",
    )
    shown = json.loads(done.stdout)
    assert shown["execution"]["paper"] == {"api_key": "env:THE_KEY"}
    assert shown["risk"]["per_trade_cap"] == "0.02"
    assert "canary" not in done.stdout
    assert sha256 not in done.stdout


def test_schema_describes_every_section(run):
    schema = json.loads(run("schema").stdout)
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == list(json.loads(run("show", "--json").stdout))
    assert "share of equity" in json.dumps(schema)
