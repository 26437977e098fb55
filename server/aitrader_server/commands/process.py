"""One process of the server: its logs, its signals, its exit status."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import uvloop

from aitrader_server.adapters.logs import start_logging
from aitrader_server.adapters.tokens import read_or_make_token
from aitrader_server.commands.life import Deposed, Life
from aitrader_server.commands.sources import ConfigFailure
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError, JournalError

HUMAN = {"auto": None, "json": False, "text": True}

log = structlog.get_logger(__name__)


def run_process(
    config: Config,
    main: Callable[[Life], Coroutine[Any, Any, None]],
    *,
    owns_state: bool,
) -> None:
    """Runs until SIGINT or SIGTERM; a second signal ends at once.

    Whatever keeps it from starting ends with 78: another start would not help. A lost journal that
    has standbys ends with 75: started again, it is one of them.
    """

    async def until_stopped() -> None:
        life = Life(logs.redaction.add)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _end_once, loop, life, number)
        await main(life)

    # Journal, books and token are nobody else's to read.
    os.umask(0o077)
    # Our children are other programs from the start: there is no gRPC in them to put right.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    try:
        logs = start_logging(
            level=config.logging.level.upper(),
            human=HUMAN[config.logging.format],
            secrets=[read_or_make_token(config.token_path)] if owns_state else (),
        )
        try:
            uvloop.run(until_stopped())
        except asyncio.CancelledError:
            log.info("stopped while it started")
        finally:
            logs.stop()
    except ConfigError as error:
        raise ConfigFailure(error) from error
    except JournalError as error:
        if config.journal.kind == "postgres":
            raise Deposed(error.message) from error
        raise ConfigFailure(ConfigError((f"state: {error.message}",))) from error


def _end_once(loop: asyncio.AbstractEventLoop, life: Life, number: signal.Signals) -> None:
    loop.remove_signal_handler(number)
    life.end()
