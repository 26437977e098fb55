"""Server streams over HTTP: newline-delimited JSON or server-sent events."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.rpc import code_pb2
from sse_starlette import ServerSentEvent

from aitrader_gateway.rest.errors import CallError, Metadata
from aitrader_gateway.rest.status import Headers, dump, http_status, status_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Receive, Send

    from aitrader_gateway.rest.invoker import ReplyStream

_log = logging.getLogger(__name__)
_JSON = b"application/json"
_EVENTS = b"text/event-stream; charset=utf-8"
_HEARTBEAT = ServerSentEvent(comment="heartbeat", sep="\n").encode()


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """How long a stream may be silent, and how long a reader may be stuck."""

    open_after_s: float = 1.0
    heartbeat_s: float = 5.0
    send_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One rendered message; `raw` bytes of an HttpBody are sent without a frame."""

    body: bytes
    content_type: bytes
    sequence: int | None
    raw: bool


class _ReaderGone(Exception):
    """The reader closed the connection, or is stuck."""


class _Draining(Exception):
    """The facade is about to stop."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The reader's side, and the sign that the facade is about to stop."""

    receive: Receive
    send: Send
    draining: asyncio.Event


@dataclass(frozen=True, slots=True)
class Rendering:
    """How the parts of a stream become HTTP; with `events` as server-sent events.

    `raw` streams carry an HttpBody, so only their first message knows the content type.
    """

    events: bool
    raw: bool
    message: Callable[[bytes], Answer]
    headers: Callable[[Metadata], Headers]
    error: Callable[[CallError], dict[str, Any]]


async def send_stream(
    stream: ReplyStream,
    rendering: Rendering,
    timing: StreamTiming,
    connection: Connection,
) -> None:
    """Send a stream until it ends, its reader goes away or the facade drains.

    Whichever it is, the call ends at once.
    """
    writer = _Writer(rendering, timing, connection.send)
    watches = (_watch(connection.receive), _wait(connection.draining), writer.beat())
    try:
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(watch) for watch in watches]
            await writer.copy(stream)
            for other in others:
                other.cancel()
    except* _ReaderGone:
        _log.debug("the reader of a stream went away")
    except* _Draining:
        await writer.end(CallError(code_pb2.UNAVAILABLE, "the facade stops; resume elsewhere"))
    finally:
        stream.cancel()


async def _wait(draining: asyncio.Event) -> None:
    await draining.wait()
    raise _Draining


async def _watch(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise _ReaderGone


class _Writer:
    def __init__(self, rendering: Rendering, timing: StreamTiming, send: Send) -> None:
        self._rendering = rendering
        self._events = rendering.events
        self._timing = timing
        self._raw_send = send
        self._turn = asyncio.Lock()
        self._started = False
        self._sent = 0

    async def copy(self, stream: ReplyStream) -> None:
        """Send every message, then the end or the error."""
        try:
            async for serialized in stream:
                answer = self._rendering.message(serialized)
                if not self._started:
                    kind = answer.content_type if answer.raw else self._content_type
                    await self._start(200, kind, await stream.initial_metadata())
                await self._send_body(self._frame(answer))
        except CallError as error:
            await self.end(error)
        else:
            await self._start(200, self._content_type, ())
            await self._send_body(b"", more=False)

    async def end(self, error: CallError) -> None:
        """Send an error, as the whole answer or as its last part."""
        try:
            await self._fail(error)
            await self._send_body(b"", more=False)
        except _ReaderGone:
            _log.debug("the reader of a stream went away before its end")

    async def beat(self) -> None:
        """Open the answer of a stream that is silent at first; keep an event stream warm."""
        if self._rendering.raw:
            return
        await asyncio.sleep(self._timing.open_after_s)
        await self._start(200, self._content_type, ())
        while self._events:
            seen = self._sent
            await asyncio.sleep(self._timing.heartbeat_s)
            if seen == self._sent:
                await self._send_body(_HEARTBEAT)

    @property
    def _content_type(self) -> bytes:
        return _EVENTS if self._events else _JSON

    def _frame(self, answer: Answer) -> bytes:
        if answer.raw:
            return answer.body
        if not self._events:
            return b'{"result":' + answer.body + b"}\n"
        sequence = None if answer.sequence is None else str(answer.sequence)
        return ServerSentEvent(answer.body.decode(), id=sequence, sep="\n").encode()

    async def _fail(self, error: CallError) -> None:
        body = self._rendering.error(error)
        if not self._started:
            metadata = error.initial_metadata + error.trailing_metadata
            await self._start(http_status(error), _JSON, metadata, status_headers(error, body))
            await self._send_body(dump(body if self._events else {"error": body}))
        elif self._events:
            text = dump(body).decode()
            await self._send_body(ServerSentEvent(text, event="error", sep="\n").encode())
        else:
            await self._send_body(dump({"error": body}) + b"\n")

    async def _start(
        self, status: int, content_type: bytes, metadata: Metadata, extra: Headers | None = None
    ) -> None:
        if self._started:
            return
        self._started = True
        headers = [
            (b"content-type", content_type),
            # Proxies in front would hold messages back to fill their buffers.
            (b"x-accel-buffering", b"no"),
            *self._rendering.headers(metadata),
            *(extra or []),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _send_body(self, body: bytes, *, more: bool = True) -> None:
        self._sent += 1
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _send(self, event: Message) -> None:
        try:
            async with asyncio.timeout(self._timing.send_timeout_s), self._turn:
                await self._raw_send(event)
        except TimeoutError:
            raise _ReaderGone from None
