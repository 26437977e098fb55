"""The trace that a caller sends or gets, and what logs and metrics say of a call."""

import json
import re

import grpc
import pytest
from aitrader.v1 import trading_pb2
from aitrader_server.rpc.call import current_call

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
ASK = trading_pb2.GetOrderRequest(request_id="a")
GOOD_ORDER = trading_pb2.PlaceOrderRequest(symbol="BTCUSDT", side=1, order_type=1, quantity="1")


async def test_a_call_joins_the_callers_trace(edge):
    seen = {}

    async def act(request, context):
        seen["call"] = current_call()
        return trading_pb2.GetOrderResponse()

    edge.trading_servicer.act = act
    header = f"00-{TRACE_ID}-b7ad6b7169203331-01"
    call = edge.trading.GetOrder(ASK, metadata=(*edge.as_role("viewer"), ("traceparent", header)))
    await call
    told = dict(await call.trailing_metadata())
    assert told["x-trace-id"] == TRACE_ID
    assert told["x-aitrader-environment"] == "paper"
    assert re.fullmatch(
        f"00-{TRACE_ID}-(?!b7ad6b7169203331)[0-9a-f]{{16}}-01", seen["call"].traceparent
    )
    assert seen["call"].caller.name == "viewer"


async def test_a_stream_names_its_trace_before_its_first_message(edge):
    request = trading_pb2.StreamEventsRequest()
    call = edge.trading.StreamEvents(request, metadata=edge.as_role("viewer"))
    told = dict(await call.initial_metadata())
    assert re.fullmatch("[0-9a-f]{32}", told["x-trace-id"])
    assert told["x-aitrader-environment"] == "paper"
    call.cancel()


async def test_a_handler_may_add_metadata_of_its_own(edge):
    async def act(request, context):
        await context.send_initial_metadata((("x-http-code", "202"),))
        context.set_trailing_metadata((("x-left", "9"),))
        return trading_pb2.GetOrderResponse()

    edge.trading_servicer.act = act
    call = edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"))
    await call
    assert dict(await call.initial_metadata()) == {"x-http-code": "202"}
    assert set(dict(await call.trailing_metadata())) >= {"x-left", "x-trace-id"}


async def test_a_failing_call_names_its_trace_too(edge):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await edge.trading.GetOrder(ASK)
    assert re.fullmatch("[0-9a-f]{32}", dict(caught.value.trailing_metadata())["x-trace-id"])


async def test_reads_leave_no_line_changes_and_failures_leave_one(edge, log_file):
    await edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer"))
    header = f"00-{TRACE_ID}-b7ad6b7169203331-01"
    await edge.trading.PlaceOrder(
        GOOD_ORDER, metadata=(*edge.as_role("trader"), ("traceparent", header))
    )
    with pytest.raises(grpc.aio.AioRpcError):
        await edge.trading.PlaceOrder(GOOD_ORDER, metadata=edge.as_role("viewer"))
    placed, denied = [
        line for line in map(json.loads, log_file.lines()) if line["event"] == "audit"
    ]
    assert (placed["caller"], placed["code"], placed["trace_id"]) == ("trader", "OK", TRACE_ID)
    assert (denied["caller"], denied["code"]) == ("viewer", "PERMISSION_DENIED")
    assert denied["reason"] == "ROLE_REQUIRED"


async def test_a_bug_is_in_the_log_under_the_id_that_the_caller_saw(edge, log_file, statuses):
    async def act(request, context):
        raise ValueError("the pump is dry")

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
    (bug,) = [line for line in map(json.loads, log_file.lines()) if line["level"] == "error"]
    assert bug["error_id"] == seen.info.metadata["errorId"]
    assert "ValueError: the pump is dry" in bug["exception"]


async def test_calls_are_counted_and_timed_with_their_trace(edge):
    header = f"00-{TRACE_ID}-b7ad6b7169203331-01"
    with pytest.raises(grpc.aio.AioRpcError):
        await edge.trading.GetOrder(ASK)
    # The last call of a bucket leaves its trace there.
    await edge.trading.GetOrder(ASK, metadata=(*edge.as_role("viewer"), ("traceparent", header)))
    text, content_type = edge.metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    method = 'method="/aitrader.v1.TradingService/GetOrder"'
    assert f'aitrader_rpc_calls_total{{code="OK",{method}}} 1.0' in text.decode()
    assert f'aitrader_rpc_calls_total{{code="UNAUTHENTICATED",{method}}} 1.0' in text.decode()
    assert f'trace_id="{TRACE_ID}"' in text.decode()


async def test_a_token_shows_up_nowhere(edge, log_file):
    async def act(request, context):
        raise RuntimeError("boom")

    edge.trading_servicer.act = act
    answers = []
    metadata = [edge.as_role(role) for role in edge.tokens]
    metadata.append((("authorization", "Bearer canary-of-a-stranger"),))
    for each in metadata:
        for method, request in (
            (edge.trading.GetOrder, ASK),
            (edge.trading.PlaceOrder, GOOD_ORDER),
        ):
            call = method(request, metadata=each)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            answers.append(repr(caught.value) + repr(caught.value.trailing_metadata()))
    lines = log_file.lines()
    assert len(lines) >= len(answers)
    everything = "\n".join([*lines, *answers, edge.metrics.exposition()[0].decode()])
    assert "canary" not in everything
