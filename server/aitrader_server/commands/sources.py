"""Where a command finds its configuration, the same for every command that needs one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import click

from aitrader_server.config import Loaded, load
from aitrader_server.errors import ConfigError

EX_CONFIG: Final = 78

Command = TypeVar("Command", bound=Callable[..., Any])


class ConfigFailure(click.ClickException):
    """Ends the process with 78, so that a supervisor knows that a restart does not help."""

    exit_code = EX_CONFIG

    def __init__(self, error: ConfigError) -> None:
        super().__init__(error.message)
        self.problems = error.problems

    def show(self, file: IO[Any] | None = None) -> None:
        """One line for each problem, without a prefix, so that editors can jump to it."""
        for problem in self.problems:
            click.echo(problem, file=file, err=file is None)


def source_options(command: Command) -> Command:
    """Adds --config, --environment and --set."""
    for option in (
        click.option(
            "--set",
            "flags",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override one value, e.g. risk.per_trade_cap=0.01; wins over everything.",
        ),
        click.option(
            "--environment",
            envvar="AITRADER_ENVIRONMENT",
            metavar="NAME",
            help="Add environments/NAME.yaml, which lies beside the file.",
        ),
        click.option(
            "--config",
            "path",
            envvar="AITRADER_CONFIG",
            type=click.Path(path_type=Path),
            help="The file to read; configs/exec.yaml if there is one.",
        ),
    ):
        command = option(command)
    return command


def load_sources(path: Path | None, environment: str | None, flags: tuple[str, ...]) -> Loaded:
    """The configuration that `source_options` name.

    Raises:
        ConfigFailure: it cannot be used; click prints every problem and exits with 78.
    """
    try:
        return load(path, environment=environment, flags=flags, environ=os.environ)
    except ConfigError as error:
        raise ConfigFailure(error) from error
