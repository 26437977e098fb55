"""One process of the server: its logs, its signals, its exit status."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import uvloop

from aitrader_server.adapters.logs import start_logging
from aitrader_server.adapters.redaction import Redaction, secrets_of
from aitrader_server.adapters.tokens import read_or_make_token
from aitrader_server.commands.discretion import forbid_core_dumps, redacted_tracebacks
from aitrader_server.commands.life import Deposed, Life
from aitrader_server.commands.sources import ConfigFailure
from aitrader_server.commands.supervisor import Supervisor
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
    forbid_core_dumps()
    # Journal, books and token are nobody else's to read.
    os.umask(0o077)
    # Our children are other programs from the start: there is no gRPC in them to put right.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    redaction = Redaction(secrets_of(os.environ, config.model_dump()))
    with redacted_tracebacks(redaction):
        try:
            if owns_state:
                redaction.add(read_or_make_token(config.token_path))
            _run(config, main, redaction)
        except ConfigError as error:
            problems = tuple(map(redaction.apply, error.problems))
            # Not from it: it still says everything.
            raise ConfigFailure(ConfigError(problems)) from None
        except JournalError as error:
            message = redaction.apply(error.message)
            if config.journal.kind == "postgres":
                raise Deposed(message) from None
            raise ConfigFailure(ConfigError((f"state: {message}",))) from None


def _run(
    config: Config, main: Callable[[Life], Coroutine[Any, Any, None]], redaction: Redaction
) -> None:
    async def until_stopped() -> None:
        life, supervisor = Life(redaction.add), Supervisor()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _end_once, loop, life, supervisor, number)
        reports = asyncio.create_task(supervisor.follow(life.is_ready))
        try:
            await main(life)
        finally:
            reports.cancel()

    logs = start_logging(
        level=config.logging.level.upper(),
        human=HUMAN[config.logging.format],
        redaction=redaction,
        fields={"environment": config.environment, "account": config.account},
    )
    logging.captureWarnings(capture=True)
    try:
        uvloop.run(until_stopped())
    except asyncio.CancelledError:
        log.info("stopped while it started")
    finally:
        logging.captureWarnings(capture=False)
        logs.stop()


def _end_once(
    loop: asyncio.AbstractEventLoop, life: Life, supervisor: Supervisor, number: signal.Signals
) -> None:
    loop.remove_signal_handler(number)
    supervisor.tell("STOPPING=1")
    life.end()
