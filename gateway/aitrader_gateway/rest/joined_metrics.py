"""The engine's metrics with those of a facade that runs apart from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from google.api import httpbody_pb2

if TYPE_CHECKING:
    from aitrader_gateway.rest.errors import Metadata
    from aitrader_gateway.rest.invoker import Invoker, Reply, ReplyStream

# Metrics as text and its content type, as an Accept header prefers.
Exposition = Callable[[str], tuple[bytes, str]]

_GET_METRICS = "/aitrader.v1.ObservabilityService/GetMetrics"
_END = b"# EOF\n"
_FAMILY = re.compile(rb"^# TYPE (\S+)", re.MULTILINE)


class JoinedMetrics:
    """An invoker whose answers to GetMetrics tell of this process as well."""

    def __init__(self, invoker: Invoker, own: Exposition) -> None:
        self._invoker = invoker
        self._own = own

    async def unary(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float
    ) -> Reply:
        """Call a unary method of the engine."""
        reply = await self._invoker.unary(method, request, metadata, timeout_s)
        if method != _GET_METRICS:
            return reply
        body = httpbody_pb2.HttpBody.FromString(reply.body)
        accept = next((value for key, value in metadata if key == "grpcgateway-accept"), "")
        own, content_type = self._own(str(accept))
        if content_type == body.content_type:
            body.data = _joined(body.data, own)
        return replace(reply, body=body.SerializeToString())

    def stream(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float | None
    ) -> ReplyStream:
        """Start a server-streaming call of the engine."""
        return self._invoker.stream(method, request, metadata, timeout_s)


def _joined(theirs: bytes, own: bytes) -> bytes:
    """One text of both; an engine with a facade of its own speaks for itself alone.

    No format takes one family twice.
    """
    if {*_FAMILY.findall(theirs)} & {*_FAMILY.findall(own)}:
        return theirs
    return theirs.removesuffix(_END) + own
