"""ObservabilityService."""

from typing import Any, Protocol

import grpc
from aitrader.v1 import observability_pb2, observability_pb2_grpc
from google.api import httpbody_pb2


class Exposition(Protocol):
    """Metrics as text."""

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, as `accept` prefers."""
        ...


class ObservabilityServicer(observability_pb2_grpc.ObservabilityServiceServicer):
    """Says how the engine is doing."""

    def __init__(self, exposition: Exposition) -> None:
        self._exposition = exposition

    async def GetMetrics(
        self, request: observability_pb2.GetMetricsRequest, context: Any
    ) -> httpbody_pb2.HttpBody:
        body, content_type = self._exposition.exposition("")
        return httpbody_pb2.HttpBody(content_type=content_type, data=body)

    async def GetSlo(
        self, request: observability_pb2.GetSloRequest, context: Any
    ) -> observability_pb2.GetSloResponse:
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED, "objectives are not measured yet: see /metrics"
        )
        raise AssertionError("abort raises")
