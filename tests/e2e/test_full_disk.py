"""A disk that is full while orders run, and one that cannot be written when the engine starts."""

import asyncio

import pytest
from callers import caller, far_below, halt, reconciled
from sandbox_process import SandboxProcess
from serving import Server
from small_disk import small_disk

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
CALLERS = 8
# More than a disk of this size has room for.
ORDERS_MAX = 2_000
SIZE = "8m"
LOST = "LIMITS_STORE_UNWRITABLE"


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "engine" / "state", SIZE) as disk:
        yield disk


@pytest.fixture
def sandbox(tmp_path):
    """The exchange keeps its books on another disk."""
    with SandboxProcess(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def engine(tmp_path, disk, sandbox):
    server = Server(
        tmp_path / "engine",
        f"execution.binance.sandbox_url={sandbox.ready['rest']}",
        "risk.deny_self_trade=false",
    )
    server.account = ()
    server.environ = {
        "BINANCE_SANDBOX_API_KEY": sandbox.credentials["api_key"],
        "BINANCE_SANDBOX_API_SECRET": sandbox.credentials["api_secret"],
    }
    yield server
    server.kill9()


async def trade_until_refused(rest, disk):
    """Several callers trade while the disk fills; what was answered, and what was refused."""
    answered, refusals, numbers = [], [], iter(range(ORDERS_MAX))

    async def trade():
        for number in numbers:
            name = f"n-{number}"
            answer = await rest.post("/live/orders", json={**BUY, "request_id": name})
            if answer.status_code not in (200, 202):
                refusals.append(answer.json())
                return
            answered.append(name)

    trading = [asyncio.create_task(trade()) for _ in range(CALLERS)]
    while len(answered) < CALLERS:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(disk.fill)
    await asyncio.gather(*trading)
    assert len(refusals) == CALLERS
    return answered, refusals


async def denial(rest):
    return (await rest.post("/live/orders", json=BUY)).json()["details"][0]["reason"]


async def test_orders_end_with_the_disk_and_nothing_that_was_answered_is_lost(
    disk, sandbox, engine
):
    await asyncio.to_thread(engine.start)
    async with caller(engine) as rest:
        await reconciled(rest)
        resting = {**BUY, "order_type": "limit", "limit_price": await far_below(rest)}
        placed = await rest.post("/live/orders", json={**resting, "request_id": "rests"})
        assert placed.status_code == 200, placed.text
        answered, refusals = await trade_until_refused(rest, disk)
        for told in refusals:
            assert str(disk.folder) in told["message"], told
            assert "free space on its disk" in told["message"], told
        halted = await halt(rest)
        assert halted["actor"] == LOST
        assert str(disk.folder) in halted["reason"]
        assert await denial(rest) == LOST

        # Reading goes on, but for orders of which the book knows more than the disk.
        for path in ("/live/status", "/live/limits", "/live/quotes/BTCUSDT", "/metrics"):
            assert (await rest.get(path)).status_code == 200, path
        unsure = await rest.get("/live/orders/rests")
        assert (unsure.status_code, unsure.json()["details"][0]["reason"]) == (400, LOST)
        # What is open can be taken back.
        cancelled = (await rest.post("/live/orders/rests/cancel", json={})).json()
        assert cancelled["cancelled"], cancelled
        assert (await rest.get("/readyz")).status_code == 503
    books = sandbox.admin("GET", "/accounts/main")["orders"]
    at_venue = {order["client_order_id"]: order["status"] for order in books}
    assert at_venue["rests"] == "CANCELED"
    assert set(answered) <= set(at_venue)

    engine.kill9()
    disk.free()
    await asyncio.to_thread(engine.start)
    async with caller(engine) as rest:
        await reconciled(rest)
        again = await halt(rest)
        assert (again["actor"], again["reason"]) == (LOST, halted["reason"])
        for name in ("rests", *answered):
            order = (await rest.get(f"/live/orders/{name}")).json()["order"]
            assert order["state"].endswith(at_venue[name]), order
        assert await denial(rest) == "TRADING_HALTED"
        resumed = await rest.post("/live/resume", json={"reason": "there is room again"})
        assert resumed.status_code == 200, resumed.text
        assert (await rest.post("/live/orders", json=BUY)).status_code == 200
    engine.kill9()
    await asyncio.to_thread(engine.start)
    async with caller(engine) as rest:
        assert await halt(rest) is None


async def test_a_disk_that_is_full_or_read_only_stops_the_start(disk, engine):
    disk.fill()
    assert await asyncio.to_thread(engine.launch().wait, 60) == 78
    assert str(disk.folder) in engine.log
    disk.free()
    before = engine.log
    disk.protect()
    assert await asyncio.to_thread(engine.launch().wait, 60) == 78
    said = engine.log.removeprefix(before)
    assert str(disk.folder) in said
    assert "Traceback" not in engine.log
