"""An engine beside a real Redis: each is lost in turn, and what limits trading is not."""

import shutil
import time

import httpx
import orjson
import pytest
from callers import Rpc, caller, eventually, far_below, history, reconciled
from redis_server import RedisServer, running_redis
from serving import Server

KEY = "aitrader:limits:paper:paper/paper"
UNWRITABLE = "LIMITS_STORE_UNWRITABLE"
BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
EX_CONFIG = 78


@pytest.fixture
def redis():
    with running_redis() as server:
        yield server


class Guarded(Server):
    """Remembers its limits in `redis` as well."""

    def __init__(self, folder, redis: RedisServer, *settings: str) -> None:
        store = ("limits_store.kind=redis", "limits_store.url=env:LIMITS_STORE_URL")
        super().__init__(folder, *store, *settings)
        self.environ = {"LIMITS_STORE_URL": redis.url}

    def lose_state(self) -> None:
        """Everything but the venue's own books, which are elsewhere in truth."""
        for path in self.state.iterdir():
            if not path.name.startswith("paper.sqlite"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def guarded(tmp_path, redis):
    made = []

    def make(*settings):
        made.append(Guarded(tmp_path, redis, *settings))
        return made[-1]

    yield make
    for server in made:
        server.kill9()


async def order(rest: httpx.AsyncClient, body: dict) -> str:
    """The state of a new order, or why it was denied."""
    answer = await rest.post("/live/orders", json=body)
    told = answer.json()
    if answer.status_code == 200:
        return told["order"]["state"]
    return told["details"][0]["reason"]


async def resting(rest: httpx.AsyncClient, name: str) -> dict:
    price = await far_below(rest)
    return {**BUY, "order_type": "limit", "limit_price": price, "request_id": name}


async def ready(rest: httpx.AsyncClient) -> None:
    """Until orders may leave, trading state apart."""
    await reconciled(rest)

    async def says_so() -> bool:
        return (await rest.get("/readyz")).status_code == 200

    await eventually(says_so, "readiness")


async def store_part(rest: httpx.AsyncClient) -> dict:
    return (await rest.get("/live/status")).json()["ready"]["limits_store"]


def document(redis: RedisServer) -> dict:
    return orjson.loads(redis.ask("HGET", KEY, "document"))


async def test_redis_is_killed_and_comes_back(guarded, redis):
    server = guarded().start()
    async with caller(server) as rest:
        await ready(rest)
        assert await order(rest, await resting(rest, "open")) == "ORDER_STATE_ACCEPTED"
        assert await order(rest, BUY) == "ORDER_STATE_FILLED"
        redis.kill9()
        killed_s = time.monotonic()

        async def denied() -> bool:
            return await order(rest, BUY) == UNWRITABLE

        await eventually(denied, "a closed gate")
        assert time.monotonic() - killed_s < 4
        part = await store_part(rest)
        assert not part["ok"]
        assert f"Redis at 127.0.0.1:{redis.port}" in part["detail"]
        assert "for-tests" not in part["detail"]

        async def unready() -> bool:
            return (await rest.get("/readyz")).status_code == 503

        await eventually(unready, "a server that is not ready")
        assert "\naitrader_limits_store_writable 0.0" in (await rest.get("/metrics")).text
        cancelled = await rest.post("/live/orders/open/cancel", json={})
        assert cancelled.status_code == 200, cancelled.text
        assert cancelled.json()["order"]["state"] == "ORDER_STATE_CANCELED"
        assert await order(rest, {**BUY, "side": "sell", "quantity": "0.0005"}) == (
            "ORDER_STATE_FILLED"
        )

        redis.start()

        async def open_again() -> bool:
            return (await store_part(rest))["ok"]

        await eventually(open_again, "an open gate")
        assert await order(rest, BUY) == "ORDER_STATE_FILLED"
        used = (await rest.get("/live/limits")).json()["daily"]["orders"]

        async def complete() -> bool:
            return document(redis)["day"]["usage"]["orders"] == used

        await eventually(complete, "a complete document")
    assert "for-tests" not in server.log


async def test_the_state_folder_is_lost_and_no_halt_with_it(guarded, redis):
    server = guarded("risk.daily_loss_limit=0.0001").start()
    async with caller(server) as rest:
        await ready(rest)
        await rest.patch("/live/strategies/s", json={"enabled": False, "notes": "it misbehaves"})

        async def halted() -> dict | None:
            await rest.post("/live/orders", json={**BUY, "quantity": "0.1"})
            state = (await rest.get("/live/state")).json()["trading_state"]
            return state if state["state"] == "TRADING_STATE_HALTED" else None

        halt = await eventually(halted, "a halt by the day's loss")
        assert halt["actor"] == "DAILY_LOSS_LIMIT"
        day = (await rest.get("/live/limits")).json()["daily"]
        start_equity = (await rest.get("/live/pnl")).json()["start_equity"]
        await rest.post("/live/orders/cancel-all", json={})

        async def known() -> bool:
            return document(redis)["trading"]["state"] == "HALTED"

        await eventually(known, "the halt in Redis")
    server.kill9()
    server.lose_state()

    server.start()
    async with caller(server) as rest:
        await ready(rest)
        state = (await rest.get("/live/state")).json()["trading_state"]
        assert (state["state"], state["actor"], state["reason"]) == (
            "TRADING_STATE_HALTED", "DAILY_LOSS_LIMIT", halt["reason"],
        )  # fmt: skip
        after = (await rest.get("/live/limits")).json()["daily"]
        assert (after["day"], after["orders"]) == (day["day"], day["orders"])
        assert (await rest.get("/live/pnl")).json()["start_equity"] == start_equity
        assert await order(rest, BUY) == "TRADING_HALTED"
        refused = await rest.post("/live/resume", json={"reason": "try"})
        assert "DAILY_LOSS_LIMIT" in refused.text or "the day has lost" in refused.text
        async with Rpc(server) as rpc:
            kinds = [event.kind for event in await history(rpc)]
        assert kinds.count("UsageRestored") == 1
        strategies = (await rest.get("/live/strategies")).json()["strategies"]
        assert [s["enabled"] for s in strategies if s["name"] == "s"] == [False]


async def test_an_engine_starts_without_redis_and_takes_entries_once_it_is_there(guarded, redis):
    redis.kill9()
    server = guarded().start()
    async with caller(server) as rest:
        assert await order(rest, BUY) == UNWRITABLE
        assert "the limits store does not take what it must remember" in server.log
        redis.start()

        async def filled() -> bool:
            return await order(rest, BUY) == "ORDER_STATE_FILLED"

        await eventually(filled, "an open gate")
    redis.pause()
    assert server.stop() == 0, "nobody waits for a Redis that hangs"


async def test_of_two_engines_of_one_account_the_older_takes_no_entries(guarded, tmp_path, redis):
    older = guarded().start()
    (other := tmp_path / "other").mkdir()
    newer = Guarded(other, redis)
    try:
        async with caller(older) as rest:
            await ready(rest)
            assert await order(rest, BUY) == "ORDER_STATE_FILLED"
            newer.start()

            async def denied() -> bool:
                return await order(rest, BUY) == UNWRITABLE

            await eventually(denied, "a closed gate")
            assert "another engine of this account" in (await store_part(rest))["detail"]
        async with caller(newer) as rest:
            await ready(rest)
            part = await store_part(rest)
            assert part["ok"], part
    finally:
        newer.kill9()


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        (("appendonly no",), "write `appendonly yes` in redis.conf"),
        (("appendonly yes", "appendfsync everysec"), "write `appendfsync always` in redis.conf"),
    ],
    ids=["no AOF", "every second"],
)
def test_a_redis_that_could_lose_it_stops_the_start(guarded, redis, settings, advice):
    redis.kill9()
    redis.start(*settings)
    server = guarded()
    server.launch()
    assert server.wait() == EX_CONFIG
    assert advice in server.log
    assert "for-tests" not in server.log


@pytest.mark.parametrize(
    ("settings", "environ", "words"),
    [
        (("limits_store.url=env:ELSEWHERE",), {}, "the variable ELSEWHERE is not set"),
        ((), {"LIMITS_STORE_URL": "http://host"}, "it must be redis://, rediss:// or unix://"),
    ],
    ids=["no variable", "no Redis"],
)
def test_an_address_that_is_none_stops_the_start(guarded, settings, environ, words):
    server = guarded(*settings)
    server.environ |= environ
    server.launch()
    assert server.wait() == EX_CONFIG
    assert words in server.log
