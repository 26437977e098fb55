"""Server streams over real sockets."""

from __future__ import annotations

import asyncio
import json

import grpc
import httpx
import pytest
from aitrader.v1 import trading_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = "/aitrader.v1.TradingService/StreamEvents"
SSE = {"accept": "text/event-stream"}


def message(sequence):
    return trading_pb2.StreamEventsResponse(sequence=sequence).SerializeToString()


async def forever(_request, context):
    sequence = 0
    while True:
        sequence += 1
        yield message(sequence)
        await asyncio.sleep(0.02)


async def test_each_message_leaves_when_it_comes(facade):
    gate = asyncio.Event()

    async def two(_request, _context):
        yield message(1)
        await gate.wait()
        yield message(2)

    facade.backend.streams[EVENTS] = two
    async with facade.client.stream("GET", "/live/events") as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        lines = answer.aiter_lines()
        assert json.loads(await anext(lines))["result"]["sequence"] == "1"
        gate.set()
        assert json.loads(await anext(lines))["result"]["sequence"] == "2"
        with pytest.raises(StopAsyncIteration):
            await anext(lines)


@pytest.mark.parametrize("headers", [{}, SSE])
async def test_a_reader_that_goes_away_ends_the_call(facade, headers):
    facade.backend.streams[EVENTS] = forever
    async with facade.client.stream("GET", "/live/events", headers=headers) as answer:
        await anext(answer.aiter_lines())
    async with asyncio.timeout(2):
        await facade.backend.ended.wait()


async def test_a_silent_stream_opens_and_its_events_are_kept_warm(facade):
    async def silent(_request, _context):
        await asyncio.Event().wait()
        yield b""

    facade.backend.streams[EVENTS] = silent
    async with facade.client.stream("GET", "/live/events", headers=SSE) as answer:
        assert answer.status_code == 200
        assert await anext(answer.aiter_lines()) == ": heartbeat"
    async with asyncio.timeout(2):
        await facade.backend.ended.wait()


async def test_events_resume_from_the_last_one_seen(facade):
    async def resumed(request, _context):
        after = trading_pb2.StreamEventsRequest.FromString(request).after_sequence
        yield message(after + 1)

    facade.backend.streams[EVENTS] = resumed
    answer = await facade.client.get("/live/events", headers=SSE | {"last-event-id": "8841"})
    assert answer.text.startswith("id: 8842\ndata: ")


async def test_a_stream_refused_at_once_has_the_http_status_of_its_error(facade):
    async def refused(_request, context):
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "viewers only")
        yield b""

    facade.backend.streams[EVENTS] = refused
    answer = await facade.client.get("/live/events")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "viewers only"


async def test_a_stream_that_breaks_ends_with_its_error(facade):
    async def broken(_request, context):
        yield message(1)
        await context.abort(grpc.StatusCode.UNAVAILABLE, "draining")

    facade.backend.streams[EVENTS] = broken
    answer = await facade.client.get("/live/events")
    assert [*json.loads(answer.text.splitlines()[-1])] == ["error"]
    answer = await facade.client.get("/live/events", headers=SSE)
    assert 'event: error\ndata: {"code":14' in answer.text


async def test_a_reader_that_is_stuck_loses_its_call(facade):
    async def flood(_request, _context):
        filler = trading_pb2.StreamEventsResponse(sequence=1)
        filler.event.detail = "x" * 60_000
        while True:
            yield filler.SerializeToString()

    facade.backend.streams[EVENTS] = flood
    _, writer = await asyncio.open_connection("127.0.0.1", facade.port, limit=1024)
    writer.write(b"GET /live/events HTTP/1.1\r\nHost: x\r\n\r\n")
    await writer.drain()
    async with asyncio.timeout(10):
        await facade.backend.ended.wait()
    writer.transport.abort()


@pytest.mark.parametrize(
    ("headers", "ending"), [({}, '{"error":{"code":14'), (SSE, 'event: error\ndata: {"code":14')]
)
async def test_a_facade_that_stops_ends_its_streams(start_facade, headers, ending):
    async with start_facade() as facade:
        facade.backend.streams[EVENTS] = forever
        async with facade.client.stream("GET", "/live/events", headers=headers) as answer:
            text = answer.aiter_text()
            received = await anext(text)
            facade.drain()
            received += "".join([part async for part in text])
        assert ending in received
        async with asyncio.timeout(2):
            await facade.backend.ended.wait()


async def test_a_deadline_of_the_caller_ends_a_stream(facade):
    facade.backend.streams[EVENTS] = forever
    answer = await facade.client.get("/live/events", headers={"grpc-timeout": "200m"})
    assert json.loads(answer.text.splitlines()[-1])["error"]["code"] == 4


async def test_a_message_that_does_not_decode_breaks_the_stream_off(facade):
    async def garbled(_request, _context):
        yield message(1)
        yield b"\xff"

    facade.backend.streams[EVENTS] = garbled
    with pytest.raises(httpx.RemoteProtocolError):
        await facade.client.get("/live/events")
