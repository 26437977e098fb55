"""Callers who send slowly, largely or too much: each costs one connection, for a while."""

import asyncio
import socket

import pytest
from aitrader_server.commands.facade_http import HEAD_BYTES_MAX, BoundedHttp
from asgi_server import serve
from facade_port import Port, Yes

HEAD = b"GET /live/status HTTP/1.1\r\nHost: x\r\n"
WHOLE = HEAD + b"\r\n"
PATIENCE_S = 60


@pytest.fixture
async def port(open_port):
    async with open_port(body_timeout_s=1) as port:
        yield port


async def test_a_head_that_never_ends_is_answered_408(port):
    async with port.wire() as wire:
        await wire.send(HEAD)
        said = await wire.read_to_end()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said
    assert b'{"code":4,' in said


async def test_a_head_that_drips_is_no_better(port):
    async def drip(wire):
        while True:
            await wire.send(b"X-More: 1\r\n")
            await asyncio.sleep(0.05)

    async with port.wire() as wire:
        await wire.send(HEAD)
        dripping = asyncio.create_task(drip(wire))
        said = await wire.read_to_end()
        dripping.cancel()
    # A reset may overtake the answer: what matters is that the connection has ended.
    assert said == b"" or b" 408 " in said


async def test_a_silent_connection_is_closed_without_a_word(port):
    async with port.wire() as wire:
        assert await wire.read_to_end() == b""


async def test_silence_after_a_request_that_then_half_begins_is_closed_too(port):
    async with port.wire() as wire:
        await wire.send(WHOLE)
        assert (await wire.read_answer()).startswith(b"HTTP/1.1 200 ")
        # Line ends before a request are skipped by parsers, and begin none.
        await wire.send(b"\r\n")
        assert b" 408 " in await wire.read_to_end()


async def test_the_second_of_two_requests_in_one_packet_has_its_own_time(port):
    async with port.wire() as wire:
        await wire.send(WHOLE + HEAD)
        assert (await wire.read_answer()).startswith(b"HTTP/1.1 200 ")
        assert b" 408 " in await wire.read_to_end()


async def test_a_body_that_never_comes_is_answered_408_and_the_connection_closed(port):
    async with port.wire() as wire:
        await wire.send(b"POST /live/halt HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        said = await wire.read_to_end()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert port.services.calls == []


async def test_a_body_that_drips_on_after_its_answer_ends_with_the_connection(port):
    async def drip(wire):
        while True:
            await wire.send(b" ")
            await asyncio.sleep(0.05)

    async with port.wire() as wire:
        await wire.send(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n")
        assert (await wire.read_answer()).startswith(b"HTTP/1.1 404 ")
        dripping = asyncio.create_task(drip(wire))
        assert await wire.read_to_end() == b""
        dripping.cancel()


async def test_who_takes_their_time_between_requests_is_kept(port):
    async with port.wire() as wire:
        for _ in range(2):
            await wire.send(WHOLE)
            assert (await wire.read_answer()).startswith(b"HTTP/1.1 200 ")
            # Longer than a head may take: nothing but time can show this.
            await asyncio.sleep(1.5)
        await wire.send(WHOLE)
        assert (await wire.read_answer()).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("piece", [b"a" * 4_000, b"X-More: 1\r\n" * 400])
async def test_a_head_without_end_is_refused_for_its_size(port, piece):
    async with port.wire() as wire:
        await wire.send(HEAD + (b"" if piece.endswith(b"\n") else b"X-Long: "))
        for _ in range(4 * HEAD_BYTES_MAX // len(piece)):
            await wire.send(piece)
        said = await wire.read_to_end()
    assert said.startswith(b"HTTP/1.1 431 ")


async def test_a_large_head_that_comes_whole_says_431(port):
    async with port.wire() as wire:
        await wire.send(HEAD + b"X-Long: " + b"a" * (HEAD_BYTES_MAX + 1))
        assert (await wire.read_to_end()).startswith(b"HTTP/1.1 431 ")


class Slow:
    """Answers at once, as a stream, or on `/slow` when it is let; as many as `asked` wait."""

    def __init__(self) -> None:
        self.asked = 0
        self.let = asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:
        if scope["path"] == "/slow":
            self.asked += 1
            await self.let.wait()
        length = (b"content-length", b"2")
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        is_stream = scope["path"] == "/stream"
        await send({"type": "http.response.body", "body": b"{}", "more_body": is_stream})
        while is_stream and (await receive())["type"] != "http.disconnect":
            pass


@pytest.fixture
async def room_for_two():
    app = Slow()
    few = type("Few", (BoundedHttp,), {"head_timeout_s": PATIENCE_S, "connections_max": 2})
    async with serve(app, http=few) as number:
        yield Port(number, Yes()), app
        app.let.set()


async def answered(wire, path: bytes) -> bool:
    await wire.send(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    return b" 200 " in await wire.read_answer()


async def test_who_asks_for_nothing_for_longest_makes_room(room_for_two):
    port, _ = room_for_two
    async with port.wire() as stream, port.wire() as idle:
        assert await answered(stream, b"/stream")
        assert await answered(idle, b"/")
        await idle.send(b"GET /half")
        async with port.wire() as newest:
            assert await answered(newest, b"/")
            assert await idle.read_to_end() == b""


async def test_streams_make_room_where_there_is_nothing_else(room_for_two):
    port, _ = room_for_two
    async with port.wire() as oldest, port.wire() as other:
        assert await answered(oldest, b"/stream")
        assert await answered(other, b"/stream")
        async with port.wire() as newest:
            assert await answered(newest, b"/")
            assert await oldest.read_to_end() == b""


async def test_nobody_who_waits_for_an_answer_makes_room(room_for_two):
    port, app = room_for_two
    async with port.wire() as first, port.wire() as second:
        waiting = [asyncio.create_task(answered(wire, b"/slow")) for wire in (first, second)]
        async with asyncio.timeout(PATIENCE_S):
            while app.asked < len(waiting):
                await asyncio.sleep(0.01)
        async with port.wire() as newest:
            assert await newest.read_to_end() == b""
        app.let.set()
        assert await asyncio.gather(*waiting) == [True, True]


async def test_where_a_caller_is_we_see_ourselves(port):
    async with port.wire(family=socket.AF_INET) as wire:
        await wire.send(HEAD + b"X-Forwarded-For: 203.0.113.5\r\n\r\n")
        await wire.read_answer()
    ((_, metadata),) = port.services.calls
    assert metadata["x-forwarded-for"] == "203.0.113.5, 127.0.0.1"
