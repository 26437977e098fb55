"""How tests call a running engine."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any, Self

import grpc
import httpx
import orjson
from aitrader.v1 import (
    market_data_pb2_grpc,
    observability_pb2_grpc,
    risk_pb2_grpc,
    sentiment_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
)
from serving import Server

CALL_TIMEOUT_S = 30
# Ends a test that waits for what never comes.
PATIENCE_S = 60
POLL_S = 0.05
BY_TIME = ("DayOpened", "EquityMarked")


def caller(server: Server, token: str | None = None) -> httpx.AsyncClient:
    """A REST client with the operator's token, or another; an empty one is not sent."""
    token = server.token if token is None else token
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        base_url=server.url,
        headers=headers,
        timeout=CALL_TIMEOUT_S,
        trust_env=False,
        verify=False,  # Plain HTTP: the authorities take longer to load than a test runs.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
    )


class Rpc:
    """Every service over one connection; give each call `**rpc.auth`."""

    def __init__(self, server: Server, token: str | None = None) -> None:
        token = server.token if token is None else token
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self.auth: dict[str, Any] = {"metadata": metadata, "timeout": CALL_TIMEOUT_S}
        self.channel = grpc.aio.insecure_channel(
            server.endpoint,
            options=[("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)],
        )
        self.trading = trading_pb2_grpc.TradingServiceStub(self.channel)
        self.risk = risk_pb2_grpc.RiskServiceStub(self.channel)
        self.sentiment = sentiment_pb2_grpc.SentimentServiceStub(self.channel)
        self.market = market_data_pb2_grpc.MarketDataServiceStub(self.channel)
        self.observability = observability_pb2_grpc.ObservabilityServiceStub(self.channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()

    def events(self, after_sequence: int = 0, **fields: Any) -> Any:
        """The event stream as a call that can be iterated and cancelled."""
        request = trading_pb2.StreamEventsRequest(after_sequence=after_sequence, **fields)
        return self.trading.StreamEvents(
            request, metadata=self.auth["metadata"], timeout=2 * PATIENCE_S
        )


async def history(rpc: Rpc, after_sequence: int = 0) -> list[trading_pb2.Event]:
    """Every event that is durable now."""
    found: list[trading_pb2.Event] = []
    call = rpc.events(after_sequence)
    async for message in call:
        if message.HasField("caught_up"):
            break
        found.append(message.event)
    call.cancel()
    return found


async def events_over_rest(
    client: httpx.AsyncClient, after_sequence: int | None
) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """Server-sent events as (id, data), resumed by Last-Event-ID when it is given."""
    headers = {"accept": "text/event-stream"}
    if after_sequence is not None:
        headers["last-event-id"] = str(after_sequence)
    async with client.stream("GET", "/live/events", headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        sequence = 0
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                sequence = int(value)
            elif name == "data":
                yield sequence, orjson.loads(value)


async def eventually(check: Callable[[], Awaitable[Any]], what: str) -> Any:
    """The first true answer of `check`, asked again and again."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            # A server is polled: there is nothing here to wait on but time.
            while not (answer := await check()):
                await asyncio.sleep(POLL_S)
            return answer
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE_S} s in vain: {what}") from None


async def far_below(client: httpx.AsyncClient, symbol: str = "BTCUSDT") -> str:
    """A limit price within the collar at which a buy rests."""
    answer = await client.get(f"/live/quotes/{symbol}")
    bid = Decimal(answer.json()["quote"]["bid"])
    return format((bid * Decimal("0.95")).quantize(Decimal("0.01")), "f")


async def breaches(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, str]:
    """What would deny the order now: message by code."""
    checked = (await client.post("/live/risk/check", json=body)).json()
    return {breach["code"]: breach["message"] for breach in checked["breaches"]}


async def halt(client: httpx.AsyncClient) -> dict[str, Any] | None:
    """The trading state while it is halted."""
    told: dict[str, Any] = (await client.get("/live/state")).json()["trading_state"]
    return told if told["state"] == "TRADING_STATE_HALTED" else None


async def reconciled(client: httpx.AsyncClient) -> dict[str, Any]:
    """The status, once every order is settled, the day is open and so is the gate."""

    async def settled() -> dict[str, Any] | None:
        status: dict[str, Any] = (await client.get("/live/status")).json()
        done = status["ready"]["reconciliation"]["ok"] and not status["unknown_orders"]
        return status if done else None

    async def begun() -> bool:
        return bool((await client.get("/live/limits")).json()["daily"]["day"])

    await eventually(begun, "the opening of the day")
    answer: dict[str, Any] = await eventually(settled, "reconciliation")
    return answer


async def journalled(client: httpx.AsyncClient) -> dict[str, str]:
    """How many events of each kind there are, but for those that come with time alone."""
    metrics = (await client.get("/metrics")).text
    found = re.findall(r'^aitrader_events_total{kind="(\w+)"} (\S+)', metrics, re.MULTILINE)
    assert found
    return {kind: count for kind, count in found if kind not in BY_TIME}
