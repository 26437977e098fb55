"""A loopback HTTP server that answers what a test says, and keeps every byte it was sent."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aitrader_gateway.binance.endpoints import Endpoints, sandbox_endpoints
from aitrader_gateway.binance.keys import Credentials
from aitrader_server.domain.terms import OrderSpec

CREDENTIALS = Credentials(("KEY_NAME", "SECRET_NAME"), "the-key", hmac_secret="the-secret")


def endpoints_at(port: int) -> Endpoints:
    """A venue on loopback."""
    return sandbox_endpoints(*(f"{kind}://127.0.0.1:{port}" for kind in ("http", "ws", "ws")))


@dataclass
class Heard:
    """One request as it came over the wire."""

    method: str
    path: str
    query: str
    body: str
    headers: dict[str, str]


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def say(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answers with JSON."""
    return text(json.dumps(body), status, "application/json", headers)


def text(
    body: str, status: int = 200, kind: str = "text/html", headers: dict[str, str] | None = None
) -> Answer:
    """Answers with whatever text."""

    async def answer(request):
        return web.Response(text=body, status=status, content_type=kind, headers=headers)

    return answer


def raw(body: bytes, kind: str) -> Answer:
    """Answers with whatever bytes."""

    async def answer(request):
        return web.Response(body=body, headers={"Content-Type": kind})

    return answer


def refuse(code: int, message: str, status: int = 400, **more: Any) -> Answer:
    """Answers as the venue refuses."""
    headers = more.pop("headers", None)
    return say({"code": code, "msg": message, **more}, status, headers)


def accepted(order: OrderSpec, **more: Any) -> dict[str, Any]:
    """The venue's reply to an order that it took."""
    return {
        "symbol": order.symbol,
        "orderId": 28,
        "orderListId": -1,
        "clientOrderId": order.request_id,
        "transactTime": 1_700_000_000_001,
        "price": "100.00000000",
        "origQty": "1.00000000",
        "executedQty": "0.00000000",
        "status": "NEW",
        "type": order.order_type,
        "side": order.side,
        "workingTime": 1_700_000_000_001,
        "fills": [],
        **more,
    }


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Drops the connection once the request has been read."""
    request.transport.abort()
    return web.Response()


async def stay_silent(request: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.Event().wait()
    return web.Response()


async def break_off(request: web.Request) -> web.StreamResponse:
    """Drops the connection in the middle of a reply."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(b'{"symbol":')
    request.transport.abort()
    return response


def server_time(shift_ms: int = 0) -> Answer:
    """Answers as the venue's clock does when it is `shift_ms` ahead of ours."""

    async def answer(request):
        return await say({"serverTime": time.time_ns() // 1_000_000 + shift_ms})(request)

    return answer


@dataclass
class ScriptedVenue:
    """`answers` by "METHOD path": a list is used up from the front, its last entry stays."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def on(self, what: str, *answers: Answer) -> None:
        """From now on `what`, e.g. "POST order", is answered so."""
        self.answers[what] = list(answers)

    def requests(self, what: str) -> list[Heard]:
        """Everything that was asked of `what`."""
        method, path = what.split()
        return [heard for heard in self.heard if (heard.method, heard.path) == (method, path)]

    @property
    def endpoints(self) -> Endpoints:
        return endpoints_at(self.port)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v3/")
        body = (await request.read()).decode()
        self.heard.append(
            Heard(
                request.method,
                path,
                request.rel_url.raw_query_string,
                body,
                dict(request.headers),
            )
        )
        script = self.answers.get(f"{request.method} {path}")
        if not script:
            return web.json_response({"code": -1, "msg": f"nobody scripted {path}"}, status=500)
        answer = script[0] if len(script) == 1 else script.pop(0)
        return await answer(request)


@asynccontextmanager
async def scripted_venue():
    """A running ScriptedVenue."""
    venue = ScriptedVenue()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", venue.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    venue.port = site._server.sockets[0].getsockname()[1]
    try:
        yield venue
    finally:
        await runner.cleanup()
