"""HTTP/2 as nobody means it, frame by frame: the engine serves on, and its memory is bounded."""

import asyncio
import struct
from pathlib import Path
from typing import Self

import pytest
from aitrader.v1 import trading_pb2
from callers import Rpc

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTING, PING, CONTINUATION = 0x0, 0x1, 0x3, 0x4, 0x6, 0x9
END_STREAM, END_HEADERS = 0x1, 0x4
CANCEL = struct.pack(">I", 8)
PATIENCE_S = 60
# Far above what serving takes, far below what is sent.
GROWTH_BYTES_MAX = 128 * 1024 * 1024


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name: bytes, value: bytes) -> bytes:
    """A header as a literal that no table remembers; names and values below 127 bytes."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


ASKING = b"".join(
    field(name, value)
    for name, value in (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", b"/aitrader.v1.TradingService/PlaceOrder"),
        (b":authority", b"localhost"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    )
)


class Wire:
    """A connection of frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *frames: bytes) -> bool:
        """Whether the other side still took it; what it says is read and forgotten."""
        try:
            self._writer.write(b"".join(frames))
            await asyncio.wait_for(self._writer.drain(), PATIENCE_S)
        except ConnectionError:
            return False
        return not self._reader.at_eof()

    async def closed(self) -> None:
        """Waits until the other side has had enough."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self._reader.read(65_536):
                    pass
            except ConnectionError:
                pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()


async def connect(served) -> Wire:
    host, _, port = served.endpoint.rpartition(":")
    # All that comes is kept by the reader: with its bound off it never holds up the writer.
    return Wire(*await asyncio.open_connection(host, int(port), limit=64 * 1024 * 1024))


async def greeted(served) -> Wire:
    wire = await connect(served)
    assert await wire.send(PREFACE, frame(SETTING, 0, 0))
    return wire


def resident_bytes(served) -> int:
    pages = int(Path(f"/proc/{served.pid}/statm").read_text().split()[1])
    return pages * 4096


@pytest.fixture(autouse=True)
async def served_on(served):
    """Before, while and after: one honest caller is answered."""
    async with Rpc(served) as rpc:
        await rpc.trading.GetStatus(trading_pb2.GetStatusRequest(), **rpc.auth)
        before = resident_bytes(served)
        yield
        await rpc.trading.GetStatus(trading_pb2.GetStatusRequest(), **rpc.auth)
        assert resident_bytes(served) - before < GROWTH_BYTES_MAX
        assert served.alive


async def test_streams_that_are_reset_as_soon_as_they_are_opened(served):
    async with await greeted(served) as wire:
        for batch in range(100):
            streams = range(batch * 400 + 1, (batch + 1) * 400, 2)
            frames = []
            for stream in streams:
                frames.append(frame(HEADERS, END_HEADERS, stream, ASKING))
                frames.append(frame(RST_STREAM, 0, stream, CANCEL))
            if not await wire.send(*frames):
                break


async def test_headers_that_never_end(served):
    piece = b"".join(field(b"x-%04d" % n, b"v" * 100) for n in range(100))
    async with await greeted(served) as wire:
        await wire.send(frame(HEADERS, 0, 1, ASKING))
        for _ in range(2_000):
            if not await wire.send(frame(CONTINUATION, 0, 1, piece)):
                break


async def test_headers_larger_than_any_call_needs(served):
    async with await greeted(served) as wire:
        many = b"".join(field(b"x-%04d" % n, b"v" * 100) for n in range(1_000))
        pieces = [many[at : at + 16_000] for at in range(0, len(many), 16_000)]
        frames = [frame(HEADERS, END_STREAM, 1, ASKING)]
        frames += [frame(CONTINUATION, 0, 1, piece) for piece in pieces[:-1]]
        frames += [frame(CONTINUATION, END_HEADERS, 1, pieces[-1])]
        await wire.send(*frames)


async def test_bodies_that_never_come(served):
    wires = [await greeted(served) for _ in range(10)]
    announced = struct.pack(">BI", 0, 200_000)
    for wire in wires:
        for stream in range(1, 400, 2):
            opening = frame(HEADERS, END_HEADERS, stream, ASKING)
            await wire.send(opening, frame(DATA, 0, stream, announced + b"x"))
    async with Rpc(served) as rpc:
        await rpc.trading.GetStatus(trading_pb2.GetStatusRequest(), **rpc.auth)
    for wire in wires:
        await wire.__aexit__()


async def test_pings_and_settings_without_end(served):
    for flood in (frame(PING, 0, 0, b"8 bytes!"), frame(SETTING, 0, 0)):
        async with await greeted(served) as wire:
            for _ in range(500):
                if not await wire.send(flood * 200):
                    break


async def test_who_connects_and_says_nothing_is_let_go(served):
    async with await connect(served) as silent:
        await silent.closed()


async def test_bytes_that_are_no_http2_are_let_go_too(served):
    async with await connect(served) as wire:
        await wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await wire.closed()
