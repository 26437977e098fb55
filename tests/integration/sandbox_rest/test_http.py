"""Requests as they travel: query and body, signatures, headers, paths."""

import hashlib
import hmac
import time

import pytest
from aitrader_gateway.sandbox.rest import ROUTES
from venue_desk import KEY, SECRET
from yarl import URL

ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=100"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-MBX-APIKEY": KEY}


def stamp() -> str:
    return f"timestamp={time.time_ns() // 1_000_000}"


def signature(payload: str) -> str:
    return hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()


async def send(http, method, url, query="", *, body="", headers=FORM):
    """The bytes of query and body as they are given."""
    target = URL(f"{url}?{query}" if query else url, encoded=True)
    async with http.request(
        method, target, data=body.encode() or None, headers=headers, allow_redirects=False
    ) as reply:
        is_json = reply.content_type == "application/json"
        return reply, await (reply.json() if is_json else reply.text())


async def place(http, url, query, body):
    """An order whose parameters are split between query and body, signed as the venue wants."""
    sign = f"signature={signature(query + body)}"
    body = f"{body}&{sign}" if body else body
    query = query if body else f"{query}&{sign}"
    return await send(http, "POST", f"{url}/api/v3/order", query, body=body)


async def test_parameters_travel_in_query_or_body_or_both(http, url):
    everything = f"{ORDER}&{stamp()}"
    for query, body in (
        (everything, ""),
        ("", everything),
        (ORDER, stamp()),
        (stamp(), ORDER),
    ):
        reply, told = await place(http, url, query, body)
        assert (reply.status, told["status"]) == (200, "NEW"), (query, body, told)


async def test_the_query_wins_over_the_body(http, url):
    _, told = await place(http, url, "price=105", f"{ORDER}&{stamp()}")
    assert told["price"] == "105.00000000"


async def test_the_signature_covers_what_was_sent_wherever_it_stands(http, url):
    payload = f"{ORDER}&newClientOrderId=a%2D1&{stamp()}"
    in_front = f"signature={signature(payload).upper()}&{payload}"
    reply, told = await send(http, "POST", f"{url}/api/v3/order", body=in_front)
    assert (reply.status, told["clientOrderId"]) == (200, "a-1")
    decoded = payload.replace("%2D", "-")
    body = f"{payload}&signature={signature(decoded)}"
    reply, told = await send(http, "POST", f"{url}/api/v3/order", body=body)
    assert (reply.status, told["code"]) == (400, -1022)


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("symbol=BTCUSDT&symbol=ETHUSDT", -1101, "Duplicate values for parameter 'symbol'."),
        (
            "&".join(f"p{n}=1" for n in range(101)),
            -1101,
            "Too many parameters sent for this endpoint.",
        ),
        ("symbol=", -1105, "Parameter 'symbol' was empty."),
        ("symbol", -1105, "Parameter 'symbol' was empty."),
        (
            "nonsense=1",
            -1104,
            "Not all sent parameters were read; read '0' parameter(s) but was sent '1'.",
        ),
    ],
)
async def test_parameters_that_cannot_be_read(http, url, query, code, text):
    reply, told = await send(http, "GET", f"{url}/api/v3/exchangeInfo", query)
    assert reply.status == 400
    assert told == {"code": code, "msg": text}


async def test_deletes_and_puts_carry_their_parameters_in_the_body(http, url):
    _, placed = await place(http, url, "", f"{ORDER}&{stamp()}")
    amend = f"symbol=BTCUSDT&orderId={placed['orderId']}&newQty=0.5&{stamp()}"
    amend += f"&signature={signature(amend)}"
    _, told = await send(http, "PUT", f"{url}/api/v3/order/amend/keepPriority", body=amend)
    assert told["amendedOrder"]["qty"] == "0.50000000"
    cancel = f"symbol=BTCUSDT&orderId={placed['orderId']}&{stamp()}"
    cancel += f"&signature={signature(cancel)}"
    _, told = await send(http, "DELETE", f"{url}/api/v3/order", body=cancel)
    assert told["status"] == "CANCELED"


@pytest.mark.parametrize(
    ("key", "code", "text"),
    [
        (None, -2014, "API-key format invalid."),
        ("nobody", -2015, "Invalid API-key, IP, or permissions for action."),
    ],
)
async def test_a_wrong_key_is_unauthorized(http, url, key, code, text):
    headers = {} if key is None else {"X-MBX-APIKEY": key}
    query = f"{stamp()}&signature=00"
    reply, told = await send(http, "GET", f"{url}/api/v3/account", query, headers=headers)
    assert (reply.status, told) == (401, {"code": code, "msg": text})


async def test_a_public_request_may_carry_any_key(http, url):
    reply, told = await send(http, "GET", f"{url}/api/v3/ping", headers={"X-MBX-APIKEY": "x"})
    assert (reply.status, told) == (200, {})


async def test_replies_tell_what_was_used(http, url):
    reply, _ = await send(http, "GET", f"{url}/api/v3/exchangeInfo")
    assert reply.headers["X-MBX-USED-WEIGHT-1M"] == "20"
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    reply, _ = await place(http, url, "", f"{ORDER}&{stamp()}")
    assert reply.headers["X-MBX-USED-WEIGHT-1M"] == "20"
    assert reply.headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert reply.headers["X-MBX-ORDER-COUNT-1D"] == "1"
    reply, _ = await place(http, url, "", f"{ORDER}0000000&{stamp()}")
    assert reply.headers["X-MBX-USED-WEIGHT-1M"] == "21"
    assert "X-MBX-ORDER-COUNT-10S" not in reply.headers


@pytest.mark.parametrize("unit", ["MICROSECOND", "microsecond"])
async def test_times_come_in_microseconds_if_asked(http, url, unit):
    headers = {"X-MBX-TIME-UNIT": unit}
    _, told = await send(http, "GET", f"{url}/api/v3/time", headers=headers)
    assert abs(told["serverTime"] - time.time_ns() // 1_000) < 5_000_000


async def test_another_unit_of_time_is_refused(http, url):
    headers = {"X-MBX-TIME-UNIT": "NANOSECOND"}
    reply, told = await send(http, "GET", f"{url}/api/v3/time", headers=headers)
    assert reply.status == 400
    assert told == {
        "code": -1194,
        "msg": "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v3/nonsense", 404),
        ("GET", "/api/v1/ping", 404),
        ("POST", "/api/v3/order/", 404),
        ("POST", "/api/v3/ping", 405),
        ("POST", "/api/v3/userDataStream", 410),
        ("PUT", "/api/v3/userDataStream", 410),
        ("DELETE", "/api/v3/userDataStream", 410),
    ],
)
async def test_what_is_not_there_is_a_page(http, url, method, path, status):
    reply, text = await send(http, method, url + path)
    assert (reply.status, reply.content_type) == (status, "text/html")
    assert text.startswith("<html>")


def test_every_operation_has_a_path_and_every_path_an_operation(desk):
    assert set(ROUTES.values()) == set(desk.api.operations)
