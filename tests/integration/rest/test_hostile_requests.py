"""Requests that no honest client sends: every one is answered, none with a 5xx, none hangs."""

from __future__ import annotations

import asyncio
import json

import pytest
from aitrader.v1 import trading_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = "/aitrader.v1.TradingService/PlaceOrder"
STATUS = "/aitrader.v1.TradingService/GetStatus"


@pytest.fixture
def backend(facade):
    facade.backend.unary[PLACE] = trading_pb2.PlaceOrderResponse().SerializeToString()
    facade.backend.unary[STATUS] = trading_pb2.GetStatusResponse().SerializeToString()
    return facade.backend


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /live/orders HTTP/1.1", "Host: x", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parse(answer: bytes) -> tuple[int, dict]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"{}{}",
        b'{"symbol":"A","symbol":"B"}',
        b'{"quantity":0.001}',
        b'{"trailing_delta_bips":NaN}',
        b'{"trailing_delta_bips":1e400}',
        b'{"nope":1}',
        b'{"timeInForce":"GTC","time_in_force":"GTC"}',
        b"\xff\xfe",
        b"[" * 4000,
        b'{"symbol":' * 300,
        b'"\xed\xa0\x80"',
        b"\x00" * 100,
    ],
)
async def test_a_body_that_makes_no_sense_is_a_bad_request(facade, backend, body):
    status, answer = parse(await facade.raw(post(body, f"Content-Length: {len(body)}")))
    if body:
        assert (status, answer["code"]) == (400, 3)
        assert backend.calls == []
    else:
        assert status == 200


async def test_a_chunked_body_is_read_whole(facade, backend):
    chunks = b'9\r\n{"symbol"\r\n6\r\n:"BTC"\r\n1\r\n}\r\n0\r\n\r\n'
    status, _ = parse(await facade.raw(post(chunks, "Transfer-Encoding: chunked")))
    assert status == 200
    assert trading_pb2.PlaceOrderRequest.FromString(backend.calls[0][1]).symbol == "BTC"


async def test_a_body_announced_too_large_is_refused_before_it_is_sent(facade, backend):
    status, answer = parse(await facade.raw(post(b"", "Content-Length: 999999999")))
    assert (status, answer["code"]) == (413, 8)
    assert backend.calls == []


async def test_a_chunked_body_that_grows_too_large_is_refused(facade, backend):
    chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
    status, answer = parse(await facade.raw(post(chunk * 8, "Transfer-Encoding: chunked")))
    assert (status, answer["code"]) == (413, 8)
    assert backend.calls == []


async def test_a_body_that_never_comes_times_out(facade, backend):
    status, answer = parse(await facade.raw(post(b'{"symbol":', "Content-Length: 100")))
    assert (status, answer["code"]) == (408, 4)
    assert backend.calls == []


async def test_a_body_that_drips_times_out_too(facade, backend):
    reader, writer = await asyncio.open_connection("127.0.0.1", facade.port)
    writer.write(post(b"{", "Content-Length: 1000"))

    async def drip():
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(5):
        head = await reader.readline()
    dripping.cancel()
    writer.transport.abort()
    assert b" 408 " in head


async def test_a_caller_that_leaves_mid_body_harms_nobody(facade, backend):
    _, writer = await asyncio.open_connection("127.0.0.1", facade.port)
    writer.write(post(b"{", "Content-Length: 1000"))
    await writer.drain()
    writer.transport.abort()
    assert (await facade.client.get("/live/status")).status_code == 200
    assert [call[0] for call in backend.calls] == [STATUS]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /live/orders/%ff HTTP/1.1",
        b"GET /live/orders/%zz HTTP/1.1",
        b"GET /live/orders?symbol=%ff HTTP/1.1",
        b"GET /live/orders?page_size=x HTTP/1.1",
        b"GET /live/orders?nope=1 HTTP/1.1",
        b"GET /live/orders?state=nope HTTP/1.1",
    ],
)
async def test_an_address_that_makes_no_sense_is_a_bad_request(facade, backend, request_line):
    answer = await facade.raw(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    status, body = parse(answer)
    assert (status, body["code"]) == (400, 3)
    assert backend.calls == []


@pytest.mark.parametrize(
    "path", ["//live/status", "/live//status", "/live/status/", "/../live", "/live/%2e%2e/status"]
)
async def test_a_path_is_not_tidied_up(facade, backend, path):
    text = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    status, body = parse(await facade.raw(text.encode()))
    assert (status, body["code"]) == (404, 5)


@pytest.mark.parametrize(
    "text", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
async def test_bytes_that_are_not_http_end_the_connection(facade, backend, text):
    await facade.raw(text)
    assert (await facade.client.get("/live/status")).status_code == 200


async def test_many_at_once_are_all_answered(facade, backend):
    bad = facade.client.post("/live/orders", content=b"{" * 100)
    good = facade.client.get("/live/status")
    answers = await asyncio.gather(
        bad, good, *(facade.client.get("/live/status") for _ in range(50))
    )
    assert [a.status_code for a in answers] == [400, *([200] * 51)]
