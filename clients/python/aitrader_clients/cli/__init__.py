"""The `aitrader` command: stdout is data, stderr is messages, the exit code is the answer."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from aitrader_clients.cli.catalogue import Catalogue
from aitrader_clients.cli.exits import Exit


@click.command(
    "aitrader",
    cls=Catalogue,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "AITRADER_ENDPOINT names the engine, AITRADER_TOKEN or AITRADER_TOKEN_FILE the caller, "
        "AITRADER_TLS_CA, _CERT and _KEY the PEM files of TLS."
    ),
)
@click.version_option(package_name="ai-trader", message="%(version)s")
def cli() -> None:
    """Trade, watch and stop an AI-Trader engine."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    try:
        code = cli.main(
            None if arguments is None else list(arguments),
            prog_name="aitrader",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(Exit.INTERRUPTED)
    sys.exit(code if isinstance(code, int) else Exit.DONE)
