"""`aitrader doctor`: look at everything that an engine needs, and say what to mend."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import click
import msgspec
import structlog

from aitrader_server.adapters.redaction import Redaction, secrets_of
from aitrader_server.commands.discretion import redacted_tracebacks
from aitrader_server.commands.sandbox import sandbox_beside
from aitrader_server.commands.sources import load_sources, source_options
from aitrader_server.doctor.case import Case
from aitrader_server.doctor.finding import Finding, Outcome
from aitrader_server.doctor.steps import walk

PEM = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@source_options
@click.option(
    "--endpoint", default="", metavar="HOST:PORT", help="Where the engine is, if not in the file."
)
@click.option("--url", default="", help="Where its facade is, e.g. http://127.0.0.1:8080.")
@click.option(
    "--ca", "ca_file", type=PEM, help="PEM of the authority that signed their certificates."
)
@click.option("--cert", "certificate_file", type=PEM, help="PEM of our own certificate.")
@click.option("--key", "key_file", type=PEM, help="PEM of its private key.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(
    path: Path | None,
    environment: str | None,
    flags: tuple[str, ...],
    *,
    endpoint: str,
    url: str,
    ca_file: Path | None,
    certificate_file: Path | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Check what an engine needs, before it starts and while it runs.

    Changes nothing and sends no order. Exits with 1 when something has to be mended, and with 78
    when the configuration cannot be used.
    """
    config = load_sources(path, environment, flags).config
    # What a step says of itself is all that is to be read.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    redaction = Redaction(secrets_of(os.environ, config.model_dump()))
    case = Case(
        config,
        os.environ,
        sandbox_beside,
        redaction.add,
        endpoint=endpoint,
        url=url.rstrip("/"),
        ca_file=ca_file,
        certificate_file=certificate_file,
        key_file=key_file,
    )
    with redacted_tracebacks(redaction):
        found = asyncio.run(_walk(case, redaction, quiet=as_json))
    failures = sum(finding.outcome is Outcome.FAILED for _, finding in found)
    if as_json:
        steps = [_as_json(step, finding) for step, finding in found]
        click.echo(json.dumps({"ok": not failures, "findings": steps}, indent=2))
    else:
        warnings = sum(finding.outcome is Outcome.WARNING for _, finding in found)
        click.echo(f"{failures} to mend, {warnings} to look at")
    raise SystemExit(1 if failures else 0)


async def _walk(case: Case, redaction: Redaction, *, quiet: bool) -> list[tuple[str, Finding]]:
    found: list[tuple[str, Finding]] = []
    async for step, told in walk(case):
        # A venue or a server may repeat what it was sent.
        said, mend = redaction.apply(told.said), redaction.apply(told.mend)
        finding = msgspec.structs.replace(told, said=said, mend=mend)
        found.append((step, finding))
        if not quiet:
            _print(step, finding)
    return found


def _print(step: str, finding: Finding) -> None:
    """A line, and below it what to do."""
    click.echo(f"{finding.outcome:<8} {step:<13} {finding.said}")
    if finding.mend:
        click.echo(f"{'':<22} -> {finding.mend}")


def _as_json(step: str, finding: Finding) -> dict[str, Any]:
    return {
        "step": step,
        "outcome": finding.outcome,
        "said": finding.said,
        "mend": finding.mend,
    }
