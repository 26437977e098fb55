"""Reads requests from bytes itself: grpc.aio would answer malformed ones with UNKNOWN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from aitrader_server.errors import InvalidRequest
from aitrader_server.rpc.call import current_call
from aitrader_server.rpc.handlers import CallInterceptor, carry_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from aitrader_server.rpc.handlers import Handler


class CodecInterceptor(CallInterceptor):
    """Everything outside of it sees bytes, everything inside messages."""

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Put a decoder before `handler` and an encoder behind it."""
        deserialize = handler.request_deserializer
        assert deserialize is not None, method
        decode = _decoder(deserialize)
        return carry_bytes(handler, decode if handler.request_streaming else _noting(decode))


def _noting(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Lets those outside know what was asked, for the record."""

    def note(data: bytes) -> Any:
        request = current_call().request = decode(data)
        return request

    return note


def _decoder(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    # `FromString` is bound to its message class.
    name = deserialize.__self__.DESCRIPTOR.full_name  # type: ignore[attr-defined]

    def decode(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError:
            raise InvalidRequest(
                f"the request is no {name}: its bytes do not decode",
                field="",
                reason="MALFORMED_PROTOBUF",
            ) from None

    return decode
