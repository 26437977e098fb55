"""Every operation of the contract is served."""

import re

import grpc
import pytest
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from callers import far_below
from google.api import annotations_pb2
from google.protobuf.message_factory import GetMessageClass

MODULES = (trading_pb2, risk_pb2, sentiment_pb2, market_data_pb2, observability_pb2)
METHODS = {
    f"{service.name}/{method.name}": method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
# Nobody has to approve the order that the walk takes with it.
NOT_NOW = {"TradingService/ApproveOrder"}
# The least that each operation needs.
ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
BODIES = {
    "TradingService/Trade": {"symbol": "BTCUSDT", "dry_run": True},
    "TradingService/PlaceOrder": {**ORDER, "dry_run": True},
    "TradingService/ReplaceOrder": {"quantity": "0.0009"},
    "TradingService/ResolveOrder": {"outcome": "PRESENT", "evidence": "seen"},
    "TradingService/Flatten": {"dry_run": True},
    "TradingService/UpdateStrategy": {"notes": "seen"},
    "RiskService/UpdateLimits": {"risk_config": {}, "reason": "seen"},
    "RiskService/CheckOrder": ORDER,
    "RiskService/Resume": {"reason": "seen", "symbol": ""},
    "SentimentService/Analyze": {"text": "Profits soar"},
    "SentimentService/AnalyzeBatch": {"items": [{"text": "Profits soar"}]},
}
VARIABLES = {"symbol": "BTCUSDT", "name": "walker"}


def route_of(method) -> tuple[str, str] | None:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    pattern = rule.WhichOneof("pattern")
    return (pattern.upper(), getattr(rule, pattern)) if pattern else None


ROUTES = {name: route for name, method in METHODS.items() if (route := route_of(method))}


@pytest.fixture
async def order_id(rest, new_id) -> str:
    """An order that is open, with trading resumed after the walk has halted it."""
    resumed = await rest.post("/live/resume", json={"reason": "walking"})
    assert resumed.status_code == 200, resumed.text
    resting = {"order_type": "limit", "limit_price": await far_below(rest)}
    order = {**ORDER, **resting, "request_id": (name := new_id())}
    answer = await rest.post("/live/orders", json=order)
    assert answer.status_code == 200, answer.text
    return name


def test_only_streams_of_both_sides_have_no_route():
    assert METHODS.keys() - ROUTES.keys() == {
        "TradingService/OrderSession",
        "SentimentService/StreamAnalyze",
    }


@pytest.mark.parametrize("name", sorted(ROUTES))
async def test_every_route_is_served(rest, order_id, name):
    verb, template = ROUTES[name]
    path = re.sub(r"\{(\w+)\}", lambda found: VARIABLES.get(found[1], order_id), template)
    body = None if verb == "GET" else BODIES.get(name, {})
    async with rest.stream(verb, path, json=body) as answer:
        first = await anext(answer.aiter_bytes())
        if name in NOT_NOW:
            assert answer.status_code == 400
            assert b"NOT_PENDING_APPROVAL" in first
            return
        assert answer.status_code == 200, first
        assert first
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-trace-id"])
        assert answer.headers["x-aitrader-environment"] == "paper"


@pytest.mark.parametrize("name", sorted(METHODS))
async def test_every_method_is_served(rpc, order_id, name):
    method = METHODS[name]
    request_type = GetMessageClass(method.input_type)
    known = request_type.DESCRIPTOR.fields_by_name
    body = {k: v for k, v in VARIABLES.items() if k in known} | BODIES.get(name, {})
    if "request_id" in known and "dry_run" not in known:
        body["request_id"] = order_id
    for field, word in (("side", "SIDE_BUY"), ("order_type", "ORDER_TYPE_MARKET")):
        if field in body:
            body[field] = word
    if "outcome" in body:
        body["outcome"] = "RESOLUTION_PRESENT"
    code, answer = await first_answer(rpc, method, request_type(**body))
    expected = dict.fromkeys(NOT_NOW, grpc.StatusCode.FAILED_PRECONDITION)
    assert code is expected.get(name, grpc.StatusCode.OK)
    assert (answer is None) == (name in expected or method.client_streaming)


async def first_answer(rpc, method, request):
    """The code of a call and its first answer; a session is begun and ended with no command."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    reply_type = GetMessageClass(method.output_type)
    stub = getattr(
        rpc.channel,
        f"{'stream' if method.client_streaming else 'unary'}_"
        f"{'stream' if method.server_streaming else 'unary'}",
    )(path, request_serializer=bytes, response_deserializer=reply_type.FromString)
    sent = iter(()) if method.client_streaming else request.SerializeToString()
    call = stub(sent, **rpc.auth)
    try:
        if not method.server_streaming:
            return grpc.StatusCode.OK, await call
        if method.client_streaming:
            assert [answer async for answer in call] == []
            return await call.code(), None
        answer = await anext(aiter(call))
        call.cancel()
    except grpc.aio.AioRpcError as error:
        return error.code(), None
    return grpc.StatusCode.OK, answer
