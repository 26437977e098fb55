"""POST /live/trade: a decision, and what came of it, in the documented bodies."""

from decimal import Decimal

import pytest
from aitrader.v1 import trading_pb2
from callers import far_below, history

BULLISH = {"trend_ma_fast": 65100, "trend_ma_slow": 64000, "rsi": 55, "macd": 12, "macd_signal": 8}
MIXED = {"trend_ma_fast": 65100, "trend_ma_slow": 64000, "rsi": 55, "macd": 8, "macd_signal": 12}
NEWS = "ETF inflows hit a record"


async def test_features_and_news_become_a_decision_and_an_order(rest, new_id):
    body = {"symbol": "BTCUSDT", "features": BULLISH, "news_text": NEWS, "strategy": "news"}
    answer = await rest.post("/live/trade", json={**body, "request_id": (name := new_id())})

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {
        "decision",
        "order",
        "executed",
        "error",
        "request_id",
        "retries",
        "strategy",
        "replayed",
    }
    decision = told["decision"]
    assert decision["signal"]["signal"] == "buy"
    assert 0 < decision["signal"]["confidence"] <= 1
    assert decision["signal"]["reasons"]
    assert decision["sentiment"]["label"] == "positive"
    assert 0 < decision["sentiment"]["score"] <= 1
    assert 0 < decision["risk_fraction"] <= 0.02
    assert Decimal(decision["quantity"]) > 0
    assert (decision["trading_blocked"], decision["breaches"]) == (False, [])
    assert set(decision["computed"]) == {"price", "atr", "equity", "day_pnl"}
    assert (told["executed"], told["error"], told["retries"]) == (True, "", 0)
    assert (told["request_id"], told["strategy"], told["replayed"]) == (name, "news", False)
    order = told["order"]
    assert order["request_id"] == name
    assert order["state"] == "ORDER_STATE_FILLED"
    assert order["quantity"] == decision["quantity"] == order["cumulative_quantity"]
    assert order["trace_id"] == answer.headers["x-trace-id"]
    assert answer.headers["x-aitrader-environment"] == "paper"


async def test_a_request_id_is_made_when_none_is_given(rest):
    body = {"symbol": "BTCUSDT", "features": BULLISH, "news_text": NEWS}
    told = (await rest.post("/live/trade", json=body)).json()

    found = (await rest.get(f"/live/orders/{told['request_id']}")).json()
    assert (found["found"], found["order"]) == (True, told["order"])


async def test_mixed_features_hold(rest, rpc):
    before = await history(rpc)
    answer = await rest.post("/live/trade", json={"symbol": "BTCUSDT", "features": MIXED})

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["decision"]["signal"]["signal"] == "hold"
    assert told["decision"]["signal"]["reasons"]
    assert (told["executed"], told["order"], told["request_id"]) == (False, None, None)
    assert told["error"]
    assert await history(rpc) == before


async def test_a_day_lost_beyond_the_limit_blocks(rest, rpc):
    lost = {**BULLISH, "equity": 93_000, "day_pnl": -7_000}
    before = await history(rpc)
    answer = await rest.post(
        "/live/trade", json={"symbol": "BTCUSDT", "features": lost, "news_text": NEWS}
    )

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["executed"], told["order"]) == (False, None)
    assert told["decision"]["trading_blocked"] is True
    (breach,) = told["decision"]["breaches"]
    assert breach["code"] == "DAILY_LOSS_LIMIT"
    assert (Decimal(breach["limit"]), Decimal(breach["value"])) == (6_000, 7_000)
    assert "6000" in told["error"]
    assert await history(rpc) == before


async def test_the_loss_limit_counts_from_the_days_first_equity(rest):
    # 6 % of the 100 000 that the day began with, not of the 94 001 that are left.
    just_within = {**BULLISH, "equity": 94_001, "day_pnl": -5_999}
    told = (
        await rest.post(
            "/live/trade", json={"symbol": "BTCUSDT", "features": just_within, "dry_run": True}
        )
    ).json()
    assert told["decision"]["trading_blocked"] is False


@pytest.mark.parametrize("amount", [{"quantity": "0.00100"}, {"quote_quantity": "100"}])
async def test_an_explicit_side_skips_the_models(rest, new_id, amount):
    body = {"symbol": "BTCUSDT", "side": "buy", **amount, "request_id": new_id()}
    answer = await rest.post("/live/trade", json=body)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["executed"], told["error"], told["retries"]) == (True, "", 0)
    assert told["decision"]["signal"]["signal"] == "buy"
    order = told["order"]
    assert order["state"] == "ORDER_STATE_FILLED"
    assert Decimal(order["quantity"]) > 0
    assert order["order_type"] == "ORDER_TYPE_MARKET"


