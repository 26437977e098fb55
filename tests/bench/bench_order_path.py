"""PlaceOrder over gRPC, durable, against an empty call: python tests/bench/bench_order_path.py.

A served engine (paper venue without latency, SQLite journal on this disk) and an echo server of the
same kind (grpc.aio on uvloop) take turns with one client. One at a time, the floor is an empty call
and two bare fdatasyncs: the intent with its attempt, then the venue's answer. With 64 in flight it
is the empty call's rate; the order session is set against the unary rate.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import uvloop

sys.path.append(str(Path(__file__).parents[1] / "load"))  # for its driver of the order session

from bench_echo import CALL_TIMEOUT_S, METHOD, REQUEST_BYTES, echo_server, measure
from bench_journal import sync_s
from processes import ORDER, Served, connected, cpu_s, folder, running
from rounds import ratios, show, show_machine, spread
from target import Target, connections

ROUNDS = 7
SEQUENTIAL = 150
PARALLEL = 1_000
PLACE = "TradingService/PlaceOrder"
SESSION = "TradingService/OrderSession"

Call = Callable[[], Awaitable[object]]


def checked(call: Callable[[int], Awaitable[str]]) -> Call:
    """Turns an answer that is not OK into an exception."""

    async def placed() -> None:
        code = await call(0)
        assert code == "OK", code

    return placed


async def main() -> None:
    show_machine()
    async with folder() as state, running("engine", state) as served, echo_server() as echo:
        await compare(state, served, echo)
    show_machine()


async def compare(state: Path, served: Served, echo: str) -> None:
    place = Target(PLACE, ORDER, served.metadata, CALL_TIMEOUT_S)
    session = Target(SESSION, ORDER, served.metadata, CALL_TIMEOUT_S)
    async with (
        connected(served) as channel,
        connections(echo, 1, CALL_TIMEOUT_S) as echo_channels,
        place.caller([channel]) as unary,
        session.caller([channel]) as streamed,
    ):
        empty = echo_channels[0].unary_unary(METHOD)
        calls: dict[str, Call] = {
            "echo": lambda: empty(bytes(REQUEST_BYTES), timeout=CALL_TIMEOUT_S),
            "order": checked(unary),
            "session": checked(streamed),
        }
        figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in calls}
        sync_us = []
        for _ in range(ROUNDS):
            sync_us.append(median(sync_s(state)) * 1e6)
            for name, call in calls.items():
                before_s = cpu_s(served.pid)
                taken = await measure(call, sequential=SEQUENTIAL, parallel=PARALLEL)
                used_us = (cpu_s(served.pid) - before_s) * 1e6 / (2 * SEQUENTIAL + PARALLEL)
                figures[name].append((taken.p50_us, taken.requests_per_s, used_us))
    report(figures, sync_us)


def report(figures: dict[str, list[tuple[float, float, float]]], sync_us: list[float]) -> None:
    p50 = {name: [row[0] for row in rows] for name, rows in figures.items()}
    rate = {name: [row[1] for row in rows] for name, rows in figures.items()}
    floor = [echo + 2 * sync for echo, sync in zip(p50["echo"], sync_us, strict=True)]
    above = [order - under for order, under in zip(p50["order"], floor, strict=True)]
    show("fdatasync p50", f"{spread(sync_us)} us")
    for name in figures:
        show(f"{name}, one at a time, p50", f"{spread(p50[name])} us")
        show(f"{name}, 64 in flight", f"{spread(rate[name])} requests/s")
    for name in ("order", "session"):
        show(f"{name}, CPU of the engine", f"{spread([row[2] for row in figures[name]])} us each")
    show("order above echo + 2 fdatasync, p50", f"{spread(above)} us", "at most 300 us")
    show("order / (echo + 2 fdatasync), p50", spread(ratios(p50["order"], floor), ".2f"))
    over_echo = ratios(rate["order"], rate["echo"])
    show("order / echo, 64 in flight", spread(over_echo, ".2f"), "at least 0.6x")
    over_unary = ratios(rate["session"], rate["order"])
    show("session / unary order, 64 in flight", spread(over_unary, ".2f"), "at least 2x")


if __name__ == "__main__":
    uvloop.run(main())
