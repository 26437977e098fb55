"""Whoever reads the log can tell what became of an order, and in which trace."""

import io
import json
from decimal import Decimal

import msgspec
import pytest
from aitrader_server.adapters.logs import start_logging
from aitrader_server.adapters.order_lines import OrderLine, OrderLines
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.ports import Record
from engine_lives import World, limit
from fateful_venue import Fate
from small_engine import CALLER


@pytest.fixture
async def world():
    world = World()
    await world.ready()
    yield world
    await world.engine.stop()


@pytest.fixture
def log_of(world):
    """Listens from now on; gives the lines that name an order."""
    stream = io.StringIO()
    logs = start_logging(stream=stream, fields={"environment": "paper", "account": "a"})
    OrderLines(world.book).listen(world.engine.bus)

    def read(request_id):
        logs.stop()
        lines = map(json.loads, stream.getvalue().splitlines())
        return [line for line in lines if line.get("request_id") == request_id]

    yield read
    logs.stop()


async def test_an_order_leaves_one_line_for_each_thing_that_happens(world, log_of):
    await world.place(limit("a-1", strategy="news"))
    await world.become(a_1=OrderState.ACCEPTED)
    await world.engine.writer.settle()
    lines = log_of("a-1")
    assert [(line["event"], line["state"]) for line in lines] == [
        ("order initialized", "INITIALIZED"),
        ("order submitted", "SUBMITTED"),
        ("order accepted", "ACCEPTED"),
    ]
    for line in lines:
        assert line["trace_id"] == CALLER.trace_id
        assert (line["symbol"], line["side"], line["strategy"]) == ("BTCUSDT", "BUY", "news")
        assert (line["environment"], line["account"], line["level"]) == ("paper", "a", "info")
        assert line["filled"] == "0"
    assert lines[0]["quantity"] == "0.01"
    assert lines[1]["attempt"] == 1
    assert [line["sequence"] for line in lines] == sorted(line["sequence"] for line in lines)


async def test_a_denial_is_a_warning_with_every_reason(world, log_of):
    await world.limit_to(symbols=("ETHUSDT",), max_order_quantity=Decimal("0.001"))
    await world.place(limit("a-1"))
    denied = log_of("a-1")[-1]
    assert (denied["event"], denied["level"], denied["state"]) == (
        "order denied",
        "warning",
        "DENIED",
    )
    assert {"SYMBOL_NOT_PERMITTED", "MAX_ORDER_QUANTITY"} <= set(denied["reasons"])
    assert all(denied["why"])


async def test_a_lost_reply_and_what_came_of_it(world, log_of):
    world.venue.fates["submit"].append(Fate.REPLY_LOST)
    await world.place(limit("a-1"))
    await world.become(a_1=OrderState.ACCEPTED)
    await world.engine.writer.settle()
    unknown, accepted = log_of("a-1")[-2:]
    assert (unknown["event"], unknown["level"]) == ("order unknown", "warning")
    assert unknown["cause"]
    assert "resolved" not in unknown
    assert (accepted["event"], accepted["resolved"]) == ("order accepted", True)
    assert accepted["source"]


def test_a_fill_is_told_in_full_and_what_was_signed_is_not():
    events = {
        "OrderFilled": {
            "venue_order_id": "7",
            "symbol": "BTCUSDT",
            "side": "BUY",
            "base": "BTC",
            "quote": "USDT",
            "fill": {"trade_id": "9", "quantity": "0.10", "price": "65000.50", "fee": "0.1"},
        },
        "OrderSubmitted": {
            "attempt": {
                "number": 2,
                "signed_at_ns": 1,
                "recv_window_ms": 1,
                "fence_at_ns": 2,
                "payload": "symbol=BTCUSDT&signature=canary",
            }
        },
    }
    lines = {kind: line(kind, fields) for kind, fields in events.items()}
    filled = lines["OrderFilled"]
    assert (filled["trade_id"], filled["quantity"], filled["price"]) == ("9", "0.1", "65000.5")
    assert lines["OrderSubmitted"]["attempt"] == 2
    assert "canary" not in str(lines)


def line(kind, fields):
    payload = msgspec.json.encode({"kind": kind, "request_id": "a-1", **fields})
    record = Record(
        sequence=1,
        epoch=1,
        at_ns=1,
        kind=kind,
        intent="a-1",
        symbol="BTCUSDT",
        trace_id="t",
        state="",
        cumulative_quantity="0",
        once="",
        payload=payload,
    )
    return OrderLine(record, None, resolved=False).fields()
