"""The processes: engine with facade, engine alone, facade alone."""

import os
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click
import structlog

from aitrader_server import plugins
from aitrader_server.adapters.metric_names import REST_METRICS
from aitrader_server.adapters.metrics import PrometheusMetrics
from aitrader_server.adapters.rest_meter import RestMeter
from aitrader_server.bootstrap import Running, running_engine
from aitrader_server.commands.engine_channel import ChannelFiles, EngineChannel, channel_files
from aitrader_server.commands.facade import facade_bounds, facade_url, served_app
from aitrader_server.commands.life import Life
from aitrader_server.commands.process import run_process
from aitrader_server.commands.sandbox import sandbox_beside
from aitrader_server.commands.sources import load_sources, source_options
from aitrader_server.config import Config
from aitrader_server.engine.writer import Writer
from aitrader_server.rpc.services.readiness import ready

ELSEWHERE_KEYS = ("BINANCE_TESTNET_API_KEY", "BINANCE_API_KEY")
SAMPLE = (
    '{"symbol":"BTCUSDT","news_text":"ETF inflows hit a record","features":{"trend_ma_fast":65100,'
    '"trend_ma_slow":64000,"rsi":55,"macd":12,"macd_signal":8}}'
)

log = structlog.get_logger(__name__)


@click.command()
@source_options
def serve(path: Path | None, environment: str | None, flags: tuple[str, ...]) -> None:
    """Run engine and REST facade in one process."""
    config = load_sources(path, environment, flags).config
    run_process(config, lambda life: _serve(config, life), owns_state=True)


@click.command()
@source_options
def engine(path: Path | None, environment: str | None, flags: tuple[str, ...]) -> None:
    """Run the engine alone, with its gRPC port."""
    config = load_sources(path, environment, flags).config
    run_process(config, lambda life: _engine(config, life), owns_state=True)


@click.command()
@source_options
@click.option(
    "--endpoint", envvar="AITRADER_ENDPOINT", metavar="HOST:PORT", help="Where the engine listens."
)
@click.option(
    "--ca",
    "ca_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM of the authority that signed the engine's certificate; needed beyond this machine.",
)
@click.option(
    "--cert",
    "certificate_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM of our own certificate, for an engine that asks for one.",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM of its private key.",
)
def gateway(
    path: Path | None,
    environment: str | None,
    flags: tuple[str, ...],
    *,
    endpoint: str | None,
    ca_file: Path | None,
    certificate_file: Path | None,
    key_file: Path | None,
) -> None:
    """Run the REST facade alone, in front of an engine elsewhere."""
    config = load_sources(path, environment, flags).config
    target = endpoint or f"{config.grpc.host}:{config.grpc.port}"

    def main(life: Life) -> Coroutine[Any, Any, None]:
        files = channel_files(target, ca_file, certificate_file, key_file)
        return _gateway(config, target, files, life)

    run_process(config, main, owns_state=False)


async def _serve(config: Config, life: Life) -> None:
    async with AsyncExitStack() as stack:
        config, environ = await stack.enter_async_context(sandbox_beside(config, os.environ))
        running = await stack.enter_async_context(running_engine(config, environ, life.hide))
        app = _app(config, running)
        # The engine ends its streams itself, each with the place to resume from.
        drain = running.engine.bus.drain
        rest_port = await stack.enter_async_context(served_app(config, app, drain))
        _announce(config, f"{config.grpc.host}:{running.port}", facade_url(config, rest_port))
        shared = _shared_writer(config, running)
        await life.until_over(shared, partial(ready, running.engine))


async def _engine(config: Config, life: Life) -> None:
    async with AsyncExitStack() as stack:
        config, environ = await stack.enter_async_context(sandbox_beside(config, os.environ))
        running = await stack.enter_async_context(running_engine(config, environ, life.hide))
        port = config.metrics.engine_port
        if port is not None:
            app = _app(config, running, watching=True)
            served = served_app(config, app, running.engine.bus.drain, port)
            port = await stack.enter_async_context(served)
            click.echo(f"  metrics {facade_url(config, port)}/metrics", err=True)
        _announce(config, f"{config.grpc.host}:{running.port}", None)
        shared = _shared_writer(config, running)
        await life.until_over(shared, partial(ready, running.engine))


async def _gateway(config: Config, target: str, files: ChannelFiles | None, life: Life) -> None:
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(EngineChannel(target, files))
        facade = plugins.load(plugins.FACADES, "rest")()
        metrics = PrometheusMetrics(REST_METRICS)
        app = facade.create_app(
            facade.over_channel(channel),
            measure=RestMeter(metrics),
            own_metrics=metrics.exposition,
            **facade_bounds(config),
        )
        drain = app.state.drain
        rest_port = await stack.enter_async_context(served_app(config, app, drain))
        url = facade_url(config, rest_port)
        lines = ["", f"  gRPC    {target}", _where(config, url), "ready"]
        click.echo("\n".join(lines), err=True)
        await life.until_over()


def _app(config: Config, running: Running, *, watching: bool = False) -> Any:
    """The facade of an engine in this process; `watching`, only what is there to be watched."""
    facade = plugins.load(plugins.FACADES, "rest")()
    return facade.create_app(
        running.invoker(facade.failure),
        measure=RestMeter(running.metrics),
        watching=watching,
        **facade_bounds(config),
    )


def _shared_writer(config: Config, running: Running) -> Writer | None:
    """The writer of a journal that others wait to take over."""
    return running.engine.writer if config.journal.kind == "postgres" else None


def _announce(config: Config, endpoint: str, url: str | None) -> None:
    """Says on stderr where the engine is and what to try first."""
    lines = [
        *_unused_keys(config),
        "",
        f"{config.environment.upper()}  {config.execution.gateway}  account {config.account}",
        f"  gRPC    {endpoint}",
        f"  token   {config.token_path}",
        f"  state   {config.state}",
    ]
    execution = config.execution
    if execution.gateway == "binance" and execution.binance.sandbox:
        lines.append(f"  sandbox {execution.binance.sandbox_url}")
    if url is not None:
        bearer = f'-H "Authorization: Bearer $(cat {config.token_path})"'
        lines += [
            _where(config, url),
            "try",
            f"  curl -s -X POST {url}/live/trade {bearer} -d '{SAMPLE}'",
        ]
    lines += [f"  {_status_command(config, endpoint)}", "ready"]
    click.echo("\n".join(lines), err=True)


def _where(config: Config, url: str) -> str:
    return f"  REST    {url}   docs {url}/docs" if config.reflection else f"  REST    {url}"


def _unused_keys(config: Config) -> list[str]:
    """A word to whoever meant to trade elsewhere."""
    found = [name for name in ELSEWHERE_KEYS if name in os.environ]
    if not found or not config.execution.binance.sandbox:
        return []
    names = ", ".join(found)
    return ["", f"{names}: not used on the sandbox; write execution.binance.sandbox: false"]


def _status_command(config: Config, endpoint: str) -> str:
    """`aitrader status`, with what it cannot guess of this engine."""
    command, defaults = f"{Path(sys.argv[0])} status", Config()
    if config.token_path != defaults.token_path:
        command = f"AITRADER_TOKEN_FILE={config.token_path} {command}"
    if endpoint != f"{defaults.grpc.host}:{defaults.grpc.port}":
        command += f" --endpoint {endpoint}"
    return command
