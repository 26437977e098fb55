"""Every method of every service against every role."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from aitrader_server.rpc.access import MINIMUM_ROLE, OPEN_METHODS
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

FILES = (
    trading_pb2,
    risk_pb2,
    sentiment_pb2,
    market_data_pb2,
    observability_pb2,
    health_pb2,
    reflection_pb2,
)
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
OPEN = {"Check", "Watch"}
# Written down once more, so that no slip in the server's table goes unseen.
RISK_ADMIN = {"ApproveOrder", "ResolveOrder", "UpdateStrategy", "UpdateLimits", "Resume"}
TRADER = {
    "Trade",
    "PlaceOrder",
    "CancelOrder",
    "ReplaceOrder",
    "CancelAllOrders",
    "Flatten",
    "SyncAccount",
    "OrderSession",
    "Halt",
    "Reduce",
    "Heartbeat",
}
ROLES = ("nobody", "viewer", "trader", "risk_admin")
# How a caller may prove it, beside the four: none of these is anybody.
STRANGERS = {"wrong token": "Bearer wrong", "empty token": "Bearer ", "other scheme": "Basic eA=="}


def allowed(name: str, role: str) -> bool:
    if name in OPEN:
        return True
    needed = "risk_admin" if name in RISK_ADMIN else "trader" if name in TRADER else "viewer"
    return ROLES.index(role) >= ROLES.index(needed)


def test_the_table_names_every_method_and_no_other():
    assert set(MINIMUM_ROLE) | OPEN_METHODS == set(METHODS)


async def nothing_more() -> AsyncIterator[bytes]:
    """One empty message of a stream that stays open, as those of real callers do."""
    yield b""
    await asyncio.Event().wait()


async def outcome(edge, path: str, metadata) -> str:
    """The code with which `path` answers an empty request; OK once a stream has answered."""
    method = METHODS[path]
    kind = (
        ("stream" if method.client_streaming else "unary")
        + "_"
        + ("stream" if method.server_streaming else "unary")
    )
    call_method = getattr(edge.channel, kind)(path)
    request = nothing_more() if method.client_streaming else b""
    call = call_method(request, metadata=metadata, timeout=10)
    try:
        if method.server_streaming:
            await call.read()
            call.cancel()
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_its_methods_and_no_further(edge, role):
    metadata = () if role == "nobody" else edge.as_role(role)
    denied = "UNAUTHENTICATED" if role == "nobody" else "PERMISSION_DENIED"
    paths = sorted(METHODS)
    codes = await asyncio.gather(*(outcome(edge, path, metadata) for path in paths))
    seen = dict(zip(paths, codes, strict=True))
    for path, code in seen.items():
        if allowed(METHODS[path].name, role):
            assert code in {"OK", "INVALID_ARGUMENT"}, path
        else:
            assert code == denied, path


@pytest.mark.parametrize("header", STRANGERS.values(), ids=STRANGERS)
async def test_who_proves_nothing_reaches_what_is_open_and_no_further(edge, header):
    metadata = (("authorization", header),)
    paths = sorted(METHODS)
    codes = await asyncio.gather(*(outcome(edge, path, metadata) for path in paths))
    for path, code in zip(paths, codes, strict=True):
        assert code == ("OK" if path in OPEN_METHODS else "UNAUTHENTICATED"), path


async def test_a_method_that_no_table_names_is_unimplemented_to_all(edge):
    for role in ROLES[1:]:
        call = edge.channel.unary_unary("/aitrader.v1.TradingService/Withdraw")
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await call(b"", metadata=edge.as_role(role))
        assert refusal.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "header", ["", "Basic abc", "Bearer ", "Bearer wrong", "bearer wrong", "Bearer Bearer x"]
)
async def test_what_is_no_token_of_ours_is_unauthenticated(edge, header, statuses):
    call = edge.trading.GetStatus(
        trading_pb2.GetStatusRequest(), metadata=(("authorization", header),)
    )
    assert (await statuses.of(call)).code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_denial_names_the_role_that_is_needed(edge, statuses):
    call = edge.risk.Resume(risk_pb2.ResumeRequest(reason="x"), metadata=edge.as_role("viewer"))
    seen = await statuses.of(call)
    assert seen.info.reason == "ROLE_REQUIRED"
    assert "needs the role risk_admin" in seen.message
