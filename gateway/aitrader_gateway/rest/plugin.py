"""What a server process needs of the facade, found by entry point."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aitrader.v1 import observability_pb2
from fastapi import FastAPI

from aitrader_gateway.rest.app import DEFAULT_SERVICES, create_app
from aitrader_gateway.rest.errors import CallError
from aitrader_gateway.rest.invoker import ChannelInvoker, Invoker
from aitrader_gateway.rest.joined_metrics import Exposition, JoinedMetrics
from aitrader_gateway.rest.meter import Measure
from aitrader_gateway.rest.transcoder import Limits

WATCHING = tuple(observability_pb2.DESCRIPTOR.services_by_name.values())


def create_bounded_app(
    invoker: Invoker,
    *,
    body_bytes_max: int,
    body_timeout_s: float,
    docs: bool,
    measure: Measure,
    own_metrics: Exposition | None = None,
    watching: bool = False,
) -> FastAPI:
    """The application as a process serves it; a larger or slower body is refused.

    A process that is not the engine's tells its `own_metrics` together with the engine's. With
    `watching` it serves metrics, objectives and health, and nothing else.
    """
    limits = Limits(body_bytes_max=body_bytes_max, body_timeout_s=body_timeout_s)
    if own_metrics is not None:
        invoker = JoinedMetrics(invoker, own_metrics)
    return create_app(
        invoker,
        services=WATCHING if watching else DEFAULT_SERVICES,
        limits=limits,
        docs=docs,
        measure=measure,
    )


@dataclass(frozen=True, slots=True)
class Facade:
    """How to build the application, and its two sides: a channel out, errors in."""

    create_app: Callable[..., Any] = create_bounded_app
    over_channel: Callable[..., Any] = ChannelInvoker
    failure: Callable[..., Exception] = CallError


def create() -> Facade:
    """The REST facade."""
    return Facade()
