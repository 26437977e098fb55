"""How the facade reaches the services: a port of two methods, and gRPC behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import grpc

from aitrader_gateway.rest.errors import CallError, Metadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


_ADDRESS = re.compile(r"\b(?:ipv4|ipv6|unix|dns|tcp):")


@dataclass(frozen=True, slots=True)
class Reply:
    """The serialised answer of a unary call and the metadata around it."""

    body: bytes
    initial_metadata: Metadata = ()
    trailing_metadata: Metadata = ()


class ReplyStream(Protocol):
    """Answers of one server-streaming call, in order."""

    async def initial_metadata(self) -> Metadata:
        """Give the server's first metadata; asked for once a message has come."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Serialised messages; the iterator raises `CallError` unless the call ends with OK."""

    def cancel(self) -> None:
        """End the call at once; harmless when it has ended."""


class Invoker(Protocol):
    """Calls a method by its full path (`/package.Service/Method`) with serialised messages.

    Metadata keys are lower case; a value is bytes exactly where its key ends in `-bin`.
    Cancelling the awaiting task cancels the call. `timeout_s` is the deadline from now.
    """

    async def unary(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float
    ) -> Reply:
        """Call a unary method.

        Raises:
            CallError: It ended with a status other than OK.
        """

    def stream(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float | None
    ) -> ReplyStream:
        """Start a server-streaming call; None sets no deadline."""


class ChannelInvoker:
    """Calls over a `grpc.aio` channel, which stays its maker's to close."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._unary: dict[str, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {}
        self._stream: dict[str, grpc.aio.UnaryStreamMultiCallable[bytes, bytes]] = {}

    async def unary(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float
    ) -> Reply:
        """Call a unary method over the channel."""
        callable_ = self._unary.get(method)
        if callable_ is None:
            callable_ = self._unary[method] = self._channel.unary_unary(method)
        call = callable_(request, timeout=timeout_s, metadata=grpc.aio.Metadata(*metadata))
        try:
            body = await call
            initial, trailing = await call.initial_metadata(), await call.trailing_metadata()
        except grpc.aio.AioRpcError as error:
            raise _call_error(error) from None
        return Reply(body, _pairs(initial), _pairs(trailing))

    def stream(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float | None
    ) -> ReplyStream:
        """Start a server-streaming call over the channel."""
        callable_ = self._stream.get(method)
        if callable_ is None:
            callable_ = self._stream[method] = self._channel.unary_stream(method)
        return _ChannelStream(
            callable_(request, timeout=timeout_s, metadata=grpc.aio.Metadata(*metadata))
        )


class _ChannelStream:
    def __init__(self, call: grpc.aio.UnaryStreamCall[bytes, bytes]) -> None:
        self._call = call

    async def initial_metadata(self) -> Metadata:
        return _pairs(await self._call.initial_metadata())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for message in self._call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise _call_error(error) from None

    def cancel(self) -> None:
        self._call.cancel()


def _pairs(metadata: grpc.aio.Metadata | None) -> Metadata:
    return tuple(metadata) if metadata is not None else ()


def _call_error(error: grpc.aio.AioRpcError) -> CallError:
    initial, trailing = _pairs(error.initial_metadata()), _pairs(error.trailing_metadata())
    details = next((v for k, v in trailing if k == "grpc-status-details-bin"), b"")
    message = error.details() or ""
    if error.code() is grpc.StatusCode.UNAVAILABLE and _ADDRESS.search(message):
        # The channel's own text names addresses that are nobody's business outside.
        message = "the service cannot be reached"
    return CallError(
        error.code().value[0],
        message,
        details=details if isinstance(details, bytes) else b"",
        initial_metadata=initial,
        trailing_metadata=trailing,
    )
