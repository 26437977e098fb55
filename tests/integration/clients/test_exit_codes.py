"""What a script learns from the exit code, and a person from stderr."""

import asyncio
import json
import sys

import pytest
from aitrader.v1 import common_pb2, risk_pb2, trading_pb2
from google.rpc import error_details_pb2

BUY = ("buy", "BTCUSDT", "0.5", "--request-id", "q-77")


def order(state):
    return common_pb2.Order(request_id="q-77", state=f"ORDER_STATE_{state}")


async def test_a_misused_command_is_2_and_calls_nobody(engine, aitrader):
    ran = await aitrader("buy", "BTCUSDT")
    assert (ran.code, ran.out, engine.calls) == (2, "", [])
    assert "exactly one of QUANTITY and --quote" in ran.err


async def test_what_the_engine_finds_malformed_is_2(engine, aitrader, refuse):
    engine.answers["PlaceOrder"] = refuse("INVALID_ARGUMENT")
    assert (await aitrader(*BUY)).code == 2


async def test_an_unknown_order_is_3(engine, aitrader, refuse):
    engine.answers["GetOrder"] = trading_pb2.GetOrderResponse(request_id="q-9")
    engine.answers["GetOrderTrace"] = refuse("NOT_FOUND")
    engine.answers["CancelOrder"] = refuse("NOT_FOUND")
    for command in ("order", "trace", "cancel"):
        assert (await aitrader(command, "q-9")).code == 3
    assert (await aitrader("strategy", "absent")).code == 3


async def test_a_denied_order_is_4_with_every_breach(engine, aitrader, refuse, reason):
    breaches = tuple(
        common_pb2.Breach(code=code, message=f"{code} is over") for code in ("NOTIONAL", "COLLAR")
    )
    denied = refuse("FAILED_PRECONDITION", "denied", (reason("NOTIONAL"), *breaches))
    engine.answers["PlaceOrder"] = denied
    ran = await aitrader(*BUY)
    assert ran.code == 4
    assert ran.err.splitlines()[1:4] == [
        "denied, nothing was sent",
        "  NOTIONAL: NOTIONAL is over",
        "  COLLAR: COLLAR is over",
    ]
    assert ran.out == ""


async def test_an_error_is_json_too_on_stderr(engine, aitrader, refuse, reason):
    engine.answers["PlaceOrder"] = refuse("FAILED_PRECONDITION", "denied", (reason("COLLAR"),))
    ran = await aitrader(*BUY, "--json", "-q")
    error = json.loads(ran.err)["error"]
    assert (error["kind"], error["reason"], error["request_id"]) == ("Denied", "COLLAR", "q-77")
    assert len(error["trace_id"]) == 32


async def test_a_trade_that_risk_blocks_is_4_and_one_that_holds_is_0(engine, aitrader):
    blocked = trading_pb2.Decision(trading_blocked=True, breaches=[{"code": "DAILY_LOSS_LIMIT"}])
    engine.answers["Trade"] = trading_pb2.TradeResponse(decision=blocked, error="blocked")
    ran = await aitrader("trade", "BTCUSDT")
    assert ran.code == 4
    assert "DAILY_LOSS_LIMIT" in ran.out
    hold = trading_pb2.Decision(signal=trading_pb2.Signal(signal="hold"))
    engine.answers["Trade"] = trading_pb2.TradeResponse(decision=hold)
    assert (await aitrader("trade", "BTCUSDT")).code == 0


