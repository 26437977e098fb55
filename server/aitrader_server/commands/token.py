"""`aitrader token`: make a token for a caller."""

import secrets

import click
from pydantic import ValidationError

from aitrader_server.adapters.tokens import TOKEN_BYTES, hash_token
from aitrader_server.config.edge import Token


@click.group()
def token() -> None:
    """Make tokens for callers."""


@token.command()
@click.option("--name", required=True, help="Who gets it, as journal and audit log write it.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["viewer", "trader", "risk_admin"]),
    help="What they may do.",
)
def new(name: str, role: str) -> None:
    """Print a fresh token, once, and on stderr the line that makes it known.

    The token itself is written nowhere: redirect it to a file of the caller's.
    """
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        entry = Token(name=name, role=role, sha256=hash_token(fresh))  # type: ignore[arg-type]  # one of the choices
    except ValidationError as error:
        raise click.BadParameter(error.errors()[0]["msg"], param_hint="--name") from None
    click.echo(fresh)
    line = f"{{name: {entry.name}, role: {entry.role}, sha256: {entry.sha256}}}"
    click.echo(f"access:\n  tokens:\n    - {line}", err=True)