async def test_an_explicit_limit_rests(rest, new_id):
    body = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "quantity": "0.001",
        "order_type": "limit",
        "limit_price": await far_below(rest),
        "request_id": new_id(),
    }
    told = (await rest.post("/live/trade", json=body)).json()
    assert (told["executed"], told["order"]["state"]) == (True, "ORDER_STATE_ACCEPTED")
    cancelled = await rest.post(f"/live/orders/{body['request_id']}/cancel", json={})
    assert cancelled.json()["cancelled"] is True


async def test_an_explicit_order_that_risk_denies_is_an_answer(rest, new_id):
    body = {"symbol": "BTCUSDT", "side": "buy", "quantity": "100", "request_id": new_id()}
    answer = await rest.post("/live/trade", json=body)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["executed"] is False
    assert told["decision"]["trading_blocked"] is True
    assert "INSUFFICIENT_BALANCE" in [b["code"] for b in told["decision"]["breaches"]]
    assert told["error"]


async def test_a_size_below_the_venues_minimum_is_an_answer(rest, new_id):
    tiny = {**BULLISH, "equity": 1.0}
    told = (await rest.post("/live/trade", json={"symbol": "BTCUSDT", "features": tiny})).json()
    assert (told["executed"], told["order"]) == (False, None)
    assert told["error"]
    assert Decimal(told["decision"]["quantity"]) == 0


@pytest.mark.parametrize(
    "body",
    [
        {"features": BULLISH, "news_text": NEWS},
        {"side": "buy", "quantity": "0.001"},
        {"side": "buy", "quantity": "100"},
        {"features": MIXED},
    ],
)
async def test_a_rehearsal_leaves_no_trace(rest, rpc, new_id, body):
    before = await history(rpc)
    orders = (await rest.get("/live/orders")).json()["orders"]
    name = new_id()

    answer = await rest.post(
        "/live/trade", json={"symbol": "BTCUSDT", **body, "dry_run": True, "request_id": name}
    )

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["executed"], told["order"]) == (False, None)
    assert told["error"]
    assert await history(rpc) == before
    assert (await rest.get("/live/orders")).json()["orders"] == orders
    assert (await rest.get(f"/live/orders/{name}")).json()["found"] is False


async def test_a_rehearsed_order_leaves_no_trace(rest, rpc, new_id):
    before = await history(rpc)
    body = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
    answer = await rest.post(
        "/live/orders", json={**body, "dry_run": True, "request_id": (name := new_id())}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["order"]["state"] == "ORDER_STATE_INITIALIZED"
    assert await history(rpc) == before
    assert (await rest.get(f"/live/orders/{name}")).json()["found"] is False


async def test_both_faces_decide_the_same(rest, rpc):
    fields = {**BULLISH, "price": 65000.0, "atr": 300.0, "equity": 100_000.0, "day_pnl": 0.0}
    over_rest = await rest.post(
        "/live/trade",
        json={"symbol": "BTCUSDT", "features": fields, "news_text": NEWS, "dry_run": True},
    )
    request = trading_pb2.TradeRequest(
        symbol="BTCUSDT", features=fields, news_text=NEWS, dry_run=True
    )
    over_grpc = await rpc.trading.Trade(request, **rpc.auth)
    decision = over_rest.json()["decision"]
    assert decision["quantity"] == over_grpc.decision.quantity
    assert decision["risk_fraction"] == over_grpc.decision.risk_fraction
    assert decision["sizing"] == list(over_grpc.decision.sizing)


async def test_a_strategy_risks_its_share_decided_or_not(rest, new_id):
    path = "/live/strategies/careful"
    switched = await rest.patch(path, json={"max_risk_fraction": 0.005, "max_daily_trades": 2})
    assert switched.json()["strategy"]["max_risk_fraction"] == 0.005
    order = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "strategy": "careful"}
    too_much = await rest.post("/live/orders", json={**order, "quantity": "0.01"})
    assert too_much.status_code == 400
    assert too_much.json()["details"][0]["reason"] == "STRATEGY_MAX_RISK_FRACTION"

    body = {"symbol": "BTCUSDT", "features": BULLISH, "news_text": NEWS, "strategy": "careful"}
    decided = (await rest.post("/live/trade", json={**body, "request_id": new_id()})).json()
    assert (decided["executed"], decided["error"]) == (True, "")
    assert 0 < decided["decision"]["risk_fraction"] <= 0.005
    small = await rest.post("/live/orders", json={**order, "quantity": "0.001"})
    assert small.status_code == 200, small.text

    worn_out = (await rest.post("/live/trade", json={**body, "request_id": new_id()})).json()
    assert worn_out["executed"] is False
    assert [breach["code"] for breach in worn_out["decision"]["breaches"]] == [
        "STRATEGY_MAX_DAILY_TRADES"
    ]
