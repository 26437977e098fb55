"""Everything that can go wrong with a request, as the client library meets it."""

import pytest
from aiohttp import ClientTimeout, ContentTypeError, ServerDisconnectedError
from aitrader_gateway.sandbox.faults import Fault
from binance.exceptions import BinanceAPIException, BinanceRequestException

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1",
    "price": "100",
    "newClientOrderId": "a",
}
ORDER = "POST /api/v3/order"
UNKNOWN_CODES = {
    -1000: "An unknown error occurred while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1006: "An unexpected response was received from the message bus. Execution status unknown.",
    -1007: "Timeout waiting for response from backend server. "
    "Send status unknown; execution status unknown.",
    -1008: "Server is currently overloaded with other requests. Please try again in a few minutes.",
}


async def was_executed(desk, client) -> bool:
    desk.faults.clear()
    return len(await client.get_open_orders()) == 1


@pytest.mark.parametrize(
    ("fault", "executed"), [(Fault.DROP_BEFORE, False), (Fault.DROP_AFTER, True)]
)
async def test_a_dropped_connection_tells_nothing(desk, client, fault, executed):
    desk.inject(fault, ORDER)
    with pytest.raises(ServerDisconnectedError):
        await client.create_order(**LIMIT)
    assert await was_executed(desk, client) is executed


@pytest.mark.parametrize("code", UNKNOWN_CODES)
@pytest.mark.parametrize(
    ("fault", "executed"), [(Fault.CODE_BEFORE, False), (Fault.CODE_AFTER, True)]
)
async def test_a_code_may_hide_an_execution(desk, client, code, fault, executed):
    desk.inject(fault, ORDER, code=code, status=503)
    with pytest.raises(BinanceAPIException) as raised:
        await client.create_order(**LIMIT)
    assert (raised.value.status_code, raised.value.code) == (503, code)
    assert raised.value.message == UNKNOWN_CODES[code]
    assert await was_executed(desk, client) is executed


@pytest.mark.parametrize("status", [403, 500, 502, 504])
@pytest.mark.parametrize(
    ("fault", "executed"), [(Fault.HTML_BEFORE, False), (Fault.HTML_AFTER, True)]
)
async def test_a_page_may_stand_in_the_place_of_an_answer(desk, client, status, fault, executed):
    desk.inject(fault, ORDER, status=status)
    with pytest.raises(BinanceAPIException) as raised:
        await client.create_order(**LIMIT)
    assert (raised.value.status_code, raised.value.code) == (status, 0)
    assert (await raised.value.response.text()).startswith("<html>")
    assert await was_executed(desk, client) is executed


async def test_a_restricted_location_is_told_so(desk, client):
    desk.inject(Fault.CODE_BEFORE, ORDER, code=0, status=451)
    with pytest.raises(BinanceAPIException) as raised:
        await client.create_order(**LIMIT)
    assert (raised.value.status_code, raised.value.code) == (451, 0)
    assert raised.value.message.startswith("Service unavailable from a restricted location")


@pytest.mark.parametrize(
    ("fault", "raises"),
    [(Fault.HTML_OK, ContentTypeError), (Fault.BAD_JSON_OK, BinanceRequestException)],
)
async def test_a_success_that_cannot_be_read_was_one(desk, client, fault, raises):
    desk.inject(fault, ORDER)
    with pytest.raises(raises):
        await client.create_order(**LIMIT)
    assert await was_executed(desk, client)


async def test_an_empty_success_was_one(desk, client):
    desk.inject(Fault.EMPTY_OK, ORDER)
    assert await client.create_order(**LIMIT) == {}
    assert await was_executed(desk, client)


async def test_a_redirected_order_looks_like_a_success(desk, client):
    desk.inject(Fault.REDIRECT, ORDER)
    assert await client.create_order(**LIMIT) == {}
    assert not await was_executed(desk, client)


async def test_an_answer_may_come_after_its_caller_gave_up(desk, client):
    desk.inject(Fault.REPLY_DELAY, ORDER, delay_ms=2_000)
    with pytest.raises(TimeoutError):
        await client.create_order(**LIMIT, requests_params={"timeout": ClientTimeout(total=0.2)})
    assert await was_executed(desk, client)


async def test_an_error_may_come_late(desk, client):
    desk.inject(Fault.LATE_ERROR, ORDER, delay_ms=50, status=408)
    with pytest.raises(BinanceAPIException) as raised:
        await client.create_order(**LIMIT)
    assert (raised.value.status_code, raised.value.code) == (408, -1007)
    assert await was_executed(desk, client)


async def test_a_throttled_caller_is_told_when_to_come_back(desk, client):
    desk.inject(Fault.THROTTLE, ORDER, retry_after_s=7)
    with pytest.raises(BinanceAPIException) as raised:
        await client.create_order(**LIMIT)
    assert (raised.value.status_code, raised.value.code) == (429, -1003)
    assert raised.value.response.headers["Retry-After"] == "7"
    assert set(await raised.value.response.json()) == {"code", "msg"}
    assert not await was_executed(desk, client)


async def test_a_ban_stays(desk, client):
    desk.inject(Fault.BAN, ORDER, hits_max=1, retry_after_s=120)
    with pytest.raises(BinanceAPIException) as raised:
        await client.create_order(**LIMIT)
    assert (raised.value.status_code, raised.value.code) == (418, -1003)
    assert raised.value.response.headers["Retry-After"] == "120"
    assert "IP banned until" in raised.value.message
    with pytest.raises(BinanceAPIException) as still:
        await client.ping()
    assert still.value.status_code == 418
    assert desk.banned == ["127.0.0.1"]


async def test_the_clients_own_retry_of_a_cancel_is_visible(desk, client):
    """What aiohttp sends twice, the venue sees twice."""
    await client.create_order(**LIMIT)
    desk.inject(Fault.DROP_AFTER, "DELETE /api/v3/order", hits_max=1)
    with pytest.raises(BinanceAPIException) as raised:
        await client.cancel_order(symbol="BTCUSDT", origClientOrderId="a")
    assert (raised.value.code, raised.value.message) == (-2011, "Unknown order sent.")
    assert await client.get_open_orders() == []


async def test_a_lagging_query_misses_a_new_order(desk, client):
    desk.inject(Fault.QUERY_LAG, "GET /api/v3/order", delay_ms=60_000)
    await client.create_order(**LIMIT)
    with pytest.raises(BinanceAPIException) as raised:
        await client.get_order(symbol="BTCUSDT", origClientOrderId="a")
    assert (raised.value.code, raised.value.message) == (-2013, "Order does not exist.")
    assert await was_executed(desk, client)


async def test_a_skewed_clock_shows_and_refuses(desk, client):
    desk.inject(Fault.CLOCK_SKEW, skew_ms=10_000)
    ahead = (await client.get_server_time())["serverTime"]
    assert ahead > desk.clock.now_ns() // 1_000_000 + 9_000
    with pytest.raises(BinanceAPIException) as raised:
        await client._request_api("get", "account", True, data={"recvWindow": 1})
    assert raised.value.code == -1021
