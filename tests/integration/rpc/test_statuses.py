"""What a caller sees of a request that goes wrong."""

import asyncio
import random
from contextlib import suppress
from itertools import cycle, islice

import grpc
import pytest
from aitrader.v1 import common_pb2, risk_pb2, sentiment_pb2, trading_pb2
from aitrader_server.errors import NotFound
from aitrader_server.rpc.refusals import OrderDenied
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

GOOD_ORDER = trading_pb2.PlaceOrderRequest(
    symbol="BTCUSDT", side=1, order_type=1, quantity="0.001", request_id="a-1"
)
ASK = trading_pb2.GetOrderRequest(request_id="a")


async def test_a_bug_tells_its_id_only(edge, statuses):
    async def act(request, context):
        raise ValueError("the vault's combination is 1-2-3")

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
    assert seen.code is grpc.StatusCode.INTERNAL
    assert "combination" not in seen.message
    assert seen.info.metadata["errorId"] in seen.message


async def test_an_answer_of_the_wrong_type_is_a_bug_too(edge, statuses):
    async def act(request, context):
        return "an order"

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
    assert seen.code is grpc.StatusCode.INTERNAL


async def test_an_error_raised_on_purpose_keeps_its_reason(edge, statuses):
    async def act(request, context):
        raise NotFound("no order a")

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
    assert (seen.code, seen.message) == (grpc.StatusCode.NOT_FOUND, "no order a")
    assert seen.info.reason == "NOT_FOUND"


async def test_a_denied_order_lists_every_breach(edge, statuses):
    async def act(request, context):
        notional = common_pb2.Breach(
            code="MAX_ORDER_NOTIONAL", message="12 USDT is above 10", limit="10", value="12"
        )
        raise OrderDenied([notional, common_pb2.Breach(code="MAX_MESSAGES", message="slow down")])

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.PlaceOrder(GOOD_ORDER, metadata=edge.as_role("trader")))
    assert seen.code is grpc.StatusCode.FAILED_PRECONDITION
    assert seen.info.reason == "MAX_ORDER_NOTIONAL"
    violations = seen.details[error_details_pb2.PreconditionFailure].violations
    assert [violation.type for violation in violations] == ["MAX_ORDER_NOTIONAL", "MAX_MESSAGES"]
    assert common_pb2.Breach in seen.details


async def test_a_status_that_a_handler_aborts_with_passes(edge, statuses):
    async def act(request, context):
        status = status_pb2.Status(code=code_pb2.DATA_LOSS, message="torn")
        info = error_details_pb2.ErrorInfo(reason="TORN", domain="aitrader")
        status.details.add().Pack(info)
        await context.abort_with_status(rpc_status.to_status(status))

    edge.trading_servicer.act = act
    seen = await statuses.of(edge.trading.GetOrder(ASK, metadata=edge.as_role("viewer")))
    assert (seen.code, seen.info.reason) == (grpc.StatusCode.DATA_LOSS, "TORN")


async def test_a_method_that_does_not_exist_is_unimplemented(edge):
    call = edge.channel.unary_unary("/aitrader.v1.TradingService/Gamble")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_violations_name_their_fields_and_say_what_to_write(edge, statuses):
    bad = trading_pb2.PlaceOrderRequest(
        symbol="btc usd", order_type=99, quantity="1e3", request_id="a b", strategy="é"
    )
    seen = await statuses.of(edge.trading.PlaceOrder(bad, metadata=edge.as_role("trader")))
    assert seen.code is grpc.StatusCode.INVALID_ARGUMENT
    violations = seen.details[error_details_pb2.BadRequest].field_violations
    texts = {violation.field: violation.description for violation in violations}
    assert texts["quantity"] == 'write a plain decimal, e.g. "0.001"'
    assert texts["side"] == "use one of SIDE_BUY, SIDE_SELL"
    assert texts["order_type"].startswith("use one of ORDER_TYPE_MARKET, ")
    assert "BTCUSDT" in texts["symbol"]
    assert "at most 36 of the characters" in texts["request_id"]
    assert "at most 64 of the characters" in texts["strategy"]
    assert 'quantity: write a plain decimal, e.g. "0.001"' in seen.message


