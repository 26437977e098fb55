"""The event stream at many readers, and its delay at one: python tests/bench/bench_events.py.

Fan-out: every subscriber, a stream each over ten connections of one client, counts what it gets of
a burst of journalled events; the same bytes sent by a bare grpc.aio server are the floor. The
client shares the cores and decodes nothing, and still takes about as much of them as the server:
messages per CPU second of the server say what the server alone could do.
Delay: from the execution at the paper venue (same clock) to the subscriber that holds the event,
which is sent once it is durable.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median, quantiles
from typing import Any

import grpc
import uvloop
from aitrader.v1 import trading_pb2, trading_pb2_grpc
from fanout_floor import SERVICE, fanout_floor
from processes import ORDER, Served, connected, cpu_s, folder, running
from rounds import ratios, show, show_machine, spread

FOLLOW = "/aitrader.v1.TradingService/StreamEvents"
SUBSCRIBERS = (100, 1_000)
CONNECTIONS = 10
STUCK = 20
STUCK_BEHIND = 800
ROUNDS = 5
MESSAGES_PER_ROUND = 6_000
# 25 events a second to 1 000 subscribers are 25 k messages a second.
PACED_EVENTS = 50
PACED_PERIOD_S = 0.04
DELAYED_ORDERS = 200
WAIT_S = 30.0
STREAM_TIMEOUT_S = 300.0
# Events are several times as long; only the first message of a stream is as short and counts.
HEARTBEAT_BYTES_MAX = 40

Publish = Callable[[], Awaitable[object]]


class Crowd:
    """Subscribers that count, and remember when the last of them got each message."""

    def __init__(self) -> None:
        self._calls: list[Any] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._wanted = 0
        self._behind = 0
        self._done = asyncio.Event()

    async def join(
        self, channels: list[grpc.aio.Channel], path: str, size: int, **call: Any
    ) -> None:
        """Opens `size` streams and waits for the first message of each, which marks the present."""
        for number in range(size):
            stream = channels[number % len(channels)].unary_stream(path)(**call)
            self._calls.append(stream)
        self.want(1)
        self._tasks = [asyncio.create_task(self._read(*pair)) for pair in enumerate(self._calls)]
        await self.all()

    def want(self, messages: int) -> None:
        """Every subscriber is to get so many more."""
        self._wanted += messages
        self._behind = len(self._calls)
        self._done.clear()

    async def all(self) -> float:
        """When the slowest subscriber had what was wanted."""
        async with asyncio.timeout(WAIT_S):
            await self._done.wait()
        return time.perf_counter()

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in self._calls:
            call.cancel()

    async def _read(self, number: int, call: Any) -> None:
        got = 0
        async for message in call:
            if got and len(message) <= HEARTBEAT_BYTES_MAX:
                continue
            got += 1
            if got == self._wanted:
                self._behind -= 1
                if not self._behind:
                    self._done.set()


async def burst(crowd: Crowd, publish: Publish, events: int, size: int, pid: int) -> list[float]:
    """Messages a second, and CPU microseconds of the server for each."""
    used_s, begun = cpu_s(pid), time.perf_counter()
    crowd.want(events)
    async with asyncio.TaskGroup() as publishing:
        for _ in range(events):
            publishing.create_task(_ignore(publish()))
    took_s = await crowd.all() - begun
    return [events * size / took_s, (cpu_s(pid) - used_s) * 1e6 / (events * size)]


async def _ignore(work: Awaitable[object]) -> None:
    await work


async def paced(crowd: Crowd, publish: Publish) -> list[float]:
    """From each call to its event at the slowest subscriber, milliseconds."""
    delays_ms = []
    for _ in range(PACED_EVENTS):
        begun = time.perf_counter()
        crowd.want(1)
        await publish()
        delays_ms.append((await crowd.all() - begun) * 1e3)
        await asyncio.sleep(max(0.0, begun + PACED_PERIOD_S - time.perf_counter()))
    return delays_ms


@asynccontextmanager
async def channels_to(address: str, count: int) -> AsyncIterator[list[grpc.aio.Channel]]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(count)]
    try:
        yield channels
    finally:
        for channel in channels:
            await channel.close()


@asynccontextmanager
async def stuck(served: Served, stub: trading_pb2_grpc.TradingServiceStub) -> AsyncIterator[None]:
    """Streams whose reader stops after one message; what they missed fills their windows."""
    status = await stub.GetStatus(trading_pb2.GetStatusRequest(), metadata=served.metadata)
    past = trading_pb2.StreamEventsRequest(after_sequence=max(status.sequence - STUCK_BEHIND, 0))
    async with channels_to(served.endpoint, 1) as (channel,):
        idle = trading_pb2_grpc.TradingServiceStub(channel)
        calls = [
            idle.StreamEvents(past, metadata=served.metadata, timeout=STREAM_TIMEOUT_S)
            for _ in range(STUCK)
        ]
        await asyncio.gather(*(call.read() for call in calls))
        try:
            yield
        finally:
            for call in calls:
                call.cancel()


async def fan_out(served: Served, engine: grpc.aio.Channel, size: int) -> None:
    stub = trading_pb2_grpc.TradingServiceStub(engine)
    change = trading_pb2.UpdateStrategyRequest(name="bench", notes="an event a call")
    live = trading_pb2.StreamEventsRequest(live_only=True).SerializeToString()
    events = MESSAGES_PER_ROUND // size
    async with AsyncExitStack() as stack:
        floor = await stack.enter_async_context(fanout_floor())
        bare = await stack.enter_async_context(channels_to(floor.address, CONNECTIONS))
        full = await stack.enter_async_context(channels_to(served.endpoint, CONNECTIONS))
        floored, followed = Crowd(), Crowd()
        await floored.join(bare, f"/{SERVICE}/Follow", size, request=b"", timeout=STREAM_TIMEOUT_S)
        await followed.join(
            full, FOLLOW, size, request=live, metadata=served.metadata, timeout=STREAM_TIMEOUT_S
        )
        publish_bare = bare[0].unary_unary(f"/{SERVICE}/Publish")
        sides = {
            "floor": (floored, lambda: publish_bare(b""), floor.pid),
            "engine": (
                followed,
                lambda: stub.UpdateStrategy(change, metadata=served.metadata),
                served.pid,
            ),
        }
        rows: dict[str, list[list[float]]] = {name: [] for name in (*sides, "stuck")}
        for _ in range(ROUNDS):
            for name, (crowd, publish, pid) in sides.items():
                rows[name].append(await burst(crowd, publish, events, size, pid))
            async with stuck(served, stub):
                # What they missed is sent meanwhile; from then on each is one stream more at most.
                await burst(*sides["engine"][:2], events, size, served.pid)
                rows["stuck"].append(await burst(*sides["engine"][:2], events, size, served.pid))
        delays_ms = await paced(followed, sides["engine"][1])
        await floored.leave()
        await followed.leave()
    report(size, rows, delays_ms)


def report(size: int, rows: dict[str, list[list[float]]], delays_ms: list[float]) -> None:
    rate = {name: [row[0] for row in taken] for name, taken in rows.items()}
    cpu_us = {name: [row[1] for row in taken] for name, taken in rows.items()}
    for name in ("floor", "engine"):
        show(f"{size} subscribers, {name}", f"{spread(rate[name])} messages/s")
        per_s = [1e6 / us for us in cpu_us[name]]
        goal = "at least 25 k" if name == "engine" else ""
        show(f"{size} subscribers, {name}, per CPU second", f"{spread(per_s)} messages", goal)
    show(
        f"{size} subscribers, engine / floor", spread(ratios(rate["engine"], rate["floor"]), ".2f")
    )
    over = ratios(rate["stuck"], rate["engine"])
    par = f"at least {size / (size + STUCK):.2f}"
    show(f"{size} subscribers, with {STUCK} stuck / without", spread(over, ".2f"), par)
    late = f"p50 {median(delays_ms):.1f} p99 {quantiles(delays_ms, n=100)[98]:.1f} ms"
    show(f"{size} subscribers, slowest, 25 events/s", late, "within 100 ms")


async def delay(served: Served, channel: grpc.aio.Channel) -> None:
    """From an execution at the venue to the subscriber."""
    stub = trading_pb2_grpc.TradingServiceStub(channel)
    fills = stub.StreamEvents(
        trading_pb2.StreamEventsRequest(live_only=True, kinds=["OrderFilled"]),
        metadata=served.metadata,
        timeout=STREAM_TIMEOUT_S,
    )
    reader = aiter(fills)
    assert (await anext(reader)).HasField("caught_up")
    delays_us = []
    for _ in range(DELAYED_ORDERS):
        placing = asyncio.create_task(
            _ignore(
                stub.PlaceOrder(trading_pb2.PlaceOrderRequest(**ORDER), metadata=served.metadata)
            )
        )
        event = (await anext(reader)).event
        delays_us.append((time.time_ns() - event.fill.executed_at.ToNanoseconds()) / 1e3)
        await placing
    fills.cancel()
    late = quantiles(delays_us, n=100)
    figure = f"p50 {late[49]:,.0f} p99 {late[98]:,.0f} us"
    show("execution -> ledger -> subscriber", figure, "p50 under 2 ms")


async def main() -> None:
    show_machine()
    settings = ("events.heartbeat_s=15", "grpc.concurrency_max=2000")
    async with (
        folder() as state,
        running("engine", state, *settings) as served,
        connected(served) as channel,
    ):
        await delay(served, channel)
        for size in SUBSCRIBERS:
            await fan_out(served, channel, size)
    show_machine()


if __name__ == "__main__":
    uvloop.run(main())
