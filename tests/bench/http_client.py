"""A keep-alive HTTP/1.1 client that does next to nothing, so that the server is what is timed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

READ_TIMEOUT_S = 10.0


class Connection:
    """One request at a time on one TCP connection; answers carry a content-length."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, request: bytes) -> bytes:
        """The body of a 2xx answer; AssertionError for any other."""
        self._writer.write(request)
        async with asyncio.timeout(READ_TIMEOUT_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            body = await self._reader.readexactly(int(length))
        assert head.startswith(b"HTTP/1.1 2"), (head, body)
        return body

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class Pool:
    """Lends each caller a connection of its own."""

    def __init__(self, connections: list[Connection]) -> None:
        self._free = connections

    async def send(self, request: bytes) -> bytes:
        connection = self._free.pop()
        body = await connection.send(request)
        self._free.append(connection)
        return body


@asynccontextmanager
async def pool(url: str, size: int) -> AsyncIterator[Pool]:
    """`size` open connections to the server at `url`."""
    address = urlsplit(url)
    connections = [
        Connection(*await asyncio.open_connection(address.hostname, address.port))
        for _ in range(size)
    ]
    try:
        yield Pool(list(connections))
    finally:
        for connection in connections:
            await connection.close()


def request_bytes(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """A whole request, made once and sent often."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
