"""The account, the venue connection and the market, and that their numbers agree."""

from decimal import Decimal

import pytest
from aitrader.v1 import market_data_pb2
from callers import far_below, reconciled

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}


@pytest.fixture(autouse=True)
async def quiet(rest):
    await reconciled(rest)


def amounts(balances: dict) -> dict:
    return {
        asset: {name: Decimal(text) for name, text in balance.items()}
        for asset, balance in balances.items()
    }


async def test_status_says_what_runs_and_what_it_is_ready_for(rest):
    told = (await rest.get("/live/status")).json()
    assert (told["configured"], told["gateway"], told["environment"]) == (True, "paper", "paper")
    assert told["account"] == "paper"
    assert told["trading_state"]["state"] == "TRADING_STATE_ACTIVE"
    assert told["risk"]["daily_loss_limit"] == "0.06"
    assert told["limits"]["min_quantity"] == "0.00001"
    assert set(told["instruments"]) == {"BTCUSDT", "ETHUSDT", "BNBUSDT"}
    assert {"journal", "venue", "stream", "quotes", "clock", "reconciliation"} <= set(told["ready"])
    assert all(part["ok"] for part in told["ready"].values()), told["ready"]
    assert told["version"]
    for path in ("/healthz", "/readyz"):
        assert (await rest.get(path)).status_code == 200


async def test_a_purchase_shows_everywhere_alike(rest, new_id):
    before = (await rest.post("/live/sync", json={})).json()
    trades = (await rest.get("/live/pnl")).json()["trades_count"]
    placed = await rest.post(
        "/live/orders", json={**BUY, "strategy": "show", "request_id": (name := new_id())}
    )
    order = placed.json()["order"]
    fees = sum(Decimal(fill["fee"]["amount"]) for fill in order["fills"])
    assert {fill["fee"]["asset"] for fill in order["fills"]} == {"BTC"}

    after = (await rest.post("/live/sync", json={})).json()
    assert after["external"] == {}
    gained = Decimal(after["positions"]["BTCUSDT"]) - Decimal(before["positions"]["BTCUSDT"])
    assert gained == Decimal(order["cumulative_quantity"]) - fees
    paid = [Decimal(told["balances"]["USDT"]["total"]) for told in (before, after)]
    assert paid[0] - paid[1] == Decimal(order["cumulative_quote"])

    broker = (await rest.get("/live/broker")).json()
    assert (broker["connected"], broker["gateway"], broker["last_error"]) == (True, "paper", "")
    assert broker["positions"] == after["positions"]
    assert amounts(broker["balances"]) == amounts(after["balances"])

    (trade,) = (await rest.get("/live/trades", params={"strategy": "show"})).json()["trades"]
    assert trade["request_id"] == name
    assert (trade["side"], trade["executed"], trade["error"]) == ("buy", True, "")
    assert (trade["status"], trade["filled_quantity"]) == ("filled", "0.01")
    assert trade["notional"] == order["cumulative_quote"]
    assert trade["average_price"] == order["average_price"]

    pnl = (await rest.get("/live/pnl")).json()
    assert (pnl["asset"], pnl["trades_count"]) == ("USDT", trades + 1)
    assert Decimal(pnl["start_equity"]) == 100_000
    assert Decimal(pnl["fees"]) > 0
    moved = Decimal(pnl["current_equity"]) - Decimal(pnl["start_equity"])
    booked = Decimal(pnl["realized_pnl"]) + Decimal(pnl["unrealized_pnl"])
    assert abs(moved - booked) < Decimal("0.01")
    assert 0 <= pnl["drawdown_pct"] < 100


async def test_a_resting_order_locks_its_money(rest, new_id):
    body = {**BUY, "order_type": "limit", "limit_price": (price := await far_below(rest))}
    await rest.post("/live/orders", json={**body, "request_id": (name := new_id())})
    await rest.post("/live/sync", json={})
    broker = (await rest.get("/live/broker")).json()
    assert [order["request_id"] for order in broker["open_orders"]] == [name]
    assert Decimal(broker["balances"]["USDT"]["locked"]) == Decimal(price) * Decimal("0.01")
    await rest.post(f"/live/orders/{name}/cancel", json={})
    synced = (await rest.post("/live/sync", json={})).json()
    assert Decimal(synced["balances"]["USDT"]["locked"]) == 0


async def test_a_denied_order_is_a_trade_that_was_not_executed(rest, new_id):
    body = {**BUY, "quantity": "100", "strategy": "denied", "request_id": new_id()}
    await rest.post("/live/orders", json=body)
    (trade,) = (await rest.get("/live/trades", params={"strategy": "denied"})).json()["trades"]
    assert (trade["executed"], trade["status"], trade["filled_quantity"]) == (False, "denied", "0")
    assert trade["error"]


async def test_quotes(rest, rpc):
    for symbol in ("BTCUSDT", "ETHUSDT", "BNBUSDT"):
        quote = (await rest.get(f"/live/quotes/{symbol}")).json()["quote"]
        assert quote["symbol"] == symbol
        assert 0 < Decimal(quote["bid"]) < Decimal(quote["ask"])
        assert quote["stale"] is False
        assert int(quote["age_ms"]) < 5_000
    stream = rpc.market.StreamQuotes(
        market_data_pb2.StreamQuotesRequest(symbols=["ETHUSDT"]), **rpc.auth
    )
    seen = [await anext(aiter(stream)) for _ in range(3)]
    stream.cancel()
    assert [message.sequence for message in seen] == [1, 2, 3]
    assert {message.quote.symbol for message in seen} == {"ETHUSDT"}


async def test_bars(rest):
    answer = await rest.get("/live/bars/BTCUSDT", params={"page_size": 5})
    assert answer.status_code == 200
    bars = answer.json()["bars"]
    assert len(bars) == 5
    assert [bar["open_time"] for bar in bars] == sorted(bar["open_time"] for bar in bars)
    for bar in bars:
        low, high = Decimal(bar["low"]), Decimal(bar["high"])
        assert low <= min(Decimal(bar["open"]), Decimal(bar["close"]))
        assert high >= max(Decimal(bar["open"]), Decimal(bar["close"]))


async def test_sentiment(rest):
    one = (await rest.post("/ai/sentiment", json={"text": "Profits soar to a record"})).json()
    assert one["label"] == "positive"
    assert 0 < one["score"] <= 1
    items = [{"text": "Profits soar to a record"}, {"text": "Exchange hacked, funds stolen"}]
    batch = (await rest.post("/ai/sentiment:batch", json={"items": items})).json()["results"]
    assert [result["label"] for result in batch] == ["positive", "negative"]
    assert (await rest.get("/ai/sentiment/model")).json()["model"] == one["model"]


async def test_metrics_count_what_was_done(rest):
    await rest.post("/live/orders", json={**BUY, "quantity": "0.001"})
    answer = await rest.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("aitrader_orders_open", "aitrader_journal_sequence"):
        assert f"\n{name}" in answer.text
