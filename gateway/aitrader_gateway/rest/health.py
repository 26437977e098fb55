"""Liveness and readiness over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrader.v1 import trading_pb2
from fastapi import APIRouter, Request, Response
from google.rpc import code_pb2
from grpc_health.v1 import health_pb2

from aitrader_gateway.rest.codec import Codec
from aitrader_gateway.rest.descriptors import descriptor_of
from aitrader_gateway.rest.errors import CallError
from aitrader_gateway.rest.headers import metadata_of, traceparent_of
from aitrader_gateway.rest.status import dump

if TYPE_CHECKING:
    from aitrader_gateway.rest.errors import Metadata
    from aitrader_gateway.rest.invoker import Invoker

_CHECK = "/grpc.health.v1.Health/Check"
_STATUS = "/aitrader.v1.TradingService/GetStatus"
_HTTP_OF_HEALTH = {"SERVING": 200, "SERVICE_UNKNOWN": 404}
_PROBE_TIMEOUT_S = 2.0


_STATE = {"type": "object", "properties": {"status": {"type": "string"}}}
# The two routes that no annotation declares, for the OpenAPI document.
HEALTH_PATHS: dict[str, Any] = {
    path: {
        "get": {
            "operationId": name,
            "summary": summary,
            "tags": ["Health"],
            "security": [],
            "responses": {
                status: {"description": text, "content": {"application/json": {"schema": _STATE}}}
                for status, text in answers.items()
            },
        }
    }
    for path, name, summary, answers in (
        ("/healthz", "healthz", "The process lives", {"200": "It does."}),
        (
            "/readyz",
            "readyz",
            "Orders could be placed",
            {"200": "They could.", "503": "They could not; each part is named."},
        ),
    )
}


class Probe:
    """Asks the services how they are."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker
        self._write_part = Codec().writer(descriptor_of(trading_pb2.PartReadiness()))

    async def serving(self, metadata: Metadata, service: str) -> tuple[str, str]:
        """Give the health service's word and, where it cannot be asked, why not."""
        question = health_pb2.HealthCheckRequest(service=service).SerializeToString()
        try:
            reply = await self._invoker.unary(_CHECK, question, metadata, _PROBE_TIMEOUT_S)
        except CallError as error:
            unknown = error.code == code_pb2.NOT_FOUND
            return "SERVICE_UNKNOWN" if unknown else "UNREACHABLE", error.message
        status = health_pb2.HealthCheckResponse.FromString(reply.body).status
        return health_pb2.HealthCheckResponse.ServingStatus.Name(status), ""

    async def parts(self, metadata: Metadata) -> dict[str, Any] | None:
        """Give each part's readiness; None where the caller may not ask or nobody answers."""
        try:
            reply = await self._invoker.unary(_STATUS, b"", metadata, _PROBE_TIMEOUT_S)
        except CallError:
            return None
        ready = trading_pb2.GetStatusResponse.FromString(reply.body).ready
        return {name: self._write_part(ready[name]) for name in sorted(ready)}


def health_routes(invoker: Invoker) -> APIRouter:
    """Give /healthz (the process lives) and /readyz (orders could be placed)."""
    router = APIRouter(include_in_schema=False)
    probe = Probe(invoker)

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Response:
        return Response(dump({"status": "SERVING"}), media_type="application/json")

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    async def readyz(request: Request, service: str = "") -> Response:
        traceparent = traceparent_of(dict(request.scope["headers"]).get(b"traceparent"))
        client = request.client.host if request.client else ""
        metadata = metadata_of(request.scope["headers"], client, traceparent)
        status, detail = await probe.serving(metadata, service)
        known = any(key == "authorization" for key, _ in metadata)
        parts = await probe.parts(metadata) if known and status != "UNREACHABLE" else None
        return Response(
            dump({"status": status, "detail": detail, "parts": parts}),
            status_code=_HTTP_OF_HEALTH.get(status, 503),
            headers={"x-trace-id": traceparent.split("-")[1]},
            media_type="application/json",
        )

    return router
