"""`aitrader secrets`: say which references to secrets resolve."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import structlog

from aitrader_server.adapters.redaction import Redaction, secrets_of
from aitrader_server.commands.discretion import redacted_tracebacks
from aitrader_server.commands.sources import EX_CONFIG, load_sources, source_options
from aitrader_server.config import Config
from aitrader_server.secret_inventory import Finding, State, look_at, wanted_secrets
from aitrader_server.secret_sources import secret_store

S_PER_UNIT: Final = {"d": 86_400, "h": 3_600, "min": 60}


@click.group()
def secrets() -> None:
    """Say which references to secrets resolve."""


@secrets.command()
@source_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(
    path: Path | None, environment: str | None, flags: tuple[str, ...], *, as_json: bool
) -> None:
    """Read every secret once and print where it is, its version and age, never its value.

    Exits with 78 when one that is needed does not resolve.
    """
    config = load_sources(path, environment, flags).config
    # What is found is all that is to be read; libraries are no part of it.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    redaction = Redaction(secrets_of(os.environ, config.model_dump()))
    with redacted_tracebacks(redaction):
        findings = asyncio.run(_findings(config, os.environ, redaction.add))
    failed = any(finding.state is State.FAILED for finding in findings)
    if as_json:
        listed = [_as_json(finding) for finding in findings]
        told = json.dumps({"ok": not failed, "secrets": listed}, indent=2)
        click.echo(redaction.apply(told))
    else:
        for finding in findings:
            click.echo(redaction.apply(_line(finding, time.time())))
    raise SystemExit(EX_CONFIG if failed else 0)


async def _findings(
    config: Config, environ: Mapping[str, str], hide: Callable[[str], None]
) -> list[Finding]:
    store = secret_store(config, environ, hide)
    try:
        return await look_at(wanted_secrets(config), store, environ)
    finally:
        await store.close()


def _line(finding: Finding, now_s: float) -> str:
    """A line, and below it why there is no secret and what to do."""
    wanted, secret = finding.wanted, finding.secret
    line = f"{finding.state:<8} {wanted.key}  {wanted.reference}"
    if secret is not None:
        line += f"  version {secret.version}"
        if secret.made_s is not None:
            line += f", {_age(now_s - secret.made_s)} old"
    if finding.said:
        line += f"\n{'':<8} -> {finding.said}"
    return line


def _age(age_s: float) -> str:
    for unit, seconds in S_PER_UNIT.items():
        if age_s >= seconds:
            return f"{int(age_s / seconds)} {unit}"
    return f"{max(0, int(age_s))} s"


def _as_json(finding: Finding) -> dict[str, Any]:
    secret = finding.secret
    return {
        "key": finding.wanted.key,
        "reference": finding.wanted.reference,
        "state": finding.state,
        "needed": not finding.wanted.without,
        "version": None if secret is None else secret.version,
        "made_s": None if secret is None else secret.made_s,
        "said": finding.said,
    }
