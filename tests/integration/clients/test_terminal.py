"""What a person at a terminal sees, and when they are asked."""

import asyncio
import re

import pytest
from aitrader.v1 import trading_pb2
from aitrader_clients.cli.catalogue import COMMANDS
from google.protobuf.timestamp_pb2 import Timestamp

ASKING = (
    ("resume", "--reason", "checked"),
    ("resume", "--symbol", "BTCUSDT", "--reason", "known"),
    ("flatten",),
    ("trade", "BTCUSDT"),
    ("buy", "BTCUSDT", "1"),
    ("sell", "BTCUSDT", "1"),
    ("replace", "q-77", "--limit", "1"),
    ("resolve", "q-77", "--absent", "--evidence", "x"),
    ("limits", "set", "max_open_orders", "3", "--if-version", "12", "--reason", "desk"),
    ("strategy", "news", "--enable"),
)
NOT_ASKING = (
    ("halt",),
    ("reduce",),
    ("cancel", "q-77"),
    ("cancel", "--all"),
    ("heartbeat",),
    ("flatten", "--dry-run"),
    ("buy", "BTCUSDT", "1", "--dry-run"),
    ("strategy", "news", "--disable"),
)
ENVIRONMENT = "LIVE  paper  account main-7f\n"
AT = Timestamp(seconds=1_790_000_000)
ANSI = re.compile(r"\x1b\[")


@pytest.fixture
def live(engine):
    engine.answers["GetStatus"].environment = "live"
    return engine


@pytest.mark.parametrize("line", ASKING, ids=" ".join)
async def test_on_live_a_script_must_name_the_account(live, aitrader, line):
    ran = await aitrader(*line)
    assert ran.code == 2
    assert "--confirm-account NAME" in ran.err
    assert live.names() == ["GetStatus"]
    ran = await aitrader(*line, "--confirm-account", "main-7f")
    assert ran.code == 0, ran.err
    assert ran.err.startswith(ENVIRONMENT)
    assert live.names()[-1] != "GetStatus"


@pytest.mark.parametrize("line", NOT_ASKING, ids=" ".join)
async def test_on_live_nothing_else_asks(live, aitrader, line):
    ran = await aitrader(*line)
    assert ran.code == 0, ran.err
    assert ran.err.startswith(ENVIRONMENT)


async def test_another_account_is_refused(live, aitrader):
    ran = await aitrader("flatten", "--confirm-account", "main-8")
    assert ran.code == 2
    assert live.names() == ["GetStatus"]


@pytest.mark.parametrize(("answer", "code"), [("main-7f", 0), ("yes", 2)])
async def test_on_live_a_person_is_asked_for_the_account(live, terminal, answer, code):
    ran = await terminal("flatten", answer=answer)
    assert ran.code == code, ran.out
    assert "Name of the account" in ran.out
    assert ("Flatten" in live.names()) is (code == 0)
    if code == 0:
        assert live.requests("Flatten")[0].confirm_account == "main-7f"


async def test_off_live_nobody_is_asked(engine, terminal):
    ran = await terminal("flatten")
    assert ran.code == 0
    assert "Name of the account" not in ran.out


async def test_quiet_says_nothing_but_data(aitrader):
    ran = await aitrader("halt", "--quiet")
    assert ran.err == ""
    assert ran.out.startswith("HALTED since")


async def test_verbose_says_the_trace(engine, aitrader):
    ran = await aitrader("pnl", "--verbose")
    (trace_id,) = re.findall(r"trace ([0-9a-f]{32})", ran.err)
    assert trace_id in engine.calls[0][2]["traceparent"]


async def test_a_halt_waits_for_nothing(engine, aitrader):
    halted_first = asyncio.Event()

    async def after_the_halt(_request):
        await engine.arrived["Halt"].wait()
        halted_first.set()
        return trading_pb2.GetStatusResponse(environment="live")

    engine.answers["GetStatus"] = after_the_halt
    ran = await aitrader("halt")
    assert ran.code == 0
    assert halted_first.is_set()


async def test_a_halt_succeeds_although_the_status_does_not(engine, aitrader, refuse):
    engine.answers["GetStatus"] = refuse("INTERNAL", "broken")
    ran = await aitrader("halt", "--reason", "desk", "--cancel")
    assert ran.code == 0
    assert "environment not known: broken" in ran.err
    (request,) = engine.requests("Halt")
    assert (request.reason, request.cancel_open_orders) == ("desk", True)


async def test_status_fits_80_columns(live, terminal):
    status = live.answers["GetStatus"]
    status.trading_state.state = trading_pb2.GetStatusResponse().trading_state.state + 3
    for part in ("journal", "venue", "quotes", "clock", "reconciliation"):
        status.ready[part].ok = True
        status.ready[part].age_ms = 12_345
    ran = await terminal("status", NO_COLOR="1")
    lines = ran.out.splitlines()
    assert lines[0].startswith("LIVE  paper  account main-7f  engine 1.4.0  up ")
    assert lines[1].startswith("HALTED since 14:13:20Z by ops: desk call")
    assert lines[2].startswith(
        "  open on the venue: 2 orders   UNKNOWN 0   release: aitrader resume"
    )
    assert "stream ok 0.2 s" in ran.out
    assert "rate budget 31%" in ran.out
    assert lines[-1].startswith("day P&L -10.0 USDT (-1.0 %, limit -6.00 %)   trace ")
    assert max(map(len, lines)) <= 80


