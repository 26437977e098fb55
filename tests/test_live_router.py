"""Every route under /live of a running server, called once as an operator would.

The venue is the sandbox exchange that `aitrader serve` starts beside itself, and with `-m live` the
real Spot testnet, for which BINANCE_TESTNET_API_KEY and BINANCE_TESTNET_API_SECRET must be set:

    python -m pytest tests/test_live_router.py -m live

On the testnet one order of 20 USDT of BTCUSDT is traded, and no order is left behind.
"""

import os
from contextlib import aclosing
from decimal import ROUND_DOWN, Decimal

import pytest
from callers import caller, events_over_rest, eventually, reconciled
from serving import Server

KEYS = ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET")
SYMBOL = "BTCUSDT"
NOTIONAL = Decimal(20)
STEP = Decimal("0.00001")


class OnTheSandbox(Server):
    """Started with no configuration at all."""

    account = ()


class OnTheTestnet(Server):
    """Started with the keys of whoever runs the test."""

    account = ("account=testnet", "execution.binance.testnet=true", f"execution.symbols=[{SYMBOL}]")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(OnTheSandbox, id="sandbox"),
        pytest.param(OnTheTestnet, id="testnet", marks=pytest.mark.live),
    ],
)
def served(request, tmp_path_factory):
    server = request.param(tmp_path_factory.mktemp("live"))
    if request.param is OnTheTestnet:
        missing = [name for name in KEYS if name not in os.environ]
        if missing:
            pytest.skip(f"the testnet needs {' and '.join(missing)}")
        server.environ = {name: os.environ[name] for name in KEYS}
    try:
        yield server.start()
    finally:
        server.kill9()


@pytest.fixture
async def rest(served):
    async with caller(served) as client:
        await reconciled(client)
        yield client


