"""Every route of the facade against every role, over HTTP: the same table as over gRPC."""

import asyncio
import re

import httpx
import pytest
from aitrader_gateway.rest.app import DEFAULT_SERVICES, create_app
from aitrader_gateway.rest.errors import CallError
from aitrader_gateway.rest.routes import RouteTable
from aitrader_server.rpc.access import MINIMUM_ROLE, Role
from aitrader_server.rpc.inprocess import InProcessInvoker
from asgi_server import serve

ROUTES = [
    (route.http_method, route.template.text, route.full_path)
    for route in RouteTable(DEFAULT_SERVICES).routes
]
ROLES = {"viewer": Role.VIEWER, "trader": Role.TRADER, "risk_admin": Role.RISK_ADMIN}
OPEN = {"/healthz", "/readyz", "/openapi.json", "/docs", "/redoc"}


@pytest.fixture
async def facade(edge):
    """The facade in one process with services that answer anything."""
    app = create_app(InProcessInvoker(edge.server.handlers, edge.chain, CallError))
    async with serve(app) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
        app.state.drain()


def path_of(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "x-1", template)


async def status(facade, verb, template, headers) -> int:
    async with facade.stream(verb, path_of(template), headers=headers) as answer:
        return answer.status_code


def test_every_method_but_the_two_way_streams_has_a_route():
    served = {method for _, _, method in ROUTES}
    gone = {method.rpartition("/")[2] for method in MINIMUM_ROLE if method not in served}
    assert gone == {"OrderSession", "StreamAnalyze", "ServerReflectionInfo"}


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_its_routes_and_no_further(edge, facade, role):
    headers = {"authorization": f"Bearer {edge.tokens[role]}"}
    codes = await asyncio.gather(*(status(facade, verb, path, headers) for verb, path, _ in ROUTES))
    for (verb, path, method), code in zip(ROUTES, codes, strict=True):
        if ROLES[role] >= MINIMUM_ROLE[method]:
            assert code in (200, 202, 400), (verb, path)
        else:
            assert code == 403, (verb, path)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic eDp5"},
        {"x-api-key": "wrong"},
        # What only the facade itself may say.
        {"grpc-metadata-authorization": "Bearer {viewer}"},
        {"cookie": "authorization={viewer}"},
    ],
)
async def test_who_proves_nothing_reaches_no_route(edge, facade, headers):
    named = {name: value.format(viewer=edge.tokens["viewer"]) for name, value in headers.items()}
    codes = await asyncio.gather(*(status(facade, verb, path, named) for verb, path, _ in ROUTES))
    assert set(codes) == {401}
    for path in OPEN:
        assert await status(facade, "GET", path, named) == 200, path


async def test_a_token_in_the_address_is_no_proof(edge, facade):
    answer = await facade.get("/live/status", params={"access_token": edge.tokens["viewer"]})
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("header", ["x-http-method-override", "x-http-method", "x-method-override"])
async def test_no_header_makes_another_verb_of_a_request(edge, facade, header):
    headers = {"authorization": f"Bearer {edge.tokens['risk_admin']}", header: "POST"}
    answer = await facade.get("/live/halt", headers=headers)
    assert answer.status_code == 501
    form = {**headers, "content-type": "application/x-www-form-urlencoded"}
    assert (await facade.post("/live/status", headers=form)).status_code == 501
