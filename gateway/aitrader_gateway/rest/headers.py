"""HTTP headers to gRPC metadata and back, by grpc-gateway's rules."""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import TYPE_CHECKING

from aitrader_gateway.rest.errors import FieldFault, Metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Headers = list[tuple[bytes, bytes]]

HTTP_CODE_KEY = "x-http-code"
TRACE_KEY = "x-trace-id"
# Server metadata that leaves under its own name; all else leaves as Grpc-Metadata-*.
PROMOTED: Mapping[str, bytes] = {
    TRACE_KEY: b"x-trace-id",
    "x-aitrader-environment": b"x-aitrader-environment",
}

# Forwarded as grpcgateway-*; grpc-gateway's list without the headers that hold secrets.
_PERMANENT = {
    b"accept",
    b"accept-charset",
    b"accept-language",
    b"cache-control",
    b"content-type",
    b"date",
    b"expect",
    b"from",
    b"host",
    b"if-match",
    b"if-modified-since",
    b"if-none-match",
    b"if-unmodified-since",
    b"max-forwards",
    b"origin",
    b"pragma",
    b"referer",
    b"user-agent",
    b"via",
    b"warning",
}
_REWRITTEN = {b"authorization", b"x-api-key", b"x-forwarded-for"}
_VERBATIM = {b"tracestate", b"x-request-id"}
_METADATA = b"grpc-metadata-"
# Keys that the facade or the transport sets itself, never the caller through Grpc-Metadata-*.
_OWN = {"authorization", "content-type", "te", "traceparent", "user-agent", "x-forwarded-for"}
_KEY = re.compile(r"[0-9a-z_.\-]+\Z")
_PRINTABLE = re.compile(rb"[\x20-\x7e]*\Z")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}")
_TIMEOUT = re.compile(r"(?P<number>[0-9]{1,8})(?P<unit>[HMSmun])\Z")
_UNIT_S = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def metadata_of(headers: Iterable[tuple[bytes, bytes]], client: str, traceparent: str) -> Metadata:
    """Turn request headers into metadata.

    Raises:
        FieldFault: A forwarded header holds what metadata cannot carry.
    """
    pairs: list[tuple[str, str | bytes]] = [("traceparent", traceparent)]
    own: dict[bytes, str] = {}
    for name, value in headers:
        if name in _REWRITTEN:
            text = _text(name, value)
            own[name] = f"{own[name]}, {text}" if name in own else text
        elif name in _VERBATIM:
            pairs.append((name.decode(), _text(name, value)))
        elif name.startswith(_METADATA):
            pairs += _metadata_pair(name[len(_METADATA) :], value)
        elif name in _PERMANENT and _PRINTABLE.match(value):
            pairs.append((f"grpcgateway-{name.decode()}", value.decode()))
            if name == b"host":
                pairs.append(("x-forwarded-host", value.decode()))
    if b"authorization" in own:
        pairs.append(("authorization", own[b"authorization"]))
    elif b"x-api-key" in own:
        pairs.append(("authorization", f"Bearer {own[b'x-api-key']}"))
    hops = _hops(own.get(b"x-forwarded-for"), client)
    if hops:
        pairs.append(("x-forwarded-for", hops))
    return tuple(pairs)


def _hops(claimed: str | None, client: str) -> str:
    """The last hop is our own word, even where we saw no address; all before it are claims."""
    return f"{claimed}, {client or 'unknown'}" if claimed else client


def _text(name: bytes, value: bytes) -> str:
    if not _PRINTABLE.match(value):
        raise FieldFault("holds characters that are not printable ASCII", name.decode("latin-1"))
    return value.decode("ascii")


def _metadata_pair(name: bytes, value: bytes) -> Metadata:
    key = name.decode("latin-1")
    if not _KEY.match(key) or key in _OWN or key.startswith("grpc-"):
        return ()
    if not key.endswith("-bin"):
        return ((key, _text(name, value)),)
    try:
        text = value.rstrip(b"=")
        return ((key, base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)),)
    except (binascii.Error, ValueError):
        raise FieldFault("is not base64", f"grpc-metadata-{key}") from None


def timeout_of(header: bytes | None) -> float | None:
    """Read Grpc-Timeout, e.g. `500m`, in seconds; None without one.

    Raises:
        FieldFault: It is not one to eight digits and a unit.
    """
    if header is None:
        return None
    found = _TIMEOUT.match(header.decode("latin-1"))
    if found is None:
        raise FieldFault("must be digits and one of H M S m u n", "grpc-timeout")
    return int(found["number"]) * _UNIT_S[found["unit"]]


def traceparent_of(header: bytes | None) -> str:
    """Continue the caller's W3C trace, or begin one that the engine may keep or not."""
    text = (header or b"").decode("latin-1")
    found = _TRACEPARENT.fullmatch(text)
    if found and not text.startswith("ff") and int(found["trace"], 16) and int(found["span"], 16):
        return text
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-00"


class AnswerHeaders:
    """Collects the headers of answers; remembers promoted values that never change.

    The environment of a server is fixed when it starts, so that answers which never reached
    the server can name it too.
    """

    def __init__(self) -> None:
        self._environment: bytes | None = None

    def note(self, initial: Metadata) -> None:
        """Remember what an answer of the server says about the server."""
        self.collect(initial, (), "", trailers=False)

    def collect(
        self, initial: Metadata, trailing: Metadata, trace_id: str, *, trailers: bool
    ) -> Headers:
        """Give the headers of one answer; `trailers` says that the caller asked for them."""
        out: Headers = []
        promoted: dict[bytes, bytes] = {b"x-trace-id": trace_id.encode()}
        if self._environment is not None:
            promoted[b"x-aitrader-environment"] = self._environment
        for prefix, metadata in ((b"grpc-metadata-", initial), (b"grpc-trailer-", trailing)):
            for key, value in metadata:
                text = base64.b64encode(value) if isinstance(value, bytes) else _latin(value)
                if text is None or key == HTTP_CODE_KEY or key.startswith("grpc-"):
                    continue
                if key in PROMOTED:
                    promoted[PROMOTED[key]] = text
                elif prefix == b"grpc-metadata-" or trailers:
                    out.append((prefix + key.encode(), text))
        self._environment = promoted.get(b"x-aitrader-environment")
        return [*out, *promoted.items()]


def _latin(value: str) -> bytes | None:
    try:
        raw = value.encode("ascii")
    except UnicodeEncodeError:
        return None
    return raw if _PRINTABLE.match(raw) else None


def http_code_of(initial: Metadata) -> int:
    """Read the HTTP status that the server asks for in `x-http-code`; 200 without one."""
    for key, value in initial:
        if key == HTTP_CODE_KEY and isinstance(value, str) and re.fullmatch("[23][0-9]{2}", value):
            return int(value)
    return 200
