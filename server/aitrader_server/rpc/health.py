"""`grpc.health.v1.Health`, per service; its watchers leave when the server drains."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from grpc_health.v1 import health_pb2

from aitrader_server.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aitrader_server.rpc.handlers import Context

SERVICE = health_pb2.DESCRIPTOR.services_by_name["Health"]
Status = health_pb2.HealthCheckResponse
WHOLE_SERVER = ""


class Health:
    """One answer for all services: they share one engine, so they are ready together.

    The library's own servicer forgets all watchers of a service when one of them leaves.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._services = frozenset((*services, WHOLE_SERVER))
        self._ready = False
        self._draining = False
        self._changed = asyncio.Event()

    @property
    def serving(self) -> bool:
        """Whether calls are welcome."""
        return self._ready and not self._draining

    def set_ready(self, *, ready: bool) -> None:
        """Says whether calls make sense now."""
        self._ready = ready
        self._wake()

    def drain(self) -> None:
        """Says NOT_SERVING from now on and lets every watcher go."""
        self._draining = True
        self._wake()

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
            changed = self._changed
            status = self._status() if known else Status.SERVICE_UNKNOWN
            if status != last:
                last = status
                yield health_pb2.HealthCheckResponse(status=status)
            if self._draining:
                return
            await changed.wait()

    def _status(self) -> int:
        return Status.SERVING if self.serving else Status.NOT_SERVING

    def _wake(self) -> None:
        # Each waiter holds the event that it saw, so that no change is missed.
        self._changed.set()
        self._changed = asyncio.Event()
