"""gRPC statuses as HTTP answers, in grpc-gateway's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2

if TYPE_CHECKING:
    from aitrader_gateway.rest.codec import Codec
    from aitrader_gateway.rest.errors import CallError

HTTP_OF_CODE = {
    code_pb2.OK: 200,
    code_pb2.CANCELLED: 499,
    code_pb2.UNKNOWN: 500,
    code_pb2.INVALID_ARGUMENT: 400,
    code_pb2.DEADLINE_EXCEEDED: 504,
    code_pb2.NOT_FOUND: 404,
    code_pb2.ALREADY_EXISTS: 409,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.RESOURCE_EXHAUSTED: 429,
    code_pb2.FAILED_PRECONDITION: 400,
    code_pb2.ABORTED: 409,
    code_pb2.OUT_OF_RANGE: 400,
    code_pb2.UNIMPLEMENTED: 501,
    code_pb2.INTERNAL: 500,
    code_pb2.UNAVAILABLE: 503,
    code_pb2.DATA_LOSS: 500,
    code_pb2.UNAUTHENTICATED: 401,
}

Headers = list[tuple[bytes, bytes]]


def http_status(error: CallError) -> int:
    """Map a status; a number that gRPC does not define counts as unknown."""
    return error.http_status or HTTP_OF_CODE.get(error.code, 500)


def status_body(error: CallError, codec: Codec) -> dict[str, Any]:
    """Give the body of an error: code, message and decoded details."""
    write = codec.writer(status_pb2.Status.DESCRIPTOR)
    status = status_pb2.Status()
    if error.details:
        try:
            status.ParseFromString(error.details)
        except DecodeError:
            # The status itself is sound; only its attachment is not.
            status.Clear()
    status.code, status.message = error.code, error.message
    body: dict[str, Any] = write(status)
    return body


def status_headers(error: CallError, body: dict[str, Any]) -> Headers:
    """Give the headers that HTTP attaches to a status."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in error.headers]
    if error.code == code_pb2.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b'Bearer realm="api"'))
    retry_type = error_details_pb2.RetryInfo.DESCRIPTOR.full_name
    for detail in body["details"]:
        if detail.get("@type", "").endswith(f"/{retry_type}") and detail.get("retry_delay"):
            # Retry-After counts whole seconds: rounded up, so that nobody comes too early.
            delay_s = -(-float(detail["retry_delay"].rstrip("s")) // 1)
            headers.append((b"retry-after", str(max(0, int(delay_s))).encode()))
            break
    return headers


def dump(value: Any) -> bytes:
    """Write JSON values as text."""
    return orjson.dumps(value)
