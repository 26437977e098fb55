"""What happens between a call and its answer, over a real port."""

import asyncio
import re
from decimal import Decimal

import grpc
import pytest
from aitrader.v1 import (
    common_pb2,
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from aitrader_clients import Connection, Leg, TradingClient, errors
from aitrader_clients.connection import Secret
from aitrader_clients.trace import trace
from google.rpc import error_details_pb2

STATUS = trading_pb2.GetStatusRequest()
STATUS_ANSWER = trading_pb2.GetStatusResponse(version="2")
UNUSED_PORT = "127.0.0.1:1"


@pytest.fixture
async def client(engine):
    async with TradingClient(Connection(engine.endpoint, Secret("t0ken"))) as made:
        yield made


async def test_every_service_answers_over_one_client(client):
    assert (await client.trading.GetStatus(STATUS)).version == "1.4.0"
    assert (await client.risk.GetLimits(risk_pb2.GetLimitsRequest())).version == 12
    assert (await client.sentiment.GetModel(sentiment_pb2.GetModelRequest())).engine == "rules"
    quote = await client.market_data.GetQuote(market_data_pb2.GetQuoteRequest(symbol="BTCUSDT"))
    assert quote.quote.bid == "63999.00"
    slo = await client.observability.GetSlo(observability_pb2.GetSloRequest())
    assert slo.slos[0].name == "order_acceptance"


async def test_a_call_carries_the_token_and_the_trace(engine, client):
    with trace() as trace_id:
        await client.trading.GetStatus(STATUS)
        await client.trading.GetStatus(STATUS)
    first, second = (metadata for _, _, metadata in engine.calls)
    assert first["authorization"] == "Bearer t0ken"
    assert re.fullmatch(rf"00-{trace_id}-[0-9a-f]{{16}}-00", first["traceparent"])
    assert first["traceparent"] != second["traceparent"]


async def test_orders_that_depend_on_each_other_go_in_one_call(engine, client):
    answer = await client.place(
        "BTCUSDT",
        "buy",
        Decimal("0.5"),
        limit_price=10,
        contingency="otoco",
        legs=[
            Leg("limit_maker", limit_price=Decimal("11.0"), quantity=Decimal("0.4")),
            Leg(stop_price=9, request_id="stop-1"),
        ],
    )
    (request,) = engine.requests("PlaceOrder")
    assert request.contingency == common_pb2.CONTINGENCY_OTOCO
    target, stop = request.legs
    assert (target.limit_price, target.quantity, target.side) == ("11.0", "0.4", 0)
    assert stop.order_type == common_pb2.ORDER_TYPE_STOP_LOSS
    assert (stop.stop_price, stop.quantity, stop.request_id) == ("9", "", "stop-1")
    assert [leg.waits for leg in answer.legs] == [True, True]


async def test_a_change_names_its_order_before_it_is_sent(engine, client, refuse):
    answer = await client.replace("q-77", limit_price=Decimal("63990.00"))
    (request,) = engine.requests("ReplaceOrder")
    assert (request.request_id, request.quantity, request.limit_price) == ("q-77", "", "63990.00")
    assert answer.order.request_id == request.new_request_id != ""
    engine.answers["ReplaceOrder"] = refuse("UNAVAILABLE")
    with pytest.raises(errors.OutcomeUnknown) as lost:
        await client.replace("q-77", limit_price=1, new_request_id="q-78")
    assert lost.value.request_id == "q-78"


async def test_words_and_decimals_become_the_order(engine, client):
    answer = await client.place(
        "BTCUSDT", "sell", Decimal("0.00120"), limit_price=Decimal("64000.00"), time_in_force="ioc"
    )
    (request,) = engine.requests("PlaceOrder")
    assert request.side == common_pb2.SIDE_SELL
    assert request.order_type == common_pb2.ORDER_TYPE_LIMIT
    assert request.time_in_force == common_pb2.TIME_IN_FORCE_IOC
    assert (request.quantity, request.limit_price) == ("0.00120", "64000.00")
    assert answer.order.request_id == request.request_id != ""


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({}, "ORDER_TYPE_MARKET"),
        ({"limit_price": 1}, "ORDER_TYPE_LIMIT"),
        ({"stop_price": 1}, "ORDER_TYPE_STOP_LOSS"),
        ({"limit_price": 1, "stop_price": 1}, "ORDER_TYPE_STOP_LOSS_LIMIT"),
        ({"limit_price": 1, "order_type": "limit_maker"}, "ORDER_TYPE_LIMIT_MAKER"),
    ],
)
async def test_the_prices_say_the_type(engine, client, prices, expected):
    await client.place("BTCUSDT", "buy", 1, **prices)
    assert common_pb2.OrderType.Name(engine.requests("PlaceOrder")[0].order_type) == expected


