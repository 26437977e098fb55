"""Who may call, and what never leaves the process."""

import hashlib
import json
import re
import stat

import grpc
import pytest
from aitrader.v1 import risk_pb2, trading_pb2
from callers import Rpc, caller, eventually

TOKENS = {"viewer": "v-token-of-a-test", "trader": "t-token-of-a-test", "risk_admin": "r-token"}
SETTINGS = (
    "logging.level=debug",
    "access.tokens=["
    + ", ".join(
        f"{{name: {role}-1, role: {role}, sha256: {hashlib.sha256(token.encode()).hexdigest()}}}"
        for role, token in TOKENS.items()
    )
    + "]",
)
SESSION = "/aitrader.v1.TradingService/OrderSession"
ORDER = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "quantity": "0.001"}
# Verb, path and body of calls, by the least role that may make them.
CALLS = {
    "viewer": [
        ("GET", "/live/status", None),
        ("GET", "/live/orders", None),
        ("GET", "/live/trades", None),
        ("GET", "/live/pnl", None),
        ("GET", "/live/broker", None),
        ("GET", "/live/limits", None),
        ("GET", "/live/strategies", None),
        ("GET", "/live/quotes/BTCUSDT", None),
        ("GET", "/metrics", None),
        ("POST", "/live/risk/check", ORDER),
        ("POST", "/ai/sentiment", {"text": "Profits soar"}),
    ],
    "trader": [
        ("POST", "/live/orders", ORDER),
        ("POST", "/live/trade", {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.001"}),
        ("POST", "/live/orders/cancel-all", {}),
        ("POST", "/live/sync", {}),
        ("POST", "/live/heartbeat", {}),
        ("POST", "/live/reduce", {"reason": "seen"}),
        ("POST", "/live/halt", {"reason": "seen"}),
    ],
    "risk_admin": [
        (
            "PATCH",
            "/live/limits",
            {"risk_config": {"max_order_notional": "50000"}, "reason": "seen"},
        ),
        ("PATCH", "/live/strategies/s", {"notes": "seen"}),
        ("POST", "/live/resume", {"reason": "seen"}),
    ],
}
RANKS = list(CALLS)


@pytest.fixture(autouse=True)
def secrets_stay_inside(served):
    yield
    for secret in (served.token, *TOKENS.values()):
        assert secret not in served.log


@pytest.mark.parametrize("token", ["", "wrong", "Bearer", "\u0661"])
async def test_who_gives_no_token_of_ours_is_told_nothing(served, token):
    async with caller(served, "") as rest:
        headers = {"authorization": f"Bearer {token}".encode()} if token else {}
        for verb, path, body in (call for calls in CALLS.values() for call in calls):
            answer = await rest.request(verb, path, json=body, headers=headers)
            if token.isascii():
                assert (answer.status_code, answer.json()["code"]) == (401, 16), path
                assert answer.headers["www-authenticate"]
            else:
                assert answer.status_code in (400, 401), path
        stream = await rest.get("/live/events", headers=headers)
        assert stream.status_code in (400, 401)


async def test_over_grpc_too(served):
    for token in ("", "wrong"):
        async with Rpc(served, token) as rpc:
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await rpc.trading.GetStatus(trading_pb2.GetStatusRequest(), **rpc.auth)
            assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await anext(aiter(rpc.events()))
            assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("role", RANKS)
async def test_a_role_reaches_what_it_may_and_no_further(served, role):
    async with caller(served, TOKENS[role]) as rest:
        for needed, calls in CALLS.items():
            for verb, path, body in calls:
                answer = await rest.request(verb, path, json=body)
                if RANKS.index(role) >= RANKS.index(needed):
                    assert answer.status_code in (200, 400), (path, answer.text)
                    assert answer.status_code == 200 or answer.json()["code"] == 9, answer.text
                else:
                    assert (answer.status_code, answer.json()["code"]) == (403, 7), path
                    assert needed in answer.json()["message"]
    async with caller(served) as rest:
        await rest.post("/live/resume", json={"reason": "next role"})


async def test_a_viewers_order_is_not_journalled(served):
    async with caller(served, TOKENS["viewer"]) as rest, Rpc(served, TOKENS["viewer"]) as rpc:
        before = (await rest.get("/live/status")).json()["sequence"]
        assert (await rest.post("/live/orders", json=ORDER)).status_code == 403
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await rpc.risk.Halt(risk_pb2.HaltRequest(reason="viewer"), **rpc.auth)
        assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
        # Message and end in one: a refusal must not overtake what is still being sent.
        session = rpc.channel.unary_stream(SESSION)(b"", **rpc.auth)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await anext(aiter(session))
        assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
        assert (await rest.get("/live/status")).json()["sequence"] == before


async def test_an_api_key_is_as_good_as_a_bearer(served):
    async with caller(served, "") as rest:
        for token, status in ((TOKENS["viewer"], 200), (served.token, 200), ("wrong", 401)):
            answer = await rest.get("/live/status", headers={"x-api-key": token})
            assert answer.status_code == status


async def test_the_journal_names_the_caller(served, new_id):
    async with caller(served, TOKENS["trader"]) as rest:
        await rest.post("/live/orders", json={**ORDER, "request_id": (name := new_id())})
        trace = (await rest.get(f"/live/orders/{name}/trace")).json()
    assert '"trader-1"' in trace["events"][0]["detail"]


async def test_the_audit_log_names_the_address_that_we_saw(served, new_id):
    headers = {"x-forwarded-for": "203.0.113.5"}
    async with caller(served, TOKENS["trader"]) as rest:
        body = {**ORDER, "request_id": (name := new_id())}
        trace_id = (await rest.post("/live/orders", json=body, headers=headers)).headers[
            "x-trace-id"
        ]

    async def written():
        # The last line may still be half of one.
        whole = served.log.rpartition("\n")[0].splitlines()
        found = [json.loads(line) for line in whole if '"aitrader.audit"' in line]
        return next((line for line in found if line.get("request_id") == name), None)

    line = await eventually(written, "the audit line")
    told = (line["caller"], line["peer"], line["forwarded"], line["trace_id"])
    assert told == ("trader-1", "127.0.0.1", "203.0.113.5, 127.0.0.1", trace_id)


async def test_what_needs_no_token_tells_nothing_of_the_account(served):
    async with caller(served, "") as rest:
        for path in ("/healthz", "/readyz", "/openapi.json", "/docs"):
            answer = await rest.get(path)
            assert answer.status_code == 200, path
            assert not re.search(r"\b100000\b", answer.text)


def test_the_state_folder_is_the_owners_alone(served):
    assert stat.S_IMODE(served.state.stat().st_mode) == 0o700
    assert stat.S_IMODE((served.state / "token").stat().st_mode) == 0o600


def test_a_token_that_others_may_read_stops_the_start(serve):
    server = serve()
    server.stop()
    (server.state / "token").chmod(0o644)
    assert server.launch().wait(60) == 78
    assert "chmod 600" in server.log.splitlines()[-1]


async def test_secrets_are_in_no_answer(served):
    async with caller(served) as rest:
        for path in ("/live/status", "/metrics", "/live/limits", "/openapi.json"):
            text = (await rest.get(path)).text
            assert not any(secret in text for secret in (served.token, *TOKENS.values()))
