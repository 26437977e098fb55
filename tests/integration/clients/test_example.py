"""The examples do what they say, each as a program of its own."""

import asyncio
import os
import re
import sys
from pathlib import Path

from aitrader.v1 import common_pb2, trading_pb2

PYTHON = Path(__file__).parents[3] / "clients/python"
FIRST_ORDER = PYTHON / "examples/first_order.py"


async def run(engine, tmp_path, program=FIRST_ORDER):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        "BTCUSDT",
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "AITRADER_ENDPOINT": engine.endpoint},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def admit(engine):
    engine.answers["GetStatus"].instruments["BTCUSDT"].CopyFrom(
        trading_pb2.OrderBounds(
            min_quantity="0.00001",
            quantity_rounding="0.00001",
            price_rounding="0.01",
            min_notional="5",
        )
    )


async def test_the_first_order_is_placed_watched_and_cancelled(engine, tmp_path):
    admit(engine)

    def after(rpc, sequence, state):
        async def wait():
            await engine.arrived[rpc].wait()
            (placed,) = engine.requests("PlaceOrder")
            event = trading_pb2.Event(
                sequence=sequence,
                kind="OrderChanged",
                request_id=placed.request_id,
                state=f"ORDER_STATE_{state}",
            )
            return trading_pb2.StreamEventsResponse(sequence=sequence, event=event)

        return wait

    engine.answers["StreamEvents"] = [
        [
            trading_pb2.StreamEventsResponse(caught_up=trading_pb2.CaughtUp(sequence=4)),
            after("PlaceOrder", 5, "ACCEPTED"),
            after("CancelOrder", 6, "CANCELED"),
        ]
    ]
    code, out, err = await run(engine, tmp_path)
    assert code == 0, err
    (placed,) = engine.requests("PlaceOrder")
    assert (placed.quantity, placed.limit_price) == ("0.00008", "63359.01")
    assert [request.request_id for request in engine.requests("CancelOrder")] == [placed.request_id]
    assert "6: OrderChanged ORDER_STATE_CANCELED" in out


async def test_a_denied_first_order_says_why(engine, tmp_path, refuse):
    admit(engine)
    engine.answers["StreamEvents"] = [
        [trading_pb2.StreamEventsResponse(caught_up=trading_pb2.CaughtUp(sequence=4)), 30.0]
    ]
    breach = common_pb2.Breach(code="MAX_OPEN_ORDERS", message="20 of 20 are open")
    engine.answers["PlaceOrder"] = refuse("FAILED_PRECONDITION", "denied", (breach,))
    code, out, _ = await run(engine, tmp_path)
    assert code == 4
    assert "denied by MAX_OPEN_ORDERS: 20 of 20 are open" in out


async def test_the_program_of_the_readme_runs(engine, tmp_path):
    program = tmp_path / "readme.py"
    (code,) = re.findall(r"```python\n(.*?)```", (PYTHON / "README.md").read_text(), re.DOTALL)
    program.write_text(code)
    ended, out, err = await run(engine, tmp_path, program)
    assert ended == 0, err
    listed, _ = engine.requests("PlaceOrder")
    assert [leg.quantity for leg in listed.legs] == ["0.4995", "0.4995"]
    assert str([f"{listed.request_id}-1", f"{listed.request_id}-2"]) in out
    smaller, cheaper = engine.requests("ReplaceOrder")
    assert (smaller.quantity, cheaper.limit_price) == ("0.5", "3890")
