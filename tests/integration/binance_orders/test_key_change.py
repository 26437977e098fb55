"""Another key takes over while requests are under way: each leaves under the key that signed it."""

import asyncio
import os
from contextlib import asynccontextmanager
from decimal import Decimal
from types import SimpleNamespace

import pytest
from aitrader_gateway.binance import keyring
from aitrader_gateway.binance.key_change import KeyChange
from aitrader_gateway.binance.keys import key_id
from aitrader_gateway.binance.plugin import create
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.venue import Acknowledged, Approved, Mistimed, Refused
from aitrader_server.errors import SecretError
from Crypto.PublicKey import ECC, RSA
from sandbox_running import running_sandbox
from scripted_http_venue import accepted, refuse, say, stay_silent

ACCOUNT = {"balances": [], "uid": 7}
INVALID_KEY = refuse(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
KEY = "X-MBX-APIKEY"
PATIENCE_S = 30


@pytest.fixture
def change(venue, desk):
    venue.on("GET account", say(ACCOUNT))
    venue.on("POST order/test", say({}))
    return KeyChange(desk.calls, "BTCUSDT")


def signed_with(desk):
    return desk.calls.credentials.api_key


def prepared(desk, spec):
    return desk.entry.prepare(spec, 1, desk.clock.now_ns())


async def test_what_was_signed_before_leaves_as_it_was_journalled(venue, desk, order, change):
    before = prepared(desk, order("a-1"))
    await change.take("new-key", "new-secret")
    after = prepared(desk, order("a-2"))
    venue.on("POST order", say(accepted(order("a-1"))), say(accepted(order("a-2"))))
    first = await desk.entry.submit(Approved(order("a-1"), before))
    second = await desk.entry.submit(Approved(order("a-2"), after))
    assert isinstance(first, Acknowledged), first
    assert isinstance(second, Acknowledged), second
    heard = venue.requests("POST order")
    assert [one.headers[KEY] for one in heard] == ["the-key", "new-key"]
    assert [one.body for one in heard] == [before.payload, after.payload]
    assert [before.key_id, after.key_id] == [key_id("the-key"), key_id("new-key")]


async def test_a_reply_that_is_pending_is_heard_under_the_old_key(venue, desk, order, change):
    asked, answered = asyncio.Event(), asyncio.Event()

    async def hold(request):
        asked.set()
        await answered.wait()
        return await say(accepted(order()))(request)

    venue.on("POST order", hold)
    sending = asyncio.create_task(desk.submit(order()))
    await asked.wait()
    await change.take("new-key", "new-secret")
    ring, far_s = desk.calls.keys, asyncio.get_running_loop().time() + 1_000
    assert ring.retire(far_s) == ()
    answered.set()
    assert isinstance(await sending, Acknowledged)
    assert ring.retire(far_s) == (key_id("the-key"),)


async def test_nothing_leaves_under_a_key_that_is_retired(venue, desk, order, change, monkeypatch):
    monkeypatch.setattr(keyring, "DRAIN_S", 0.0)
    before = prepared(desk, order())
    await change.take("new-key", "new-secret")
    change.retire()
    outcome = await desk.entry.submit(Approved(order(), before))
    # Whoever is told so signs anew, and that with the key that serves.
    assert isinstance(outcome, Mistimed), outcome
    assert not venue.requests("POST order")


async def test_what_is_signed_again_is_signed_with_the_key_that_serves(venue, desk, order, change):
    late = refuse(-1021, "Timestamp for this request is outside of the recvWindow.")
    swapped = asyncio.Event()

    async def change_first(request):
        if not swapped.is_set():
            swapped.set()
            await change.take("new-key", "new-secret")
        return await late(request)

    venue.on("DELETE order", change_first, refuse(-2011, "Unknown order sent."))
    assert isinstance(await desk.entry.cancel("BTCUSDT", "a-1", ""), Refused)
    assert [one.headers[KEY] for one in venue.requests("DELETE order")] == ["the-key", "new-key"]


@pytest.mark.parametrize(
    "refusal",
    [
        ("GET account", INVALID_KEY, True),
        ("GET account", refuse(-1022, "Signature for this request is not valid."), True),
        ("GET account", say({"balances": [], "uid": 8}), True),
        ("POST order/test", INVALID_KEY, True),
        ("GET account", refuse(-1001, "Disconnected.", status=500), False),
        ("POST order/test", refuse(-1001, "Disconnected.", status=500), False),
    ],
)
async def test_a_key_that_is_not_taken_leaves_the_other_in_its_place(
    venue, desk, order, change, refusal
):
    what, answer, lasting = refusal
    await desk.reads.account()
    venue.on(what, answer)
    with pytest.raises(SecretError) as raised:
        await change.take("new-key", "new-secret")
    assert raised.value.lasting is lasting
    assert "new-" not in str(raised.value)
    assert signed_with(desk) == "the-key"
    venue.on("POST order", say(accepted(order())))
    assert isinstance(await desk.submit(order()), Acknowledged)
    assert venue.requests("POST order")[0].headers[KEY] == "the-key"
    # The venue was asked under the new key; what it thinks of the other is unchanged.
    assert desk.calls.key_refusal == ""


async def test_whose_key_serves_is_asked_where_nobody_did(venue, desk, change):
    venue.on("GET account", say(ACCOUNT), say({"balances": [], "uid": 8}))
    with pytest.raises(SecretError, match="another account"):
        await change.take("new-key", "new-secret")
    asked = [one.headers[KEY] for one in venue.requests("GET account")]
    assert asked == ["the-key", "new-key"]
    assert signed_with(desk) == "the-key"


async def test_a_venue_that_is_silent_has_not_refused(venue, desk, change):
    venue.on("GET account", stay_silent)
    taking = asyncio.create_task(change.take("new-key", "new-secret"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(taking), 0.2)
    assert signed_with(desk) == "the-key"
    taking.cancel()


@pytest.mark.parametrize(("key", "secret"), [("a b", "s"), ("", "s"), ("k", "-----BEGIN X-----")])
async def test_what_cannot_sign_is_refused_unasked(venue, desk, change, key, secret):
    with pytest.raises(SecretError) as raised:
        await change.take(key, secret)
    assert raised.value.lasting
    assert not venue.requests("GET account")


async def test_an_order_that_the_venue_would_not_take_says_nothing_of_the_key(venue, desk, change):
    venue.on("POST order/test", refuse(-1013, "Filter failure: LOT_SIZE"))
    await change.take("new-key", "new-secret")
    assert signed_with(desk) == "new-key"


async def test_a_new_key_ends_the_refusal_of_the_one_before(venue, desk, change):
    venue.on("GET account", INVALID_KEY)
    await desk.reads.account()
    assert desk.calls.key_refusal
    venue.on("GET account", say(ACCOUNT))
    await change.take("new-key", "new-secret")
    assert not desk.calls.key_refusal


PRIVATE = {
    "Ed25519": lambda: ECC.generate(curve="Ed25519"),
    "RSA": lambda: RSA.generate(2048),
}


class Keys:
    """The operator's keys, which a test changes."""

    names = ("file:/keys/key", "file:/keys/secret")

    def __init__(self, key, secret):
        self._pair = key, secret
        self._changes = asyncio.Queue()

    def read(self):
        return self._pair

    async def look(self):
        return self._pair

    async def change(self, key, secret):
        """Returns once the gateway has made up its mind."""
        done = asyncio.get_running_loop().create_future()
        await self._changes.put((key, secret, done))
        return await asyncio.wait_for(done, PATIENCE_S)

    async def follow(self, take):
        while True:
            key, secret, done = await self._changes.get()
            done.set_result(await take(key, secret))


class Listener:
    def __init__(self):
        self.heard, self.streams = set(), []

    def on_report(self, report):
        self.heard.add(report.request_id)

    def on_stream(self, *, up, detail):
        self.streams.append((up, detail))

    def on_external(self, detail):
        pass


@asynccontextmanager
async def trading(sandbox, keys):
    """The gateway as the server makes it, under the operator's keys."""
    settings = {
        "environment": "sandbox",
        "rest_url": sandbox.rest_url,
        "ws_api_url": sandbox.ws_api_url,
        "stream_url": sandbox.stream_url,
        "symbols": ["BTCUSDT"],
        "start_timeout_s": 20,
    }
    state = sandbox.settings.state
    context = SimpleNamespace(state_dir=state, clock=SystemClock(), environ={}, keys=keys)
    broker, _ = create(settings, context)
    listener = Listener()
    await broker.start(listener)
    try:
        yield broker, listener
    finally:
        await broker.stop()


async def until(check):
    async with asyncio.timeout(PATIENCE_S):
        while not check():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["HMAC", *PRIVATE])
async def test_each_kind_of_key_takes_over_under_load(tmp_path, order, kind, monkeypatch):
    monkeypatch.setattr(keyring, "DRAIN_S", 0.5)
    public, secret = tmp_path / "public.pem", os.urandom(8).hex()
    files = ()
    if kind != "HMAC":
        private = PRIVATE[kind]()
        secret = pem_of(private)
        public.write_text(pem_of(private.public_key()))
        files = (public,)
    async with running_sandbox(tmp_path, pace_per_s=50.0, public_keys=files) as sandbox:
        own, ring = sandbox.credentials, sandbox.world.keys
        if kind == "HMAC":
            new_key, secret = own.api_key, own.api_secret
            old = msgspec_key(ring, own, "old-key", secret="old-secret")
        else:
            new_key = sandbox.public_keys[public].key
            old = own.api_key, own.api_secret
        keys = Keys(*old)
        async with trading(sandbox, keys) as (broker, listener):
            sent, outcomes, stopped = [], [], asyncio.Event()

            async def load():
                while not stopped.is_set():
                    spec = order(f"o-{len(sent)}", limit_price=Decimal(90_000), **SMALL)
                    attempt = broker.prepare(spec, 1, SystemClock().now_ns())
                    sent.append((spec.request_id, attempt.key_id))
                    outcomes.append(await broker.submit(Approved(spec, attempt)))
                    await broker.cancel(spec.symbol, spec.request_id, "")
                    # The venue takes ten orders a second.
                    await asyncio.sleep(0.15)

            load_task = asyncio.create_task(load())
            await until(lambda: len(outcomes) > 5)
            assert await keys.change(new_key, secret) == key_id(new_key)
            await until(lambda: not broker._calls.keys.draining)
            ring.remove(old[0])
            count = len(outcomes)
            await until(lambda: len(outcomes) > count + 5)
            stopped.set()
            await load_task
            await until(lambda: {request_id for request_id, _ in sent} <= listener.heard)
        failed = [outcome for outcome in outcomes if not isinstance(outcome, Acknowledged)]
        assert failed == []
        used = [used_id for _, used_id in sent]
        assert used == sorted(used, key=[key_id(old[0]), key_id(new_key)].index)
        assert set(used) == {key_id(old[0]), key_id(new_key)}
        assert listener.streams == []
        assert ring.strangers == 0


SMALL = {"quantity": Decimal("0.001")}


def msgspec_key(ring, own, name, *, secret):
    """Another HMAC key of the same account."""
    key = ring.find(own.api_key)
    ring.add(type(key)(key=name, account=key.account, secret=secret))
    return name, secret


def pem_of(key):
    pem = key.export_key(format="PEM")
    return pem if isinstance(pem, str) else pem.decode()


async def test_the_stream_moves_even_if_it_was_down_when_the_key_changed(tmp_path):
    async with running_sandbox(tmp_path, pace_per_s=50.0) as sandbox:
        own, ring = sandbox.credentials, sandbox.world.keys
        old = msgspec_key(ring, own, "old-key", secret="old-secret")
        keys = Keys(*old)
        async with trading(sandbox, keys) as (broker, _):
            sandbox.world.disconnect(1001)
            await keys.change(own.api_key, own.api_secret)
            await until(lambda: broker._stream.api_keys == {own.api_key})
            await until(lambda: broker.health().stream_up)


class Crashing(Keys):
    async def follow(self, take):
        raise RuntimeError("a bug")


async def test_trading_goes_on_when_changes_can_no_longer_be_seen(tmp_path, order):
    async with running_sandbox(tmp_path, pace_per_s=50.0) as sandbox:
        own = sandbox.credentials
        async with trading(sandbox, Crashing(own.api_key, own.api_secret)) as (broker, _):
            # The crash has been told by then.
            await asyncio.sleep(0.1)
            assert broker.health().connected
            spec = order(limit_price=Decimal(90_000), **SMALL)
            attempt = broker.prepare(spec, 1, SystemClock().now_ns())
            assert isinstance(await broker.submit(Approved(spec, attempt)), Acknowledged)


class Standby(Keys):
    """Was read long ago; somebody has changed it since."""

    def __init__(self, pair_now):
        super().__init__("key-of-last-year", "secret-of-last-year")
        self._now = pair_now

    async def look(self):
        return self._now


async def test_a_standby_that_takes_over_signs_with_the_key_of_now(tmp_path, order):
    async with running_sandbox(tmp_path, pace_per_s=50.0) as sandbox:
        own = sandbox.credentials
        async with trading(sandbox, Standby((own.api_key, own.api_secret))) as (broker, _):
            attempt = broker.prepare(order(), 1, SystemClock().now_ns())
            assert attempt.key_id == key_id(own.api_key)
        assert sandbox.world.keys.strangers == 0
