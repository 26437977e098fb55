"""The facade's port as `aitrader serve` opens it, and connections to it, byte by byte."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aitrader_gateway.rest.invoker import Reply

PATIENCE_S = 60


@dataclass
class Yes:
    """Answers every call with nothing, and remembers its metadata."""

    calls: list[tuple[str, dict[str, str | bytes]]] = field(default_factory=list)

    async def unary(self, method, request, metadata, timeout_s):
        self.calls.append((method, dict(metadata)))
        return Reply(b"")

    def stream(self, method, request, metadata, timeout_s):
        raise NotImplementedError


class Wire:
    """A connection that sends what it is told, when it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def read_to_end(self) -> bytes:
        """All that comes until the other side closes; a reset is an end, too."""
        said = b""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while part := await self._reader.read(65_536):
                    said += part
            except ConnectionError:
                pass
        return said

    async def read_answer(self) -> bytes:
        """One answer with a body of a known length."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            return head + await self._reader.readexactly(int(length))

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


@dataclass
class Port:
    number: int
    services: Yes

    @asynccontextmanager
    async def wire(self, **options):
        """A connection, over TLS with `ssl` and the like."""
        wire = Wire(*await asyncio.open_connection("localhost", self.number, **options))
        try:
            yield wire
        finally:
            await wire.close()
