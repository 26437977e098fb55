"""The processes: engine with facade, engine alone, facade alone."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import click
import grpc
import structlog
import uvicorn
import uvloop

from aitrader_server import plugins
from aitrader_server.adapters.logs import start_logging
from aitrader_server.adapters.tokens import read_or_make_token
from aitrader_server.bootstrap import running_engine
from aitrader_server.commands.sources import ConfigFailure, load_sources, source_options
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError, JournalError

KEEP_ALIVE_S = 75
HUMAN = {"auto": None, "json": False, "text": True}
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
    _run(config, lambda stop: _serve(config, stop))


@click.command()
@source_options
def engine(path: Path | None, environment: str | None, flags: tuple[str, ...]) -> None:
    """Run the engine alone, with its gRPC port."""
    config = load_sources(path, environment, flags).config
    _run(config, lambda stop: _engine(config, stop))


@click.command()
@source_options
@click.option(
    "--endpoint", envvar="AITRADER_ENDPOINT", metavar="HOST:PORT", help="Where the engine listens."
)
def gateway(
    path: Path | None, environment: str | None, flags: tuple[str, ...], endpoint: str | None
) -> None:
    """Run the REST facade alone, in front of an engine elsewhere."""
    config = load_sources(path, environment, flags).config
    target = endpoint or f"{config.grpc.host}:{config.grpc.port}"
    _run(config, lambda stop: _gateway(config, target, stop))


async def _serve(config: Config, stop: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(running_engine(config, os.environ))
        facade = plugins.load(plugins.FACADES, "rest")()
        invoker = running.invoker(facade.failure)
        app = facade.create_app(invoker, body_bytes_max=config.rest.body_bytes_max)
        # The engine ends its streams itself, each with the place to resume from.
        drain = running.engine.bus.drain
        rest_port = await stack.enter_async_context(_serve_app(config, app, drain))
        _announce(config, f"{config.grpc.host}:{running.port}", _url(config, rest_port))
        await stop.wait()


async def _engine(config: Config, stop: asyncio.Event) -> None:
    async with running_engine(config, os.environ) as running:
        _announce(config, f"{config.grpc.host}:{running.port}", None)
        await stop.wait()


async def _gateway(config: Config, target: str, stop: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(target))
        facade = plugins.load(plugins.FACADES, "rest")()
        invoker = facade.over_channel(channel)
        app = facade.create_app(invoker, body_bytes_max=config.rest.body_bytes_max)
        drain = app.state.drain
        rest_port = await stack.enter_async_context(_serve_app(config, app, drain))
        _announce(config, target, _url(config, rest_port))
        await stop.wait()


@asynccontextmanager
async def _serve_app(config: Config, app: Any, drain: Callable[[], None]) -> AsyncIterator[int]:
    """Serves the facade and yields its port; `drain` ends its streams when it is left."""
    listener = _listen(config.rest.host, config.rest.port)
    tls = config.rest.tls
    server = _Facade(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=config.grpc.grace_s,
            server_header=False,
            ssl_certfile=None if tls is None else str(tls.certificate_file),
            ssl_keyfile=None if tls is None else str(tls.key_file),
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        drain()
        server.should_exit = True
        await serving


class _Facade(uvicorn.Server):
    """uvicorn without its own signal handlers: one place decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Any:
        """Leaves signals alone."""
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(
            (f"rest: cannot listen on {host}:{port}: {error.strerror}; choose another rest.port",)
        ) from error


def _url(config: Config, port: int) -> str:
    return f"{'https' if config.rest.tls else 'http'}://{config.rest.host}:{port}"


def _announce(config: Config, endpoint: str, url: str | None) -> None:
    """Says on stderr where everything is and what to try first."""
    lines = [
        "",
        f"{config.environment.upper()}  {config.execution.gateway}  account {config.account}",
        f"  gRPC    {endpoint}",
        f"  token   {config.token_path}",
        f"  state   {config.state}",
    ]
    if url is not None:
        bearer = f'-H "Authorization: Bearer $(cat {config.token_path})"'
        lines += [
            f"  REST    {url}   docs {url}/docs",
            "try",
            f"  curl -s -X POST {url}/live/trade {bearer} -d '{SAMPLE}'",
        ]
    lines += [f"  {Path(sys.argv[0])} status", "ready"]
    click.echo("\n".join(lines), err=True)


def _run(config: Config, main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Runs until SIGINT or SIGTERM; a second signal ends at once."""

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop_once, loop, stop, number)
        await main(stop)

    try:
        logs = start_logging(
            level=config.logging.level.upper(),
            human=HUMAN[config.logging.format],
            secrets=[read_or_make_token(config.token_path)],
        )
        try:
            uvloop.run(until_stopped())
        finally:
            logs.stop()
    except ConfigError as error:
        raise ConfigFailure(error) from error
    except JournalError as error:
        raise click.ClickException(error.message) from error


def _stop_once(
    loop: asyncio.AbstractEventLoop, stop: asyncio.Event, number: signal.Signals
) -> None:
    loop.remove_signal_handler(number)
    stop.set()
