"""A venue's key is changed where it is kept while orders go out: none fails, and no bad one serves.

Each keeper is a process or server of its own, the exchange revokes the old key for real, and
alarms arrive where Alertmanager would be.
"""

import asyncio
import hashlib
import json
import re
from contextlib import asynccontextmanager

import pytest
from callers import caller, eventually, reconciled
from canaries import leaks, leaks_in_files
from Crypto.PublicKey import ECC
from exchange_beside import Beside
from kept_keys import KINDS, kept_key
from sandbox_process import SandboxProcess
from watched import Watchdog, WatchedServer, paging

NAME = "execution.binance.api_key"
# The venue takes ten orders a second, and answers so late that some are always under way.
WORKERS = 3
PAUSE_S = 0.2
REPLY_DELAY_MS = 600
NOT_ALLOWED = "the venue refuses it: -2015 Invalid API-key, IP, or permissions for action."


def id_of(key):
    return hashlib.sha256(key["api_key"].encode()).hexdigest()[:8]


class Load:
    """Orders, some always under way, each with the key that signed it."""

    def __init__(self, rest):
        self._rest = rest
        self._begun = 0
        self.failed = []
        self.key_ids = {}

    async def run(self):
        """One after the other, until it is cancelled."""
        while True:
            self._begun += 1
            await self._place(self._begun)
            await asyncio.sleep(PAUSE_S)

    async def _place(self, number):
        name = f"load-{number}"
        order = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
        answer = await self._rest.post("/live/orders", json={**order, "request_id": name})
        trace = (await self._rest.get(f"/live/orders/{name}/trace")).json()
        attempts = trace.get("attempts", [])
        if answer.status_code != 200 or len(attempts) != 1:
            self.failed.append((name, answer.text, attempts))
        self.key_ids[number] = attempts[0]["key_id"] if attempts else ""

    async def until_signed_by(self, key):
        """Until that key has signed, and then all of the next orders."""

        async def changed():
            return id_of(key) in self.key_ids.values()

        await eventually(changed, "an order under the new key")
        begun = self._begun

        def later():
            return [used for number, used in self.key_ids.items() if number > begun]

        async def followed():
            return len(later()) >= 2 * WORKERS

        await eventually(followed, "more orders")
        assert set(later()) == {id_of(key)}


