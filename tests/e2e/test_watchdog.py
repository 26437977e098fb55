"""An engine that stands still, is killed or stops: its entries go, what protects stays."""

import asyncio
import signal
import time
from decimal import Decimal

import pytest
from callers import caller, eventually, far_below, reconciled
from watched import Exchange, Watchdog, WatchedServer, paging

LIMIT_S = 2
ALERT_S_MAX = 5.0
ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}
FOREIGN = {
    "symbol": "ETHUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "price": "3000",
    "newClientOrderId": "by-hand",
}


@pytest.fixture
async def pager():
    async with paging() as pager:
        yield pager


@pytest.fixture
def exchange(tmp_path):
    with Exchange(tmp_path) as exchange:
        exchange.ask("POST", "order", **FOREIGN)
        yield exchange


def settings(exchange, pager):
    return (
        f"execution.binance.sandbox_url={exchange.url}",
        f"watchdog.limit_s={LIMIT_S}",
        f"alerts.alertmanager_url={pager.url}",
    )


@pytest.fixture
async def engine(exchange, pager, tmp_path):
    """With an entry and a protective order that work."""
    server = WatchedServer(tmp_path, *settings(exchange, pager))
    server.environ = exchange.engine_keys
    try:
        server.start()
        async with caller(server) as rest:
            await reconciled(rest)
            await place(rest, "stake", side="buy", order_type="market", quantity="0.02")
            await place(rest, "protection", side="sell", limit_price=await far_above(rest))
            await place(rest, "entry", side="buy", limit_price=await far_below(rest))
        assert exchange.open_orders() == {"entry", "protection", "by-hand"}
        yield server
    finally:
        server.kill9()


@pytest.fixture
def watchdog(exchange, engine, pager, tmp_path):
    dog = Watchdog(
        tmp_path,
        exchange.watchdog_keys,
        f"state={engine.state}",
        *settings(exchange, pager),
    )
    try:
        yield dog.start()
    finally:
        dog.kill9()


async def place(rest, name, **order):
    body = {"symbol": "BTCUSDT", "order_type": "limit", "quantity": "0.01", "request_id": name}
    answer = await rest.post("/live/orders", json={**body, **order})
    assert answer.status_code in (200, 202), answer.text


async def place_is_refused(rest):
    answer = await rest.post("/live/orders", json=ORDER)
    assert answer.json()["details"][0]["reason"] == "TRADING_HALTED"


async def far_above(rest):
    quote = (await rest.get("/live/quotes/BTCUSDT")).json()["quote"]
    return format((Decimal(quote["ask"]) * Decimal("1.04")).quantize(Decimal("0.01")), "f")


async def gone(exchange):
    async def check():
        return "entry" not in exchange.open_orders()

    await eventually(check, "the end of the entry")
    assert exchange.open_orders() == {"protection", "by-hand"}


async def test_an_engine_that_stands_still_loses_its_entries(exchange, engine, watchdog, pager):
    stopped_s = time.monotonic()
    engine.signal(signal.SIGSTOP)
    await gone(exchange)
    assert time.monotonic() - stopped_s <= 2 * LIMIT_S
    at_s, alert = await pager.until("EngineSilent")
    assert at_s - stopped_s <= ALERT_S_MAX
    assert alert["labels"] == {
        "alertname": "EngineSilent",
        "severity": "critical",
        "service": "watchdog",
        "environment": "sandbox",
        "account": "sandbox",
    }
    assert "silent for" in alert["annotations"]["reason"]
    sent = exchange.all_orders("BTCUSDT")
    async with caller(engine) as rest:
        # It lies in the engine's sockets when it wakes.
        waiting = asyncio.create_task(rest.post("/live/orders", json=ORDER))
        await asyncio.sleep(0.5)
        engine.signal(signal.SIGCONT)
        refused = await waiting
        assert refused.status_code == 400, refused.text
        assert refused.json()["details"][0]["reason"] in {"TRADING_HALTED", "DEAD_MAN_EXPIRED"}
        state = (await rest.get("/live/state")).json()["trading_state"]
        assert (state["state"], state["actor"]) == ("TRADING_STATE_HALTED", "DEAD_MAN_EXPIRED")
        assert "the engine stood still for" in state["reason"]
        await pager.until("EngineSilent", resolved=True)
        assert "the engine is back" in watchdog.log
        await place_is_refused(rest)
    assert exchange.all_orders("BTCUSDT") == sent
    assert exchange.open_orders() == {"protection", "by-hand"}


@pytest.mark.parametrize("end", ["kill9", "stop"])
async def test_an_engine_that_has_ended_loses_its_entries(end, exchange, engine, watchdog, pager):
    getattr(engine, end)()
    ended_s = time.monotonic()
    await gone(exchange)
    assert time.monotonic() - ended_s <= 2 * LIMIT_S
    at_s, _ = await pager.until("EngineSilent")
    assert at_s - ended_s <= ALERT_S_MAX
    engine.restart()
    await pager.until("EngineSilent", resolved=True)


async def test_a_venue_that_does_not_answer_is_asked_until_it_does(
    exchange, engine, watchdog, pager
):
    exchange.kill9()
    engine.kill9()
    await pager.until("EngineSilent")
    _, alert = await pager.until("EntriesNotCancelled")
    assert "no connection to the venue" in alert["annotations"]["reason"]
    exchange.restart()
    await gone(exchange)
    await pager.until("EntriesNotCancelled", resolved=True)
    assert watchdog.process.poll() is None