async def test_a_rehearsal_that_meets_a_breach_is_4_and_orders_nothing(engine, aitrader):
    engine.answers["CheckOrder"] = risk_pb2.CheckOrderResponse(
        breaches=[{"code": "NOTIONAL", "message": "too small"}]
    )
    ran = await aitrader(*BUY, "--dry-run")
    assert (ran.code, ran.out) == (4, "NOTIONAL: too small\n")
    assert "PlaceOrder" not in engine.names()


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("ACCEPTED", 0),
        ("FILLED", 0),
        ("DENIED", 4),
        ("REJECTED", 1),
        ("UNKNOWN", 5),
        ("SUBMITTED", 5),
    ],
)
async def test_the_state_of_the_order_is_the_code(engine, aitrader, state, code):
    engine.answers["PlaceOrder"] = trading_pb2.PlaceOrderResponse(order=order(state))
    ran = await aitrader(*BUY, "-q")
    assert ran.code == code
    assert ("do not repeat" in ran.err) is (code == 5)
    assert ("aitrader order q-77" in ran.err) is (code == 5)


async def test_the_worst_of_orders_that_were_placed_together_is_the_code(engine, aitrader):
    engine.answers["PlaceOrder"] = trading_pb2.PlaceOrderResponse(
        order=order("ACCEPTED"), legs=[order("ACCEPTED"), order("UNKNOWN")]
    )
    ran = await aitrader(*BUY, "--limit", "10", "--take-profit", "11", "--stop-loss", "9")
    assert ran.code == 5
    assert "do not repeat" in ran.err


@pytest.mark.parametrize(
    ("state", "code"), [("ACCEPTED", 0), ("REJECTED", 1), ("UNKNOWN", 5), ("PENDING_REPLACE", 5)]
)
async def test_a_change_is_as_good_as_the_order_that_works_then(engine, aitrader, state, code):
    engine.answers["ReplaceOrder"] = trading_pb2.ReplaceOrderResponse(order=order(state))
    ran = await aitrader("replace", "q-77", "--quantity", "0.1", "--quiet")
    assert ran.code == code
    assert ("aitrader order q-77" in ran.err) is (code == 5)
    assert ("q-77 may be changed or not" in ran.err) is (state == "PENDING_REPLACE")
    assert ("an order may exist" in ran.err) is (state == "UNKNOWN")


async def test_a_change_that_the_venue_refused_is_4_and_does_not_say_unsent(
    engine, aitrader, refuse, reason
):
    refused = common_pb2.Breach(code="NOT_CHANGED", message="order q-77 was not changed: busy")
    engine.answers["ReplaceOrder"] = refuse(
        "FAILED_PRECONDITION", "no", (reason("NOT_CHANGED"), refused)
    )
    ran = await aitrader("replace", "q-77", "--quantity", "0.1")
    assert ran.code == 4
    assert ran.err.splitlines()[1:3] == [
        "not changed",
        "  NOT_CHANGED: order q-77 was not changed: busy",
    ]


async def test_a_lost_reply_is_5_and_names_the_order(engine, aitrader, refuse):
    engine.answers["PlaceOrder"] = refuse("UNAVAILABLE")
    ran = await aitrader("buy", "BTCUSDT", "0.5")
    assert ran.code == 5
    assert f"aitrader order {engine.requests('PlaceOrder')[0].request_id}" in ran.err
    assert "do not repeat" in ran.err


async def test_no_engine_is_6(aitrader):
    ran = await aitrader("status", "--endpoint", "127.0.0.1:1")
    assert ran.code == 6
    assert "aitrader serve" in ran.err


