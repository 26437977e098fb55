"""The floor: what an empty unary call costs on this machine at this moment.

Absolute figures move by a factor of two with the machine's other work. A benchmark therefore
measures the floor in its own run and prints ratios to it:

    from bench_echo import floor, measure

    echo = await floor()
    ours = await measure(stub.PlaceOrder, make_request)
    print(ours.over(echo))
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from statistics import quantiles
from time import perf_counter

import click
import grpc
import uvloop

REQUEST_BYTES = 200
METHOD = "/floor.Echo/Echo"
SEQUENTIAL_CALLS = 2_000
PARALLEL_CALLS = 10_000
WARMUP_CALLS = 500
IN_FLIGHT = 64
START_TIMEOUT_S = 20.0
CALL_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Figures:
    """Latency of one call at a time, and throughput at 64 in flight."""

    p50_us: float
    p99_us: float
    requests_per_s: float

    def over(self, other: "Figures") -> "Figures":
        """These figures as multiples of others that were taken in the same run."""
        return Figures(
            self.p50_us / other.p50_us,
            self.p99_us / other.p99_us,
            self.requests_per_s / other.requests_per_s,
        )


async def measure(
    call: Callable[[], Awaitable[object]],
    *,
    sequential: int = SEQUENTIAL_CALLS,
    parallel: int = PARALLEL_CALLS,
) -> Figures:
    """Times `call`, which raises when it is not answered OK, after a warm-up."""
    for _ in range(min(WARMUP_CALLS, sequential)):
        await call()

    laps = []
    for _ in range(sequential):
        begun = perf_counter()
        await call()
        laps.append(perf_counter() - begun)

    left = iter(range(parallel))

    async def work() -> None:
        for _ in left:
            await call()

    begun = perf_counter()
    async with asyncio.TaskGroup() as workers:
        for _ in range(IN_FLIGHT):
            workers.create_task(work())
    elapsed_s = perf_counter() - begun

    percentiles = quantiles(laps, n=100)
    return Figures(percentiles[49] * 1e6, percentiles[98] * 1e6, parallel / elapsed_s)


async def floor(*, sequential: int = SEQUENTIAL_CALLS, parallel: int = PARALLEL_CALLS) -> Figures:
    """Measures an empty echo server in a process of its own."""
    request = bytes(REQUEST_BYTES)
    async with echo_server() as address, grpc.aio.insecure_channel(address) as channel:
        echo: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
        return await measure(
            lambda: echo(request, timeout=CALL_TIMEOUT_S), sequential=sequential, parallel=parallel
        )


@asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Starts the echo server, answers its address and stops it again."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--serve", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            address = (await process.stdout.readline()).decode().strip()
        assert address, "the echo server ended before it listened"
        yield address
    finally:
        process.terminate()
        await process.wait()


async def serve() -> None:
    """Answers each request with itself until the process is ended."""

    async def echo(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return request

    service, method = METHOD.strip("/").split("/")
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        method: grpc.unary_unary_rpc_method_handler(echo)
    }
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    click.echo(f"127.0.0.1:{port}")
    await server.wait_for_termination()


@click.command(help="Measures an empty gRPC call: the floor under every other figure.")
@click.option("--serve", "as_server", is_flag=True, help="Be the server.")
def main(*, as_server: bool) -> None:
    if as_server:
        uvloop.run(serve())
        return
    echo = uvloop.run(floor())
    click.echo(f"one at a time   p50 {echo.p50_us:8,.0f} us   p99 {echo.p99_us:8,.0f} us")
    click.echo(f"{IN_FLIGHT} in flight    {echo.requests_per_s:12,.0f} requests/s")
    click.echo(json.dumps(asdict(echo)))


if __name__ == "__main__":
    main()
