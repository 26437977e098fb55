"""`grpc.health.v1.Health`, per service; its watchers leave when the server drains."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from grpc_health.v1 import health_pb2

from aitrader_server.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from aitrader_server.rpc.handlers import Context

SERVICE = health_pb2.DESCRIPTOR.services_by_name["Health"]
Status = health_pb2.HealthCheckResponse
WHOLE_SERVER = ""
POLL_S = 0.25


class Health:
    """One answer for all services: they share one engine, so they are ready together.

    The library's own servicer forgets all watchers of a service when one of them leaves.
    """

    def __init__(self, services: Iterable[str], ready: Callable[[], bool]) -> None:
        self._services = frozenset((*services, WHOLE_SERVER))
        self._ready = ready
        self._draining = asyncio.Event()

    @property
    def serving(self) -> bool:
        """Whether calls are welcome, at this moment."""
        return self._ready() and not self._draining.is_set()

    def drain(self) -> None:
        """Says NOT_SERVING from now on and lets every watcher go."""
        self._draining.set()

    async def Check(
        self, request: health_pb2.HealthCheckRequest, _context: Context
    ) -> health_pb2.HealthCheckResponse:
        """Answers for one service, or for all under the empty name."""
        if request.service not in self._services:
            raise NotFound(f"no service {request.service!r} here")
        return health_pb2.HealthCheckResponse(status=self._status())

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, _context: Context
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """Answers now and at every change; an unknown name is an answer here, not an error."""
        known = request.service in self._services
        last: int | None = None
        while True:
            status = self._status() if known else Status.SERVICE_UNKNOWN
            if status != last:
                last = status
                yield health_pb2.HealthCheckResponse(status=status)
            if self._draining.is_set():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._draining.wait()

    def _status(self) -> int:
        return Status.SERVING if self.serving else Status.NOT_SERVING