async def test_the_same_request_again_is_a_replay_and_not_a_second_order(engine, client):
    request = trading_pb2.PlaceOrderRequest(
        symbol="BTCUSDT", side="SIDE_BUY", order_type="ORDER_TYPE_MARKET", quantity="1"
    )
    await client.trading.PlaceOrder(request)
    await client.trading.PlaceOrder(request)
    first, second = engine.requests("PlaceOrder")
    assert first.request_id == second.request_id
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,36}", first.request_id)


async def test_an_order_is_found_by_id_or_is_none(engine, client):
    assert (await client.order("q-77")).symbol == "BTCUSDT"
    engine.answers["GetOrder"] = trading_pb2.GetOrderResponse(request_id="q-78", found=False)
    assert await client.order("q-78") is None


async def test_a_denied_order_names_every_breach_once(engine, client, refuse, reason):
    breaches = [
        common_pb2.Breach(code="MAX_ORDER_NOTIONAL", message="too big", limit="5000", value="6000"),
        common_pb2.Breach(code="PRICE_COLLAR", message="too far"),
    ]
    generic = error_details_pb2.PreconditionFailure(
        violations=[{"type": b.code, "description": b.message} for b in breaches]
    )
    details = (reason("MAX_ORDER_NOTIONAL"), generic, *breaches)
    engine.answers["PlaceOrder"] = refuse("FAILED_PRECONDITION", "denied", details)
    with trace() as trace_id, pytest.raises(errors.Denied, match="denied") as caught:
        await client.place("BTCUSDT", "buy", 1)
    error = caught.value
    assert error.code == "FAILED_PRECONDITION"
    assert error.reason == "MAX_ORDER_NOTIONAL"
    assert error.breaches == (
        errors.Breach("MAX_ORDER_NOTIONAL", "too big", "5000", "6000"),
        errors.Breach("PRICE_COLLAR", "too far"),
    )
    assert error.trace_id == trace_id


async def test_violated_fields_are_named(engine, client, refuse):
    bad = error_details_pb2.BadRequest(
        field_violations=[{"field": "quantity", "description": "write a plain decimal"}]
    )
    engine.answers["PlaceOrder"] = refuse("INVALID_ARGUMENT", "bad", (bad,))
    with pytest.raises(errors.InvalidArgument) as caught:
        await client.place("BTCUSDT", "buy", 1)
    assert caught.value.violations == (errors.Violation("quantity", "write a plain decimal"),)


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code.name != "OK"])
async def test_every_status_of_a_read_is_its_exception(engine, client, refuse, code):
    engine.answers["GetPnl"] = refuse(code.name)
    with pytest.raises(errors.CallError) as caught:
        await client.trading.GetPnl(trading_pb2.GetPnlRequest())
    assert type(caught.value) is errors.BY_CODE[code.name]
    assert caught.value.code == code.name


async def test_a_read_is_made_again_until_the_engine_is_there(engine, client, refuse):
    engine.answers["GetStatus"] = [refuse("UNAVAILABLE"), refuse("UNAVAILABLE"), STATUS_ANSWER]
    assert (await client.trading.GetStatus(STATUS)).version == "2"
    assert engine.names() == ["GetStatus"] * 3


