"""The configuration as YAML that can be read back, each value with a note beside it."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from aitrader_server.config.document import NULLS, KeyPath
from aitrader_server.config.model import Config
from aitrader_server.config.secrecy import redact
from aitrader_server.config.section import Section, section_in

HEADING: Final = """\
# yaml-language-server: $schema=./exec.schema.json
# The one file to edit; what stands here are the defaults, so any line may go.
# `aitrader config schema > configs/exec.schema.json` makes the schema for your editor,
# `aitrader config check` names every mistake, `aitrader config show --origin` what holds.
# AITRADER__RISK__PER_TRADE_CAP=0.01 in the environment overrides risk.per_trade_cap.
# Secrets never stand here: write where they are kept, env:NAME, file:/path or docs/secrets.md.
"""
_PLAIN = re.compile(r"[A-Za-z0-9_./~-][A-Za-z0-9_./:~@+-]*(?<!:)")


def values_of(config: Config) -> dict[str, Any]:
    """Nested plain values, amounts as text, without secrets."""
    values: dict[str, Any] = redact(config.model_dump(mode="json"))
    return values


def render(
    values: Mapping[str, Any],
    note: Callable[[KeyPath], str],
    *,
    optional: Collection[KeyPath] = (),
) -> str:
    """YAML text of `values`, with `note` of each path as its comment.

    Paths in `optional` are commented out, because their defaults follow other values.
    """
    lines: list[str] = []
    _render(lines, (), values, note, optional)
    return "\n".join(lines) + "\n"


def template() -> str:
    """A file with every section, its defaults and what they mean."""
    followers = tuple(_followers(Config, ()))
    return HEADING + render(values_of(Config()), _description, optional=followers)


def _render(
    lines: list[str],
    path: KeyPath,
    values: Mapping[str, Any],
    note: Callable[[KeyPath], str],
    optional: Collection[KeyPath],
) -> None:
    indent = "  " * len(path)
    for key, value in values.items():
        here = (*path, key)
        is_nested = isinstance(value, dict) and bool(value)
        if is_nested and not path:
            lines.append("")
        start = f"{indent}# " if here in optional else indent
        text = f"{start}{_scalar(key)}:" + ("" if is_nested else f" {_flow(value)}")
        comment = note(here)
        lines.append(f"{text}  # {comment}" if comment else text)
        if is_nested:
            _render(lines, here, value, note, optional)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else _scalar(str(value))


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) is not None and text not in NULLS
    return text if is_plain else json.dumps(text)


def _description(path: KeyPath) -> str:
    """What the model says about the key or the section at `path`."""
    section: type[Section] = Config
    description = ""
    for step in path:
        field = section.model_fields[str(step)]
        inner = section_in(field.annotation)
        description = field.description or (inner.__doc__ if inner else None) or ""
        section = inner or section
    return description.removesuffix(".")


def _followers(section: type[Section], path: KeyPath) -> list[KeyPath]:
    """Paths whose defaults are computed from other values."""
    found: list[KeyPath] = []
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if field.default_factory is not None:
            found.append((*path, name))
        elif inner is not None:
            found += _followers(inner, (*path, name))
    return found
