"""Whatever bytes a caller sends over gRPC: a canonical code, and nothing journalled."""

import asyncio
import random
from contextlib import suppress

import grpc
import pytest
from aitrader.v1 import common_pb2, risk_pb2, trading_pb2
from callers import journalled, reconciled

PLACE = "/aitrader.v1.TradingService/PlaceOrder"
UNARY = (PLACE, "/aitrader.v1.TradingService/Trade", "/aitrader.v1.RiskService/UpdateLimits")
ORDER = {
    "symbol": "BTCUSDT",
    "side": common_pb2.SIDE_BUY,
    "order_type": common_pb2.ORDER_TYPE_MARKET,
    "quantity": "0.001",
}


@pytest.fixture(autouse=True)
async def unchanged(served, rest):
    """Nothing that these tests send leaves a trace, and the server survives all of it."""
    await reconciled(rest)
    before = await journalled(rest)
    yield
    assert served.alive
    assert await journalled(rest) == before


async def code_of(call) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code(), refusal.value.details() or ""


def noise(count: int) -> list[bytes]:
    """Bytes of every kind; what happens to parse says nothing that is valid either."""
    source = random.Random(7)
    return [source.randbytes(source.randint(1, 200)) for _ in range(count)]


@pytest.mark.parametrize("path", UNARY)
async def test_noise_is_an_invalid_argument(rpc, path):
    send = rpc.channel.unary_unary(path)
    for content in (b"\xff" * 40, b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 5_000, *noise(60)):
        code, _ = await code_of(send(content, **rpc.auth))
        assert code is grpc.StatusCode.INVALID_ARGUMENT, content


async def test_noise_in_a_session_ends_it(rpc):
    send = rpc.channel.stream_stream("/aitrader.v1.TradingService/OrderSession")
    for content in noise(5):
        call = send(iter([content]), **rpc.auth)
        code, _ = await code_of(anext(aiter(call)))
        assert code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"quantity": "1e3"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "0x1"}, "quantity"),
        ({"quantity": " 1"}, "quantity"),
        ({"quantity": "1" * 19}, "quantity"),
        ({"quantity": ""}, "quote_quantity"),
        ({"quote_quantity": "1"}, "quote_quantity"),
        ({"side": 0}, "side"),
        ({"side": 9}, "side"),
        ({"order_type": 99}, "order_type"),
        ({"time_in_force": 99}, "time_in_force"),
        ({"symbol": ""}, "symbol"),
        ({"symbol": "btcusdt"}, "symbol"),
        ({"symbol": "NOPEUSDT"}, "symbol"),
        ({"request_id": "x" * 37}, "request_id"),
        ({"request_id": "a b"}, "request_id"),
        ({"strategy": "s" * 65}, "strategy"),
        ({"trailing_delta_bips": 10_001}, "trailing_delta_bips"),
        ({"order_type": common_pb2.ORDER_TYPE_LIMIT}, "limit_price"),
    ],
)
async def test_the_field_at_fault_is_named(rpc, fields, named):
    request = trading_pb2.PlaceOrderRequest(**{**ORDER, **fields})
    code, details = await code_of(rpc.trading.PlaceOrder(request, **rpc.auth))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert named in details


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["rsi", "macd", "price", "day_pnl"])
async def test_a_feature_is_a_finite_number(rpc, name, value):
    request = trading_pb2.TradeRequest(
        symbol="BTCUSDT", features=trading_pb2.Features(**{name: value})
    )
    code, details = await code_of(rpc.trading.Trade(request, **rpc.auth))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert f"features.{name}" in details


async def test_a_message_over_the_bound_is_refused(rpc):
    request = trading_pb2.TradeRequest(symbol="BTCUSDT", news_text="x" * 5 * 1024 * 1024)
    code, _ = await code_of(rpc.trading.Trade(request, **rpc.auth))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_limit_at_fault_is_named(rpc):
    for fields, named in (
        ({"per_trade_cap": "1.01"}, "risk_config.per_trade_cap"),
        ({"per_trade_cap": "1e-2"}, "risk_config.per_trade_cap"),
        ({"symbols": ["btcusdt"]}, "risk_config.symbols"),
    ):
        request = risk_pb2.UpdateLimitsRequest(risk_config=fields, reason="a test")
        code, details = await code_of(rpc.risk.UpdateLimits(request, **rpc.auth))
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert named in details


async def test_a_method_that_is_not_there(rpc):
    for path in ("/aitrader.v1.TradingService/Nothing", "/no.Such/Thing", "/"):
        code, _ = await code_of(rpc.channel.unary_unary(path)(b"", **rpc.auth))
        assert code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4096,
        b"\x00" * 70_000,
    ],
    ids=lambda garbage: repr(garbage[:16]),
)
async def test_bytes_that_are_no_grpc_close_the_connection(served, garbage):
    host, port = served.endpoint.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    async with asyncio.timeout(30):
        # Reset while it is still being written to, the connection says that it is none.
        with suppress(OSError):
            writer.write(garbage)
            writer.write_eof()
            while await reader.read(65_536):
                pass
    writer.close()
