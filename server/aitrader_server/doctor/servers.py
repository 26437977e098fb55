"""Servers beside the engine: journal, limits store, models, alerts, metrics that are pushed."""

import asyncio
import sqlite3
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from aitrader_server import plugins
from aitrader_server.config.models import Fallback, Sentiment
from aitrader_server.doctor.case import Case
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning
from aitrader_server.errors import ConfigError, JournalError, LimitsStoreError

TIMEOUT_S: Final = 5.0
READY: Final = "/-/ready"
MIB: Final = 1 << 20


async def journal(case: Case) -> AsyncIterator[Finding]:
    if case.config.journal.kind == "sqlite":
        path = case.config.state / "journal.db"
        told = (
            f"{path.stat().st_size / MIB:.1f} MiB" if path.exists() else "begins at the first start"
        )
        yield ok(f"{path} {told}; SQLite {sqlite3.sqlite_version}")
        return
    url = case.secrets.get("journal.url")
    if url is None:
        yield failed("its address does not resolve", "see secrets")
        return
    try:
        yield await asyncio.to_thread(_postgres, url)
    except ImportError as error:
        yield failed(
            f"{error.name} is missing", "in the project's folder, pip install '.[postgres]'"
        )
    except JournalError as error:
        yield failed(error.message, "start PostgreSQL, or mend journal.url")
    except ConfigError as error:
        yield failed(error.message, "mend journal.url, or the server's settings")


def _postgres(url: str) -> Finding:
    from aitrader_server.adapters.journal.postgres_session import (  # noqa: PLC0415 -- an extra
        PostgresSession,
    )

    session = PostgresSession(url, timeout_s=TIMEOUT_S)
    try:
        return ok(f"{session.place}: PostgreSQL {session.value('SHOW server_version')}, keeps")
    finally:
        session.close()


async def limits_store(case: Case) -> AsyncIterator[Finding]:
    if case.config.limits_store.kind == "journal":
        yield skipped("the journal alone remembers")
        return
    url = case.secrets.get("limits_store.url")
    if url is None:
        yield failed("its address does not resolve", "see secrets")
        return
    try:
        from aitrader_server.adapters.limits_store.redis import (  # noqa: PLC0415 -- an extra
            RedisLimitsStore,
        )

        store = RedisLimitsStore(url)
        try:
            await store.verify()
        finally:
            await store.close()
    except ImportError as error:
        yield failed(f"{error.name} is missing", "in the project's folder, pip install '.[redis]'")
    except (ConfigError, LimitsStoreError) as error:
        yield failed(error.message, "start Redis with appendonly yes and appendfsync always")
    else:
        yield ok(f"{urlsplit(url).hostname or 'the socket'} writes to its disk before it answers")


async def models(case: Case) -> AsyncIterator[Finding]:
    section = case.config.models.sentiment
    chain: list[Sentiment | Fallback] = [section, *section.fallbacks]
    folders = [Path(str(one.settings.get("folder", ""))) for one in chain if one.name == "onnx"]
    if not folders:
        yield ok(
            f"sentiment by {', then '.join(dict.fromkeys([*(c.name for c in chain), 'rules']))}"
        )
    for folder in folders:
        verify = await asyncio.create_subprocess_exec(
            *plugins.command_line("models"),
            "verify",
            str(folder),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        said, complained = await verify.communicate()
        last = ((complained or said).decode().strip().splitlines() or ["no word"])[-1]
        if verify.returncode:
            yield failed(f"{folder}: {last}", "aitrader models export makes such a folder")
        else:
            yield ok(f"{folder}: {last}")


async def alerts(case: Case) -> AsyncIterator[Finding]:
    url = case.config.alerts.alertmanager_url
    if url is None:
        mend = "set alerts.alertmanager_url: halts are posted there at once"
        said = "no Alertmanager is set: halts are in the log only"
        yield warning(said, mend) if case.config.environment == "live" else skipped(said)
        return
    yield await _ready(
        url, "systemctl status prometheus-alertmanager, or mend alerts.alertmanager_url"
    )


async def pushgateway(case: Case) -> AsyncIterator[Finding]:
    url = case.secrets.get("metrics.pushgateway_url")
    if url is None:
        yield skipped("nothing is pushed; Prometheus reads /metrics")
        return
    user, _, password = case.secrets.get("metrics.basic_auth", "").partition(":")
    auth = aiohttp.BasicAuth(user, password) if user else None
    yield await _ready(url, "mend metrics.pushgateway_url or metrics.basic_auth", auth)


async def _ready(url: str, mend: str, auth: aiohttp.BasicAuth | None = None) -> Finding:
    parts = urlsplit(url)
    # A user and password that stand in the address are not to be shown.
    place = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}".rstrip(":")
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, auth=auth) as session,
            session.get(url.rstrip("/") + READY) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return failed(f"{place} cannot be reached: {type(error).__name__}", mend)
    if status != HTTPStatus.OK:
        return failed(f"{place} is not ready: HTTP {status}", mend)
    return ok(f"{place} is ready")
