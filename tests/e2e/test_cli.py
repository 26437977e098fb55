"""`aitrader` in a terminal against a running engine: what it prints, and how it exits."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import orjson
import pytest
from callers import caller, eventually, far_below, reconciled
from serving import SCRIPT, Server

BULLISH = {"trend_ma_fast": 65100, "trend_ma_slow": 64000, "rsi": 55, "macd": 12, "macd_signal": 8}
# Of the ask: a limit that is met at once, and exits on both sides of it.
PRICES = ("1.01", "1.05", "0.95")
DONE, USAGE, NOT_FOUND, DENIED, UNKNOWN, UNREACHABLE, ACCESS = 0, 2, 3, 4, 5, 6, 8


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return orjson.loads(self.out)

    @property
    def lines(self) -> list[dict]:
        return [orjson.loads(line) for line in self.out.splitlines()]


async def run(server: Server, *arguments: str, **environment: str) -> Ran:
    known = {
        "AITRADER_ENDPOINT": server.endpoint,
        "AITRADER_TOKEN_FILE": str(server.state / "token"),
    }
    process = await asyncio.create_subprocess_exec(
        SCRIPT,
        *arguments,
        cwd=server.folder,
        env=known | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


@pytest.fixture
def aitrader(served):
    async def here(*arguments: str, **environment: str) -> Ran:
        return await run(served, *arguments, **environment)

    return here


@pytest.fixture(autouse=True)
async def quiet(rest):
    await rest.post("/live/resume", json={"reason": "next test"})
    await reconciled(rest)


async def test_status(aitrader):
    ran = await aitrader("status")
    assert ran.code == DONE, ran.err
    assert ran.out.startswith("PAPER  paper  account paper")
    assert "ACTIVE" in ran.out
    told = (await aitrader("status", "--json")).json
    assert (told["gateway"], told["trading_state"]["state"]) == ("paper", "TRADING_STATE_ACTIVE")


async def test_an_order_from_purchase_to_cancel(aitrader, rest, new_id):
    name, price = new_id(), await far_below(rest)
    limit = ("buy", "BTCUSDT", "0.01", "--limit", price, "--request-id", name, "--json")
    placed = await aitrader(*limit)
    assert placed.code == DONE, placed.err
    assert placed.json["order"]["state"] == "ORDER_STATE_ACCEPTED"
    assert "PAPER" in placed.err
    again = await aitrader(*limit)
    assert (again.code, again.json["replayed"]) == (DONE, True)

    listed = (await aitrader("orders", "--json")).json["orders"]
    assert name in [order["request_id"] for order in listed]
    assert name in (await aitrader("orders")).out
    shown = await aitrader("order", name, "--json")
    assert (shown.code, shown.json["order"]["request_id"]) == (DONE, name)
    assert "OrderInitialized" in (await aitrader("trace", name)).out

    cancelled = await aitrader("cancel", name)
    assert cancelled.code == DONE, cancelled.err
    found = (await rest.get(f"/live/orders/{name}")).json()["order"]
    assert found["state"] == "ORDER_STATE_CANCELED"


async def test_a_purchase_brings_its_exits_and_takes_them_along(aitrader, rest, new_id):
    name, price = new_id(), Decimal(await far_below(rest))
    exits = ("--take-profit", str(price + 100), "--stop-loss", str(price - 100))
    line = ("buy", "BTCUSDT", "0.01", "--limit", str(price), *exits, "--request-id", name)
    rehearsed = await aitrader(*line, "--dry-run", "--json")
    assert (rehearsed.code, len(rehearsed.json["legs"])) == (DONE, 2), rehearsed.err
    placed = await aitrader(*line, "--json")
    assert placed.code == DONE, placed.err
    assert "plan: buy 0.01 BTCUSDT" in placed.err
    legs = placed.json["legs"]
    assert [(leg["state"], leg["waits"]) for leg in legs] == [("ORDER_STATE_ACCEPTED", True)] * 2
    assert "accepted, waits" in (await aitrader("orders", "--open")).out

    assert (await aitrader("cancel", name)).code == DONE
    for leg in legs:
        ended = await aitrader("order", leg["request_id"], "--json")
        assert ended.json["order"]["state"] == "ORDER_STATE_CANCELED"


async def exits_of_a_purchase(aitrader, rest, symbol, name, *options):
    """Buys 1 `symbol`, which nobody holds, at once; what became of its exits, once they work."""
    ask = Decimal((await rest.get(f"/live/quotes/{symbol}")).json()["quote"]["ask"])
    limit, above, below = (str((ask * Decimal(by)).quantize(Decimal(1))) for by in PRICES)
    exits = ("--take-profit", above, "--stop-loss", below, *options)
    line = ("buy", symbol, "1", "--limit", limit, *exits, "--request-id", name, "--json")
    bought = await aitrader(*line)
    assert bought.json["order"]["state"] == "ORDER_STATE_FILLED", bought

    async def settled():
        found = [await rest.get(f"/live/orders/{leg['request_id']}") for leg in bought.json["legs"]]
        legs = [answer.json()["order"] for answer in found]
        return None if any(leg["waits"] for leg in legs) else legs

    return await eventually(settled, "exits that wait no longer")


async def test_exits_are_covered_by_what_the_fee_leaves(aitrader, rest, new_id):
    legs = await exits_of_a_purchase(aitrader, rest, "ETHUSDT", new_id())
    assert {leg["state"] for leg in legs} == {"ORDER_STATE_ACCEPTED"}
    assert {Decimal(leg["quantity"]) for leg in legs} == {Decimal("0.999")}
    assert (await aitrader("cancel", legs[0]["request_id"])).code == DONE


async def test_exits_for_all_that_is_bought_are_not_covered(aitrader, rest, new_id):
    legs = await exits_of_a_purchase(aitrader, rest, "BNBUSDT", new_id(), "--exit-quantity", "1")
    assert {leg["state"] for leg in legs} == {"ORDER_STATE_EXPIRED"}


async def test_what_is_held_gets_two_exits(aitrader, new_id):
    name = new_id()
    assert (await aitrader("buy", "BTCUSDT", "0.01")).code == DONE
    quote = (await aitrader("quote", "BTCUSDT", "--json")).json["quote"]
    above, below = Decimal(quote["ask"]) + 2000, Decimal(quote["bid"]) - 2000
    exits = ("--take-profit", str(above), "--stop-loss", str(below))
    placed = await aitrader("sell", "BTCUSDT", "0.005", *exits, "--request-id", name, "--json")
    assert placed.code == DONE, placed.err
    (stop,) = placed.json["legs"]
    assert (stop["state"], stop["waits"]) == ("ORDER_STATE_ACCEPTED", False)
    assert (await aitrader("cancel", stop["request_id"])).code == DONE
    ended = await aitrader("order", name, "--json")
    assert ended.json["order"]["state"] == "ORDER_STATE_CANCELED"


async def test_an_order_is_made_smaller_and_then_replaced(aitrader, rest, new_id):
    first, second, price = new_id(), new_id(), await far_below(rest)
    limit = ("buy", "BTCUSDT", "0.01", "--limit", price, "--request-id", first)
    assert (await aitrader(*limit)).code == DONE
    smaller = await aitrader("replace", first, "--quantity", "0.006", "--json")
    assert smaller.code == DONE, smaller.err
    assert f"amended: {first} keeps its place" in smaller.err
    order = smaller.json["order"]
    assert (order["request_id"], Decimal(order["quantity"])) == (first, Decimal("0.006"))

    lower = str(Decimal(price) - 10)
    replaced = await aitrader("replace", first, "--limit", lower, "--id", second, "--json")
    assert replaced.code == DONE, replaced.err
    assert f"{first} is canceled, {second} is accepted" in replaced.err
    order = replaced.json["order"]
    assert (order["request_id"], Decimal(order["quantity"])) == (second, Decimal("0.006"))
    assert (await aitrader("replace", first, "--limit", lower)).code == DENIED
    assert "the venue has it as order" in (await aitrader("trace", second)).out
    assert (await aitrader("cancel", second)).code == DONE


async def test_a_symbol_that_nothing_restricts_is_not_released(aitrader):
    ran = await aitrader("resume", "--symbol", "BTCUSDT", "--reason", "checked")
    assert ran.code == DENIED
    assert "SYMBOL_NOT_RESTRICTED" in ran.err


async def test_what_risk_denies_is_4_and_says_why(aitrader):
    ran = await aitrader("buy", "BTCUSDT", "100")
    assert (ran.code, ran.out) == (DENIED, "")
    assert "INSUFFICIENT_BALANCE" in ran.err
    assert "nothing was sent" in ran.err


async def test_a_halt_denies_until_it_is_resumed(aitrader):
    halted = await aitrader("halt", "--reason", "desk call")
    assert (halted.code, halted.out.split()[0]) == (DONE, "HALTED")
    assert "HALTED" in (await aitrader("status")).out
    ran = await aitrader("buy", "BTCUSDT", "0.001")
    assert ran.code == DENIED
    assert "TRADING_HALTED" in ran.err
    resumed = await aitrader("resume", "--reason", "over")
    assert (resumed.code, resumed.out.split()[0]) == (DONE, "ACTIVE")
    assert (await aitrader("buy", "BTCUSDT", "0.001")).code == DONE


async def test_trade_decides(aitrader):
    features = [f"--feature={name}={value}" for name, value in BULLISH.items()]
    news = ("--news", "ETF inflows hit a record")
    ran = await aitrader("trade", "BTCUSDT", *features, *news, "--json")
    assert ran.code == DONE, ran.err
    assert (ran.json["executed"], ran.json["order"]["state"]) == (True, "ORDER_STATE_FILLED")
    lost = [*features, "--feature=equity=93000", "--feature=day_pnl=-7000"]
    blocked = await aitrader("trade", "BTCUSDT", *lost)
    assert blocked.code == DENIED
    assert "DAILY_LOSS_LIMIT" in blocked.out + blocked.err


async def test_events_are_lines_of_json(aitrader, rest):
    ran = await aitrader("events", "--json")
    assert ran.code == DONE, ran.err
    events = ran.lines
    assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))
    assert len(events) == int((await rest.get("/live/status")).json()["sequence"])
    later = await aitrader("events", "--json", "--after", str(len(events) - 2))
    assert later.lines == events[-2:]


async def test_limits_and_strategies(aitrader):
    version = (await aitrader("limits", "--json")).json["version"]
    changed = await aitrader(
        "limits", "set", "max_open_orders", "150", "--if-version", version, "--reason", "x"
    )
    assert changed.code == DONE, changed.err
    assert "150" in (await aitrader("limits")).out
    stale = await aitrader(
        "limits", "set", "max_open_orders", "1", "--if-version", version, "--reason", "x"
    )
    assert stale.code not in (DONE, DENIED)
    assert "version" in stale.err
    assert (await aitrader("strategy", "cli", "--disable")).code == DONE
    assert (await aitrader("buy", "BTCUSDT", "0.001", "--strategy", "cli")).code == DENIED


@pytest.mark.parametrize(
    "arguments",
    [
        ("positions",),
        ("balances",),
        ("pnl",),
        ("trades",),
        ("strategies",),
        ("quote", "BTCUSDT"),
        ("bars", "BTCUSDT"),
        ("sentiment", "Profits soar"),
        ("heartbeat",),
        ("metrics",),
        ("version",),
    ],
    ids=lambda arguments: arguments[0],
)
async def test_every_view_is_there_for_people_and_for_scripts(aitrader, arguments):
    for_people = await aitrader(*arguments)
    assert for_people.code == DONE, for_people.err
    assert for_people.out.strip()
    if arguments[0] != "metrics":
        for_scripts = await aitrader(*arguments, "--json")
        assert for_scripts.code == DONE, for_scripts.err
        assert all(isinstance(line, dict) for line in for_scripts.lines)


async def test_what_cannot_be_done_has_its_own_code(aitrader, tmp_path):
    wrong = tmp_path / "token"
    wrong.write_text("not-the-token\n")
    for code, arguments, environment in (
        (USAGE, ("buy", "BTCUSDT"), {}),
        (USAGE, ("buy", "NOPEUSDT", "1"), {}),
        (NOT_FOUND, ("order", "none-such"), {}),
        (NOT_FOUND, ("cancel", "none-such"), {}),
        (ACCESS, ("status",), {"AITRADER_TOKEN_FILE": str(wrong)}),
        (ACCESS, ("buy", "BTCUSDT", "0.001"), {"AITRADER_TOKEN_FILE": str(wrong)}),
        (UNREACHABLE, ("status",), {"AITRADER_ENDPOINT": "127.0.0.1:1"}),
    ):
        ran = await aitrader(*arguments, **environment)
        assert ran.code == code, (arguments, ran)
        assert ran.err


async def test_an_outcome_that_is_not_known_yet_is_5_and_names_the_order(serve, new_id):
    server = serve("execution.paper.latency_ms=[900, 990]")
    async with caller(server) as client:
        await reconciled(client)
    name = new_id()
    ran = await run(server, "buy", "BTCUSDT", "0.001", "--request-id", name, "--timeout", "0.5")
    assert ran.code == UNKNOWN, ran
    assert name in ran.err + ran.out
    assert "do not repeat" in ran.err
