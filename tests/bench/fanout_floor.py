"""The floor under the event stream: grpc.aio sending the same bytes to everybody, and no more."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import uvloop

SERVICE = "floor.Fanout"
START_TIMEOUT_S = 20.0
# As long as an event of a changed strategy.
MESSAGE = bytes(220)


@dataclass(frozen=True)
class Floor:
    address: str
    pid: int


@asynccontextmanager
async def fanout_floor() -> AsyncIterator[Floor]:
    """Starts the server in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            address = (await process.stdout.readline()).decode().strip()
        yield Floor(address, process.pid)
    finally:
        process.terminate()
        await process.wait()


async def serve() -> None:
    queues: dict[asyncio.Queue[bytes], None] = {}

    async def publish(request: bytes, context: object) -> bytes:
        for queue in queues:
            queue.put_nowait(MESSAGE)
        return b""

    async def follow(request: bytes, context: object) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        queues[queue] = None
        try:
            yield b""
            while True:
                yield await queue.get()
        finally:
            del queues[queue]

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Publish": grpc.unary_unary_rpc_method_handler(publish),
        "Follow": grpc.unary_stream_rpc_method_handler(follow),
    }
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)  # noqa: T201 -- its output
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve())
