"""A way to a server that can be cut without either end being told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

CHUNK_BYTES = 65_536


class DeafProxy:
    """Forwards TCP to `target_port` of this machine while it hears; otherwise it is silent."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._hears = asyncio.Event()
        self._hears.set()
        self._pumps: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Nothing passes from now on; connections stay open, and new ones are accepted."""
        self._hears.clear()

    def mend(self) -> None:
        self._hears.set()

    def heard(self, chunk: bytes) -> bytes:
        """What the caller gets of what the server said."""
        return chunk

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pumps both ways until either end closes."""
        await self._hears.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        for source, sink, passes in (
            (reader, far_writer, bytes),
            (far_reader, writer, self.heard),
        ):
            pump = asyncio.create_task(self._pump(source, sink, passes))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        passes: Callable[[bytes], bytes],
    ) -> None:
        try:
            while chunk := await source.read(CHUNK_BYTES):
                await self._hears.wait()
                sink.write(passes(chunk))
                await sink.drain()
            # The end of a connection does not pass either.
            await self._hears.wait()
        except ConnectionError:
            pass  # The other end is told by the close.
        finally:
            sink.close()

    def stop(self) -> None:
        for pump in self._pumps:
            pump.cancel()


@asynccontextmanager
async def running_proxy(
    target_port: int, kind: type[DeafProxy] = DeafProxy
) -> AsyncIterator[DeafProxy]:
    proxy = kind(target_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.stop()
