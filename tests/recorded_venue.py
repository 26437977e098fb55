"""Recorded shapes of Binance's answers and events, served on loopback in their recorded order."""

import json
import time
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web

FOLDER = Path(__file__).parent / "recordings" / "broker_gateway"


class RecordedVenue:
    """Replays one recording.

    A recording has `replies` by "METHOD path": each is used once, the last one again and again.
    `events` are told on the account stream before that request is answered. $CLIENT_ORDER_ID
    stands for the id that the client chose, $NOW_MS for the time.
    """

    def __init__(self, name: str) -> None:
        recording = json.loads((FOLDER / f"{name}.json").read_text())
        self._replies: dict[str, list] = recording["replies"]
        self._events: dict[str, list] = recording["events"]
        self._client_order_id = ""
        self._sockets: list[web.WebSocketResponse] = []
        self.port = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/ws-api/v3", self._serve_account_stream)
        app.router.add_get("/api/v3/time", self._serve_time)
        app.router.add_route("*", "/api/v3/{path:.*}", self._serve)
        return app

    async def _serve_time(self, _: web.Request) -> web.Response:
        return web.json_response({"serverTime": time.time_ns() // 1_000_000})

    async def _serve(self, request: web.Request) -> web.Response:
        what = f"{request.method} {request.match_info['path']}"
        asked = dict(parse_qsl((await request.read()).decode()))
        self._client_order_id = asked.get("newClientOrderId", self._client_order_id)
        replies = self._replies[what]
        reply = replies[0] if len(replies) == 1 else replies.pop(0)
        for event in self._events.pop(what, []):
            await self._tell(self._filled_in(event))
        return web.json_response(self._filled_in(reply["body"]), status=reply["status"])

    async def _serve_account_stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        async for frame in socket:
            asked = json.loads(frame.data)
            subscription = {"subscriptionId": 0}
            listing = asked["method"] == "session.subscriptions"
            result = [subscription] if listing else subscription
            await socket.send_json({"id": asked["id"], "status": 200, "result": result})
        return socket

    async def _tell(self, event: object) -> None:
        for socket in self._sockets:
            await socket.send_json({"subscriptionId": 0, "event": event})

    def _filled_in(self, recorded: object) -> object:
        text = json.dumps(recorded)
        text = text.replace('"$NOW_MS"', str(time.time_ns() // 1_000_000))
        return json.loads(text.replace("$CLIENT_ORDER_ID", self._client_order_id))


@asynccontextmanager
async def recorded_venue(name: str):
    """A running RecordedVenue."""
    venue = RecordedVenue(name)
    runner = web.AppRunner(venue.app(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        venue.port = runner.addresses[0][1]
        yield venue
    finally:
        await runner.cleanup()
