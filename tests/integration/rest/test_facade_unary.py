from __future__ import annotations

import pytest
from aitrader.v1 import common_pb2, trading_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = "/aitrader.v1.TradingService/PlaceOrder"


async def test_a_json_order_reaches_the_service_as_protobuf_and_returns_as_json(facade):
    order = common_pb2.Order(request_id="q-77", side=common_pb2.SIDE_BUY, quantity="0.00120")
    facade.backend.unary[PLACE] = trading_pb2.PlaceOrderResponse(order=order).SerializeToString()

    body = {"symbol": "BTCUSDT", "side": "buy", "order_type": "Limit", "quantity": "0.00120"}
    answer = await facade.client.post("/live/orders", json=body)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["order"]["side"] == "SIDE_BUY"
    assert answer.json()["order"]["created_at"] is None
    method, request, _, _ = facade.backend.calls[0]
    assert method == PLACE
    assert trading_pb2.PlaceOrderRequest.FromString(request) == trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_LIMIT,
        quantity="0.00120",
    )