async def test_status_says_what_is_not_as_on_other_days(engine, terminal):
    restriction = {"symbol": "BTCUSDT", "reason": "order 88 (web_x) was not sent from here"}
    engine.answers["GetStatus"].restrictions.add(**restriction, since=AT)
    broker = engine.answers["GetBroker"]
    broker.banned_until.CopyFrom(AT)
    broker.stream_lag_ms = 35
    broker.venue_epoch = 2
    for number in range(7):
        broker.foreign_orders.add(
            symbol="BTCUSDT",
            venue_order_id=f"{88 + number}",
            client_order_id="web_x",
            quantity="0.01",
        )
    ran = await terminal("status", NO_COLOR="1")
    lines = ran.out.splitlines()
    assert lines[3:6] == [
        "BTCUSDT REDUCING since 14:13:20Z",
        "  order 88 (web_x) was not sent from here",
        "  release: aitrader resume --symbol BTCUSDT --reason ..",
    ]
    assert lines[6] == "BANNED by the venue until 14:13:20Z"
    assert lines[7] == "not ours: order 88 (web_x), 0.01 BTCUSDT, executed 0"
    assert lines[12] == "not ours: 2 orders more, see --json"
    assert lines[13] == "venue epoch 2: its account was wiped and began anew"
    assert "stream lag 35 ms" in ran.out
    assert max(map(len, lines)) <= 80


async def test_long_reasons_are_folded(engine, terminal):
    status = engine.answers["GetStatus"]
    status.trading_state.reason = "the venue was wiped: " + "it does not know an order, " * 4
    status.restrictions.add(symbol="BTCUSDT", reason="somebody sold, " * 9, since=AT)
    engine.answers["GetBroker"].last_error = "the connection failed, " * 6
    ran = await terminal("status", NO_COLOR="1")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    shown = " ".join(line.strip() for line in lines)
    assert shown.count("it does not know an order") == 4
    assert shown.count("somebody sold") == 9
    assert shown.count("the connection failed") == 6


async def test_status_says_nothing_of_what_is_as_ever(engine, aitrader):
    engine.answers["GetBroker"].venue_epoch = 1
    ran = await aitrader("status")
    for word in ("REDUCING", "BANNED", "not ours", "epoch", "lag"):
        assert word not in ran.out


async def test_a_plan_is_said_before_anything_is_sent(live, aitrader):
    exits = ("--take-profit", "11", "--stop-loss", "9")
    ran = await aitrader("buy", "BTCUSDT", "0.5", "--limit", "10", *exits)
    assert ran.code == 2
    assert "plan: buy 0.5 BTCUSDT at 10 or less; once all of it is bought, sell" in ran.err
    assert "PlaceOrder" not in live.names()


async def test_a_trace_shows_what_became_of_each_attempt(aitrader):
    ran = await aitrader("trace", "q-77")
    attempt, evidence = (line for line in ran.out.splitlines() if line[:2] in ("at", "  "))
    assert attempt.startswith("attempt   1 signed ")
    assert evidence.split()[0] == "stream"
    assert evidence.endswith("Z the venue has it as order 8")


async def test_status_shows_what_it_can_when_a_part_fails(engine, aitrader, refuse):
    engine.answers["GetBroker"] = refuse("FAILED_PRECONDITION", "venue is down")
    engine.answers["GetPnl"] = refuse("FAILED_PRECONDITION", "no equity yet")
    ran = await aitrader("status")
    assert ran.code == 0
    assert "venue is down" in ran.out
    assert "no equity yet" in ran.out


@pytest.mark.parametrize("line", [("status",), ("orders",)], ids=" ".join)
async def test_a_terminal_has_colour_unless_told(terminal, line):
    assert ANSI.search((await terminal(*line)).out)
    assert not ANSI.search((await terminal(*line, NO_COLOR="1")).out)


async def test_a_watch_draws_until_interrupted(engine, aitrader):
    ran = await aitrader("orders", "--watch", "--json", interrupt_at="ListOrders")
    assert ran.code == 130


async def test_texts_are_read_from_stdin(engine, aitrader):
    ran = await aitrader("sentiment", "-", stdin="good\n\nbad\n")
    assert ran.code == 0
    assert [item.text for item in engine.requests("AnalyzeBatch")[0].items] == ["good", "bad"]


async def test_a_table_in_a_pipe_is_not_folded(engine, aitrader):
    long = "venue said: " + "x" * 200
    engine.answers["ListTrades"].trades[0].error = long
    assert long in (await aitrader("trades")).out
    assert long in (await aitrader("trades", "--csv")).out


async def test_help_names_every_command(aitrader):
    ran = await aitrader("--help")
    assert ran.code == 0
    assert all(f"  {name} " in ran.out for name in COMMANDS)
