"""`aitrader config`: look at the configuration, check it, begin one."""

import json
from pathlib import Path
from typing import Any

import click

from aitrader_server.commands.sources import ConfigFailure, load_sources, source_options
from aitrader_server.config import Config
from aitrader_server.config.document import KeyPath, dotted
from aitrader_server.config.loading import DEFAULT_PATH, Loaded
from aitrader_server.config.rendering import render, template, values_of


@click.group()
def config() -> None:
    """Look at the configuration, check it, begin one."""


@config.command()
@source_options
@click.option("--origin", is_flag=True, help="Say where each value was written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(
    path: Path | None,
    environment: str | None,
    flags: tuple[str, ...],
    *,
    origin: bool,
    as_json: bool,
) -> None:
    """Print what holds after all files, variables and flags, without secrets."""
    loaded = load_sources(path, environment, flags)
    values = values_of(loaded.config)
    if as_json:
        click.echo(json.dumps(_with_origins(values, loaded) if origin else values, indent=2))
        return

    def note(here: KeyPath) -> str:
        return loaded.origin(here) if origin and not _is_section(values, here) else ""

    click.echo(render(values, note), nl=False)


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@source_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(
    file: Path | None,
    path: Path | None,
    environment: str | None,
    flags: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Print `ok`, or every problem with its line, and exit with 78 then.

    FILE is the same as --config.
    """
    try:
        load_sources(file or path, environment, flags)
    except ConfigFailure as failure:
        if as_json:
            click.echo(json.dumps({"ok": False, "problems": failure.problems}))
        raise
    click.echo(json.dumps({"ok": True, "problems": []}) if as_json else "ok")


@config.command()
@click.argument("file", default=DEFAULT_PATH, type=click.Path(path_type=Path))
def init(file: Path) -> None:
    """Write a commented FILE with every default; never overwrites one."""
    if file.exists():
        raise click.ClickException(f"{file} exists already; nothing was written")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(template())
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {file}")


@config.command()
def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    click.echo(json.dumps(Config.model_json_schema(), indent=2))


def _is_section(values: Any, path: KeyPath) -> bool:
    for step in path:
        values = values[step]
    return isinstance(values, dict) and bool(values)


def _with_origins(values: dict[str, Any], loaded: Loaded, path: KeyPath = ()) -> dict[str, Any]:
    """Flat: each dotted key with its value and origin."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        here = (*path, key)
        if isinstance(value, dict) and value:
            found |= _with_origins(value, loaded, here)
        else:
            found[dotted(here)] = {"value": value, "origin": loaded.origin(here)}
    return found
