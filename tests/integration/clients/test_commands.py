"""Every command in both forms against a fake engine, as a person and as a script run it."""

import asyncio
import json

import pytest
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from aitrader_clients.cli.catalogue import COMMANDS
from google.protobuf import descriptor_pb2, descriptor_pool

# Command lines that together use every command, and the RPCs that each calls.
LINES = {
    ("status",): {"GetStatus", "GetBroker", "GetPnl"},
    ("halt", "--reason", "desk", "--cancel"): {"GetStatus", "Halt"},
    ("reduce", "--reason", "desk"): {"GetStatus", "Reduce"},
    ("resume", "--reason", "checked"): {"GetStatus", "Resume"},
    ("resume", "--symbol", "btcusdt", "--reason", "known"): {"GetStatus", "Resume"},
    ("flatten", "BTCUSDT"): {"GetStatus", "Flatten"},
    ("heartbeat",): {"GetStatus", "Heartbeat"},
    ("trade", "BTCUSDT", "--news", "ETF inflows", "--feature", "rsi=55", "--dry-run"): {
        "GetStatus",
        "Trade",
    },
    ("buy", "BTCUSDT", "0.00120", "--limit", "64000.00", "--request-id", "q-77"): {
        "GetStatus",
        "PlaceOrder",
    },
    ("buy", "BTCUSDT", "0.00120", "--dry-run"): {
        "GetStatus",
        "CheckOrder",
        "PlaceOrder",
        "GetQuote",
    },
    ("buy", "BTCUSDT", "0.5", "--limit", "10", "--take-profit", "11", "--stop-loss", "9"): {
        "GetStatus",
        "PlaceOrder",
    },
    ("sell", "btcusdt", "0.5"): {"GetStatus", "PlaceOrder"},
    ("sell", "BTCUSDT", "0.5", "--take-profit", "11", "--stop-loss", "9", "--dry-run"): {
        "GetStatus",
        "CheckOrder",
        "PlaceOrder",
        "GetQuote",
    },
    ("replace", "q-77", "--limit", "63990.00", "--id", "q-78"): {"GetStatus", "ReplaceOrder"},
    ("orders", "--state", "accepted", "--symbol", "BTCUSDT"): {"ListOrders"},
    ("order", "q-77"): {"GetOrder"},
    ("trace", "q-77"): {"GetOrderTrace"},
    ("cancel", "q-77", "q-78"): {"GetStatus", "CancelOrder"},
    ("cancel", "--all"): {"GetStatus", "CancelAllOrders"},
    ("resolve", "q-77", "--absent", "--evidence", "venue UI"): {"GetStatus", "ResolveOrder"},
    ("approve", "q-77", "--reason", "agreed"): {"GetStatus", "ApproveOrder"},
    ("positions",): {"GetBroker"},
    ("positions", "--refresh"): {"GetStatus", "SyncAccount"},
    ("balances",): {"GetBroker"},
    ("pnl",): {"GetPnl"},
    ("trades", "--limit", "5"): {"ListTrades"},
    ("limits",): {"GetLimits"},
    ("limits", "set", "max_open_orders", "30", "--if-version", "12", "--reason", "desk"): {
        "GetStatus",
        "UpdateLimits",
    },
    ("limits", "set", "max_order_notional", "none", "--if-version", "12", "--reason", "x"): {
        "GetStatus",
        "UpdateLimits",
    },
    (
        *("limits", "set", "max_order_notional", "5", "--symbol", "btcusdt"),
        *("--if-version", "12", "--reason", "thin"),
    ): {"GetLimits", "GetStatus", "UpdateLimits"},
    (
        *("limits", "set", "max_open_orders", "none", "--strategy", "news"),
        *("--if-version", "12", "--reason", "thin"),
    ): {"GetLimits", "GetStatus", "UpdateLimits"},
    ("strategies",): {"ListStrategies"},
    ("strategy", "news"): {"ListStrategies"},
    ("strategy", "news", "--enable"): {"GetStatus", "UpdateStrategy"},
    ("events",): {"StreamEvents"},
    ("sentiment", "good news"): {"Analyze"},
    ("sentiment", "good news", "bad news"): {"AnalyzeBatch"},
    ("sentiment", "good news", "--why"): {"Analyze"},
    ("sentiment", "--symbol", "BTCUSDT"): {"GetSymbolSentiment"},
    ("sentiment", "--model"): {"GetModel"},
    ("quote", "BTCUSDT"): {"GetQuote"},
    ("quotes", "BTCUSDT"): {"StreamQuotes"},
    ("bars", "BTCUSDT", "--interval", "1h"): {"ListBars"},
    ("slo",): {"GetSlo"},
    ("metrics",): {"GetMetrics"},
    ("version",): set(),
    ("completion", "bash"): set(),
    ("protoset", "-"): set(),
}
# Their stdout is a file for another program, with a form of its own.
WITHOUT_JSON = {"completion", "protoset"}
WITHOUT_COMMAND = {
    "OrderSession": "a stream of commands is for programs; `buy` and `cancel` place and cancel",
    "StreamAnalyze": "`sentiment -` scores many texts in one batch",
    "GetTradingState": "`status` shows the same from GetStatus",
}


# A descriptor set is bytes, and has a test of its own.
@pytest.mark.parametrize("line", [x for x in LINES if x[0] != "protoset"], ids=" ".join)
async def test_a_command_prints_for_people_and_for_scripts(engine, aitrader, line):
    lines = [line] if line[0] in WITHOUT_JSON else [line, (*line, "--json")]
    people, *scripts = await asyncio.gather(*(aitrader(*one) for one in lines))
    assert people.code == 0, people.err
    assert people.out
    assert "\x1b" not in people.out + people.err
    for ran in scripts:
        assert ran.code == 0, ran.err
        assert [json.loads(text) for text in ran.out.splitlines()]
    assert set(engine.names()) == LINES[line]


def test_the_lines_use_every_command():
    assert {line[0] for line in LINES} == set(COMMANDS)


def test_every_rpc_is_reached_from_the_command_line_or_says_why_not():
    modules = (trading_pb2, risk_pb2, sentiment_pb2, market_data_pb2, observability_pb2)
    rpcs = {
        method.name
        for module in modules
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert set().union(*LINES.values()) == rpcs - set(WITHOUT_COMMAND)
    assert set(WITHOUT_COMMAND) <= rpcs


async def test_the_protoset_describes_the_whole_contract(aitrader, tmp_path):
    ran = await aitrader("protoset", "aitrader.binpb")
    assert ran.code == 0, ran.err
    files = descriptor_pb2.FileDescriptorSet.FromString((tmp_path / "aitrader.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    assert pool.FindServiceByName("aitrader.v1.RiskService").FindMethodByName("Halt")
