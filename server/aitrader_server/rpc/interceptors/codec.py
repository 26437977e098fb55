"""Reads requests from bytes itself: grpc.aio would answer malformed ones with UNKNOWN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from aitrader_server.errors import InvalidRequest
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
        return carry_bytes(handler, _decoder(deserialize))


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
