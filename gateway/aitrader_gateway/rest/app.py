"""The facade as a FastAPI application."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from aitrader.v1 import market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2
from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from google.rpc import code_pb2
from starlette.exceptions import HTTPException
from starlette.routing import Route

from aitrader_gateway.rest.codec import Codec
from aitrader_gateway.rest.errors import CallError, FieldFault
from aitrader_gateway.rest.health import HEALTH_PATHS, health_routes
from aitrader_gateway.rest.meter import Meter
from aitrader_gateway.rest.openapi import describe
from aitrader_gateway.rest.security_headers import SecurityHeaders
from aitrader_gateway.rest.status import dump, http_status, status_body
from aitrader_gateway.rest.transcoder import Transcoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.descriptor import ServiceDescriptor
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from aitrader_gateway.rest.invoker import Invoker
    from aitrader_gateway.rest.meter import Measure
    from aitrader_gateway.rest.transcoder import Limits


class _AnnotatedFirst:
    """Serves annotated routes before FastAPI's router sees them, which costs as much again."""

    def __init__(self, app: ASGIApp, transcoder: Transcoder) -> None:
        self._app = app
        self._transcoder = transcoder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serves = scope["type"] == "http" and self._transcoder.serves(scope)
        await (self._transcoder if serves else self._app)(scope, receive, send)


_CODE_OF_HTTP = {404: code_pb2.NOT_FOUND, 405: code_pb2.UNIMPLEMENTED}


def _status_response(error: CallError) -> Response:
    body = status_body(error, Codec())
    return Response(dump(body), status_code=http_status(error), media_type="application/json")


async def _answer_http_exception(_: Request, error: Exception) -> Response:
    """Answer in the words of a gRPC status where the framework itself refuses."""
    assert isinstance(error, HTTPException)
    code = _CODE_OF_HTTP.get(error.status_code, code_pb2.UNKNOWN)
    return _status_response(CallError(code, error.detail, http_status=error.status_code))


async def _answer_field_fault(_: Request, error: Exception) -> Response:
    assert isinstance(error, FieldFault)
    return _status_response(error.as_call_error())


DEFAULT_SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    service
    for module in (trading_pb2, risk_pb2, sentiment_pb2, market_data_pb2, observability_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
)


def _application(*, docs: bool, **options: Any) -> FastAPI:
    if docs:
        return FastAPIOffline(redirect_slashes=False, **options)
    return FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, **options
    )


def create_app(
    invoker: Invoker,
    *,
    services: Iterable[ServiceDescriptor] = DEFAULT_SERVICES,
    limits: Limits | None = None,
    lenient: bool = False,
    routes: Sequence[BaseRoute] = (),
    title: str = "AI-Trader",
    version: str | None = None,
    docs: bool = True,
    measure: Measure | None = None,
) -> FastAPI:
    """Build the facade.

    `routes` are what else it serves, e.g. a console at `/`; annotated routes win. `lenient`
    ignores unknown input as grpc-gateway does, instead of refusing it. Without `docs` it tells
    nobody which routes it has. `measure` is told of every request. Call `app.state.drain()`
    before the server stops: it ends the open streams.

    Raises:
        RouteError: An HTTP annotation cannot be served.
        TemplateError: A path template breaks the grammar.
    """
    version = version or metadata.version("ai-trader")
    transcoder = Transcoder(invoker, services, limits=limits, lenient=lenient)
    document: dict[str, Any] = describe(
        transcoder.table.routes, title=title, version=version, lenient=lenient
    )
    document["paths"] |= HEALTH_PATHS
    app = _application(title=title, version=version, docs=docs)
    app.openapi = lambda: document  # type: ignore[method-assign]  # FastAPI's documented way
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_exception_handler(FieldFault, _answer_field_fault)
    app.state.drain = transcoder.drain
    app.include_router(health_routes(invoker, transcoder.answer_headers))
    app.router.routes.extend(routes)
    app.mount("", transcoder)
    app.add_middleware(_AnnotatedFirst, transcoder=transcoder)
    app.add_middleware(SecurityHeaders)
    if measure is not None:
        paths = {route.path for route in app.routes if isinstance(route, Route)}
        app.add_middleware(Meter, measure=measure, paths=paths | HEALTH_PATHS.keys())
    return app
