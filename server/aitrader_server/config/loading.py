"""From files, variables and flags to one checked `Config`, or to every problem at once."""

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from aitrader_server.config.crosschecks import clashes
from aitrader_server.config.diagnosis import describe, is_echo
from aitrader_server.config.document import KeyPath, Layer, Place, Problem
from aitrader_server.config.layers import (
    merge,
    nearest_place,
    read_file,
    read_flags,
    read_variables,
)
from aitrader_server.config.model import Config
from aitrader_server.config.secrecy import MENDING, literal_secrets
from aitrader_server.errors import ConfigError
from aitrader_server.plugins import installed as installed_plugins

DEFAULT_PATH: Final = Path("configs/exec.yaml")
ENVIRONMENTS: Final = "environments"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The configuration and where each value that is not a default was written."""

    config: Config
    places: Mapping[KeyPath, Place]

    def origin(self, path: KeyPath) -> str:
        """`file:line`, the variable's name, the flag, or `default`."""
        return str(nearest_place(self.places, path))


def load(
    path: Path | None = None,
    *,
    environment: str | None = None,
    flags: Iterable[str] = (),
    environ: Mapping[str, str],
    installed: Mapping[str, Collection[str]] | None = None,
) -> Loaded:
    """Reads every source once and opens nothing but files.

    Without `path` the file is `configs/exec.yaml` if there is one; no file means defaults.
    `environment` names a file in `environments/` beside it. `flags` are `section.key=value`.
    `installed` names the plug-ins by entry-point group; those of this Python when None.

    Raises:
        ConfigError: with one line for each problem, in the order of the sources.
    """
    layers = _read_files(path, environment)
    layers += [read_variables(environ), read_flags(flags)]
    merged = merge(layers)
    if merged.is_broken:
        raise ConfigError(_lines(merged.problems))
    problems = list(merged.problems)
    for layer in layers:
        problems += [
            Problem(nearest_place(layer.places, secret), secret, MENDING)
            for secret in literal_secrets(layer.values)
        ]
    config, wrong = _validate(merged)
    problems += wrong
    named = {problem.path for problem in problems}
    problems += [
        Problem(nearest_place(merged.places, clash.path), clash.path, clash.message)
        for clash in clashes(config, installed_plugins() if installed is None else installed)
        if not _touches(named, (clash.path, *clash.involved))
    ]
    if problems:
        raise ConfigError(_lines(problems))
    return Loaded(config, merged.places)


def _read_files(path: Path | None, environment: str | None) -> list[Layer]:
    layers: list[Layer] = []
    if path is not None or DEFAULT_PATH.exists():
        layers.append(read_file(path or DEFAULT_PATH))
    if environment is not None:
        folder = (path or DEFAULT_PATH).parent / ENVIRONMENTS
        layers.append(_read_environment(folder, environment))
    return layers


def _read_environment(folder: Path, name: str) -> Layer:
    known = sorted(file.stem for file in folder.glob("*.yaml"))
    if name in known:
        return read_file(folder / f"{name}.yaml")
    message = f"no environment {name}; there are: {', '.join(known) or 'none'}"
    return Layer(problems=[Problem(Place(str(folder)), (), message)], is_broken=True)


def _validate(merged: Layer) -> tuple[Config, list[Problem]]:
    """The configuration with each wrong value left at its default, and what was wrong."""
    values = deepcopy(merged.values)
    problems: list[Problem] = []
    while True:
        try:
            return Config.model_validate(values), problems
        except ValidationError as error:
            everything = error.errors(include_url=False)
            details = [one for one in everything if not is_echo(one, everything)]
            problems += [
                Problem(nearest_place(merged.places, one["loc"]), one["loc"], describe(one))
                for one in details
            ]
            _prune(values, {_written(values, one["loc"]) for one in details})


def _written(values: Mapping[str, Any], path: KeyPath) -> KeyPath:
    """The deepest key on `path` that is there; a list counts as a whole."""
    holder: Any = values
    for length, step in enumerate(path):
        if not isinstance(holder, dict) or step not in holder:
            return path[:length]
        holder = holder[step]
    return path


def _prune(values: dict[str, Any], paths: Iterable[KeyPath]) -> None:
    for *parents, key in sorted(paths, key=len, reverse=True):
        holder = values
        for step in parents:
            holder = holder[str(step)]
        del holder[str(key)]


def _touches(named: Collection[KeyPath], paths: Iterable[KeyPath]) -> bool:
    return any(
        wrong[: len(path)] == path or path[: len(wrong)] == wrong
        for wrong in named
        for path in paths
    )


def _lines(problems: Iterable[Problem]) -> tuple[str, ...]:
    """One line for each place and key, sources in the order in which they were read."""
    messages: dict[tuple[Place, KeyPath], list[str]] = {}
    for problem in problems:
        messages.setdefault((problem.place, problem.path), []).append(problem.message)
    sources = list(dict.fromkeys(place.source for place, _ in messages))
    ordered = sorted(messages, key=lambda item: (sources.index(item[0].source), item[0].line))
    return tuple(str(Problem(*item, "; ".join(dict.fromkeys(messages[item])))) for item in ordered)
