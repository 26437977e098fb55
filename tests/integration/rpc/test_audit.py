"""Whatever would change something leaves one line: who, what, from where, and what came of it."""

import json

import grpc
import pytest
from aitrader.v1 import risk_pb2, trading_pb2
from aitrader_server.rpc.access import MINIMUM_ROLE, is_mutating
from aitrader_server.rpc.inprocess import CallFailed, InProcessInvoker

ORDER = trading_pb2.PlaceOrderRequest(
    symbol="BTCUSDT", side=1, order_type=1, quantity="1", request_id="q-1", strategy="trend"
)
PLACE = "/aitrader.v1.TradingService/PlaceOrder"
HALT = "/aitrader.v1.RiskService/Halt"


def audited(log_file) -> list[dict]:
    """The lines of the audit log, which is shipped by its logger's name."""
    lines = map(json.loads, log_file.lines())
    return [line for line in lines if line["logger"] == "aitrader.audit"]


async def test_a_line_says_who_did_what_from_where(edge, log_file):
    metadata = (*edge.as_role("trader"), ("x-forwarded-for", "198.51.100.7"))
    await edge.trading.PlaceOrder(ORDER, metadata=metadata)
    (line,) = audited(log_file)
    expected = {
        "event": "audit",
        "level": "info",
        "method": PLACE,
        "caller": "trader",
        "role": "trader",
        "proof": "token",
        "peer": "127.0.0.1",
        "forwarded": "198.51.100.7",
        "code": "OK",
        "reason": "",
        "request_id": "q-1",
        "symbol": "BTCUSDT",
        "strategy": "trend",
    }
    assert line.items() >= expected.items()
    assert line.keys() - expected.keys() == {"at", "logger", "trace_id", "span_id", "ms"}


async def test_a_stated_reason_is_kept_and_a_long_one_cut(edge, log_file):
    for reason in ("fat finger", "x" * 100_000):
        call = edge.risk.Halt(risk_pb2.HaltRequest(reason=reason), metadata=edge.as_role("trader"))
        await call.code()
    first, second = audited(log_file)
    assert (first["stated_reason"], first["code"]) == ("fat finger", "OK")
    assert (second["stated_reason"], second["code"]) == ("x" * 200, "INVALID_ARGUMENT")


@pytest.mark.parametrize("who", ["viewer", "nobody", "wrong"])
async def test_what_is_refused_leaves_a_line_too(edge, log_file, who):
    changing = [path for path in MINIMUM_ROLE if is_mutating(path)]
    metadata = {"nobody": (), "wrong": (("authorization", "Bearer w"),)}.get(who)
    for path in changing:
        metadata = edge.as_role(who) if metadata is None else metadata
        call = edge.channel.unary_stream(path)(b"\xff", metadata=metadata, timeout=30)
        assert await call.code() is not grpc.StatusCode.OK
    lines = audited(log_file)
    assert [line["method"] for line in lines] == changing
    named = ("viewer", "viewer", "token", "PERMISSION_DENIED")
    unknown = ("anonymous", "", "none", "UNAUTHENTICATED")
    for line in lines:
        told = (line["caller"], line["role"], line["proof"], line["code"])
        assert told == (named if who == "viewer" else unknown)
        assert line["peer"] == "127.0.0.1"


async def test_reads_leave_none(edge, log_file):
    for path in MINIMUM_ROLE:
        if not is_mutating(path):
            metadata = edge.as_role("viewer")
            call = edge.channel.unary_stream(path)(b"\xff", metadata=metadata, timeout=30)
            await call.code()
    assert audited(log_file) == []


async def test_a_quieter_log_does_not_silence_it(edge, start_log):
    log_file = start_log("ERROR")
    await edge.trading.PlaceOrder(ORDER, metadata=edge.as_role("trader"))
    assert len(audited(log_file)) == 1


@pytest.mark.parametrize(
    ("hops", "peer"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("10.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.6.6.6, 2001:db8::7", "2001:db8::7"),
        ("10.6.6.6, unknown", "unknown"),
        (f"{'6' * 250}, 203.0.113.9", "203.0.113.9"),
        ("", "inprocess"),
    ],
)
async def test_the_facade_in_this_process_vouches_for_the_last_hop_only(edge, log_file, hops, peer):
    invoker = InProcessInvoker(edge.server.handlers, edge.chain, CallFailed)
    metadata = (*edge.as_role("trader"), *((("x-forwarded-for", hops),) if hops else ()))
    request = risk_pb2.HaltRequest(reason="stop").SerializeToString()
    await invoker.unary(HALT, request, metadata, 30.0)
    (line,) = audited(log_file)
    assert (line["peer"], line["forwarded"]) == (peer, hops[-200:])
