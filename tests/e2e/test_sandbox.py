"""What a newcomer gets: the engine trading through Binance's adapter on the exchange beside it."""

import hashlib
import hmac
import json
import time
from decimal import Decimal
from urllib.parse import urlencode

import httpx
import pytest
from callers import caller, eventually, reconciled
from exchange_beside import Beside

RESTING = {
    "symbol": "BTCUSDT",
    "side": "buy",
    "order_type": "limit",
    "quantity": "0.01",
    "limit_price": "95000",
}
MARKET = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.01"}


class Newcomer(Beside):
    """Starts with no configuration at all."""

    def trade_by_hand(self, **parameters) -> httpx.Response:
        """An order of the account's owner that the engine knows nothing of."""
        keys = json.loads((self.state / "sandbox.key").read_text())
        body = urlencode({**parameters, "timestamp": int(time.time() * 1000)})
        signature = hmac.new(keys["api_secret"].encode(), body.encode(), hashlib.sha256)
        return httpx.post(
            f"{self.sandbox_url}/api/v3/order",
            content=f"{body}&signature={signature.hexdigest()}",
            headers={
                "X-MBX-APIKEY": keys["api_key"],
                "content-type": "application/x-www-form-urlencoded",
            },
            trust_env=False,
        )


@pytest.fixture
def newcomer(tmp_path):
    server = Newcomer(tmp_path).start()
    yield server
    server.kill9()


async def place(rest, **fields):
    answer = await rest.post("/live/orders", json=fields)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


async def test_the_first_order_is_filled_and_traced_to_the_venue(newcomer):
    async with caller(newcomer) as rest:
        await reconciled(rest)
        order = (await place(rest, **MARKET, request_id="first"))["order"]
        trace = (await rest.get("/live/orders/first/trace")).json()
        broker = (await rest.get("/live/broker")).json()
    assert order["state"] == "ORDER_STATE_FILLED"
    (attempt,) = trace["attempts"]
    assert attempt["recv_window_ms"] <= 3000
    assert {one["source"] for one in attempt["evidence"]} <= {"reply", "stream"}
    assert broker["gateway"] == "binance"
    assert broker["stream"]["ok"]
    assert {budget["name"] for budget in broker["rate_budgets"]} >= {"REQUEST_WEIGHT_1M"}
    readable = [file.name for file in newcomer.state.iterdir() if file.stat().st_mode & 0o077]
    assert readable == []
    newcomer.stop()
    (at_venue,) = newcomer.venue().of("first")
    assert str(at_venue["number"]) == order["venue_order_id"]


async def test_a_killed_process_finds_its_venue_as_it_was(newcomer):
    async with caller(newcomer) as rest:
        await reconciled(rest)
        await place(rest, **RESTING, request_id="rests")
        await place(rest, **MARKET, request_id="fills")
    await newcomer.cut_and_restart()
    async with caller(newcomer) as rest:
        await reconciled(rest)
        status = (await rest.get("/live/status")).json()
        orders = {o["request_id"]: o for o in (await rest.get("/live/orders")).json()["orders"]}
        synced = (await rest.post("/live/sync", json={})).json()
        cancelled = (await rest.post("/live/orders/rests/cancel", json={})).json()
    assert orders["rests"]["state"] == "ORDER_STATE_ACCEPTED"
    assert orders["fills"]["state"] == "ORDER_STATE_FILLED"
    assert synced["external"] == {}
    assert status["restrictions"] == []
    assert cancelled["cancelled"]


async def test_what_others_trade_restricts_the_symbol_until_somebody_says_so(newcomer):
    async with caller(newcomer) as rest:
        await reconciled(rest)
        await place(rest, **MARKET, request_id="mine")
        by_hand = newcomer.trade_by_hand(
            symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.02"
        )
        assert by_hand.status_code == 200, by_hand.text

        async def restricted():
            return (await rest.get("/live/status")).json()["restrictions"]

        (restriction,) = await eventually(restricted, "the restriction")
        assert restriction["symbol"] == "BTCUSDT"
        denied = await rest.post("/live/orders", json={**RESTING, "request_id": "no"})
        elsewhere = {**RESTING, "symbol": "ETHUSDT", "limit_price": "3900"}
        await place(rest, **elsewhere, request_id="elsewhere")
        await place(rest, **{**MARKET, "side": "sell", "quantity": "0.009"}, request_id="reduces")
        body = {"reason": "that was me", "symbol": "BTCUSDT"}
        released = await rest.post("/live/resume", json=body)
        await place(rest, **RESTING, request_id="again")
        synced = (await rest.post("/live/sync", json={})).json()
    assert denied.status_code == 400
    assert "TRADING_STATE_REDUCING" in denied.text
    assert "was not sent from here" in denied.text
    assert released.status_code == 200, released.text
    # 0.01 of mine and 0.02 by hand, less 0.009, and the fees of the purchases.
    assert Decimal(synced["positions"]["BTCUSDT"]) == Decimal("0.02097")


async def test_a_deposit_is_booked_as_coming_from_outside(newcomer):
    async with caller(newcomer) as rest:
        await reconciled(rest)
        await place(rest, **MARKET, request_id="opens-the-day")
        before = (await rest.get("/live/pnl")).json()
        newcomer.admin("POST", "/transfers", account="main", asset="USDT", amount="5000")

        async def grown():
            pnl = (await rest.get("/live/pnl")).json()
            return pnl if Decimal(pnl["start_equity"]) != Decimal(before["start_equity"]) else None

        after = await eventually(grown, "the deposit")
    assert Decimal(after["start_equity"]) - Decimal(before["start_equity"]) == 5000


async def test_without_the_exchange_the_engine_says_so_and_trades_nothing(newcomer):
    async with caller(newcomer) as rest:
        await reconciled(rest)
        newcomer.admin("POST", "/faults", fault="drop-before")
        newcomer.admin("POST", "/disconnect", code=1001)

        async def down():
            return not (await rest.get("/live/broker")).json()["stream"]["ok"]

        await eventually(down, "the loss of the stream")
        denied = await rest.post("/live/orders", json={**RESTING, "request_id": "no"})

        async def unready():
            return (await rest.get("/readyz")).status_code == 503

        await eventually(unready, "the end of readiness")
        newcomer.admin("DELETE", "/faults")
        await reconciled(rest)

        async def placed():
            again = await rest.post("/live/orders", json=RESTING)
            return again.status_code == 200

        await eventually(placed, "an order")
    assert denied.status_code == 400
    assert "STREAM_DOWN" in denied.text
