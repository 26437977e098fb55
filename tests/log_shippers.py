"""The configurations in monitoring/ that ship logs, and what they make of a line."""

import json
import re
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).parents[1] / "monitoring"
FLUENT_BIT = MONITORING / "fluent-bit.yaml"
VECTOR = MONITORING / "vector.yaml"


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def variables(path: Path) -> tuple[set[str], set[str]]:
    """Those that its head names, and those that it uses."""
    text = path.read_text()
    head = re.search(r"^# Variables: ((?:.|\n# )+?)\.$", text, re.MULTILINE)
    assert head, f"{path.name} names no variables"
    return set(re.findall(r"\w+", head[1])), set(re.findall(r"\$\{(\w+)\}", text))


def unrouted(pipeline: dict[str, Any]) -> list[str]:
    """Tags that no output of Fluent Bit takes, and matches that no tag has: lines go lost."""
    tags = [entry["tag"] for entry in pipeline["inputs"]]
    matches = [entry["match"] for entry in (*pipeline.get("filters", ()), *pipeline["outputs"])]
    taken = [entry["match"] for entry in pipeline["outputs"]]
    return [
        *(tag for tag in tags if not any(fnmatchcase(tag, match) for match in taken)),
        *(match for match in matches if not any(fnmatchcase(tag, match) for tag in tags)),
    ]


def unconnected(graph: dict[str, Any]) -> list[str]:
    """Parts of Vector's graph that take from nobody who is there, or that nobody takes from."""
    givers = graph["sources"].keys() | graph.get("transforms", {}).keys()
    takers = {**graph.get("transforms", {}), **graph["sinks"]}
    wanted = {name for part in takers.values() for name in part["inputs"]}
    return sorted(wanted ^ givers)


def fields_of(line: str) -> dict[str, Any]:
    """A line as Fluent Bit's parser has it; raises ValueError for one that it does not take."""
    (parser,) = read(FLUENT_BIT)["parsers"]
    assert parser["format"] == "json"
    fields = json.loads(line)
    form = parser["time_format"].replace("%S.%L", "%S.%f")
    assert form.endswith("%z")
    fields["shipped_at"] = datetime.strptime(fields[parser["time_key"]], form)  # noqa: DTZ007 -- see above
    return dict(fields)
