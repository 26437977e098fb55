import asyncio
import hashlib
import hmac
import time
from decimal import Decimal
from urllib.parse import urlencode

import aiohttp
import pytest
from aitrader_gateway.sandbox.faults import Fault
from aitrader_server.domain.words import Side
from sandbox_running import running_sandbox


@pytest.fixture
async def sandbox(tmp_path):
    async with running_sandbox(tmp_path) as running:
        yield running


@pytest.fixture
async def admin(sandbox):
    async with aiohttp.ClientSession() as session:

        async def ask(method, path, body=None, **options):
            url = f"{sandbox.rest_url}/sandbox{path}"
            async with session.request(method, url, json=body, **options) as response:
                return response.status, await response.json()

        yield ask


async def account(admin, name="main"):
    status, body = await admin("GET", f"/accounts/{name}")
    assert status == 200
    return body


async def test_faults_are_switched_on_listed_and_off(sandbox, admin):
    rule = {"fault": "drop-after", "subjects": "POST *", "hits_max": 2}
    assert await admin("POST", "/faults", rule) == (200, {"number": 1})
    assert sandbox.world.faults.draw(Fault.DROP_AFTER, "POST /api/v3/order") is not None
    status, listed = await admin("GET", "/faults")
    assert status == 200
    assert [(rule["number"], rule["hits"]) for rule in listed["rules"]] == [(1, 1)]
    assert listed["rules"][0]["rule"]["subjects"] == "POST *"
    assert listed["injected"] == {"drop-after": 1}
    assert await admin("DELETE", "/faults/1") == (200, {})
    assert await admin("DELETE", "/faults/1") == (400, {"error": "no rule has the number 1"})
    await admin("POST", "/faults", rule)
    assert await admin("DELETE", "/faults") == (200, {})
    assert (await admin("GET", "/faults"))[1]["rules"] == []


NONSENSE = [
    ("/faults", {"fault": "rain"}, "`$.fault`"),
    ("/faults", {"fault": "ban", "chance": 2}, "from 0 to 1"),
    ("/faults", {"fault": "ban", "often": 1}, "often"),
    ("/faults", [], "object"),
    ("/faults", {"fault": "burst", "injection": {"repeats": 10**9}}, "repeats"),
    ("/faults", {"fault": "burst", "injection": {"repeat": 1}}, "repeat"),
    ("/last", {"symbol": "BTCUSDT", "price": "NaN"}, "price must be a number"),
    ("/transfers", {"account": "main", "asset": "BTC"}, "amount"),
    ("/transfers", {"account": "main", "asset": "BTC", "amount": "NaN"}, "number"),
    ("/transfers", {"account": "nobody", "asset": "BTC", "amount": "1"}, "nobody"),
    ("/status", {"symbol": "BTCUSDT", "status": "ASLEEP"}, "`$.status`"),
    ("/status", {"symbol": "NOSUCH", "status": "HALT"}, "NOSUCH"),
    ("/last", {"symbol": "BTCUSDT", "price": "-1"}, "above zero"),
    ("/last", {"symbol": "NOSUCH", "price": "1"}, "NOSUCH"),
    ("/makers", {"pace_per_s": -1}, "pace"),
    ("/makers", {"steps": 10**9}, "steps"),
    ("/orders", {"symbol": "BTCUSDT"}, "side"),
    ("/disconnect", {"code": "now"}, "`$.code`"),
    ("/disconnect", {"code": 1}, "`$.code`"),
]


async def test_what_makes_no_sense_is_named(admin):
    for path, body, said in NONSENSE:
        status, answer = await admin("POST", path, body)
        assert (status, said in answer["error"]) == (400, True), (path, body, answer)


async def test_money_comes_and_goes(admin):
    moved = {"account": "main", "asset": "BTC", "amount": "2.5"}
    assert await admin("POST", "/transfers", moved) == (200, {})
    assert (await account(admin))["balances"]["BTC"] == ["2.5", "0"]
    status, answer = await admin("POST", "/transfers", {**moved, "amount": "-3"})
    assert (status, answer["code"]) == (400, -2010)
    assert await admin("POST", "/transfers", {**moved, "amount": "-2.5"}) == (200, {})
    assert Decimal((await account(admin))["balances"]["BTC"][0]) == 0


async def test_the_counterparty_trades_with_whoever_waits(sandbox, admin):
    order = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "order_type": "LIMIT",
        "client_order_id": "far",
        "quantity": "0.5",
        "price": "150000",
        "time_in_force": "GTC",
    }
    status, placed = await admin("POST", "/orders", order)
    assert (status, placed["order"]["status"]) == (200, "NEW")
    number = placed["order"]["number"]
    assert [o["number"] for o in (await account(admin, "counterparty"))["orders"]] == [number]
    cancel = {"symbol": "BTCUSDT", "number": number}
    assert (await admin("DELETE", "/orders", cancel))[1]["order"]["status"] == "CANCELED"
    assert (await admin("DELETE", "/orders", cancel))[1]["code"] == -2011
    assert (await admin("POST", "/orders", {**order, "price": "0.001"}))[1]["code"] == -1013


async def test_a_halted_symbol_takes_no_orders(admin):
    await admin("POST", "/status", {"symbol": "ETHUSDT", "status": "HALT"})
    order = {
        "symbol": "ETHUSDT",
        "side": "BUY",
        "order_type": "MARKET",
        "client_order_id": "x",
        "quantity": "1",
    }
    assert (await admin("POST", "/orders", order))[0] == 400
    await admin("POST", "/status", {"symbol": "ETHUSDT", "status": "TRADING"})
    assert (await admin("POST", "/orders", order))[1]["order"]["status"] == "FILLED"


