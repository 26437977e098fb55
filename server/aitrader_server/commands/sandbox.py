"""The sandbox exchange beside the engine: started before it, ended after it."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import structlog

from aitrader_server import plugins
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 5.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def sandbox_beside(
    config: Config, environ: Mapping[str, str]
) -> AsyncIterator[tuple[Config, Mapping[str, str]]]:
    """What the engine is to be started with: of a sandbox that has to be started, its address.

    The process ends with this one, however this one ends. Raises ConfigError when it does not
    start.
    """
    if not config.execution.needs_sandbox:
        yield config, environ
        return
    process = await asyncio.create_subprocess_exec(
        *plugins.command_line("sandbox"),
        "--json",
        "--exit-with-stdin",
        "--port=0",
        f"--state={config.state}",
        stdin=PIPE,
        stdout=PIPE,
        # An interrupt from the terminal is for this process, which then ends the other.
        start_new_session=True,
    )
    watcher = asyncio.create_task(_watch(process))
    try:
        ready = await _ready(process)
        yield _pointed_at(config, ready["rest"]), _with_keys(config, environ, ready["key_file"])
    finally:
        watcher.cancel()
        await _end(process)


async def _ready(process: Process) -> Mapping[str, Any]:
    """The one line that says where it listens."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        raise ConfigError(
            ("execution.binance.sandbox: it did not start; what it said before tells why",)
        )
    ready: Mapping[str, Any] = json.loads(line)
    return ready


async def _watch(process: Process) -> None:
    """Says so when the exchange ends by itself: the engine only sees that it cannot be reached."""
    code = await process.wait()
    log.error("the sandbox has ended: stop and start again to trade", exit_code=code)


async def _end(process: Process) -> None:
    """Closing its input asks it to end; one that does not is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _pointed_at(config: Config, url: str) -> Config:
    """The sandbox is nobody else's: whatever key is kept elsewhere is not its own."""
    execution = config.execution
    own = {"sandbox_url": url, "api_key": None, "api_secret": None}
    binance = execution.binance.model_copy(update=own)
    return config.model_copy(
        update={"execution": execution.model_copy(update={"binance": binance})}
    )


def _with_keys(config: Config, environ: Mapping[str, str], key_file: str) -> Mapping[str, str]:
    """The environment with the sandbox's own key, which lies in the state folder."""
    keys = json.loads(Path(key_file).read_text())
    binance = config.execution.binance
    return {
        **environ,
        binance.api_key_env: keys["api_key"],
        binance.api_secret_env: keys["api_secret"],
    }