async def test_a_late_answer_is_7(engine, aitrader):
    async def never(_request):
        await asyncio.sleep(30)

    engine.answers["GetPnl"] = never
    assert (await aitrader("pnl", "--timeout", "0.2")).code == 7


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED"])
async def test_a_caller_who_may_not_is_8(engine, aitrader, refuse, code):
    engine.answers["Halt"] = refuse(code)
    assert (await aitrader("halt")).code == 8


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("AITRADER_ENDPOINT", "nowhere"),
        ("AITRADER_TLS_CA", "absent.pem"),
        ("AITRADER_TOKEN", "two\nlines"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_78(aitrader, setting, value):
    ran = await aitrader("status", **{setting: value})
    assert ran.code == 78
    assert "two" not in ran.err


async def test_an_interrupted_command_is_130(engine, aitrader):
    ran = await aitrader("events", "--follow", interrupt_at="StreamEvents")
    assert ran.code == 130
    assert "Traceback" not in ran.err


async def test_an_interrupted_order_is_named(engine, aitrader):
    async def never(_request):
        await asyncio.sleep(30)

    engine.answers["PlaceOrder"] = never
    ran = await aitrader(*BUY, interrupt_at="PlaceOrder")
    assert ran.code == 130
    assert "aitrader order q-77" in ran.err


@pytest.mark.parametrize(("state", "code"), [("FILLED", 0), ("DENIED", 4), ("UNKNOWN", 5)])
async def test_a_position_that_was_not_flattened_is_told_of(engine, aitrader, state, code):
    sales = [order("FILLED"), order(state)]
    sales[1].reason = "trading is halted"
    engine.answers["Flatten"] = trading_pb2.FlattenResponse(orders=sales)
    for form in ((), ("--json",)):
        ran = await aitrader("flatten", *form)
        assert (ran.code, "trading is halted" in ran.out) == (code, True)


async def test_nothing_to_flatten_is_0(engine, aitrader):
    engine.answers["Flatten"] = trading_pb2.FlattenResponse()
    ran = await aitrader("flatten")
    assert (ran.code, "nothing to sell" in ran.err) == (0, True)


async def test_a_field_that_the_headline_explains_is_not_explained_twice(engine, aitrader, refuse):
    fields = error_details_pb2.BadRequest(
        field_violations=[
            {"field": "reason", "description": "must be given"},
            {"field": "version", "description": "must be 1 at least"},
        ]
    )
    engine.answers["Halt"] = refuse("INVALID_ARGUMENT", "reason: must be given", (fields,))
    ran = await aitrader("halt")
    assert ran.err.count("must be given") == 1
    assert "version: must be 1 at least" in ran.err


async def test_partly_cancelled_is_the_worst_of_all(engine, aitrader, refuse):
    engine.answers["CancelOrder"] = [
        trading_pb2.CancelOrderResponse(request_id="q-1", cancelled=True),
        refuse("NOT_FOUND", "no such order"),
    ]
    ran = await aitrader("cancel", "q-1", "q-2", "--json")
    assert ran.code == 3
    results = json.loads(ran.out)["results"]
    assert sorted(result["cancelled"] for result in results) == [False, True]


async def test_what_cannot_be_cancelled_says_what_it_is(engine, aitrader):
    engine.answers["CancelOrder"] = trading_pb2.CancelOrderResponse(order=order("FILLED"))
    ran = await aitrader("cancel", "q-77", "-q")
    assert (ran.code, ran.out) == (1, "q-77  not cancelled: it is filled\n")


async def test_an_engine_that_answers_is_not_looked_for(engine, aitrader, refuse, reason):
    engine.answers["ListOrders"] = refuse("UNAVAILABLE", "no venue", (reason("VENUE_UNREADABLE"),))
    ran = await aitrader("orders", "--refresh")
    assert ran.code == 6
    assert "no venue" in ran.err
    assert "is the engine running?" not in ran.err


async def test_nothing_to_cancel_is_said_in_json_too(engine, aitrader):
    engine.answers["CancelAllOrders"] = trading_pb2.CancelAllOrdersResponse()
    ran = await aitrader("cancel", "--all", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {"results": []}


async def test_an_unknown_command_is_2(aitrader):
    assert (await aitrader("absent-command")).code == 2


async def test_a_process_command_without_the_server_says_what_to_install():
    # None in sys.modules is how Python itself says that a module is not to be had.
    code = (
        "import sys; sys.modules['pydantic'] = None;"
        "from aitrader_clients.cli import main; main(['config', 'show'])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        _, err = await process.communicate()
    assert process.returncode == 1
    assert "config needs pydantic: in the project's folder, pip install '.[server]'" in err.decode()
