"""What a caller sees of a request that goes wrong."""

import asyncio
import logging
import random

import grpc
import pytest
from aitrader.v1 import common_pb2, sentiment_pb2, trading_pb2
from google.protobuf.empty_pb2 import Empty
from google.rpc import error_details_pb2
from grpc_status.rpc_status import aio as rich_status

from aitrader_server.errors import NotFound, Overloaded
from aitrader_server.rpc.chain import Bounds
from aitrader_server.rpc.refusals import OrderDenied

GOOD_ORDER = trading_pb2.PlaceOrderRequest(symbol="BTCUSDT", side=1, order_type=1, quantity="0.001")


async def fail(call):
    """The error of `call`, and its details by message name."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = caught.value
    details = {}
    status = await rich_status.from_call(call)
    for any_ in status.details if status else ():
        details[any_.TypeName()] = any_
    return error, details


def info(details):
    message = error_details_pb2.ErrorInfo()
    assert details["google.rpc.ErrorInfo"].Unpack(message)
    assert message.domain == "aitrader"
    return message


async def test_a_bug_tells_its_id_only(edge, caplog):
    async def act(request, context):
        raise ValueError("the vault's combination is 1-2-3")

    edge.trading_servicer.act = act
    call = edge.trading.GetOrder(
        trading_pb2.GetOrderRequest(request_id="a"), metadata=edge.as_role("viewer")
    )
    error, details = await fail(call)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "combination" not in error.details()
    error_id = info(details).metadata["errorId"]
    assert error_id in error.details()


async def test_an_error_raised_on_purpose_keeps_its_reason(edge):
    async def act(request, context):
        raise NotFound("no order a")

    edge.trading_servicer.act = act
    call = edge.trading.GetOrder(
        trading_pb2.GetOrderRequest(request_id="a"), metadata=edge.as_role("viewer")
    )
    error, details = await fail(call)
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "no order a")
    assert info(details).reason == "NOT_FOUND"


async def test_violations_name_their_fields_and_say_what_to_write(edge):
    bad = trading_pb2.PlaceOrderRequest(symbol="btc usd", order_type=99, quantity="1e3")
    error, details = await fail(edge.trading.PlaceOrder(bad, metadata=edge.as_role("trader")))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    request = error_details_pb2.BadRequest()
    assert details["google.rpc.BadRequest"].Unpack(request)
    texts = {v.field: v.description for v in request.field_violations}
    assert texts["quantity"] == 'write a plain decimal, e.g. "0.001"'
    assert texts["side"] == "use one of SIDE_BUY, SIDE_SELL"
    assert "ORDER_TYPE_MARKET" in texts["order_type"]
    assert "BTCUSDT" in texts["symbol"]
    assert 'quantity: write a plain decimal, e.g. "0.001"' in error.details()
