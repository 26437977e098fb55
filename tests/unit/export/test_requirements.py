"""What the export tool is installed from: the extra, and its own environment's list."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRA = [Requirement(line) for line in PROJECT["optional-dependencies"]["export"]]
LINES = (ROOT / "requirements-export.txt").read_text().splitlines()
PINS = {
    line.partition("==")[0].lower().replace("_", "-"): line.partition("==")[2]
    for line in LINES
    if not line.startswith("#")
}
# What the package itself imports there, beside the libraries that make the weights.
IMPORTED = re.compile(r"^ *(?:import|from) (\w+)", re.MULTILINE)
FOLDERS = ("export", "calibrating", "texts")
# transformers stands on it and chooses its version.
BROUGHT_ALONG = {"huggingface_hub"}


def test_the_environment_has_what_the_extra_and_the_package_ask_for():
    wanted = [*EXTRA, *map(Requirement, PROJECT["dependencies"])]
    assert {r.name: r.specifier.contains(PINS[r.name.lower()]) for r in wanted} == {
        r.name: True for r in wanted
    }


def test_the_extra_names_every_library_that_the_tool_imports():
    offered = {r.name for r in EXTRA} | {Requirement(line).name for line in PROJECT["dependencies"]}
    models = ROOT / "models/aitrader_models"
    sources = [path for folder in FOLDERS for path in (models / folder).glob("*.py")]
    found = {name for path in sources for name in IMPORTED.findall(path.read_text())}
    foreign = found - sys.stdlib_module_names - {"aitrader_models", "aitrader_server"}
    assert foreign - offered == BROUGHT_ALONG
