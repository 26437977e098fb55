"""Sources of the configuration and how one overrides the other.

A flag wins over the environment's variables, they over the environment file, it over exec.yaml, and
that over the defaults. Mappings merge key by key, and one without keys changes nothing; anything
else is replaced whole.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from aitrader_server.config.document import (
    KeyPath,
    Layer,
    Place,
    Problem,
    read_text,
    read_value,
)
from aitrader_server.config.model import Config

VARIABLE_PREFIX: Final = "AITRADER__"
FLAG: Final = "--set"


def read_file(path: Path) -> Layer:
    """The layer of a YAML file; one that cannot be read is broken."""
    try:
        return read_text(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        reason = "no such file; `aitrader config init` writes one"
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        reason = "is not UTF-8 text"
    return Layer(problems=[Problem(Place(str(path)), (), reason)], is_broken=True)


def read_variables(environ: Mapping[str, str]) -> Layer:
    """The layer of all `AITRADER__SECTION__KEY` variables, in any case."""
    layers: list[Layer] = []
    seen: dict[KeyPath, str] = {}
    for name in sorted(environ):
        if not name.upper().startswith(VARIABLE_PREFIX):
            continue
        path = tuple(name[len(VARIABLE_PREFIX) :].lower().split("__"))
        layer = read_value(environ[name], path, name)
        if path in seen:
            layer.problems.append(Problem(Place(name), path, f"also set by {seen[path]}"))
        seen[path] = name
        layers.append(layer)
    return merge(layers)


def read_flags(flags: Iterable[str]) -> Layer:
    """The layer of `--set section.key=value` arguments; a later one wins."""
    layers: list[Layer] = []
    for flag in flags:
        key, separator, text = flag.partition("=")
        if separator and key:
            layers.append(read_value(text, tuple(key.split(".")), f"{FLAG} {key}"))
        else:
            problem = Problem(Place(FLAG), (), "write section.key=value")
            layers.append(Layer(problems=[problem], is_broken=True))
    return merge(layers)


def merge(layers: Iterable[Layer]) -> Layer:
    """One layer out of several, the strongest last."""
    merged = Layer()
    for layer in layers:
        _overlay(merged, (), merged.values, layer.values, layer.places)
        merged.problems.extend(layer.problems)
        merged.is_broken = merged.is_broken or layer.is_broken
    return merged


def _overlay(
    merged: Layer,
    path: KeyPath,
    under: dict[str, Any],
    over: Mapping[str, Any],
    places: Mapping[KeyPath, Place],
) -> None:
    for key, value in over.items():
        here = (*path, key)
        current = under.get(key)
        if value is None and Config.is_mapping(*here):
            continue
        if isinstance(current, dict) and isinstance(value, dict):
            _overlay(merged, here, current, value, places)
            continue
        for stale in [known for known in merged.places if known[: len(here)] == here]:
            del merged.places[stale]
        under[key] = deepcopy(value)
        merged.places.update(
            {known: place for known, place in places.items() if known[: len(here)] == here}
        )


def nearest_place(places: Mapping[KeyPath, Place], path: KeyPath) -> Place:
    """Where `path`, or what it lies in, was written."""
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return places[path[:length]]
    return Place("default")
