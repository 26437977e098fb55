"""The facade as a FastAPI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aitrader.v1 import market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2
from fastapi_offline import FastAPIOffline

from aitrader_gateway.rest.health import health_routes
from aitrader_gateway.rest.openapi import describe
from aitrader_gateway.rest.security_headers import SecurityHeaders
from aitrader_gateway.rest.transcoder import Transcoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import FastAPI
    from google.protobuf.descriptor import ServiceDescriptor
    from starlette.routing import BaseRoute

    from aitrader_gateway.rest.invoker import Invoker
    from aitrader_gateway.rest.transcoder import Limits

DEFAULT_SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    service
    for module in (trading_pb2, risk_pb2, sentiment_pb2, market_data_pb2, observability_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
)


def create_app(
    invoker: Invoker,
    *,
    services: Iterable[ServiceDescriptor] = DEFAULT_SERVICES,
    limits: Limits | None = None,
    lenient: bool = False,
    routes: Sequence[BaseRoute] = (),
    title: str = "AI-Trader",
    version: str = "1",
) -> FastAPI:
    """Build the facade.

    `routes` are served before the transcoder, e.g. a console at `/`. `lenient` ignores unknown
    input as grpc-gateway does, instead of refusing it.

    Raises:
        RouteError: An HTTP annotation cannot be served.
        TemplateError: A path template breaks the grammar.
    """
    transcoder = Transcoder(invoker, services, limits=limits, lenient=lenient)
    document: dict[str, Any] = describe(transcoder.table.routes, title=title, version=version)
    app = FastAPIOffline(title=title, version=version, redirect_slashes=False)
    app.openapi = lambda: document  # type: ignore[method-assign]  # FastAPI's documented way
    app.include_router(health_routes(invoker))
    app.router.routes.extend(routes)
    app.mount("", transcoder)
    app.add_middleware(SecurityHeaders)
    return app