async def told(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


async def price(rest):
    async def quoted():
        quote = (await rest.get(f"/live/quotes/{SYMBOL}")).json().get("quote")
        return quote if quote and not quote["stale"] else None

    return Decimal((await eventually(quoted, "a price"))["bid"])


def quantity(at):
    return str((NOTIONAL / at).quantize(STEP, ROUND_DOWN))


async def resting(rest, request_id):
    """A purchase far below the market."""
    bid = await price(rest)
    limit = (bid * Decimal("0.95")).quantize(Decimal(1))
    order = {
        "symbol": SYMBOL,
        "side": "buy",
        "order_type": "limit",
        "quantity": quantity(limit),
        "limit_price": str(limit),
        "request_id": request_id,
    }
    return await told(await rest.post("/live/orders", json=order))


async def test_status_says_what_runs(served, rest):
    status = await told(await rest.get("/live/status"))
    assert status["configured"]
    assert status["gateway"] == "binance"
    assert status["environment"] in ("sandbox", "testnet")
    assert Decimal(status["limits"]["min_quantity"]) > 0
    assert status["trading_state"]["state"] == "TRADING_STATE_ACTIVE"


async def test_a_trade_is_rehearsed_then_made_and_taken_back(rest):
    bid = await price(rest)
    body = {"symbol": SYMBOL, "side": "buy", "quantity": quantity(bid), "dry_run": True}
    rehearsed = await told(await rest.post("/live/trade", json=body))
    assert not rehearsed["executed"]
    body |= {"dry_run": False, "request_id": "router-buy"}
    bought = await told(await rest.post("/live/trade", json=body))
    assert bought["executed"], bought

    async def filled():
        order = (await rest.get("/live/orders/router-buy")).json()["order"]
        return order if order["state"] == "ORDER_STATE_FILLED" else None

    order = await eventually(filled, "the purchase")
    held = Decimal(order["cumulative_quantity"]) - sum(
        (Decimal(f["fee"]["amount"]) for f in order["fills"] if f["fee"]["asset"] == "BTC"),
        Decimal(0),
    )
    sell = {
        "symbol": SYMBOL,
        "side": "sell",
        "order_type": "market",
        "quantity": str(held.quantize(STEP, ROUND_DOWN)),
        "request_id": "router-sell",
    }
    await told(await rest.post("/live/orders", json=sell))
    trades = await told(await rest.get("/live/trades"))
    assert {"router-buy", "router-sell"} <= {trade["request_id"] for trade in trades["trades"]}


async def test_an_order_is_placed_changed_traced_and_cancelled(rest):
    await resting(rest, "router-1")
    listed = await told(await rest.get("/live/orders", params={"refresh": "true"}))
    assert "router-1" in {order["request_id"] for order in listed["orders"]}
    order = (await told(await rest.get("/live/orders/router-1")))["order"]
    assert order["state"] == "ORDER_STATE_ACCEPTED"
    lower = str(Decimal(order["limit_price"]) - 100)
    change = {"limit_price": lower, "new_request_id": "router-2"}
    changed = await told(await rest.post("/live/orders/router-1/replace", json=change))
    assert changed["order"]["limit_price"] == lower
    assert changed["replaced"]["state"] == "ORDER_STATE_CANCELED"
    trace = await told(await rest.get("/live/orders/router-2/trace"))
    assert trace["attempts"][0]["evidence"]
    cancelled = await told(await rest.post("/live/orders/router-2/cancel", json={}))
    assert cancelled["cancelled"]


async def test_all_orders_are_cancelled(rest):
    await resting(rest, "router-3")
    answer = await told(await rest.post("/live/orders/cancel-all", json={}))
    assert [one["cancelled"] for one in answer["results"]] == [True]


async def test_the_account_is_synchronised_and_valued(rest):
    synced = await told(await rest.post("/live/sync", json={}))
    assert Decimal(synced["balances"]["USDT"]["total"]) > 0
    pnl = await told(await rest.get("/live/pnl"))
    assert Decimal(pnl["current_equity"]) > 0
    broker = await told(await rest.get("/live/broker"))
    assert broker["stream"]["ok"]
    assert broker["clock"]["ok"]
    assert broker["rate_budgets"]


async def test_risk_is_shown_and_changed(rest):
    limits = await told(await rest.get("/live/limits"))
    version = limits["version"]
    body = {"risk_config": {"max_open_orders": 150}, "version": version, "reason": "smoke"}
    await told(await rest.patch("/live/limits", json=body))
    await told(await rest.patch("/live/limits", json=body), status=409)
    too_much = {"symbol": SYMBOL, "side": "buy", "order_type": "market", "quantity": "1000"}
    checked = await told(await rest.post("/live/risk/check", json=too_much))
    assert not checked["allowed"]
    await told(await rest.get("/live/strategies"))
    await told(await rest.patch("/live/strategies/smoke", json={"enabled": False}))


async def test_trading_is_halted_reduced_and_resumed(rest):
    for verb, state in (("reduce", "REDUCING"), ("halt", "HALTED"), ("resume", "ACTIVE")):
        await told(await rest.post(f"/live/{verb}", json={"reason": "smoke"}))
        now = await told(await rest.get("/live/state"))
        assert now["trading_state"]["state"] == f"TRADING_STATE_{state}"
    await told(await rest.post("/live/heartbeat", json={}))


async def test_prices_and_bars_are_served(rest):
    assert await price(rest) > 0
    for interval in ("1m", "1h"):
        params = {"interval": interval, "page_size": 5}
        bars = (await told(await rest.get(f"/live/bars/{SYMBOL}", params=params)))["bars"]
        assert len(bars) == 5


async def test_events_are_streamed_from_the_first(rest):
    sequences = []
    async with aclosing(events_over_rest(rest, 0)) as events:
        async for sequence, _ in events:
            sequences.append(sequence)
            if len(sequences) == 3:
                break
    assert sequences == [1, 2, 3]


async def test_metrics_and_health_are_open_to_those_who_watch(rest):
    metrics = await rest.get("/metrics")
    assert "aitrader_events_total" in metrics.text
    for path in ("/healthz", "/readyz"):
        assert (await rest.get(path)).status_code == 200
