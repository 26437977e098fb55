"""The REST facade's port, and its way to an engine elsewhere."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import grpc
import uvicorn

from aitrader_server.config import Config
from aitrader_server.config.edge import Tls
from aitrader_server.errors import ConfigError
from aitrader_server.rpc.server import is_loopback

KEEP_ALIVE_S = 75


@asynccontextmanager
async def served_app(config: Config, app: Any, drain: Callable[[], None]) -> AsyncIterator[int]:
    """Serves the facade and yields its port; `drain` ends its streams when it is left."""
    listener = _listen(config.rest.host, config.rest.port)
    tls = config.rest.tls
    server = _Facade(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            # That it starts and ends is said by the process, which it is a part of.
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=config.grpc.grace_s,
            server_header=False,
            **({} if tls is None else _tls_options(tls)),
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        drain()
        server.should_exit = True
        await serving


def engine_channel(target: str, ca_file: Path | None) -> grpc.aio.Channel:
    """A channel to an engine elsewhere; `ca_file` signed its certificate.

    Raises ConfigError for an engine beyond this machine without one: tokens and orders would cross
    the network in plain text.
    """
    if ca_file is not None:
        return grpc.aio.secure_channel(
            target, grpc.ssl_channel_credentials(root_certificates=ca_file.read_bytes())
        )
    host = target.rpartition(":")[0].removeprefix("[").removesuffix("]")
    if not is_loopback(host):
        raise ConfigError(
            (f"gateway: {target} is another machine: give --ca with the engine's authority",)
        )
    return grpc.aio.insecure_channel(target)


def _tls_options(tls: Tls) -> dict[str, Any]:
    options: dict[str, Any] = {
        "ssl_certfile": str(tls.certificate_file),
        "ssl_keyfile": str(tls.key_file),
    }
    if tls.client_ca_file is not None:
        options |= {
            "ssl_ca_certs": str(tls.client_ca_file),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
    return options


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


def facade_url(config: Config, port: int) -> str:
    """Where browsers and curl find the facade."""
    return f"{'https' if config.rest.tls else 'http'}://{config.rest.host}:{port}"
