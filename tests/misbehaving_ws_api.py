"""A WebSocket API on loopback that misbehaves as each test says, and who hears the stream."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from itertools import count

from aiohttp import WSMsgType, web
from aitrader_server.adapters.clock import SystemClock

WAIT_S = 5.0


async def wait_until(condition):
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.005)


class Connection:
    """One client's connection; `number` counts from 1."""

    def __init__(self, number, request, ws):
        self.number = number
        self.subscriptions = []
        self.requests = []
        self._request = request
        self.ws = ws

    async def send(self, frame):
        await self.ws.send_str(json.dumps(frame))

    async def tell(self, event, subscription=0):
        await self.send({"subscriptionId": subscription, "event": event})

    async def reply(self, request, result, status=200):
        key = "result" if status == 200 else "error"
        await self.send({"id": request["id"], "status": status, key: result, "rateLimits": []})

    def cork(self, on):
        """While it is on, what is sent goes into one segment."""
        self._request.transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_CORK, int(on)
        )

    def freeze(self):
        """Reads nothing any more and answers no ping: the peer is gone without a word."""
        self._request.transport.pause_reading()

    def cut(self):
        self._request.transport.abort()

    @property
    def methods(self):
        return [request["method"] for request in self.requests]

    @property
    def open(self):
        return not self.ws.closed


async def _nothing(*_):
    return None


class Venue:
    """`on_request(connection, request)` returns True when it has dealt with the request."""

    def __init__(self):
        self.connections = []
        self.url = ""
        self.on_request: Callable[..., Awaitable[object]] = _nothing
        self.on_connect: Callable[..., Awaitable[object]] = _nothing

    @property
    def newest(self):
        return self.connections[-1]

    @property
    def live(self):
        return [connection for connection in self.connections if connection.open]

    async def serve(self, request):
        ws = web.WebSocketResponse(autoping=True)
        number = len(self.connections) + 1
        if (refusal := await self.on_connect(number)) is not None:
            return refusal
        await ws.prepare(request)
        connection = Connection(number, request, ws)
        self.connections.append(connection)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                await self._take(connection, json.loads(message.data))
        return ws

    async def _take(self, connection, request):
        connection.requests.append(request)
        if await self.on_request(connection, request):
            return
        match request["method"]:
            case "userDataStream.subscribe.signature":
                connection.subscriptions.append(len(connection.subscriptions))
                await connection.reply(request, {"subscriptionId": connection.subscriptions[-1]})
            case "session.subscriptions":
                alive = [{"subscriptionId": number} for number in connection.subscriptions]
                await connection.reply(request, alive)


class Listener:
    """Keeps what the stream says, in order."""

    def __init__(self):
        self.said = []

    def on_report(self, report):
        self.said.append(report)

    def on_stream(self, *, up, detail):
        self.said.append((up, detail))

    def on_external(self, detail):
        self.said.append(detail)

    @property
    def reports(self):
        return [one for one in self.said if not isinstance(one, tuple | str)]

    @property
    def orders(self):
        return [report.request_id for report in self.reports]

    @property
    def streams(self):
        return [one for one in self.said if isinstance(one, tuple)]

    @property
    def external(self):
        return [one for one in self.said if isinstance(one, str)]


_executions = count(1)


def new_order(client_order_id, **fields):
    """An execution report of a fresh order; fields by the venue's names."""
    execution = next(_executions)
    now_ms = SystemClock().now_ns() // 1_000_000
    return {
        "e": "executionReport", "E": now_ms, "s": "BTCUSDT", "c": client_order_id, "S": "BUY",
        "o": "LIMIT", "f": "GTC", "q": "1.00000000", "p": "100.00000000", "P": "0.00000000",
        "F": "0.00000000", "g": -1, "C": "", "x": "NEW", "X": "NEW", "r": "NONE",
        "i": 1000 + execution, "l": "0.00000000", "z": "0.00000000", "L": "0.00000000",
        "n": "0", "N": None, "T": now_ms, "t": -1, "I": execution, "w": True, "m": False,
        "M": False, "O": now_ms, "Z": "0.00000000", "Y": "0.00000000", "Q": "0.00000000",
        "W": now_ms, "V": "NONE",
    } | fields  # fmt: skip
