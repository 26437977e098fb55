"""Exactly what was signed leaves, exactly once."""

import asyncio
import hashlib
import hmac
import logging
from base64 import b64decode
from decimal import Decimal
from urllib.parse import parse_qsl, unquote_plus

import pytest
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.client import VenueRefusal
from aitrader_gateway.binance.keys import read_credentials
from aitrader_gateway.binance.operations import QUERY_ORDER
from aitrader_server.domain.venue import Acknowledged, Ambiguous, Approved, Refused
from aitrader_server.domain.words import Side
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import eddsa, pkcs1_15
from scripted_http_venue import CREDENTIALS, accepted, hang_up, refuse, say

NOT_THERE = refuse(-2013, "Order does not exist.")


def split(text):
    """What was signed, and the signature over it."""
    signed, _, signature = text.rpartition("&signature=")
    return signed, unquote_plus(signature)


def hmac_of(text):
    return hmac.new(CREDENTIALS.hmac_secret.encode(), text.encode(), hashlib.sha256).hexdigest()


async def test_the_journalled_bytes_are_those_that_leave(venue, desk, order):
    spec = order()
    attempt = desk.entry.prepare(spec, 1, desk.clock.now_ns())
    venue.on("POST order", say(accepted(spec)))
    await desk.entry.submit(Approved(spec, attempt))

    (heard,) = venue.requests("POST order")
    assert heard.body == attempt.payload
    assert heard.query == ""
    assert heard.headers["X-MBX-APIKEY"] == "the-key"
    assert heard.headers["Content-Type"] == "application/x-www-form-urlencoded"
    signed, signature = split(heard.body)
    assert signature == hmac_of(signed)
    asked = dict(parse_qsl(signed))
    assert asked.pop("timestamp") == str(attempt.signed_at_ns // 1_000_000)
    assert asked == {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "1",
        "price": "100",
        "newClientOrderId": "a-1",
        "newOrderRespType": "FULL",
        "recvWindow": "2500",
    }


async def test_an_attempt_is_fenced_by_all_that_can_still_admit_it(venue, desk, order):
    await desk.calls.sync()
    attempt = desk.entry.prepare(order(), 1, 7_000_000_000)
    error_ms = desk.calls.server_time.error_ms
    window_ms, venue_ms, lag_ms = 2_500, 10_000, 2_000
    fence_ms = window_ms + venue_ms + lag_ms + error_ms
    assert attempt.recv_window_ms == window_ms
    assert attempt.fence_at_ns == 7_000_000_000 + fence_ms * 1_000_000


async def test_a_read_is_signed_over_what_its_address_says(venue, desk):
    venue.on("GET order", NOT_THERE)
    await desk.reads.query("BTCUSDT", "a-1", "28")
    (heard,) = venue.requests("GET order")
    signed, signature = split(heard.query)
    assert signature == hmac_of(signed)
    asked = dict(parse_qsl(signed))
    assert asked.pop("timestamp").isdigit()
    assert asked == {
        "symbol": "BTCUSDT",
        "orderId": "28",
        "origClientOrderId": "a-1",
        "recvWindow": "5000",
    }


@pytest.mark.parametrize("symbol", ["BTCUSDT", "币安人生USDT"])
async def test_a_signature_covers_the_text_as_it_is_encoded(venue, desk, symbol):
    venue.on("GET order", NOT_THERE)
    venue.on("DELETE order", refuse(-2011, "Unknown order sent."))
    await desk.reads.query(symbol, "a-1", "")
    await desk.entry.cancel(symbol, "a-1", "")
    for text in (venue.requests("GET order")[0].query, venue.requests("DELETE order")[0].body):
        signed, signature = split(text)
        assert signature == hmac_of(signed)
        assert signed.isascii()
        assert dict(parse_qsl(signed))["symbol"] == symbol


@pytest.fixture(scope="module")
def private_keys():
    return {"Ed25519": ECC.generate(curve="Ed25519"), "RSA": RSA.generate(2048)}


@pytest.mark.parametrize("kind", ["Ed25519", "RSA"])
async def test_private_keys_sign_what_leaves(venue, desk, order, private_keys, kind):
    key = private_keys[kind]
    pem = key.export_key(format="PEM")
    pem = (pem if isinstance(pem, str) else pem.decode()).replace("\n", "\r\n")
    credentials = read_credentials({"K": "the-key", "S": pem}, "K", "S", "testnet")
    calls = Calls(venue.endpoints, credentials, desk.clock)
    calls.open()
    venue.on("GET order", NOT_THERE)
    venue.on("POST order", say({}))
    ids = {"symbol": "BTCUSDT", "origClientOrderId": "a-1"}
    await calls.call(QUERY_ORDER, ids)
    await calls.client.send_text("post", "order", calls.sign(ids, now_ns=0, recv_window_ms=1))
    await calls.close()
    for text in (venue.requests("GET order")[0].query, venue.requests("POST order")[0].body):
        signed, signature = split(text)
        if kind == "RSA":
            pkcs1_15.new(key.public_key()).verify(SHA256.new(signed.encode()), b64decode(signature))
        else:
            eddsa.new(key.public_key(), "rfc8032").verify(signed.encode(), b64decode(signature))


async def test_nothing_is_repeated_when_the_connection_drops(venue, desk, order):
    for what in ("POST order", "DELETE order", "PUT order/amend/keepPriority"):
        venue.on(what, hang_up)
    outcomes = [
        await desk.submit(order()),
        await desk.entry.cancel("BTCUSDT", "a-1", ""),
        await desk.replacing.amend("BTCUSDT", "a-1", "28", Decimal(1)),
    ]
    assert all(isinstance(outcome, Ambiguous) for outcome in outcomes)
    for what in ("POST order", "DELETE order", "PUT order/amend/keepPriority"):
        assert len(venue.requests(what)) == 1


async def test_nothing_is_repeated_on_a_connection_that_was_used_before(venue, desk, order):
    venue.on("DELETE order", refuse(-2011, "Unknown order sent."), hang_up)
    assert isinstance(await desk.entry.cancel("BTCUSDT", "a-1", ""), Refused)
    assert isinstance(await desk.entry.cancel("BTCUSDT", "a-1", ""), Ambiguous)
    assert len(venue.requests("DELETE order")) == 2


async def test_a_proxy_of_the_environment_is_not_used(venue, desk, order, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    venue.on("POST order", say(accepted(order())))
    assert isinstance(await desk.submit(order()), Acknowledged)


async def test_no_log_quotes_what_is_sent(venue, desk, order, caplog):
    caplog.set_level(logging.DEBUG)
    venue.on("POST order", say(accepted(order())))
    venue.on("GET account", say({"balances": []}))
    await desk.submit(order())
    await desk.reads.account()
    assert not any(word in caplog.text for word in ("the-key", "the-secret", "signature"))


async def test_what_one_order_costs_of_time_the_others_do_not_wait_for(venue, desk, order):
    """Many orders at once share connections without mixing up their replies."""

    async def accept(request):
        asked = dict(parse_qsl((await request.read()).decode()))
        await asyncio.sleep(0.01)
        spec = order(asked["newClientOrderId"])
        return await say(accepted(spec, orderId=int(spec.request_id[2:])))(request)

    venue.on("POST order", accept)
    outcomes = await asyncio.gather(*(desk.submit(order(f"m-{n}")) for n in range(1, 51)))
    assert [outcome.report.request_id for outcome in outcomes] == [f"m-{n}" for n in range(1, 51)]
    assert [outcome.report.venue_order_id for outcome in outcomes] == [str(n) for n in range(1, 51)]


async def test_every_reply_is_told_with_its_headers_before_anything_else(venue, desk, order):
    venue.on("POST order", refuse(-1013, "No.", headers={"X-MBX-USED-WEIGHT-1M": "7"}))
    seen = []
    client = desk.calls.client
    client._on_reply = lambda *told: seen.append(told)
    with pytest.raises(VenueRefusal) as raised:
        await client.send("post", "order", {})
    ((status, headers, body),) = seen
    assert (status, headers["x-mbx-used-weight-1m"]) == (400, "7")
    assert b"-1013" in body
    assert raised.value.code == -1013


async def test_a_side_is_the_order_s_own(venue, desk, order):
    spec = order(side=Side.SELL)
    venue.on("POST order", say(accepted(spec)))
    await desk.submit(spec)
    assert dict(parse_qsl(venue.requests("POST order")[0].body))["side"] == "SELL"
