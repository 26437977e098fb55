"""ObservabilityService."""

from typing import Any, Protocol

from aitrader.v1 import observability_pb2, observability_pb2_grpc
from google.api import httpbody_pb2

from aitrader_server.objectives.standing import Report, Standing
from aitrader_server.objectives.table import PERIOD, seconds
from aitrader_server.rpc.convert.words import timestamp

# A facade's caller accepts; or whoever calls here says so under the same name.
ACCEPT_KEY = "grpcgateway-accept"


class Exposition(Protocol):
    """Metrics as text."""

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, as `accept` prefers."""
        ...


class Reporting(Protocol):
    """What keeps count of the objectives."""

    def report(self) -> Report:
        """How well each is kept now."""
        ...


class ObservabilityServicer(observability_pb2_grpc.ObservabilityServiceServicer):
    """Says how the engine is doing."""

    def __init__(self, exposition: Exposition, objectives: Reporting) -> None:
        self._exposition = exposition
        self._objectives = objectives

    async def GetMetrics(
        self, request: observability_pb2.GetMetricsRequest, context: Any
    ) -> httpbody_pb2.HttpBody:
        metadata = context.invocation_metadata() or ()
        accept = next((value for key, value in metadata if key == ACCEPT_KEY), "")
        body, content_type = self._exposition.exposition(accept)
        return httpbody_pb2.HttpBody(content_type=content_type, data=body)

    async def GetSlo(
        self, request: observability_pb2.GetSloRequest, context: Any
    ) -> observability_pb2.GetSloResponse:
        report = self._objectives.report()
        return observability_pb2.GetSloResponse(
            slos=[
                _slo(one) for one in sorted(report.standings, key=lambda one: one.objective.name)
            ],
            at=timestamp(report.at_ns),
        )


def _slo(standing: Standing) -> observability_pb2.Slo:
    objective, count = standing.objective, standing.count
    return observability_pb2.Slo(
        name=objective.name,
        description=objective.description,
        objective=objective.objective,
        window_s=seconds(PERIOD),
        good=count.good,
        total=count.total,
        compliance=count.compliance,
        error_budget_left=standing.budget_left,
        burn_rates=standing.burn_rates,
    )
