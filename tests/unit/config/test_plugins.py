"""Plug-ins of a real, if small, installed package are found and loaded by name."""

import subprocess
import sys
from pathlib import Path

import pytest

ENTRY_POINTS = """\
[aitrader.signal_models]
toy = toy_models:create
gone = toy_models:vanished
lost = no_such_module:create
twice = toy_models:create
[aitrader.venues]
toy = toy_models:create
"""
MORE_ENTRY_POINTS = """\
[aitrader.signal_models]
toy = toy_models:create
twice = toy_models:other
"""


def install(folder: Path, name: str, entry_points: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def run(tmp_path):
    install(tmp_path, "toys", ENTRY_POINTS)
    install(tmp_path, "more_toys", MORE_ENTRY_POINTS)
    (tmp_path / "toy_models.py").write_text("def create(settings): return settings['x']\n")

    def run_code(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", f"from aitrader_server import plugins\n{code}"],
            env={"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return run_code


def test_a_plugin_is_loaded_by_name(run):
    assert run("print(plugins.load(plugins.SIGNAL_MODELS, 'toy')({'x': 'created'}))") == "created"


def test_installed_plugins_are_listed_by_group(run):
    listed = run("print({g: 'toy' in names for g, names in plugins.installed().items()})")
    assert listed == str(
        {
            "aitrader.venues": True,
            "aitrader.signal_models": True,
            "aitrader.regime_models": False,
            "aitrader.sentiment_models": False,
        }
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tooy", "signal model tooy is not installed, did you mean toy? installed: "),
        ("zzzzz", "signal model zzzzz is not installed; installed: gone, lost, "),
        ("twice", "signal model twice is offered twice: toy_models:create, toy_models:other"),
        ("gone", "signal model gone cannot be imported: module 'toy_models' has no attribute"),
        ("lost", "signal model lost cannot be imported: No module named 'no_such_module'"),
    ],
)
def test_a_plugin_that_cannot_be_had_is_a_configuration_error(run, name, said):
    code = f"""
try:
    plugins.load(plugins.SIGNAL_MODELS, {name!r})
except plugins.ConfigError as error:
    print(error)
"""
    assert run(code).startswith(said)
