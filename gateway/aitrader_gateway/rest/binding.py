"""One request to one message: body first, then path, then query, as grpc-gateway orders them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import message_factory

from aitrader_gateway.rest import json_text
from aitrader_gateway.rest.descriptors import descriptor_of
from aitrader_gateway.rest.errors import FieldFault
from aitrader_gateway.rest.query import bind_text, find_path, mask_paths, parse_query

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from aitrader_gateway.rest.codec import Codec
    from aitrader_gateway.rest.routes import Route

HTTP_BODY = "google.api.HttpBody"
FIELD_MASK = "google.protobuf.FieldMask"
RESUME_FIELD = "after_sequence"


class Binder:
    """Builds request messages for one route.

    Unless `lenient`, input that no field takes is refused: an unknown query parameter, a query
    beside `body: "*"`, a body where the route has none. Ignored, a `?dry_run=true` would trade.
    """

    def __init__(self, route: Route, codec: Codec, *, lenient: bool = False) -> None:
        self._message = message_factory.GetMessageClass(route.method.input_type)
        self._body = route.body
        self._lenient = lenient
        self._bound = {v.field_path for v in route.template.variables}
        self._raw = False
        kind = route.method.input_type
        if route.body == "*":
            self._raw = kind.full_name == HTTP_BODY
            self._read = codec.reader(kind)
        elif route.body:
            field = kind.fields_by_name[route.body]
            self._bound.add(route.body)
            self._raw = field.message_type is not None and (
                field.message_type.full_name == HTTP_BODY and not field.is_repeated
            )
            self._read = codec.field_reader(field)
        masks = [
            f.name
            for f in kind.fields
            if f.message_type is not None and f.message_type.full_name == FIELD_MASK
        ]
        infers = route.http_method == "PATCH" and route.body not in {"", "*"} and len(masks) == 1
        self._mask = masks[0] if infers and not self._raw else ""
        self.resumes = RESUME_FIELD in kind.fields_by_name

    def bind(
        self,
        body: bytes,
        content_type: str,
        variables: dict[str, str],
        query: str,
        resume_after: str = "",
    ) -> bytes:
        """Build and serialise the request.

        Raises:
            FieldFault: A value does not fit its field, or no field takes it.
        """
        message = self._message()
        named = self._bind_body(message, body, content_type)
        for path, text in variables.items():
            bind_text(message, path, [text])
        if query:
            self._bind_query(message, parse_query(query))
        if resume_after and not getattr(message, RESUME_FIELD):
            bind_text(message, RESUME_FIELD, [resume_after])
        if self._mask and named:
            mask = getattr(message, self._mask)
            if not mask.paths:
                mask.paths.extend(named)
        return message.SerializeToString()

    def _bind_body(self, message: Message, body: bytes, content_type: str) -> list[str]:
        """Fill the message from the body; give the fields that a PATCH names."""
        if self._raw:
            target: Any = message if self._body == "*" else getattr(message, self._body)
            target.SetInParent()
            target.content_type, target.data = content_type, body
            return []
        if not body.strip():
            return []
        if not self._body:
            if not self._lenient and body.strip() != b"{}":
                raise FieldFault("this method takes no body")
            return []
        value = json_text.loads(body)
        if self._body == "*":
            self._read(message, value)
            return []
        try:
            if value is not None:
                self._read(message, value)
        except FieldFault as fault:
            raise fault.within(self._body) from None
        if not self._mask or type(value) is not dict:
            return []
        return mask_paths(getattr(message, self._body), value)

    def _bind_query(self, message: Message, query: dict[str, list[str]]) -> None:
        for name, values in query.items():
            path = find_path(descriptor_of(message), name)
            if path is not None and self._is_bound(path):
                continue
            if self._body == "*":
                if not self._lenient:
                    raise FieldFault("this method reads its body only: put it there", name)
            elif path is not None or not self._lenient:
                if path is None:
                    raise FieldFault("unknown query parameter", name)
                bind_text(message, name, values)

    def _is_bound(self, path: str) -> bool:
        return any(path == b or path.startswith(f"{b}.") for b in self._bound)
