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
from aitrader_gateway.rest.headers import AnswerHeaders, metadata_of, traceparent_of
from aitrader_gateway.rest.status import dump

if TYPE_CHECKING:
    from aitrader_gateway.rest.errors import Metadata
    from aitrader_gateway.rest.invoker import Invoker

_CHECK = "/grpc.health.v1.Health/Check"
_STATUS = "/aitrader.v1.TradingService/GetStatus"
_HTTP_OF_HEALTH = {"SERVING": 200, "SERVICE_UNKNOWN": 404}
_PROBE_TIMEOUT_S = 2.0


_STATE = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "description": "The health service's word, e.g. `SERVING`."}
    },
}
# The two routes that no annotation declares, for the OpenAPI document.
HEALTH_PATHS: dict[str, Any] = {
    path: {
        "get": {
            "operationId": name,
            "summary": summary,
            "description": description,
            "tags": ["Health"],
            "security": [],
            "responses": {
                status: {"description": text, "content": {"application/json": {"schema": _STATE}}}
                for status, text in answers.items()
            },
        }
    }
    for path, name, summary, description, answers in (
        (
            "/healthz",
            "healthz",
            "The process lives",
            "Asks nobody: the facade alone answers.",
            {"200": "It does."},
        ),
        (
            "/readyz",
            "readyz",
            "Orders could be placed",
            "Asks the health service; a known caller is told each part's readiness too.",
            {"200": "They could.", "503": "They could not; each part is named."},
        ),
    )
}


class Probe:
    """Asks the services how they are."""

    def __init__(self, invoker: Invoker, headers: AnswerHeaders) -> None:
        self._invoker = invoker
        self._headers = headers
        self._write_part = Codec().writer(descriptor_of(trading_pb2.PartReadiness()))

    async def serving(self, metadata: Metadata, service: str) -> tuple[str, str]:
        """Give the health service's word and, where it cannot be asked, why not."""
        question = health_pb2.HealthCheckRequest(service=service).SerializeToString()
        try:
            reply = await self._invoker.unary(_CHECK, question, metadata, _PROBE_TIMEOUT_S)
        except CallError as error:
            self._headers.note(error.initial_metadata)
            unknown = error.code == code_pb2.NOT_FOUND
            return "SERVICE_UNKNOWN" if unknown else "UNREACHABLE", error.message
        self._headers.note(reply.initial_metadata)
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


def health_routes(invoker: Invoker, headers: AnswerHeaders) -> APIRouter:
    """Give /healthz (the process lives) and /readyz (orders could be placed)."""
    router = APIRouter(include_in_schema=False)
    probe = Probe(invoker, headers)

    def answer(value: Any, http_code: int, traceparent: str) -> Response:
        made = Response(dump(value), status_code=http_code, media_type="application/json")
        made.raw_headers += headers.collect((), (), traceparent.split("-")[1], trailers=False)
        return made

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz(request: Request) -> Response:
        return answer({"status": "SERVING"}, 200, _traceparent(request))

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    async def readyz(request: Request, service: str = "") -> Response:
        traceparent = _traceparent(request)
        client = request.client.host if request.client else ""
        metadata = metadata_of(request.scope["headers"], client, traceparent)
        status, detail = await probe.serving(metadata, service)
        known = any(key == "authorization" for key, _ in metadata)
        parts = await probe.parts(metadata) if known and status != "UNREACHABLE" else None
        body = {"status": status, "detail": detail, "parts": parts}
        return answer(body, _HTTP_OF_HEALTH.get(status, 503), traceparent)

    return router


def _traceparent(request: Request) -> str:
    return traceparent_of(dict(request.scope["headers"]).get(b"traceparent"))
