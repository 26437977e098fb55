"""The OWASP API Security Top 10 of 2023, one refusal each, on a real engine with its facade."""

import asyncio
import hashlib
import json
import re
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.client import REPLY_BYTES_MAX
from aitrader_gateway.binance.order_reads import OrderReads
from aitrader_server.adapters.clock import SystemClock
from callers import Rpc, caller, eventually, reconciled
from scripted_http_venue import CREDENTIALS, raw, scripted_venue, server_time

TOKENS = {role: f"{role}-token-of-a-test" for role in ("viewer", "trader", "risk_admin")}
BURST = 600
SETTINGS = (
    "access.tokens=["
    + ", ".join(
        f"{{name: {role}-1, role: {role}, sha256: {hashlib.sha256(token.encode()).hexdigest()}}}"
        for role, token in TOKENS.items()
    )
    + "]",
    f"access.calls_burst={BURST}",
    "access.calls_per_s=1",
    "rest.body_bytes_max=4096",
    "rest.body_timeout_s=1",
    "logging.format=json",
)
ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
STRAYS = (
    *("/v1/status", "/admin", "/debug", "/actuator", "/.env", "/live", "/api/live/status"),
    *("/LIVE/STATUS", "/live/status/", "//live/status", "/live/../live/status%2f"),
)
PLACE = trading_pb2.PlaceOrderRequest(
    symbol="BTCUSDT", side=common_pb2.SIDE_BUY, order_type=common_pb2.ORDER_TYPE_MARKET
)


@pytest.fixture
async def operator(served):
    async with caller(served) as client:
        yield client


@pytest.fixture
async def trader(served):
    async with caller(served, TOKENS["trader"]) as client:
        yield client


async def test_api1_an_order_is_no_more_mine_for_knowing_its_id(served, trader, new_id):
    """There is one account and its orders are the desk's: what is guarded is what may be done."""
    name = new_id()
    await trader.post("/live/orders", json={**ORDER, "request_id": name})
    async with caller(served, TOKENS["viewer"]) as viewer:
        assert (await viewer.get(f"/live/orders/{name}")).status_code == 200
        assert (await viewer.delete(f"/live/orders/{name}")).status_code in (403, 501)
        assert (await viewer.post(f"/live/orders/{name}/cancel", json={})).status_code == 403
    for deed in ("approve", "resolve"):
        answer = await trader.post(f"/live/orders/{name}/{deed}", json={})
        assert answer.status_code == 403, deed
    for guess in ("..%2f..%2ftoken", "*", "%00", "q' OR 1=1"):
        assert (await trader.get(f"/live/orders/{guess}")).status_code in (400, 404)


async def test_api2_a_token_is_compared_whole_and_never_told(served):
    right = TOKENS["trader"]
    for wrong in (
        right[:-1],
        right + "x",
        right.upper(),
        hashlib.sha256(right.encode()).hexdigest(),
    ):
        async with caller(served, wrong) as client:
            assert (await client.get("/live/status")).status_code == 401
    assert right not in served.log


@pytest.mark.parametrize(
    "extra", [{"state": "filled"}, {"caller": "operator"}, {"dry_run": "yes"}, {"__proto__": {}}]
)
async def test_api3_no_property_is_set_that_the_contract_does_not_let_set(trader, extra):
    answer = await trader.post("/live/orders", json={**ORDER, **extra})
    assert answer.status_code == 400
    assert next(iter(extra)) in answer.text


async def test_api4_no_caller_takes_more_than_its_share(served, operator, new_id):
    """Bytes, pages and calls are bounded; what stops trading is not."""
    await reconciled(operator)
    assert (await operator.post("/live/orders", content=b" " * 5_000)).status_code == 413
    assert (await operator.get("/live/orders?page_size=1000000")).status_code == 400
    async with Rpc(served, TOKENS["trader"]) as rpc:

        async def commands():
            for number in range(2 * BURST):
                yield trading_pb2.OrderSessionRequest(command_id=number, place=PLACE)
            for number in range(2 * BURST, 3 * BURST):
                cancel = trading_pb2.CancelOrderRequest(request_id="nothing")
                yield trading_pb2.OrderSessionRequest(command_id=number, cancel=cancel)

        reasons = {}
        async for report in rpc.trading.OrderSession(commands(), **rpc.auth):
            reasons[report.command_id] = report.error.reason
    limited = [number for number, reason in reasons.items() if reason == "RATE_LIMITED"]
    # Each refusal is its message's own: the stream went on to its last command.
    assert len(reasons) == 3 * BURST
    assert BURST / 2 < len(limited) < 2 * BURST
    assert max(limited) < 2 * BURST
    async with caller(served, TOKENS["trader"]) as trader:
        # A call a second comes back: of many at once most are too many.
        answers = await asyncio.gather(*(trader.get("/live/status") for _ in range(50)))
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert (await trader.post("/live/heartbeat", json={})).status_code in (200, 400)
        assert (await trader.post("/live/orders/cancel-all", json={})).status_code == 200
    metrics = (await operator.get("/metrics")).text
    found = re.search(r'aitrader_rpc_limited_total\{caller="trader-1"\} (\S+)', metrics)
    assert found
    assert float(found[1]) >= len(limited)

    async def all_written():
        # The last line may still be half of one.
        whole = served.log.rpartition("\n")[0].splitlines()
        lines = [json.loads(line) for line in whole if line.startswith("{")]
        commands = [line for line in lines if line.get("command") in ("place", "cancel")]
        return lines if len(commands) == 3 * BURST - len(limited) else None

    lines = await eventually(all_written, "a line for each command that was not limited")
    assert any(line["event"] == "calls limited" and line["who"] == "trader-1" for line in lines)


