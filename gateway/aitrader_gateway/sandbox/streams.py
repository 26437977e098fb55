"""The market streams: `/ws/<stream>` raw, `/stream?streams=` wrapped, subscriptions on the way.

Binance Spot API, "Web Socket Streams".
"""

from collections.abc import Iterable
from typing import Final

import orjson
from aiohttp import web

from aitrader_gateway.sandbox.connection import Connection, ConnectionSettings
from aitrader_gateway.sandbox.entrance import Entrance
from aitrader_gateway.sandbox.faults import Fault
from aitrader_gateway.sandbox.line import Line
from aitrader_gateway.sandbox.stream_requests import (
    Method,
    StreamRefusal,
    StreamRequest,
    read_stream_request,
    too_many_streams,
    write_refusal,
    write_result,
)
from aitrader_gateway.sandbox.subscriptions import Kind, stream_named
from aitrader_gateway.sandbox.topics import Message, Topics
from aitrader_gateway.sandbox.wire.events import server_shutdown
from aitrader_gateway.sandbox.wire.scalars import TimeUnit

STREAMS_MAX: Final = 1024
_SHUTDOWN_STREAM: Final = "!serverShutdown"


class Streams:
    """Serves the market streams; `topics` are the hub's."""

    def __init__(
        self,
        topics: Topics,
        entrance: Entrance,
        settings: ConnectionSettings,
    ) -> None:
        self._topics = topics
        self._entrance = entrance
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ws", self._raw),
            web.get("/ws/{names:.*}", self._raw),
            web.get("/stream", self._combined),
        ]

    async def _raw(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, request.match_info.get("names", ""), combined=False)

    async def _combined(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, request.query.get("streams", ""), combined=True)

    async def _serve(
        self, request: web.Request, names: str, *, combined: bool
    ) -> web.StreamResponse:
        unit = self._entrance.admit(request)
        if isinstance(unit, web.Response):
            return unit
        wanted = [name for name in names.split("/") if name]
        if len(wanted) > STREAMS_MAX:
            return web.Response(status=400)
        connection = Connection(request, self._settings)
        await connection.open()
        listening = _Listening(connection, self._entrance, self._topics, unit, combined=combined)
        listening.add(wanted)
        try:
            return await self._entrance.connections.serve(connection, listening.answer)
        finally:
            listening.end()


class _Listening:
    """What one connection listens to."""

    def __init__(
        self,
        connection: Connection,
        entrance: Entrance,
        topics: Topics,
        unit: TimeUnit,
        *,
        combined: bool,
    ) -> None:
        self._line = Line(connection, entrance.faults, self._farewell)
        self._topics = topics
        self._clock = entrance.clock
        self._unit = unit
        self._combined = combined
        self._names: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        """Listens to streams, be there such streams or not."""
        for name in names:
            self._names[name] = None
            self._topics.join(name, self)

    def end(self) -> None:
        """Listens to nothing any more."""
        self._remove(tuple(self._names))

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._names.pop(name, None)
            self._topics.leave(name, self)

    def hear(self, topic: str, message: Message) -> None:
        """Sends an event, or lets happen to it what the faults want."""
        if self._line.cut(topic):
            return
        if _is_diff(topic) and self._line.draw(Fault.DEPTH_GAP, topic) is not None:
            return
        frame = self._framed(topic, message.text(self._unit))
        self._line.send(topic, frame)
        burst = self._line.draw(Fault.BURST, topic)
        for _ in range(0 if burst is None else burst.repeats):
            self._line.connection.send(frame)

    def answer(self, text: str) -> None:
        """Carries out one request of the client, and says so."""
        request = read_stream_request(text)
        if isinstance(request, StreamRefusal):
            self._line.connection.send(write_refusal(request))
        elif request.method is Method.SUBSCRIBE:
            self._subscribe(request)
        else:
            self._line.connection.send(write_result(request.id, self._carry_out(request)))

    def _subscribe(self, request: StreamRequest) -> None:
        if len({*self._names, *request.streams}) > STREAMS_MAX:
            refusal = too_many_streams(request.id, STREAMS_MAX)
            self._line.connection.send(write_refusal(refusal))
            return
        self.add(request.streams)
        self._line.connection.send(write_result(request.id, None))

    def _carry_out(self, request: StreamRequest) -> object:
        if request.method is Method.LIST_SUBSCRIPTIONS:
            return tuple(self._names)
        if request.method is Method.GET_PROPERTY:
            return self._combined
        if request.method is Method.SET_PROPERTY:
            self._combined = request.combined
        else:
            self._remove(request.streams)
        return None

    def _framed(self, stream: str, data: str) -> str:
        if not self._combined:
            return data
        return f'{{"stream":{orjson.dumps(stream).decode()},"data":{data}}}'

    def _farewell(self) -> str:
        event = server_shutdown(self._clock.now_ns(), self._unit)
        return self._framed(_SHUTDOWN_STREAM, orjson.dumps(event).decode())


def _is_diff(topic: str) -> bool:
    stream = stream_named(topic)
    return stream is not None and stream.kind is Kind.DIFF
