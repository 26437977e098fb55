"""Prices and bars as both faces tell them, on a venue whose market streams can be cut."""

import asyncio
from contextlib import aclosing
from decimal import Decimal

import grpc
import pytest
from aitrader.v1 import common_pb2, market_data_pb2, trading_pb2
from callers import eventually, reconciled
from sandbox_process import SandboxProcess
from serving import SCRIPT, Server

MAX_AGE_MS = 1500
MINUTE_S = 60
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
# The venue closes every market stream at its next event, and takes no new one.
CUT = (
    {"fault": "close-before", "subjects": "*@*"},
    {"fault": "code-before", "subjects": "GET /stream"},
)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with SandboxProcess(tmp_path_factory.mktemp("venue")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def served(sandbox, tmp_path_factory):
    """An engine on that venue, over Binance's protocol."""
    server = Server(
        tmp_path_factory.mktemp("served"),
        "execution.gateway=binance",
        f"execution.binance.sandbox_url={sandbox.ready['rest']}",
        "account=sandbox",
        f"risk.max_quote_age_ms={MAX_AGE_MS}",
        "events.heartbeat_s=1",
    )
    keys = sandbox.credentials
    server.environ["BINANCE_SANDBOX_API_KEY"] = keys["api_key"]
    server.environ["BINANCE_SANDBOX_API_SECRET"] = keys["api_secret"]
    try:
        yield server.start()
    finally:
        server.kill9()


@pytest.fixture(autouse=True)
async def whole(sandbox, rest):
    """Nothing is wrong with the venue when a test begins, and prices are fresh."""
    await asyncio.to_thread(sandbox.admin, "DELETE", "/faults")
    await reconciled(rest)
    await eventually(lambda: fresh(rest), "fresh prices")


async def quote(rest, symbol="BTCUSDT"):
    answer = await rest.get(f"/live/quotes/{symbol}")
    assert answer.status_code == 200, answer.text
    return answer.json()["quote"]


async def fresh(rest):
    return not (await quote(rest))["stale"]


async def cut(sandbox):
    for fault in CUT:
        await asyncio.to_thread(sandbox.admin, "POST", "/faults", fault)


async def codes(rest, body):
    """Why `body` is denied, asked without sending anything."""
    checked = (await rest.post("/live/risk/check", json=body)).json()
    return [breach["code"] for breach in checked["breaches"]]


async def venue_orders(sandbox):
    account = await asyncio.to_thread(sandbox.admin, "GET", "/accounts/main")
    return account["orders"]


async def test_both_faces_tell_the_same_price(sandbox, rest, rpc):
    await asyncio.to_thread(sandbox.admin, "POST", "/makers", {"pace_per_s": 0})
    request = market_data_pb2.GetQuoteRequest(symbol="BTCUSDT")

    async def same():
        over_rest = await quote(rest)
        told = (await rpc.market.GetQuote(request, **rpc.auth)).quote
        names = ("bid", "ask", "bid_quantity", "ask_quantity", "last")
        return all(over_rest[name] == getattr(told, name) for name in names) and over_rest

    try:
        told = await eventually(same, "the same price twice")
    finally:
        await asyncio.to_thread(sandbox.admin, "POST", "/makers", {"pace_per_s": 60})
    assert 0 < Decimal(told["bid"]) < Decimal(told["ask"])
    assert Decimal(told["bid_quantity"]) > 0
    assert int(told["age_ms"]) < MAX_AGE_MS


async def test_cut_streams_make_prices_stale_and_deny_what_needs_one(sandbox, rest, rpc, new_id):
    before = await venue_orders(sandbox)
    await cut(sandbox)

    async def stale():
        told = await quote(rest)
        return told["stale"] and told

    told = await eventually(stale, "a stale price")
    assert int(told["age_ms"]) > MAX_AGE_MS
    later = await quote(rest)
    assert later["at"] <= told["at"]
    assert int(later["age_ms"]) >= int(told["age_ms"])

    ready = (await rest.get("/live/status")).json()["ready"]["quotes"]
    assert ready["ok"] is False
    assert "old" in ready["detail"]

    answer = await rest.post("/live/orders", json={**BUY, "request_id": (name := new_id())})
    assert (answer.status_code, answer.json()["code"]) == (400, 9), answer.text
    assert answer.json()["details"][0]["reason"] == "STALE_MARKET_DATA"
    assert f"at most {MAX_AGE_MS} ms" in answer.text
    denied = (await rest.get(f"/live/orders/{name}")).json()["order"]
    assert denied["state"] == "ORDER_STATE_DENIED"

    request = trading_pb2.PlaceOrderRequest(
        request_id=new_id(),
        symbol="BTCUSDT",
        side=common_pb2.SIDE_BUY,
        order_type=common_pb2.ORDER_TYPE_MARKET,
        quantity="0.001",
    )
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await rpc.trading.PlaceOrder(request, **rpc.auth)
    assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "STALE_MARKET_DATA" in refusal.value.details()

    traded = await rest.post("/live/trade", json={**BUY, "request_id": new_id()})
    assert traded.status_code == 200, traded.text
    assert traded.json()["executed"] is False
    assert await venue_orders(sandbox) == before


async def test_a_price_is_good_again_when_the_streams_are(sandbox, rest, new_id):
    await cut(sandbox)
    await eventually(lambda: _denied_for_age(rest), "a stale price")
    await asyncio.to_thread(sandbox.admin, "DELETE", "/faults")
    await eventually(lambda: fresh(rest), "a fresh price")
    assert "STALE_MARKET_DATA" not in await codes(rest, BUY)
    answer = await rest.post("/live/orders", json={**BUY, "request_id": new_id()})
    assert answer.status_code == 200, answer.text


async def _denied_for_age(rest):
    return "STALE_MARKET_DATA" in await codes(rest, BUY)


async def test_who_follows_prices_hears_that_one_has_gone_stale(sandbox, rpc):
    request = market_data_pb2.StreamQuotesRequest(symbols=["BTCUSDT"])
    call = rpc.market.StreamQuotes(request, **rpc.auth)
    sequence = 0

    async with aclosing(aiter(call)) as messages:
        first = await anext(messages)
        assert (first.sequence, first.quote.stale) == (1, False)
        await cut(sandbox)
        async for message in messages:
            assert message.sequence > sequence
            sequence = message.sequence
            if message.HasField("quote") and message.quote.stale:
                break
        assert message.quote.age_ms > MAX_AGE_MS
        await asyncio.to_thread(sandbox.admin, "DELETE", "/faults")
        async for message in messages:
            if message.HasField("quote") and not message.quote.stale:
                break
    call.cancel()


async def test_bars_of_every_length_come_from_the_venue(rest):
    for interval in ("1s", "1m", "3m", "1h", "12h", "1d", "3d", "1w", "1M"):
        answer = await rest.get("/live/bars/BTCUSDT", params={"interval": interval, "page_size": 5})
        assert answer.status_code == 200, answer.text
        (*_, newest) = answer.json()["bars"]
        low, high = Decimal(newest["low"]), Decimal(newest["high"])
        assert low <= Decimal(newest["open"]) <= high
        # A second may be over before it is asked for; nothing else is.
        assert newest["closed"] is False or interval == "1s"


async def aitrader(served, *arguments):
    """Standard output and error of a command that must work."""
    process = await asyncio.create_subprocess_exec(
        SCRIPT,
        *arguments,
        env={
            "AITRADER_ENDPOINT": served.endpoint,
            "AITRADER_TOKEN_FILE": str(served.state / "token"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode(), err.decode()


async def test_the_terminal_pages_bars_into_the_past(served):
    out, err = await aitrader(served, "bars", "BTCUSDT", "--interval", "1h", "--limit", "1")
    (_, newest) = out.splitlines()
    assert newest.endswith("forming")
    token = err.split("--page ")[1].split()[0]
    page = ("--interval", "1h", "--limit", "1", "--page", token)
    out, _ = await aitrader(served, "bars", "BTCUSDT", *page)
    assert out.splitlines()[1] < newest
    assert "forming" not in out


async def test_seconds_page_into_the_past_without_a_gap(rest):
    await asyncio.sleep(3)
    pages, token = [], ""
    for _ in range(3):
        answer = await rest.get(
            "/live/bars/BTCUSDT",
            params={"interval": "1s", "page_size": 1, "page_token": token},
        )
        (bar,) = answer.json()["bars"]
        pages.append(bar["open_time"])
        token = answer.json()["next_page_token"]
        assert token
    assert pages == sorted(set(pages), reverse=True)


async def test_what_is_no_list_of_bars_is_refused_by_name(rest, rpc):
    for path in ("/live/bars/NOPEUSDT", "/live/quotes/NOPEUSDT"):
        missing = await rest.get(path)
        assert (missing.status_code, missing.json()["code"]) == (404, 5)
        assert "known: " in missing.json()["message"]
        assert missing.json()["details"][0]["reason"] == "INSTRUMENT_NOT_FOUND"
    other = await rest.get("/live/bars/BTCUSDT", params={"interval": "7m"})
    assert other.status_code == 400
    assert "1s, 1m, 3m, 5m" in other.json()["message"]
    for token in ("soon", "-1", "9" * 30):
        answer = await rest.get("/live/bars/BTCUSDT", params={"page_token": token})
        assert answer.status_code == 400, answer.text
        assert "page_token" in answer.text
    request = market_data_pb2.ListBarsRequest(symbol="BTCUSDT", interval="2d")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await rpc.market.ListBars(request, **rpc.auth)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_venue_that_cannot_be_read_is_unavailable(sandbox, rest):
    fault = {"fault": "html-before", "subjects": "GET /api/v3/klines"}
    await asyncio.to_thread(sandbox.admin, "POST", "/faults", fault)
    answer = await rest.get("/live/bars/BTCUSDT", params={"interval": "1h"})
    assert (answer.status_code, answer.json()["code"]) == (503, 14), answer.text
    assert answer.json()["details"][0]["reason"] == "VENUE_UNREADABLE"