async def test_api5_no_verb_or_header_reaches_a_function_above_ones_role(served):
    async with caller(served, TOKENS["viewer"]) as viewer:
        for headers in ({}, {"x-http-method-override": "POST"}, {"x-role": "risk_admin"}):
            answer = await viewer.post("/live/resume", json={"reason": "mine"}, headers=headers)
            assert answer.status_code == 403
        answer = await viewer.patch("/live/limits", json={"reason": "mine", "risk_config": {}})
        assert answer.status_code == 403


async def test_api6_what_loosens_a_control_needs_the_role_a_reason_and_the_version(
    served, operator
):
    loosened = {"risk_config": {"max_order_notional": "999999"}}
    async with caller(served, TOKENS["trader"]) as trader:
        refused = await trader.patch("/live/limits", json={**loosened, "reason": "mine"})
        # Its bucket may still be empty: either way nothing is loosened.
        assert refused.status_code in (403, 429)
    assert (await operator.patch("/live/limits", json=loosened)).status_code == 400
    stale = {**loosened, "reason": "seen", "if_version": "999999"}
    assert (await operator.patch("/live/limits", json=stale)).status_code in (400, 409)


async def test_api7_no_request_makes_the_server_fetch_an_address(served, operator):
    """No field is an address: one that looks like it is text, and one too many is refused."""
    document = (await operator.get("/openapi.json")).json()
    named = re.findall(
        r'"((?:\w+_)?(?:url|uri|href|callback|webhook)(?:_\w+)?)":', json.dumps(document["paths"])
    )
    assert named == []

    met = asyncio.Event()

    async def meet(reader, writer):
        met.set()
        writer.close()

    listener = await asyncio.start_server(meet, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    async with listener:
        scored = await operator.post("/ai/sentiment", json={"text": f"see {address}"})
        assert scored.status_code == 200
        refused = await operator.post("/ai/sentiment", json={"text": "x", "url": address})
        assert refused.status_code == 400
        headers = {"host": address.split("/")[2], "referer": address, "origin": address}
        await operator.get("/live/status", headers=headers)
        assert not met.is_set()


async def test_api8_nothing_is_open_that_was_not_opened(served, operator):
    for path in ("/docs", "/live/status", "/nowhere", "/live/orders"):
        answer = await operator.get(path, headers={"origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    assert (await operator.request("TRACE", "/live/status")).status_code == 501
    broken = await operator.post("/live/orders", content=b"{", headers={"content-type": "text/x"})
    assert broken.status_code == 400
    assert "Traceback" not in broken.text
    host, _, port = served.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /live/status HTTP/1.1\r\n")
    assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()


async def test_api9_no_route_answers_that_the_document_does_not_name(operator):
    document = (await operator.get("/openapi.json")).json()
    assert "/live/status" in document["paths"]
    for stray in STRAYS:
        answer = await operator.get(stray)
        assert answer.status_code == 404, stray


class Endless:
    """An exchange that has more to say than any, a piece at a time."""

    def __init__(self):
        self.sent_bytes = 0

    async def __call__(self, request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        piece = b" " * 1_048_576
        while self.sent_bytes < 4 * REPLY_BYTES_MAX:
            await response.write(piece)
            self.sent_bytes += len(piece)
        return response


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"[" * 100_000, "application/json"),
        raw(b"\xff\xfe", "text/html"),
        raw(b'[{"symbol": 7}]', "application/json"),
        raw(b'{"orders": "all"}', "application/json"),
        raw(b'[{"symbol": "BTCUSDT", "orderId": 1e999}]', "application/json"),
        raw(b"7", "application/json"),
    ],
    ids=["deep", "no text", "wrong kind", "wrong shape", "huge number", "a number"],
)
async def test_api10_an_exchange_is_believed_no_more_than_a_caller(answer):
    """Nonsense is a read that failed: of the orders that are open nothing is known then."""
    async with reads_from(answer) as reads:
        assert await reads.open_orders() is None


async def test_api10_an_exchange_is_listened_to_within_bounds():
    answer = Endless()
    async with reads_from(answer) as reads:
        assert await reads.open_orders() is None
    # What was sent beyond the bound was on its way.
    assert answer.sent_bytes < 2 * REPLY_BYTES_MAX


@asynccontextmanager
async def reads_from(answer):
    """The engine's own reader of orders, before an exchange that answers so."""
    async with scripted_venue() as venue:
        venue.on("GET time", server_time())
        venue.on("GET openOrders", answer)
        calls = Calls(venue.endpoints, CREDENTIALS, SystemClock())
        calls.open()
        try:
            yield OrderReads(calls, SystemClock(), ["BTCUSDT"])
        finally:
            await calls.close()
