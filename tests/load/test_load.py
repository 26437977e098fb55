"""The load driver tells the truth: about codes, about latencies, about what it would not press."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from callers import Rpc, caller, history, reconciled
from serving import Server

DRIVER = Path(__file__).with_name("load.py")
ORDER = {"side": "SIDE_BUY", "order_type": "ORDER_TYPE_MARKET", "quantity": "0.0001"}
STATUS, PLACE = "TradingService/GetStatus", "TradingService/PlaceOrder"
SESSION = "TradingService/OrderSession"


def order(symbol: str) -> list[str]:
    return ["--fields", json.dumps({**ORDER, "symbol": symbol})]


def token_of(served: Server) -> list[str]:
    return ["--token-file", str(served.state / "token")]


async def orders_begun(served: Server) -> int:
    """How many orders the engine has taken on, by its journal."""
    async with caller(served) as rest, Rpc(served) as rpc:
        await reconciled(rest)
        return sum(event.kind == "OrderInitialized" for event in await history(rpc))


async def press(*arguments: str) -> tuple[int | None, dict, str]:
    """Runs the driver and returns its exit status, its last line and what it complained about."""
    driver = await asyncio.create_subprocess_exec(
        sys.executable,
        DRIVER,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await driver.communicate()
    finally:
        if driver.returncode is None:
            driver.kill()
            await driver.wait()
    lines = out.decode().splitlines()
    return driver.returncode, json.loads(lines[-1]) if lines else {}, err.decode()


@pytest.mark.parametrize("method", [PLACE, SESSION])
async def test_a_closed_loop_of_fresh_orders_is_answered_ok(served: Server, method: str):
    begun = await orders_begun(served)
    status, told, err = await press(
        served.endpoint,
        method,
        *order("BTCUSDT"),
        *token_of(served),
        "--count=300",
        "--in-flight=16",
        "--connections=2",
    )

    assert status == 0, err
    assert told["codes"] == {"OK": 300}
    assert told["latency_us"]["p50"] <= told["latency_us"]["p99"] <= told["latency_us"]["max"]
    assert await orders_begun(served) == begun + 300


async def test_calls_go_by_turns_over_their_connections(server):
    status, _, err = await press(
        server.address, PLACE, *order("BTCUSDT"), "--count=30", "--connections=3"
    )

    assert status == 0, err
    assert len(server.trading.connections) == 3
    assert len(set(server.trading.request_ids)) == 30


async def test_an_open_loop_keeps_its_rate(server):
    status, told, err = await press(server.address, STATUS, "--rate=200", "--duration=1.5")

    assert status == 0, err
    assert told["codes"] == {"OK": 300}
    assert 1.4 < told["elapsed_s"] < 6


@pytest.mark.parametrize("method", [PLACE, SESSION])
@pytest.mark.parametrize("pace", [["--count=300"], ["--rate=300", "--duration=1"]])
async def test_errors_are_counted_by_code_and_fail_the_run(server, method: str, pace: list[str]):
    status, told, _ = await press(server.address, method, *order("REFUSED"), *pace)

    assert status == 1
    assert told["codes"] == {"FAILED_PRECONDITION": 100, "OK": 200}


async def test_an_open_loop_sees_a_stall_that_a_closed_loop_hides(server):
    server.trading.stalls = True
    one_at_a_time = [server.address, STATUS, "--in-flight=1"]

    _, closed, _ = await press(*one_at_a_time, "--count=300")
    server.trading.rewind()
    _, opened, _ = await press(*one_at_a_time, "--rate=250", "--count=300")

    # One call of 300 met the stall; at a constant rate, 100 were due while it lasted.
    assert closed["latency_us"]["max"] > 350_000
    assert closed["latency_us"]["p99"] < 200_000
    assert opened["latency_us"]["p90"] > 200_000


async def test_calls_that_could_not_be_sent_in_time_are_told(server):
    server.trading.stalls = True
    status, told, _ = await press(
        server.address, STATUS, "--in-flight=1", "--rate=1000", "--duration=0.2", "--timeout=0.1"
    )

    assert status == 1
    assert told["not_sent"] > 0
    assert told["answered"] + told["not_sent"] == 200


async def test_a_session_that_breaks_off_ends_the_run(server):
    status, told, _ = await press(server.address, SESSION, *order("BROKEN"), "--in-flight=4")

    assert status == 1
    assert told["codes"]["OK"] <= 50
    # grpc.aio says INTERNAL itself when the stream breaks under one of its writes.
    broken = {code: told["codes"].get(code, 0) for code in ("UNAVAILABLE", "INTERNAL")}
    assert 1 <= sum(broken.values()) <= 4, told["codes"]
    assert told["not_sent"] > 0
    assert told["elapsed_s"] < 5


async def test_without_the_token_the_engine_refuses(served: Server):
    begun = await orders_begun(served)
    one = (served.endpoint, PLACE, *order("BTCUSDT"), "--count=1")

    _, told, _ = await press(*one, *token_of(served))
    assert told["codes"] == {"OK": 1}
    status, told, _ = await press(*one)
    assert (status, told["codes"]) == (1, {"UNAUTHENTICATED": 1})
    assert await orders_begun(served) == begun + 1


async def test_a_warmup_is_not_counted(served: Server):
    begun = await orders_begun(served)
    _, told, _ = await press(
        served.endpoint,
        PLACE,
        *order("BTCUSDT"),
        *token_of(served),
        "--warmup=50",
        "--count=100",
        "--in-flight=4",
    )

    assert told["codes"] == {"OK": 100}
    assert await orders_begun(served) == begun + 150


async def test_a_server_that_is_not_there_is_told():
    status, _, err = await press("127.0.0.1:1", STATUS, "--timeout=0.5")

    assert status == 1
    assert "no server within 0.5 s" in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["192.0.2.1:50051", STATUS], "is not this machine"),
        (["engine.example:50051", STATUS], "is not this machine"),
        (["127.0.0.1:1", "TradingService/Nothing"], "give one of"),
        (["127.0.0.1:1", "TradingService/StreamEvents"], "give one of"),
        (["127.0.0.1:1", PLACE, "--fields", '{"sid": 1}'], "sid"),
        (["127.0.0.1:1", PLACE, "--fields", "{"], "Expecting"),
        (["127.0.0.1:1", STATUS, "--in-flight=0"], "in-flight"),
    ],
)
async def test_wrong_arguments_are_refused(arguments: list[str], complaint: str):
    status, _, err = await press(*arguments)

    assert status == 2
    assert complaint in err
