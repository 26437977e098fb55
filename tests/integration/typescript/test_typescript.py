"""The TypeScript client, as its user runs it."""

import asyncio
import os
from pathlib import Path

import pytest
from aitrader.v1 import common_pb2, trading_pb2
from callers import Rpc, caller, reconciled
from serving import Server


async def run_node(*arguments: str | Path, **environ: str) -> tuple[int | None, str, str]:
    node = await asyncio.create_subprocess_exec(
        "node",
        *arguments,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(90):
            out, err = await node.communicate()
    finally:
        if node.returncode is None:
            node.kill()
            await node.wait()
    return node.returncode, out.decode(), err.decode()


async def orders_of(engine: Server) -> list[common_pb2.Order]:
    """What the engine itself says about its orders."""
    async with Rpc(engine) as rpc:
        answer = await rpc.trading.ListOrders(trading_pb2.ListOrdersRequest(), **rpc.auth)
    return list(answer.orders)


@pytest.fixture
def node_tests(built: Path) -> list[Path]:
    return sorted(built.glob("test/*.test.js"))


async def test_the_client_keeps_its_promises(node_tests: list[Path]):
    assert node_tests
    code, out, err = await run_node("--test", *node_tests)
    assert code == 0, out + err


async def test_the_first_order_is_placed_watched_and_cancelled(built: Path, engine: Server):
    async with caller(engine) as rest:
        await reconciled(rest)

    code, out, err = await run_node(
        built / "examples/first-order.js",
        engine.endpoint,
        AITRADER_TOKEN_FILE=str(engine.state / "token"),
    )

    assert code == 0, out + err
    (order,) = await orders_of(engine)
    assert order.state == common_pb2.ORDER_STATE_CANCELED
    assert (order.symbol, order.side, order.quantity) == ("BTCUSDT", common_pb2.SIDE_BUY, "0.001")
    told = out.splitlines()
    assert f"placed {order.request_id}: buy 0.001 BTCUSDT at {order.limit_price}" in told
    assert any("order is ACCEPTED" in line for line in told)
    assert told[-1] == "cancelled: true, order is CANCELED, executed 0"


async def test_a_wrong_token_is_told_and_nothing_is_placed(built: Path, engine: Server):
    example = built / "examples/first-order.js"
    code, _, err = await run_node(example, engine.endpoint, AITRADER_TOKEN="wrong")

    assert code == 1
    assert "unauthenticated" in err
    assert await orders_of(engine) == []


async def test_missing_arguments_are_told(built: Path):
    code, _, err = await run_node(built / "examples/first-order.js")

    assert code == 2
    assert "ENDPOINT" in err
