"""The REST facade's port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from aitrader_server.commands.facade_http import BoundedHttp
from aitrader_server.commands.facade_tls import RenewedContext
from aitrader_server.config import Config
from aitrader_server.errors import ConfigError

KEEP_ALIVE_S = 75


@asynccontextmanager
async def served_app(
    config: Config, app: Any, drain: Callable[[], None], port: int | None = None
) -> AsyncIterator[int]:
    """Serves the facade and yields its port, `rest.port` unless it is to be another.

    `drain` ends its streams when it is left.
    """
    tls = config.rest.tls
    renewed = None if tls is None else RenewedContext(tls)
    listener = _listen(config.rest.host, config.rest.port if port is None else port)
    server = _Facade(
        uvicorn.Config(
            app,
            http=type("Http", (BoundedHttp,), {"head_timeout_s": config.rest.body_timeout_s}),
            # Whom a caller claims to call for is for the record; where they are we see ourselves.
            proxy_headers=False,
            lifespan="off",
            access_log=False,
            log_config=None,
            # That it starts and ends is said by the process, which it is a part of.
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=config.grpc.grace_s,
            server_header=False,
            ssl_context_factory=None if renewed is None else lambda *_: renewed.first,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        drain()
        server.should_exit = True
        await serving


def facade_bounds(config: Config) -> dict[str, Any]:
    """What the application may take, and whether it describes itself to strangers."""
    return {
        "body_bytes_max": config.rest.body_bytes_max,
        "body_timeout_s": config.rest.body_timeout_s,
        # Off where the engine's own description of itself is: on real money.
        "docs": config.reflection,
    }


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
            (f"rest: cannot listen on {host}:{port}: {error.strerror}; choose another port",)
        ) from error


def facade_url(config: Config, port: int) -> str:
    """Where browsers and curl find the facade."""
    return f"{'https' if config.rest.tls else 'http'}://{config.rest.host}:{port}"
