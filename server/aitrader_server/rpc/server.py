"""The gRPC server: where it listens, what it takes, how it stops."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

from aitrader_server.errors import ConfigError
from aitrader_server.rpc import health
from aitrader_server.rpc.handlers import service_handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aitrader_server.rpc.handlers import CallInterceptor, Handler

    # A service's descriptor and who serves it; descriptors have two types with nothing in common.
    Service = tuple[Any, object]

REFLECTION = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """`port` 0 takes any free one; `credentials` None is plain text, on loopback only."""

    host: str = "127.0.0.1"
    port: int = 50051
    credentials: grpc.ServerCredentials | None = None
    reflection: bool = True
    receive_bytes_max: int = 256 * 1024
    send_bytes_max: int = 4 * 1024 * 1024
    streams_per_connection_max: int = 256
    # For TLS and the first frame: whoever connects and is silent keeps a socket for no longer.
    handshake_timeout_ms: int = 10_000
    keepalive_time_ms: int = 30_000
    keepalive_timeout_ms: int = 10_000
    # Connections end now and then, so that clients spread over servers that were added.
    connection_age_ms: int = 3_600_000
    connection_age_grace_ms: int = 30_000

    def channel_arguments(self) -> list[tuple[str, int]]:
        """The same in the words of gRPC's core."""
        return [
            # By default a second engine would share the port and take half of the orders.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", self.receive_bytes_max),
            ("grpc.max_send_message_length", self.send_bytes_max),
            ("grpc.max_concurrent_streams", self.streams_per_connection_max),
            ("grpc.server_handshake_timeout_ms", self.handshake_timeout_ms),
            ("grpc.keepalive_time_ms", self.keepalive_time_ms),
            ("grpc.keepalive_timeout_ms", self.keepalive_timeout_ms),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ("grpc.max_connection_age_ms", self.connection_age_ms),
            ("grpc.max_connection_age_grace_ms", self.connection_age_grace_ms),
        ]


class RpcServer:
    """Serves `services` behind `chain`; `on_drain` has every stream end itself.

    `ready` is asked whenever somebody wants to know how the server is.
    """

    def __init__(
        self,
        options: ServerOptions,
        services: Sequence[Service],
        chain: Sequence[CallInterceptor],
        on_drain: Callable[[], None],
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        check_exposure(options)
        self._options = options
        self._chain = tuple(chain)
        self._on_drain = on_drain
        self._server: grpc.aio.Server | None = None
        names = [descriptor.full_name for descriptor, _ in services]
        self.health = health.Health(names, ready)
        served: list[Service] = [*services, (health.SERVICE, self.health)]
        if options.reflection:
            names += [health.SERVICE.full_name, reflection.SERVICE_NAME]
            served.append((REFLECTION, ReflectionServicer(names)))
        self.handlers: Mapping[str, Handler] = {
            path: handler
            for descriptor, servicer in served
            for path, handler in service_handlers(descriptor, servicer).items()
        }

    async def start(self) -> int:
        """Listens and returns the port.

        Raises:
            ConfigError: The address cannot be had.
        """
        server = grpc.aio.server(
            interceptors=self._chain, options=self._options.channel_arguments()
        )
        for path, handler in self.handlers.items():
            _, service, method = path.split("/")
            server.add_registered_method_handlers(service, {method: handler})
        host, port = self._options.host, self._options.port
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if self._options.credentials is None:
                bound = server.add_insecure_port(address)
            else:
                bound = server.add_secure_port(address, self._options.credentials)
        except RuntimeError:
            raise ConfigError(
                (
                    (
                        f"rpc: cannot listen on {address}: another process has the port, or this"
                        " host no such address; stop the other engine or choose another port"
                    ),
                )
            ) from None
        await server.start()
        self._server = server
        return bound

    async def drain(self, grace_s: float) -> None:
        """Turns callers away, lets what runs end within `grace_s`, then stops."""
        self.health.drain()
        self._on_drain()
        if self._server is not None:
            await self._server.stop(grace_s)


def check_exposure(options: ServerOptions) -> None:
    """Refuses to show plain text to a network.

    Raises:
        ConfigError: The address is not loopback and there are no TLS credentials.
    """
    if options.credentials is None and not is_loopback(options.host):
        raise ConfigError(
            (
                (
                    f"rpc: {options.host} can be reached from other machines and there is no TLS:"
                    " tokens and orders would cross the network in plain text;"
                    " configure a certificate and key, or listen on 127.0.0.1"
                ),
            )
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`; a name other than localhost cannot be known."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
