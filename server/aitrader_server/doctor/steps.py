"""The steps in the order in which they are walked, which is that of `docs/go-live.md`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from aitrader_server.doctor import (
    access,
    configuration,
    exchange,
    guards,
    machine,
    running,
    servers,
)
from aitrader_server.doctor.case import Case
from aitrader_server.doctor.finding import Finding, failed

Look = Callable[[Case], AsyncIterator[Finding]]

STEP_TIMEOUT_S: Final = 60.0
STEPS: Final[dict[str, Look]] = {
    "configuration": configuration.configuration,
    "secrets": configuration.secrets,
    "gateway": configuration.gateway,
    "keys": configuration.keys,
    "account": exchange.account,
    "symbols": exchange.symbols,
    "clock": exchange.clock,
    "state": machine.state,
    "disk": machine.disk,
    "process": machine.process,
    "token": access.token,
    "tls": access.tls,
    "ports": access.ports,
    "journal": servers.journal,
    "limits_store": servers.limits_store,
    "limits": guards.limits,
    "deadman": guards.deadman,
    "watchdog": guards.watchdog,
    "models": servers.models,
    "alerts": servers.alerts,
    "pushgateway": servers.pushgateway,
    "engine": running.engine,
    "status": running.status,
    "dry_run": running.dry_run,
    "metrics": running.metrics,
    "slo": running.slo,
}


async def walk(case: Case) -> AsyncIterator[tuple[str, Finding]]:
    """Every step in turn, whatever the one before found; no step takes longer than a minute."""
    try:
        for name, look in STEPS.items():
            found: list[Finding] = []
            try:
                async with asyncio.timeout(STEP_TIMEOUT_S):
                    found += [finding async for finding in look(case)]
            except TimeoutError:
                found.append(failed(f"no end within {STEP_TIMEOUT_S:.0f} s", "look what hangs"))
            for finding in found:
                yield name, finding
    finally:
        await case.close()
