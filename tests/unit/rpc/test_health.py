"""Health on grpc_testing's server, which runs blocking handlers on a clock of the test's."""

import asyncio

import grpc
import grpc_testing
import pytest
from aitrader_server.errors import NotFound
from aitrader_server.rpc.health import SERVICE, Health
from grpc_health.v1 import health_pb2

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
CHECK = SERVICE.methods_by_name["Check"]


class BlockingHealth:
    """Runs `Check` to its end, and says NOT_FOUND as the barrier would."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def Check(self, request, context):  # noqa: N802 - the service names it
        try:
            return asyncio.run(self._health.Check(request, context))
        except NotFound as error:
            context.abort(grpc.StatusCode.NOT_FOUND, error.message)


class Readiness:
    now = False

    def __call__(self) -> bool:
        return self.now


@pytest.fixture
def readiness() -> Readiness:
    return Readiness()


@pytest.fixture
def health(readiness) -> Health:
    return Health(["aitrader.v1.TradingService"], readiness)


def check(health: Health, service: str):
    server = grpc_testing.server_from_dictionary(
        {SERVICE: BlockingHealth(health)}, grpc_testing.strict_fake_time(0)
    )
    rpc = server.invoke_unary_unary(
        CHECK, (), health_pb2.HealthCheckRequest(service=service), timeout=1
    )
    response, _, code, _ = rpc.termination()
    return code, response.status if response is not None else None


@pytest.mark.parametrize("service", ["", "aitrader.v1.TradingService"])
def test_every_service_is_as_ready_as_the_engine(health, readiness, service):
    assert check(health, service) == (
        grpc.StatusCode.OK,
        NOT_SERVING,
    )
    readiness.now = True
    assert check(health, service) == (grpc.StatusCode.OK, SERVING)


def test_draining_overrules_readiness_for_good(health, readiness):
    health.drain()
    readiness.now = True
    assert not health.serving
    assert check(health, "")[1] == NOT_SERVING


def test_an_unknown_service_is_not_found(health):
    assert check(health, "aitrader.v1.Nothing")[0] is grpc.StatusCode.NOT_FOUND
