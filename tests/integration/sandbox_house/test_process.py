"""`aitrader sandbox` as an operator and as a supervisor run it."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import stat
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SCRIPT, SandboxProcess

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
TIMEOUT_S = 60


@pytest.fixture
def sandbox(tmp_path):
    with SandboxProcess(tmp_path, "--balance", "USDT=5000", "--balance", "BTC=1") as running:
        yield running


def call(running, method, path, **params):
    """One signed request, as a person with nothing but an interpreter would make it."""
    key = running.credentials
    query = urllib.parse.urlencode({**params, "timestamp": time.time_ns() // 1_000_000})
    signature = hmac.new(key["api_secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(
        f"{running.ready['rest']}/api/v3/{path}?{query}&signature={signature}",
        method=method,
        headers={"X-MBX-APIKEY": key["api_key"]},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        return json.load(response)


def test_it_says_where_it_is_and_keeps_its_key_to_itself(sandbox):
    ready = sandbox.ready
    assert set(ready) == {"rest", "ws_api", "stream", "key_file", "public_keys", "pid"}
    assert ready["rest"].startswith("http://127.0.0.1:")
    assert ready["ws_api"].endswith("/ws-api/v3")
    assert stat.S_IMODE(Path(ready["key_file"]).stat().st_mode) == 0o600
    balances = {b["asset"]: b["free"] for b in call(sandbox, "GET", "account")["balances"]}
    assert (float(balances["USDT"]), float(balances["BTC"])) == (5000, 1)
    secret = sandbox.credentials["api_secret"]
    assert secret not in sandbox.ready_text + sandbox.log.read_text()


def test_a_kill_takes_nothing_that_was_acknowledged(sandbox):
    placed = []
    for number in range(20):
        price = str(40_000 + number)
        order = call(sandbox, "POST", "order", **ORDER, quantity="0.001", price=price)
        placed.append(order["orderId"])
    canceled = call(sandbox, "DELETE", "order", symbol="BTCUSDT", orderId=placed[0])
    before = sandbox.admin("GET", "/accounts/main")
    sandbox.kill9()
    sandbox.start()
    assert sandbox.admin("GET", "/accounts/main") == before
    assert canceled["status"] == "CANCELED"
    open_orders = call(sandbox, "GET", "openOrders", symbol="BTCUSDT")
    assert [order["orderId"] for order in open_orders] == placed[1:]
    again = call(sandbox, "POST", "order", **ORDER, quantity="0.001", price="40000")
    assert again["orderId"] > placed[-1]


def trade_until_killed(running, name, acknowledged):
    for number in range(10_000):
        kind = {"type": "MARKET"} if number % 2 else {**ORDER, "price": str(40_000 + number)}
        wanted = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.0002", **kind}
        try:
            order = call(running, "POST", "order", **wanted, newClientOrderId=f"{name}-{number}")
        except (OSError, http.client.HTTPException):
            return
        acknowledged.append(order)


def test_a_kill_in_the_middle_of_trading_leaves_whole_books(tmp_path):
    with SandboxProcess(tmp_path, "--pace", "500") as running:
        acknowledged: list[dict[str, Any]] = []
        traders = [
            threading.Thread(target=trade_until_killed, args=(running, f"t{n}", acknowledged))
            for n in range(4)
        ]
        for trader in traders:
            trader.start()
        deadline_s = time.monotonic() + TIMEOUT_S
        while len(acknowledged) < 40:
            assert time.monotonic() < deadline_s
            time.sleep(0.001)
        running.kill9()
        for trader in traders:
            trader.join()
        running.start()
        truth = running.admin("GET", "/accounts/main")
    orders = {order["number"]: order for order in truth["orders"]}
    for order in acknowledged:
        kept = orders[order["orderId"]]
        assert (kept["client_order_id"], kept["status"]) == (
            order["clientOrderId"],
            order["status"],
        )
        assert Decimal(kept["cumulative_quantity"]) == Decimal(order["executedQty"])
    # At most the order that each trader had under way was not acknowledged.
    assert len(orders) - len(acknowledged) <= len(traders)
    paid = sum(Decimal(t["price"]) * Decimal(t["quantity"]) for t in truth["trades"])
    got = sum(Decimal(t["quantity"]) - Decimal(t["fee"]) for t in truth["trades"])
    waiting = [order for order in orders.values() if order["status"] == "NEW"]
    locked = sum(Decimal(o["price"]) * Decimal(o["quantity"]) for o in waiting)
    money = {asset: [*map(Decimal, pair)] for asset, pair in truth["balances"].items()}
    assert money == {"USDT": [100_000 - paid - locked, locked], "BTC": [got, 0]}


def test_it_ends_when_asked(sandbox):
    assert sandbox.stop(signal.SIGTERM) == 0
    assert sandbox.start().stop(signal.SIGINT) == 0
    assert "Traceback" not in sandbox.log.read_text()


def test_it_ends_with_its_parent(sandbox):
    assert sandbox.let_go() == 0
    assert "Traceback" not in sandbox.log.read_text()


def run(*words):
    return subprocess.run(
        [SCRIPT, "sandbox", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--balance", "USDT"], "write it like USDT=100000"),
        (["--balance", "USDT=-1"], "write it like USDT=100000"),
        (["--fault", "rain"], "drop-after"),
        (["--fault", "ban=2"], "from 0 to 1"),
        (["--speed", "0"], "--speed"),
        (["--replay", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(tmp_path, words, said):
    ended = run("--state", str(tmp_path / "s"), *words)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_a_state_that_cannot_be_used_is_a_matter_of_configuration(tmp_path, sandbox):
    ended = run("--state", str(sandbox.state))
    assert ended.returncode == 78
    assert "another process" in ended.stderr
    (tmp_path / "file").write_text("")
    assert run("--state", str(tmp_path / "file" / "s")).returncode == 78
