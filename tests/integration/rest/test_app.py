"""What the application serves beside the transcoder."""

from __future__ import annotations

import grpc
import httpx
import pytest
from aitrader.v1 import trading_pb2
from aitrader_gateway.rest.app import DEFAULT_SERVICES, create_app
from aitrader_gateway.rest.invoker import ChannelInvoker
from aitrader_gateway.rest.routes import RouteTable
from google.api import httpbody_pb2
from grpc_health.v1 import health_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECK = "/grpc.health.v1.Health/Check"
STATUS = "/aitrader.v1.TradingService/GetStatus"
METRICS = "/aitrader.v1.ObservabilityService/GetMetrics"


def health(status):
    return health_pb2.HealthCheckResponse(status=status).SerializeToString()


async def test_a_process_that_lives_says_so_without_its_server(facade):
    answer = await facade.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "SERVING"})


async def test_readiness_names_each_part_to_a_caller_who_is_known(facade):
    status = trading_pb2.GetStatusResponse()
    status.ready["journal"].ok = True
    status.ready["stream"].detail = "no event for 9 s"
    facade.backend.unary[STATUS] = status.SerializeToString()
    facade.backend.unary[CHECK] = health(health_pb2.HealthCheckResponse.NOT_SERVING)
    assert (await facade.client.get("/readyz")).json()["parts"] is None
    answer = await facade.client.get("/readyz", headers={"x-api-key": "k"})
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "NOT_SERVING",
        "detail": "",
        "parts": {
            "journal": {"ok": True, "age_ms": "0", "detail": ""},
            "stream": {"ok": False, "age_ms": "0", "detail": "no event for 9 s"},
        },
    }
    facade.backend.unary[CHECK] = health(health_pb2.HealthCheckResponse.SERVING)
    assert (await facade.client.get("/readyz")).status_code == 200


async def test_readiness_does_not_need_the_right_to_see_the_parts(facade):
    async def refuse(_request, context):
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "who?")

    facade.backend.unary[STATUS] = refuse
    facade.backend.unary[CHECK] = health(health_pb2.HealthCheckResponse.SERVING)
    answer = await facade.client.get("/readyz", headers={"x-api-key": "k"})
    assert (answer.status_code, answer.json()["parts"]) == (200, None)


async def test_readiness_is_unavailable_when_health_cannot_be_asked(facade):
    answer = await facade.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "UNREACHABLE")


async def test_readiness_refuses_a_header_that_cannot_be_carried(facade):
    headers = {"authorization": "Bearer é".encode("latin-1")}
    answer = await facade.client.get("/readyz", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)


async def test_what_the_framework_refuses_is_refused_in_the_same_words(facade):
    answer = await facade.client.get("/static-offline-docs/nope.js")
    assert answer.status_code == 404
    assert answer.json() == {"code": 5, "message": "Not Found", "details": []}


async def test_readiness_of_one_service_can_be_asked(facade):
    async def check(request, context):
        asked = health_pb2.HealthCheckRequest.FromString(request).service
        if asked != "aitrader.v1.TradingService":
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return health(health_pb2.HealthCheckResponse.SERVING)

    facade.backend.unary[CHECK] = check
    answer = await facade.client.get("/readyz?service=aitrader.v1.TradingService")
    assert answer.status_code == 200
    answer = await facade.client.get("/readyz?service=nope")
    assert (answer.status_code, answer.json()["status"]) == (404, "SERVICE_UNKNOWN")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_documentation_needs_no_other_host(facade, path):
    answer = await facade.client.get(path)
    assert answer.status_code == 200
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    for word in answer.text.split('"'):
        if word.startswith("/static-offline-docs/"):
            assert (await facade.client.get(word)).status_code == 200


async def test_metrics_leave_as_text(facade):
    body = httpbody_pb2.HttpBody(content_type="text/plain; version=0.0.4", data=b"up 1\n")
    facade.backend.unary[METRICS] = body.SerializeToString()
    answer = await facade.client.get("/metrics")
    assert answer.text == "up 1\n"
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/live/status", "/healthz", "/docs", "/nowhere", "/openapi.json"])
async def test_browsers_are_kept_out_of_trouble(facade, path):
    facade.backend.unary[STATUS] = b""
    answer = await facade.client.get(path, headers={"origin": "https://evil.example"})
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_preflight_is_given_no_permission(facade):
    answer = await facade.client.options(
        "/live/orders",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_every_answer_even_of_a_health_check_carries_a_trace_id(facade):
    facade.backend.unary[STATUS] = b""
    for path in ("/live/status", "/nowhere", "/readyz", "/healthz"):
        assert len((await facade.client.get(path)).headers["x-trace-id"]) == 32


async def test_a_health_check_names_the_environment_that_its_server_named(facade):
    async def serving(_request, context):
        await context.send_initial_metadata((("x-aitrader-environment", "paper"),))
        return health(health_pb2.HealthCheckResponse.SERVING)

    facade.backend.unary[CHECK] = serving
    for path in ("/readyz", "/healthz"):
        answer = await facade.client.get(path)
        assert answer.headers["x-aitrader-environment"] == "paper"


async def test_a_server_that_is_away_is_unavailable_and_its_address_stays_ours():
    async with (
        grpc.aio.insecure_channel("127.0.0.1:1") as channel,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(ChannelInvoker(channel))),
            base_url="http://facade.test",
        ) as client,
    ):
        for path in ("/live/status", "/live/events"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert "the service cannot be reached" in answer.text
            assert "127.0.0.1" not in answer.text
        assert (await client.get("/readyz")).status_code == 503


async def test_what_the_server_says_of_its_absence_is_passed_on(facade):
    async def abort(_request, context):
        await context.abort(grpc.StatusCode.UNAVAILABLE, "draining")

    facade.backend.unary[STATUS] = abort
    answer = await facade.client.get("/live/status")
    assert (answer.status_code, answer.json()["message"]) == (503, "draining")


async def test_the_document_describes_every_route(facade):
    document = (await facade.client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    described = {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    }
    routes = RouteTable(DEFAULT_SERVICES).routes
    declared = {f"{r.method.containing_service.name}_{r.method.name}" for r in routes}
    assert described == declared | {"healthz", "readyz"}


async def test_every_reference_of_the_document_resolves(facade):
    document = (await facade.client.get("/openapi.json")).json()
    references = []

    def walk(node):
        if isinstance(node, dict):
            references.extend([node["$ref"]] if "$ref" in node else [])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    assert references
    for reference in references:
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


async def test_the_document_states_the_rules_of_the_fields(facade):
    document = (await facade.client.get("/openapi.json")).json()
    order = document["components"]["schemas"]["aitrader.v1.PlaceOrderRequest"]
    assert order["properties"]["symbol"]["pattern"] == "^[A-Z0-9_.-]{1,20}$"
    assert order["properties"]["trailing_delta_bips"]["maximum"] == 10000
    assert set(order["required"]) == {"symbol", "side", "order_type"}
    assert "SIDE_BUY" in document["components"]["schemas"]["aitrader.v1.Side"]["enum"]
    listing = document["paths"]["/live/orders"]["get"]
    sizes = [p for p in listing["parameters"] if p["name"] == "page_size"]
    assert sizes[0]["schema"]["maximum"] == 1000
    one = document["paths"]["/live/orders/{request_id}"]["get"]
    assert [(p["name"], p["in"]) for p in one["parameters"]] == [("request_id", "path")]
    assert one["responses"]["404"] == {"$ref": "#/components/responses/404"}
    assert {"bearer": []} in document["security"]
