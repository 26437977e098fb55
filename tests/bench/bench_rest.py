"""The REST facade against the gRPC calls that it makes: python tests/bench/bench_rest.py.

One engine answers the same read (GetOrder of an order that is there) and the same command
(PlaceOrder) over gRPC, over the facade in its own process (`aitrader serve`), and over a facade in
front of it (`aitrader gateway`), in turns. Client and servers share this machine's cores.
"""

import json
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count

import uvloop
from aitrader.v1 import trading_pb2, trading_pb2_grpc
from bench_echo import IN_FLIGHT, Figures, measure
from http_client import Pool, pool, request_bytes
from processes import ORDER, Served, connected, folder, running
from rounds import ratios, show, show_machine, spread

ROUNDS = 5
CALL_TIMEOUT_S = 10.0
# Sequential and parallel calls a round.
READS = (150, 800)
ORDERS = (60, 250)

Call = Callable[[], Awaitable[object]]


def rest_calls(http: Pool, token: str, known: str) -> tuple[Call, Call]:
    """A read and an order over REST."""
    read = request_bytes("GET", f"/live/orders/{known}", token)
    ids, run = count(), secrets.token_hex(6)

    def place() -> Awaitable[bytes]:
        order = {**ORDER, "request_id": f"rest-{run}-{next(ids)}"}
        body = json.dumps(order).encode()
        return http.send(request_bytes("POST", "/live/orders", token, body))

    return lambda: http.send(read), place


async def main() -> None:
    show_machine()
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(folder())
        served = await stack.enter_async_context(running("serve", state))
        channel = await stack.enter_async_context(connected(served))
        facade = await stack.enter_async_context(
            running("gateway", state, f"grpc.port={served.endpoint.rpartition(':')[2]}")
        )
        stub = trading_pb2_grpc.TradingServiceStub(channel)
        known = (await _place(stub, served)).order.request_id
        calls = {"gRPC": _grpc_calls(stub, served, known)}
        for name, url in (("serve", served.url), ("gateway", facade.url)):
            http = await stack.enter_async_context(pool(url, IN_FLIGHT))
            calls[name] = rest_calls(http, served.token, known)
        report(await interleave(calls))
    show_machine()


def _grpc_calls(
    stub: trading_pb2_grpc.TradingServiceStub, served: Served, known: str
) -> tuple[Call, Call]:
    request = trading_pb2.GetOrderRequest(request_id=known)
    return (
        lambda: stub.GetOrder(request, metadata=served.metadata, timeout=CALL_TIMEOUT_S),
        lambda: _place(stub, served),
    )


def _place(
    stub: trading_pb2_grpc.TradingServiceStub, served: Served
) -> Awaitable[trading_pb2.PlaceOrderResponse]:
    order = trading_pb2.PlaceOrderRequest(**ORDER)
    placed: Awaitable[trading_pb2.PlaceOrderResponse] = stub.PlaceOrder(
        order, metadata=served.metadata, timeout=CALL_TIMEOUT_S
    )
    return placed


async def interleave(calls: dict[str, tuple[Call, Call]]) -> dict[tuple[str, str], list[Figures]]:
    figures: dict[tuple[str, str], list[Figures]] = {}
    for _ in range(ROUNDS):
        for kind, (sequential, parallel) in enumerate((READS, ORDERS)):
            for name, both in calls.items():
                taken = await measure(both[kind], sequential=sequential, parallel=parallel)
                figures.setdefault((("read", "order")[kind], name), []).append(taken)
    return figures


def report(figures: dict[tuple[str, str], list[Figures]]) -> None:
    for (kind, name), rows in figures.items():
        p50, rate = [row.p50_us for row in rows], [row.requests_per_s for row in rows]
        show(f"{kind}, {name}, one at a time, p50", f"{spread(p50)} us")
        goal = "at least 2.5 k/s" if kind == "read" and name != "gRPC" else ""
        show(f"{kind}, {name}, {IN_FLIGHT} in flight", f"{spread(rate)} requests/s", goal)
        if name != "gRPC":
            direct = [row.p50_us for row in figures[kind, "gRPC"]]
            show(f"{kind}, {name} / gRPC, p50", spread(ratios(p50, direct), ".2f"), "at most 2x")


if __name__ == "__main__":
    uvloop.run(main())