@asynccontextmanager
async def loading(rest):
    load = Load(rest)
    workers = [asyncio.create_task(load.run()) for _ in range(WORKERS)]
    try:
        yield load
    finally:
        for worker in workers:
            worker.cancel()
        ends = await asyncio.gather(*workers, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends


@pytest.fixture
def exchange(tmp_path):
    with SandboxProcess(tmp_path, "--pace", "20", "--balance", "USDT=10000000") as exchange:
        late = {"fault": "reply-delay", "injection": {"delay_ms": REPLY_DELAY_MS}}
        exchange.admin("POST", "/faults", {**late, "subjects": "POST */order"})
        yield exchange


@pytest.fixture
async def pager():
    async with paging() as pager:
        yield pager


def new_key(exchange, **more):
    return exchange.admin("POST", "/keys", {"account": "main", **more})


def new_private_key(exchange):
    """One that signs with Ed25519."""
    private = ECC.generate(curve="Ed25519")
    public = private.public_key().export_key(format="PEM")
    return {
        **new_key(exchange, public_key=public),
        "api_secret": private.export_key(format="PEM"),
    }


def lines(server, event):
    """What the log says of one kind of event."""
    told = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    return [line for line in told if line["event"] == event]


async def said(server, event, **fields):
    async def check():
        return any(fields.items() <= line.items() for line in lines(server, event))

    await eventually(check, f"{event} {fields}")


async def rotations(rest, outcome):
    text = (await rest.get("/metrics")).text
    pattern = rf'aitrader_secret_rotations_total{{name="{NAME}",outcome="{outcome}"}} ([0-9.]+)'
    found = re.search(pattern, text)
    return 0 if found is None else float(found.group(1))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_key_is_changed_under_load_and_a_bad_one_is_refused(
    tmp_path, exchange, pager, kind
):
    async with kept_key(kind, tmp_path) as kept:
        first, second, third = new_key(exchange), new_key(exchange), new_private_key(exchange)
        bad = {"api_key": second["api_key"][::-1], "api_secret": "the-secret-of-nobody-at-all"}
        kept.put(*first.values())
        server = WatchedServer(
            tmp_path,
            f"execution.binance.sandbox_url={exchange.ready['rest']}",
            f"alerts.alertmanager_url={pager.url}",
            "secrets.refresh_s=1",
            *kept.under("execution.binance"),
        )
        server.environ = dict(kept.environ)
        try:
            await asyncio.to_thread(server.start)
            async with caller(server) as rest:
                await reconciled(rest)
                async with loading(rest) as load:
                    await load.until_signed_by(first)
                    kept.put(*second.values())
                    await load.until_signed_by(second)
                    await said(server, "key no longer used: it may be revoked", key_id=id_of(first))
                    exchange.admin("DELETE", f"/keys/{first['api_key']}")
                    await load.until_signed_by(second)

                    kept.put(*bad.values())
                    _, alarm = await pager.until("SecretRefused")
                    await load.until_signed_by(second)

                    kept.put(*third.values())
                    await load.until_signed_by(third)
                    await pager.until("SecretRefused", resolved=True)
                assert load.failed == []
                assert await rotations(rest, "swapped") == 2
                assert await rotations(rest, "refused") == 1
                assert await rotations(rest, "unreachable") == 0
                status = (await rest.get("/live/status")).json()
                assert not status["unknown_orders"]
        finally:
            server.kill9()
    assert alarm["labels"]["severity"] == "warning"
    assert NAME in alarm["annotations"]["summary"]
    (refusal,) = lines(server, "new key not taken")
    assert refusal["trace_id"] == alarm["annotations"]["trace_id"]
    assert refusal["outcome"] == "refused"
    assert "user stream down" not in server.log
    listing = exchange.admin("GET", "/keys")
    # Nobody but the trial of the bad key came under a key that is none.
    assert listing["requests_of_strangers"] == 1
    given = {
        f"{name}-{number}": value
        for number, key in enumerate((first, second, third, bad))
        for name, value in key.items()
    }
    assert leaks_in_files(server.state, given) == []
    assert leaks(server.log.encode(), given) == []
    assert leaks(json.dumps([alert for _, alert in pager.heard]).encode(), given) == []


@pytest.mark.timeout(300)
async def test_a_key_that_may_not_trade_or_is_another_account_s_is_refused(
    tmp_path, exchange, pager
):
    async with kept_key("kubernetes", tmp_path) as kept:
        first = new_key(exchange)
        kept.put(*first.values())
        server = WatchedServer(
            tmp_path,
            f"execution.binance.sandbox_url={exchange.ready['rest']}",
            "secrets.refresh_s=1",
            *kept.under("execution.binance"),
        )
        try:
            await asyncio.to_thread(server.start)
            async with caller(server) as rest:
                await reconciled(rest)
                async with loading(rest) as load:
                    kept.put(*new_key(exchange, can_trade=False).values())
                    await said(server, "new key not taken", cause=NOT_ALLOWED)
                    stranger = exchange.admin("POST", "/keys", {"account": "counterparty"})
                    kept.put(*stranger.values())
                    await said(
                        server, "new key not taken", cause="it is the key of another account"
                    )
                    await load.until_signed_by(first)
                assert load.failed == []
        finally:
            server.kill9()


@pytest.mark.timeout(300)
async def test_the_watchdog_changes_its_key_too(tmp_path, exchange, pager):
    async with kept_key("kubernetes", tmp_path) as kept:
        first, second = new_key(exchange), new_key(exchange)
        kept.put(*first.values())
        dog = Watchdog(
            tmp_path,
            {},
            f"state={tmp_path / 'state'}",
            f"execution.binance.sandbox_url={exchange.ready['rest']}",
            f"alerts.alertmanager_url={pager.url}",
            "secrets.refresh_s=1",
            *kept.under("watchdog"),
        )
        try:
            await asyncio.to_thread(dog.start)
            kept.put("nobody", "nothing")
            await pager.until("SecretRefused")
            kept.put(*second.values())
            await pager.until("SecretRefused", resolved=True)
            assert "new key taken" in dog.log
            assert id_of(second) in dog.log
        finally:
            dog.kill9()


async def test_the_exchange_beside_the_engine_needs_no_key_that_is_kept_elsewhere(tmp_path):
    nowhere = ("api_key=file:/nowhere/key", "api_secret=file:/nowhere/secret")
    server = Beside(tmp_path, *(f"execution.binance.{setting}" for setting in nowhere))
    try:
        await asyncio.to_thread(server.start)
        async with caller(server) as rest:
            await reconciled(rest)
    finally:
        server.kill9()
