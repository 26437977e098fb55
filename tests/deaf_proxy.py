"""A way to a server that can be cut without either end being told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

CHUNK_BYTES = 65_536


class DeafProxy:
    """Forwards TCP to `target_port` of this machine while it hears; otherwise it is silent."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._hears = asyncio.Event()
        self._hears.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Nothing passes from now on; connections stay open, and new ones are accepted."""
        self._hears.clear()

    def mend(self) -> None:
        self._hears.set()

    def heard(self, chunk: bytes) -> bytes:
        """What the caller gets of what the server said."""
        return chunk

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pumps both ways until either end closes."""
        self._writers.add(writer)
        self._spawn(self._join(reader, writer))

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that was cancelled before it began has closed nothing.
        for writer in self._writers:
            writer.transport.abort()
        ends = [writer.wait_closed() for writer in self._writers]
        await asyncio.gather(*ends, return_exceptions=True)
        self._writers.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._hears.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except (OSError, asyncio.CancelledError):
            writer.close()
            return
        self._writers.add(far_writer)
        self._spawn(self._pump(reader, far_writer, bytes))
        self._spawn(self._pump(far_reader, writer, self.heard))

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
        await proxy.stop()
