"""The transcoder: an ASGI application whose routes are the HTTP annotations of services.

It follows grpc-gateway v2. Where it differs, it does so on purpose:

- paths are decoded segment by segment, after routing; literals beat wildcards; two methods with
  one route are refused at startup (grpc-gateway: the later registered wins);
- input that no field takes is refused unless `lenient` (as vanguard does);
- bytes after the JSON value, repeated keys and a field in both spellings are refused;
- a known path with a wrong method is 501 with code 12, as in grpc-gateway, plus `Allow`;
- a body over the limit is 413, as in Envoy, with code 8;
- X-HTTP-Method-Override and form bodies are not read;
- a unary call outlives its caller's connection, bounded by its deadline: an order whose sender
  went away is still an order. A stream ends with its connection.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from google.rpc import code_pb2

from aitrader_gateway.rest.absence import unless_gone
from aitrader_gateway.rest.body import CallerGone, discard, read_body
from aitrader_gateway.rest.codec import Codec
from aitrader_gateway.rest.endpoint import Endpoint
from aitrader_gateway.rest.errors import CallError, FieldFault
from aitrader_gateway.rest.headers import (
    AnswerHeaders,
    Headers,
    http_code_of,
    metadata_of,
    timeout_of,
    traceparent_of,
)
from aitrader_gateway.rest.meter import ROUTE_KEY
from aitrader_gateway.rest.routes import ANY_METHOD, RouteTable
from aitrader_gateway.rest.status import dump, http_status, status_body, status_headers
from aitrader_gateway.rest.streams import Connection, Rendering, StreamTiming, send_stream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import ServiceDescriptor
    from starlette.types import Receive, Scope, Send

    from aitrader_gateway.rest.errors import Metadata
    from aitrader_gateway.rest.invoker import Invoker

_log = logging.getLogger(__name__)
_JSON = b"application/json"
_NO_CONTENT = 204
_TOO_LARGE = 413
_NOT_ACCEPTABLE = 1003
_EVENTS = b"text/event-stream"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request."""

    body_bytes_max: int = 256 * 1024
    body_timeout_s: float = 10.0
    call_timeout_s: float = 30.0
    stream: StreamTiming = field(default_factory=StreamTiming)


@dataclass(slots=True)
class _Request:
    scope: Scope
    receive: Receive
    send: Send
    headers: dict[bytes, bytes]
    path: str
    trace_id: str
    traceparent: str
    head: bool
    answered: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    endpoint: Endpoint
    message: bytes
    metadata: Metadata
    timeout_s: float | None
    events: bool


