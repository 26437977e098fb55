"""Plug-ins, found by entry-point group and loaded by name.

A package offers one by an entry point, e.g. in its pyproject.toml:

    [project.entry-points."aitrader.signal_models"]
    my-model = "my_package.my_module:create"
"""

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Generic, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aitrader_server.adapters.secrets.provider import SecretProvider
from aitrader_server.doctor.examination import Examiner
from aitrader_server.engine.ports import RegimeModel, SentimentModel, SignalModel
from aitrader_server.errors import ConfigError
from aitrader_server.watchdog.ports import Canceller

Created = TypeVar("Created")
SettingsMap = Mapping[str, Any]


@dataclass(frozen=True)
class Group(Generic[Created]):
    """An entry-point group whose entries are callables that create a `Created`."""

    name: str
    noun: str


# What a venue is built from is the composition's business: it types the call.
VENUES: Final = Group[Any]("aitrader.venues", "venue")
# The watchdog's way to a venue: it takes orders back and does nothing else.
CANCELLERS: Final = Group[Canceller]("aitrader.cancellers", "canceller")
SIGNAL_MODELS: Final = Group[SignalModel]("aitrader.signal_models", "signal model")
REGIME_MODELS: Final = Group[RegimeModel]("aitrader.regime_models", "regime model")
SENTIMENT_MODELS: Final = Group[SentimentModel]("aitrader.sentiment_models", "sentiment model")
SECRET_PROVIDERS: Final = Group[SecretProvider]("aitrader.secret_providers", "keeper of secrets")
# Tries a venue's key before anything trades with it.
EXAMINERS: Final = Group[Examiner]("aitrader.examiners", "examiner")
# What a facade is made of is the composition's business, too.
FACADES: Final = Group[Any]("aitrader.facades", "facade")
COMMANDS: Final = "aitrader.commands"
GROUPS: Final[tuple[Group[Any], ...]] = (VENUES, SIGNAL_MODELS, REGIME_MODELS, SENTIMENT_MODELS)


def installed() -> dict[str, frozenset[str]]:
    """Names of all installed plug-ins by entry-point group."""
    return {group.name: names_of(group) for group in GROUPS}


def names_of(group: Group[Any]) -> frozenset[str]:
    """Of all that are installed."""
    return frozenset(entry_points(group=group.name).names)


def absence(name: str, names: Collection[str]) -> str:
    """Sentence that says that `name` is not installed, and what is."""
    near = get_close_matches(name, names, n=1)
    hint = f", did you mean {near[0]}?" if near else ""
    known = ", ".join(sorted(names)) or "none"
    return f"{name} is not installed{hint or ';'} installed: {known}"


def command_line(name: str) -> list[str]:
    """How to run the `aitrader` command `name` of another package as a process of its own.

    Raises ConfigError when no package offers it.
    """
    found = entry_points(group=COMMANDS, name=name)
    for entry in found:
        run = f"from {entry.module} import {entry.attr} as run; run()"
        return [sys.executable, "-c", run]
    raise ConfigError((f"the command {absence(name, entry_points(group=COMMANDS).names)}",))


def problems(where: str, error: ValidationError) -> tuple[str, ...]:
    """What a plug-in says of its own keys at `where`, a line each."""
    return tuple(
        f"{'.'.join([where, *map(str, problem['loc'])])}: {_sentence(problem)}"
        for problem in error.errors()
    )


def _sentence(problem: ErrorDetails) -> str:
    match problem["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "unknown key of this plug-in"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            return problem["msg"]


def load(group: Group[Created], name: str) -> Callable[..., Created]:
    """The callable that creates the plug-in `name`.

    Raises:
        ConfigError: it is not installed, offered by two packages, or cannot be imported.
    """
    found = entry_points(group=group.name, name=name)
    offers: dict[str, EntryPoint] = {entry.value: entry for entry in found}
    if not offers:
        known = names_of(group)
        raise ConfigError((f"{group.noun} {absence(name, known)}",))
    if len(offers) > 1:
        raise ConfigError((f"{group.noun} {name} is offered twice: {', '.join(sorted(offers))}",))
    (entry,) = offers.values()
    try:
        create = entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError((f"{group.noun} {name} cannot be imported: {error}",)) from error
    return cast("Callable[..., Created]", create)