async def test_a_read_waits_as_long_as_the_engine_asks(engine, client, refuse, retry_after):
    too_many = refuse("RESOURCE_EXHAUSTED", "slow down", (retry_after(0.2),))
    engine.answers["GetStatus"] = [too_many, STATUS_ANSWER]
    begun = asyncio.get_running_loop().time()
    assert (await client.trading.GetStatus(STATUS)).version == "2"
    assert asyncio.get_running_loop().time() - begun >= 0.2


async def test_a_read_does_not_wait_past_its_deadline(engine, client, refuse, retry_after):
    engine.answers["GetStatus"] = refuse("UNAVAILABLE", "later", (retry_after(60),))
    with pytest.raises(errors.Unreachable) as caught:
        await client.trading.GetStatus(STATUS)
    assert caught.value.retry_after_s == 60
    assert engine.names() == ["GetStatus"]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"])
async def test_a_change_is_never_made_again(engine, client, refuse, retry_after, code):
    engine.answers["Halt"] = refuse(code, "later", (retry_after(0.01),))
    engine.answers["PlaceOrder"] = refuse(code, "later", (retry_after(0.01),))
    with pytest.raises(errors.CallError):
        await client.risk.Halt(risk_pb2.HaltRequest())
    with pytest.raises(errors.CallError):
        await client.place("BTCUSDT", "buy", 1)
    assert engine.names() == ["Halt", "PlaceOrder"]


@pytest.mark.parametrize(
    "code", ["UNAVAILABLE", "UNKNOWN", "INTERNAL", "CANCELLED", "DEADLINE_EXCEEDED", "DATA_LOSS"]
)
async def test_an_order_whose_reply_is_lost_may_exist(engine, client, refuse, code):
    engine.answers["PlaceOrder"] = refuse(code)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.place("BTCUSDT", "buy", 1)
    assert caught.value.request_id == engine.requests("PlaceOrder")[0].request_id


async def test_an_order_whose_deadline_passes_may_exist(engine, client):
    async def never(_request):
        await asyncio.sleep(30)

    engine.answers["PlaceOrder"] = never
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.place("BTCUSDT", "buy", 1, request_id="q-1", timeout_s=0.1)
    assert caught.value.code == "DEADLINE_EXCEEDED"
    assert caught.value.request_id == "q-1"


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED"])
async def test_the_engine_itself_can_say_that_an_order_was_not_taken(
    engine, client, refuse, reason, code
):
    engine.answers["PlaceOrder"] = refuse(code, "draining", (reason("DRAINING"),))
    with pytest.raises(errors.CallError) as caught:
        await client.place("BTCUSDT", "buy", 1)
    assert not isinstance(caught.value, errors.OutcomeUnknown)


async def test_without_an_engine_an_order_is_known_not_to_be_sent():
    async with TradingClient(Connection(UNUSED_PORT)) as lost:
        with pytest.raises(errors.Unreachable, match="nothing was sent"):
            await lost.place("BTCUSDT", "buy", 1)


async def test_a_deadline_holds_for_the_call_or_for_the_client(engine):
    async def never(_request):
        await asyncio.sleep(30)

    engine.answers["GetStatus"] = never
    async with TradingClient(Connection(engine.endpoint), timeout_s=0.1) as hasty:
        with pytest.raises(errors.DeadlineExceeded):
            await hasty.trading.GetStatus(STATUS)
    async with TradingClient(Connection(engine.endpoint)) as patient:
        with pytest.raises(errors.DeadlineExceeded):
            await patient.trading.GetStatus(STATUS, timeout=0.1)


async def test_a_status_with_broken_details_is_still_an_exception(engine, client):
    class Broken:
        async def send(self, context):
            trailer = (("grpc-status-details-bin", b"\xff\xff"),)
            await context.abort(
                grpc.StatusCode.NOT_FOUND, "no such thing", trailing_metadata=trailer
            )

    engine.answers["GetOrderTrace"] = Broken()
    with pytest.raises(errors.NotFound, match="no such thing"):
        await client.trading.GetOrderTrace(trading_pb2.GetOrderTraceRequest(request_id="q-1"))
