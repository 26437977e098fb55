"""The process beside the engine that cancels its entries when it falls silent."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import click
from pydantic import ValidationError

from aitrader_server import plugins
from aitrader_server.adapters.alertmanager import AlertPoster
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.adapters.pulse import FILE_NAME
from aitrader_server.adapters.secrets.venue_keys import VenueKeys
from aitrader_server.commands.life import Life
from aitrader_server.commands.process import run_process
from aitrader_server.commands.sources import load_sources, source_options
from aitrader_server.config import Config
from aitrader_server.engine.alarms import Alarm
from aitrader_server.errors import ConfigError
from aitrader_server.secret_sources import secret_store
from aitrader_server.venue_keys import watchdog_keys
from aitrader_server.watchdog.ports import Canceller
from aitrader_server.watchdog.probe import Probe
from aitrader_server.watchdog.pulse_watch import PulseWatch
from aitrader_server.watchdog.watchdog import Watchdog

SERVICE: Final = "watchdog"


@click.command()
@source_options
def watchdog(path: Path | None, environment: str | None, flags: tuple[str, ...]) -> None:
    """Cancel entry orders when the engine falls silent."""
    config = load_sources(path, environment, flags).config
    run_process(config, lambda life: _watch(config, life), owns_state=False)


async def _watch(config: Config, life: Life) -> None:
    if config.journal.kind == "postgres":
        raise ConfigError(
            ("journal.kind: with postgres a standby takes over, and its entries are not to go",)
        )
    limit_s = float(config.watchdog.limit_s)
    pulse = PulseWatch(
        config.state / FILE_NAME,
        account=config.account,
        venue=f"{config.execution.gateway}/{config.environment}",
        limit_s=limit_s,
    )
    async with AsyncExitStack() as stack:
        watching = asyncio.Event()
        ending = life.until_over(is_ready=watching.is_set)
        works: set[asyncio.Task[Any]] = {asyncio.create_task(ending)}
        stack.callback(lambda: [work.cancel() for work in works])
        alarm: Callable[[Alarm], None] = _no_alarm
        if config.alerts.alertmanager_url is not None:
            poster = AlertPoster(
                config.alerts.alertmanager_url,
                {
                    "service": SERVICE,
                    "environment": config.environment,
                    "account": config.account,
                },
            )
            alarm = poster.post
            works.add(asyncio.create_task(poster.run()))
        secrets = secret_store(config, os.environ, life.hide)
        stack.push_async_callback(secrets.close)
        canceller = _canceller(config, await watchdog_keys(config, secrets, alarm))
        stack.push_async_callback(canceller.stop)
        await canceller.start()
        dog = Watchdog(pulse, canceller, alarm, limit_s=limit_s)
        works.add(asyncio.create_task(dog.run()))
        works.add(asyncio.create_task(Probe(canceller, alarm).run()))
        _announce(config)
        watching.set()
        done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        for work in done:
            work.result()


def _canceller(config: Config, keys: VenueKeys | None) -> Canceller:
    """The configured venue's, under the watchdog's own key. Raises ConfigError."""
    execution = config.execution
    if execution.needs_sandbox:
        problem = (
            "execution.binance.sandbox_url: a sandbox beside the engine ends with it, and its "
            "orders too; run `aitrader sandbox` by itself and write its address"
        )
        raise ConfigError((problem,))
    create = plugins.load(plugins.CANCELLERS, execution.gateway)
    variables = {
        "api_key_env": config.watchdog.api_key_env,
        "api_secret_env": config.watchdog.api_secret_env,
    }
    try:
        settings = {**execution.venue_settings, **variables}
        return create(settings, os.environ, SystemClock(), keys)
    except ValidationError as error:
        name = f"execution.{execution.gateway}"
        raise ConfigError(plugins.problems(name, error)) from error


def _no_alarm(_: Alarm) -> None:
    """Without an address the log is all there is."""


def _announce(config: Config) -> None:
    """Says on stderr what is watched."""
    lines = [
        "",
        f"{config.environment.upper()}  {config.execution.gateway}  account {config.account}",
        f"  pulse   {config.state / FILE_NAME}  limit {config.watchdog.limit_s} s",
        f"  alarms  {config.alerts.alertmanager_url or 'in the log only'}",
        "ready",
    ]
    click.echo("\n".join(lines), err=True)