class Transcoder:
    """Serves the annotated methods of some services through an invoker.

    Raises:
        RouteError: Two methods claim one route, or an annotation does not fit its messages.
        TemplateError: A path template breaks the grammar.
    """

    def __init__(
        self,
        invoker: Invoker,
        services: Iterable[ServiceDescriptor],
        *,
        limits: Limits | None = None,
        lenient: bool = False,
    ) -> None:
        self._invoker = invoker
        self._limits = limits or Limits()
        self._codec = Codec(discard_unknown=lenient)
        self.answer_headers = AnswerHeaders()
        self._draining = asyncio.Event()
        self.table = RouteTable(services)
        self._endpoints = {
            id(route): Endpoint(route, self._codec, lenient=lenient) for route in self.table.routes
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; every failure is an answer too."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _NOT_ACCEPTABLE})
            return
        if scope["type"] != "http":
            raise RuntimeError(f"cannot serve {scope['type']}")
        request = _open(scope, receive, send)
        try:
            await self._serve(request)
        except CallerGone:
            return
        except FieldFault as fault:
            await self._send_error(request, fault.as_call_error())
        except CallError as error:
            await self._send_error(request, error)
        except Exception:
            _log.exception(
                "%s %s failed, trace %s", scope["method"], request.path, request.trace_id
            )
            if request.answered:
                raise
            await self._send_error(request, CallError(code_pb2.INTERNAL, "internal error"))

    def drain(self) -> None:
        """End every open stream with UNAVAILABLE, so that a server about to stop need not wait."""
        self._draining.set()

    def serves(self, scope: Scope) -> bool:
        """Tell cheaply whether a literal route, which most are, answers the request."""
        return (scope["method"], _path(scope)) in self.table.literal

    async def _serve(self, request: _Request) -> None:
        http_method = request.scope["method"]
        match = self.table.find(http_method, request.path)
        if match is None and request.head:
            match = self.table.find("GET", request.path)
        if match is None:
            await self._refuse(request, http_method)
            return
        request.scope[ROUTE_KEY] = match.route.template.text
        endpoint = self._endpoints[id(match.route)]
        wants_events = endpoint.streams and _EVENTS in request.headers.get(b"accept", b"")
        resume = b"last-event-id" if wants_events and endpoint.binder.resumes else b""
        timeout_s = timeout_of(request.headers.get(b"grpc-timeout"))
        metadata = metadata_of(
            request.scope["headers"], (request.scope.get("client") or ("",))[0], request.traceparent
        )
        body = await read_body(
            request.receive,
            request.headers,
            bytes_max=self._limits.body_bytes_max,
            timeout_s=self._limits.body_timeout_s,
        )
        _refuse_encoded(request.headers)
        message = endpoint.binder.bind(
            body,
            request.headers.get(b"content-type", b"").decode("latin-1"),
            match.variables,
            request.scope["query_string"].decode("latin-1"),
            request.headers.get(resume, b"").decode("latin-1"),
        )
        call = _Call(endpoint, message, metadata, timeout_s, wants_events)
        await (self._stream(request, call) if endpoint.streams else self._unary(request, call))

    async def _unary(self, request: _Request, call: _Call) -> None:
        longest_s = self._limits.call_timeout_s
        timeout_s = longest_s if call.timeout_s is None else min(call.timeout_s, longest_s)
        reply = await self._invoker.unary(
            call.endpoint.full_path, call.message, call.metadata, timeout_s
        )
        answer = call.endpoint.render(reply.body)
        headers = self.answer_headers.collect(
            reply.initial_metadata,
            reply.trailing_metadata,
            request.trace_id,
            trailers=_wants_trailers(request),
        )
        status = http_code_of(reply.initial_metadata)
        await _send(request, status, answer.content_type, headers, answer.body)

    async def _stream(self, request: _Request, call: _Call) -> None:
        if request.head:
            kind = _EVENTS if call.events else _JSON
            await _send(request, 200, kind, self._own_headers(request), b"")
            return

        def headers_of(initial: Metadata) -> Headers:
            request.answered = True
            return self.answer_headers.collect(initial, (), request.trace_id, trailers=False)

        await send_stream(
            self._invoker.stream(
                call.endpoint.full_path, call.message, call.metadata, call.timeout_s
            ),
            Rendering(
                events=call.events,
                raw=call.endpoint.raw,
                message=call.endpoint.render,
                headers=headers_of,
                error=lambda error: status_body(error, self._codec),
            ),
            self._limits.stream,
            Connection(request.receive, request.send, self._draining),
        )

    def _own_headers(self, request: _Request) -> Headers:
        """Give the headers of an answer that the server had no part in."""
        return self.answer_headers.collect((), (), request.trace_id, trailers=False)

    async def _refuse(self, request: _Request, http_method: str) -> None:
        allowed = set(self.table.allowed(request.path))
        if ANY_METHOD in allowed:
            allowed = {"DELETE", "GET", "PATCH", "POST", "PUT"}
        if not allowed:
            raise CallError(code_pb2.NOT_FOUND, "Not Found")
        allowed |= {"OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())
        allow = ", ".join(sorted(allowed))
        if http_method != "OPTIONS":
            raise CallError(
                code_pb2.UNIMPLEMENTED, "Method Not Allowed", headers=(("allow", allow),)
            )
        headers = [*self._own_headers(request), (b"allow", allow.encode())]
        await _send(request, _NO_CONTENT, b"", headers, b"")

    async def _send_error(self, request: _Request, error: CallError) -> None:
        body = status_body(error, self._codec)
        headers = self.answer_headers.collect(
            error.initial_metadata,
            error.trailing_metadata,
            request.trace_id,
            trailers=_wants_trailers(request),
        )
        headers += status_headers(error, body)
        await _send(request, http_status(error), _JSON, headers, dump(body))


def _open(scope: Scope, receive: Receive, send: Send) -> _Request:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    path = _path(scope)
    traceparent = traceparent_of(headers.get(b"traceparent"))
    head = scope["method"] == "HEAD"
    trace_id = traceparent.split("-")[1]
    return _Request(scope, receive, unless_gone(send), headers, path, trace_id, traceparent, head)


def _path(scope: Scope) -> str:
    """Give the path as it was sent: decoding it would move the borders of its segments."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"], safe="/:%").encode()
    return raw.partition(b"?")[0].decode("latin-1").removeprefix(scope.get("root_path", ""))


async def _send(
    request: _Request, status: int, content_type: bytes, headers: Headers, body: bytes
) -> None:
    start = headers
    if status != _NO_CONTENT:
        length = str(len(body)).encode()
        start = [(b"content-type", content_type), (b"content-length", length), *headers]
    request.answered = True
    await request.send({"type": "http.response.start", "status": status, "headers": start})
    content = b"" if request.head else body
    if status == _TOO_LARGE:
        # A socket that closes on unread data takes the answer with it.
        await request.send({"type": "http.response.body", "body": content, "more_body": True})
        await discard(request.receive)
        content = b""
    await request.send({"type": "http.response.body", "body": content})


def _wants_trailers(request: _Request) -> bool:
    return b"trailers" in request.headers.get(b"te", b"").lower()


def _refuse_encoded(headers: dict[bytes, bytes]) -> None:
    encoding = headers.get(b"content-encoding", b"identity")
    if encoding.lower() != b"identity":
        raise FieldFault(f"content-encoding {encoding.decode('latin-1')!r} is not read")
