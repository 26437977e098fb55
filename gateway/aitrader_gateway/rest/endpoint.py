"""What one route needs at run time, compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import message_factory

from aitrader_gateway.rest.binding import HTTP_BODY, Binder
from aitrader_gateway.rest.status import dump
from aitrader_gateway.rest.streams import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrader_gateway.rest.codec import Codec
    from aitrader_gateway.rest.routes import Route

_JSON = b"application/json"
_OCTETS = "application/octet-stream"


class Endpoint:
    """Binds the requests of one route and renders its answers."""

    def __init__(self, route: Route, codec: Codec, *, lenient: bool) -> None:
        self.full_path = route.full_path
        self.streams = route.method.server_streaming
        self.binder = Binder(route, codec, lenient=lenient)
        kind = route.method.output_type
        self._message = message_factory.GetMessageClass(kind)
        self._field = route.response_body
        shown = kind.fields_by_name[self._field] if self._field else None
        shown_type = kind if shown is None else shown.message_type
        repeated = shown is not None and shown.is_repeated
        self.raw = shown_type is not None and shown_type.full_name == HTTP_BODY and not repeated
        self._has_presence = shown is not None and shown.has_presence
        self._write: Callable[[Any], Any] | None
        self._write = codec.writer(kind) if shown is None else codec.field_writer(shown)

    def render(self, serialized: bytes) -> Answer:
        """Turn a serialised answer into bytes, their type and the sequence they carry."""
        message = self._message.FromString(serialized)
        shown: Any = message
        if self._field:
            absent = self._has_presence and not message.HasField(self._field)
            shown = None if absent and not self.raw else getattr(message, self._field)
        if self.raw:
            return Answer(shown.data, _content_type(shown.content_type), None, raw=True)
        value = shown if self._write is None or shown is None else self._write(shown)
        return Answer(dump(value), _JSON, getattr(message, "sequence", None), raw=False)


def _content_type(given: str) -> bytes:
    return (given if given and given.isascii() and given.isprintable() else _OCTETS).encode()
