"""How much faster the compiled JSON codec is than the generic one of protobuf.

Run: python tests/bench/bench_rest_codec.py
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import orjson
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_gateway.rest import json_text
from aitrader_gateway.rest.codec import Codec
from aitrader_gateway.rest.descriptors import descriptor_of
from google.protobuf import json_format

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 200
CALLS = 50
CODEC = Codec()

REQUEST = orjson.dumps(
    {
        "symbol": "BTCUSDT",
        "side": "SIDE_BUY",
        "order_type": "ORDER_TYPE_LIMIT",
        "quantity": "0.00120",
        "limit_price": "64000.00",
        "time_in_force": "TIME_IN_FORCE_GTC",
        "strategy": "news",
        "request_id": "q-77",
    }
)


def response() -> trading_pb2.PlaceOrderResponse:
    order = common_pb2.Order(
        request_id="q-77",
        venue_order_id="12345",
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_LIMIT,
        quantity="0.00120",
        limit_price="64000.00",
        state=common_pb2.ORDER_STATE_ACCEPTED,
        cumulative_quantity="0.00050",
        leaves_quantity="0.00070",
        trace_id="0af7651916cd43dd8448eb211c80319c",
    )
    order.created_at.FromMilliseconds(1_700_000_000_123)
    order.updated_at.FromMilliseconds(1_700_000_000_456)
    fill = order.fills.add(trade_id="1", quantity="0.00050", price="63999.10", maker=True)
    fill.fee.asset, fill.fee.amount = "USDT", "0.032"
    fill.executed_at.FromMilliseconds(1_700_000_000_400)
    return trading_pb2.PlaceOrderResponse(order=order)


def best_us(call: Callable[[], object]) -> float:
    """Time one call, the best of many rounds: the neighbours only ever add."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        for _ in range(CALLS):
            call()
        best = min(best, time.perf_counter_ns() - start)
    return best / CALLS / 1000


def main() -> None:
    read = CODEC.reader(descriptor_of(trading_pb2.PlaceOrderRequest()))
    write = CODEC.writer(descriptor_of(trading_pb2.PlaceOrderResponse()))
    answer = response()

    def ours_in() -> trading_pb2.PlaceOrderRequest:
        message = trading_pb2.PlaceOrderRequest()
        read(message, json_text.loads(REQUEST))
        return message

    def generic_in() -> trading_pb2.PlaceOrderRequest:
        return json_format.Parse(REQUEST, trading_pb2.PlaceOrderRequest())

    def ours_out() -> bytes:
        return orjson.dumps(write(answer))

    def generic_out() -> bytes:
        return orjson.dumps(
            json_format.MessageToDict(
                answer,
                preserving_proto_field_name=True,
                always_print_fields_with_no_presence=True,
            )
        )

    assert ours_in() == generic_in()
    for name, ours, generic in (
        ("JSON to message", ours_in, generic_in),
        ("message to JSON", ours_out, generic_out),
    ):
        ours_us, generic_us = best_us(ours), best_us(generic)
        sys.stdout.write(
            f"{name}: compiled {ours_us:.1f} us, generic {generic_us:.1f} us, "
            f"ratio {generic_us / ours_us:.1f}\n"
        )


if __name__ == "__main__":
    main()
