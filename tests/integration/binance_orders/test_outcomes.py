"""What each kind of reply, and each kind of silence, proves about an order that was sent."""

import asyncio
import socket
from contextlib import closing, contextmanager

import pytest
from aitrader_gateway.binance.attempts import Attempts
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.client import GatewayClient
from aitrader_gateway.binance.order_entry import OrderEntry
from aitrader_gateway.binance.outcome import REQUEST_ERRORS, Verdict, classify
from aitrader_server.domain.venue import Acknowledged, Ambiguous, Approved, Refused, VenueStatus
from scripted_http_venue import (
    CREDENTIALS,
    accepted,
    break_off,
    endpoints_at,
    hang_up,
    raw,
    refuse,
    say,
    stay_silent,
    text,
)

PAGE = "<html>Service Unavailable</html>"
JSON = "application/json"


def client_to(port, **timeouts):
    return GatewayClient(endpoints_at(port), CREDENTIALS, lambda *_: None, **timeouts)


@pytest.fixture
def unused_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@contextmanager
def full_backlog():
    """A port whose queue of connections is full: one more gets no answer at all."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        yield address[1]
        for one in waiting:
            one.close()


async def test_an_accepted_order_is_acknowledged(venue, desk, order):
    spec = order()
    venue.on("POST order", say(accepted(spec)))
    outcome = await desk.submit(spec)
    assert isinstance(outcome, Acknowledged)
    report = outcome.report
    assert (report.request_id, report.venue_order_id) == ("a-1", "28")
    assert report.status is VenueStatus.ACCEPTED
    assert report.quantity == 1


REFUSED = {
    "a filter": (refuse(-1013, "Filter failure: LOT_SIZE"), "-1013"),
    "no money": (refuse(-2010, "Account has insufficient balance."), "-2010"),
    "a bad parameter": (refuse(-1100, "Illegal characters found."), "-1100"),
    "a bad key": (refuse(-2015, "Invalid API-key, IP, or permissions.", 401), "-2015"),
    "a path that is gone": (refuse(-1, "Gone.", 410), "-1"),
    "an unknown path": (refuse(-1, "Not found.", 404), "-1"),
    "too many orders": (refuse(-1015, "Too many new orders.", 429), "-1015"),
    "too much weight": (refuse(-1003, "Too much request weight used.", 429), "-1003"),
    "a ban": (refuse(-1003, "Way too much request weight used.", 418), "-1003"),
    "a throttle without a code": (text(PAGE, 429), "THROTTLED"),
    "a forbidden country": (refuse(0, "Service unavailable from here.", 451), "BLOCKED"),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_a_refusal_of_the_venue_proves_that_nothing_happened(venue, desk, order, why):
    answer, code = REFUSED[why]
    venue.on("POST order", answer)
    outcome = await desk.submit(order())
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert len(venue.requests("POST order")) == 1


async def redirect(request):
    return await text("", 302, headers={"Location": "/api/v3/order"})(request)


UNKNOWN = {
    "status unknown": refuse(-1006, "An unexpected response was received."),
    "a time-out inside the venue": refuse(-1007, "Timeout waiting for response.", 504),
    "an unknown code with status 400": refuse(-1000, "An unknown error occurred."),
    "disconnected": refuse(-1001, "Internal error.", 500),
    "overloaded": refuse(-1008, "Server is currently overloaded.", 503),
    "any code with status 500": refuse(-1013, "Filter failure: LOT_SIZE", 500),
    "half of something": refuse(-2021, "Order cancel-replace partially failed.", 409),
    "a page with status 502": text(PAGE, 502),
    "a page with status 400": text(PAGE, 400),
    "a page that forbids": text(PAGE, 403),
    "a JSON array with status 400": say([1], 400),
    "a JSON text with status 500": say("no", 500),
    "a code that is no number": say({"code": "x", "msg": "m"}, 400),
    "a page with status 200": text(PAGE),
    "broken JSON": text('{"symbol":', 200, JSON),
    "no text at all": raw(b"\xff\xfe\x00", JSON),
    "an empty body": text("", 200, JSON),
    "an empty object": say({}),
    "a list": say([]),
    "no order id": say({"symbol": "BTCUSDT", "clientOrderId": "a-1"}),
    "another order": say(
        {"symbol": "BTCUSDT", "orderId": 1, "clientOrderId": "b", "transactTime": 1}
    ),
    "no number": say(
        {"symbol": "BTCUSDT", "orderId": 1, "clientOrderId": "a-1", "executedQty": "NaN"}
    ),
    "a redirect": redirect,
    "a connection that drops": hang_up,
    "half a reply": break_off,
}


@pytest.mark.parametrize("why", UNKNOWN)
async def test_what_proves_nothing_leaves_the_order_in_doubt(venue, desk, order, why):
    venue.on("POST order", UNKNOWN[why])
    venue.on("GET order", refuse(-2013, "Order does not exist."))
    outcome = await desk.submit(order())
    assert isinstance(outcome, Ambiguous), outcome
    assert outcome.cause
    assert len(venue.requests("POST order")) == 1
    assert not venue.requests("GET order")


@pytest.mark.parametrize("is_open", [True, False])
async def test_what_never_left_is_refused_as_not_sent(desk, order, unused_port, is_open):
    calls = Calls(endpoints_at(unused_port), CREDENTIALS, desk.clock)
    if is_open:
        calls.open()
    entry = OrderEntry(calls, Attempts(calls, desk.clock, recv_window_ms=2_500), desk.clock)
    outcome = await entry.submit(Approved(order(), desk.entry.prepare(order(), 1, 0)))
    await calls.close()
    assert isinstance(outcome, Refused)
    assert outcome.code == "NOT_SENT"


async def test_a_connection_that_does_not_come_about_in_time_is_not_sent():
    """A listener that accepts nobody and whose queue is full lets connects hang."""
    with full_backlog() as port:
        client = client_to(port, connect_timeout_s=0.1)
        with pytest.raises(REQUEST_ERRORS) as raised:
            await client.send("post", "order", {})
        await client.session.close()
    assert classify(raised.value).verdict is Verdict.NOT_SENT


async def test_no_reply_in_time_leaves_it_in_doubt(venue):
    venue.on("POST order", stay_silent)
    client = client_to(venue.port, request_timeout_s=1.0)
    with pytest.raises(REQUEST_ERRORS) as raised:
        await client.send("post", "order", {})
    await client.session.close()
    assert classify(raised.value).verdict is Verdict.UNKNOWN
    assert len(venue.requests("POST order")) == 1


async def test_a_reply_that_was_under_way_when_all_was_closed_is_unknown(venue, desk, order):
    venue.on("POST order", stay_silent)
    sending = asyncio.create_task(desk.submit(order()))
    while not venue.requests("POST order"):
        await asyncio.sleep(0.005)
    await desk.calls.close()
    assert isinstance(await sending, Ambiguous)


async def test_no_text_of_a_failure_quotes_a_signature_or_a_key(venue, desk):
    venue.on("GET order", text(PAGE))
    outcome = await desk.reads.query("BTCUSDT", "a-1", "")
    assert isinstance(outcome, Ambiguous)
    for secret in ("signature", "the-key", "127.0.0.1"):
        assert secret not in outcome.cause