async def test_a_violation_deep_inside_names_its_path(edge, statuses):
    batch = sentiment_pb2.AnalyzeBatchRequest(
        items=[{"text": "up"}, {"text": "down", "symbol": "b t c"}]
    )
    seen = await statuses.of(edge.sentiment.AnalyzeBatch(batch, metadata=edge.as_role("viewer")))
    (violation,) = seen.details[error_details_pb2.BadRequest].field_violations
    assert violation.field == "items[1].symbol"


async def test_enum_items_and_message_rules_read_well(edge, statuses):
    listing = trading_pb2.ListOrdersRequest(state=[1, 77])
    seen = await statuses.of(edge.trading.ListOrders(listing, metadata=edge.as_role("viewer")))
    (violation,) = seen.details[error_details_pb2.BadRequest].field_violations
    assert violation.field == "state[1]"
    assert "ORDER_STATE_FILLED" in violation.description

    neither = trading_pb2.PlaceOrderRequest(symbol="BTCUSDT", side=1, order_type=1)
    seen = await statuses.of(edge.trading.PlaceOrder(neither, metadata=edge.as_role("trader")))
    assert seen.message == "give exactly one of quantity and quote_quantity"

    seen = await statuses.of(
        edge.risk.UpdateLimits(
            risk_pb2.UpdateLimitsRequest(version=1, reason="x"), metadata=edge.as_role("risk_admin")
        )
    )
    assert seen.message == "risk_config: is missing"


@pytest.mark.parametrize("size", [255 * 1024, 257 * 1024])
async def test_requests_are_bounded(edge, size):
    call = edge.channel.unary_unary("/aitrader.v1.SentimentService/Analyze")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"\xff" * size, metadata=edge.as_role("viewer"))
    expected = "INVALID_ARGUMENT" if size < 256 * 1024 else "RESOURCE_EXHAUSTED"
    assert caught.value.code().name == expected


def mutate(rng: random.Random, data: bytes) -> bytes:
    """`data` with a few bytes changed, dropped, doubled or put in."""
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(mutated) + 1)
        match rng.randrange(4):
            case 0:
                mutated[at:at] = rng.randbytes(rng.randint(1, 8))
            case 1:
                del mutated[at : at + rng.randint(1, 8)]
            case 2 if at < len(mutated):
                mutated[at] = rng.randrange(256)
            case _:
                mutated += mutated[at : at + 16]
    return bytes(mutated)


async def test_no_bytes_whatever_are_unknown_or_internal(edge):
    rng = random.Random(7)
    analyze = sentiment_pb2.AnalyzeRequest(text="Bitcoin rises", symbol="BTCUSDT", source="wire")
    batch = sentiment_pb2.AnalyzeBatchRequest(items=[analyze, analyze])
    trade = trading_pb2.TradeRequest(
        symbol="BTCUSDT", features={"price": 1.5, "rsi": 50}, side=1, quantity="1"
    )
    limits = risk_pb2.UpdateLimitsRequest(risk_config={"max_order_notional": "5"}, version=3)
    seeds = [
        ("TradingService/PlaceOrder", GOOD_ORDER),
        ("TradingService/Trade", trade),
        ("SentimentService/AnalyzeBatch", batch),
        ("SentimentService/Analyze", analyze),
        ("RiskService/UpdateLimits", limits),
    ]
    calls = {path: edge.channel.unary_unary(f"/aitrader.v1.{path}") for path, _ in seeds}
    metadata = edge.as_role("risk_admin")
    codes: dict[str, int] = {}

    async def send(path: str, body: bytes) -> None:
        code = grpc.StatusCode.OK
        try:
            await calls[path](body, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            code = error.code()
        codes[code.name] = codes.get(code.name, 0) + 1

    work = islice(cycle(seeds), 5000)
    queued = [(path, mutate(rng, seed.SerializeToString())) for path, seed in work]
    for at in range(0, len(queued), 50):
        await asyncio.gather(*(send(path, body) for path, body in queued[at : at + 50]))
    assert set(codes) == {"OK", "INVALID_ARGUMENT"}, codes
    assert codes["INVALID_ARGUMENT"] > 1000
    await calls["TradingService/PlaceOrder"](GOOD_ORDER.SerializeToString(), metadata=metadata)


async def test_malformed_bytes_in_a_stream_name_the_message(edge):
    call = edge.channel.stream_stream("/aitrader.v1.TradingService/OrderSession")(
        metadata=edge.as_role("trader")
    )
    with suppress(asyncio.InvalidStateError):
        await call.write(b"\xff\xff")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "aitrader.v1.OrderSessionRequest" in caught.value.details()