async def test_a_price_from_elsewhere_moves_quotes_with_it_or_not(sandbox, admin):
    exchange = sandbox.world.venue.exchange
    before = exchange.best("BTCUSDT", Side.BUY)
    await admin("POST", "/last", {"symbol": "BTCUSDT", "price": "90000", "quotes": False})
    assert exchange.last_price("BTCUSDT") == 90_000
    assert exchange.best("BTCUSDT", Side.BUY) == before
    await admin("POST", "/last", {"symbol": "BTCUSDT", "price": "90000"})
    assert 89_900 < exchange.best("BTCUSDT", Side.BUY)[0] < 90_000


async def test_makers_are_paused_stepped_and_started(sandbox, admin):
    update = sandbox.world.venue.exchange.depth("BTCUSDT", 1).update
    status, answer = await admin("POST", "/makers", {"steps": 60})
    assert (status, answer["pace_per_s"]) == (200, 0)
    assert set(answer["fair_prices"]) == set(sandbox.settings.listings)
    stepped = sandbox.world.venue.exchange.depth("BTCUSDT", 1).update
    assert stepped > update
    await admin("POST", "/makers", {"pace_per_s": 500})
    async with asyncio.timeout(10):
        while sandbox.world.venue.exchange.depth("BTCUSDT", 1).update == stepped:
            await asyncio.sleep(0.01)


async def test_every_websocket_is_disconnected(sandbox, admin):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{sandbox.stream_url}/ws/btcusdt@trade") as market,
        session.ws_connect(sandbox.ws_api_url) as requests,
    ):
        assert await admin("POST", "/disconnect", {"code": 1001}) == (200, {"closed": 2})
        for socket in (market, requests):
            message = await socket.receive(timeout=10)
            assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1001)
        assert await admin("POST", "/disconnect") == (200, {"closed": 0})


async def test_a_reset_forgets_orders_and_money_but_no_key(sandbox, admin):
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "order_type": "MARKET",
        "client_order_id": "x",
        "quantity": "1",
    }
    first = (await admin("POST", "/orders", order))[1]["order"]["number"]
    await admin("POST", "/transfers", {"account": "main", "asset": "BTC", "amount": "7"})
    assert await admin("POST", "/reset") == (200, {})
    assert await account(admin) == {
        "balances": {"USDT": ["100000", "0"]},
        "orders": [],
        "trades": [],
        "lists": [],
    }
    assert (await account(admin, "counterparty"))["orders"] == []
    assert (await admin("POST", "/orders", order))[1]["order"]["number"] == first
    assert sandbox.world.keys.find(sandbox.credentials.api_key) is not None


async def test_a_page_that_borrowed_our_address_is_refused(admin):
    for host in ("evil.example", "evil.example:80", "192.0.2.1", ""):
        status, answer = await admin("GET", "/faults", headers={"Host": host})
        assert (status, host) == (403, host)
        assert "this machine only" in answer["error"]


async def test_this_machine_has_more_than_one_name(sandbox, admin):
    for host in ("localhost", "127.0.0.1", "[::1]:80"):
        assert (await admin("GET", "/faults", headers={"Host": host}))[0] == 200


def signed(key, secret, **parameters):
    text = urlencode({**parameters, "timestamp": int(time.time() * 1000)})
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{text}&signature={signature}", {"X-MBX-APIKEY": key}


async def ask_account(sandbox, made):
    query, headers = signed(made["api_key"], made["api_secret"])
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{sandbox.rest_url}/api/v3/account?{query}") as answer,
    ):
        return answer.status, await answer.json()


async def test_keys_are_added_counted_and_revoked(sandbox, admin):
    status, made = await admin("POST", "/keys", {"account": "main"})
    assert status == 200
    own = sandbox.credentials
    first = {"api_key": own.api_key, "api_secret": own.api_secret}
    uids = [(await ask_account(sandbox, pair))[1]["uid"] for pair in (first, made, made)]
    assert len(set(uids)) == 1
    listed = (await admin("GET", "/keys"))[1]
    assert {key["api_key"]: key["requests"] for key in listed["keys"]} == {
        own.api_key: 1,
        made["api_key"]: 2,
    }
    assert made["api_secret"] not in str(listed)
    assert await admin("DELETE", f"/keys/{made['api_key']}") == (200, {})
    assert (await ask_account(sandbox, made))[1]["code"] == -2015
    assert (await admin("GET", "/keys"))[1]["requests_of_strangers"] == 1
    assert (await admin("DELETE", f"/keys/{made['api_key']}"))[0] == 400


async def test_a_key_that_only_reads_and_one_of_another_account(sandbox, admin):
    _, reader = await admin("POST", "/keys", {"account": "main", "can_trade": False})
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    query, headers = signed(reader["api_key"], reader["api_secret"], **order)
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{sandbox.rest_url}/api/v3/order/test", data=query) as answer,
    ):
        assert (await answer.json())["code"] == -2015
    mine = (await ask_account(sandbox, reader))[1]["uid"]
    _, other = await admin("POST", "/keys", {"account": "counterparty"})
    assert (await ask_account(sandbox, other))[1]["uid"] != mine
    assert (await admin("POST", "/keys", {"account": "nobody"}))[0] == 400
    assert (await admin("POST", "/keys", {"account": "main", "public_key": "PEM"}))[0] == 400
