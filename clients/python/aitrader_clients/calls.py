"""The channel that stubs are built on: deadline, token, trace and errors for every call."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine
from typing import Any, TypeAlias

import grpc
import grpc.aio

from aitrader_clients.connection import Connection, open_channel
from aitrader_clients.errors import CallError, Refusal, Unreachable
from aitrader_clients.methods import METHODS, READ_ATTEMPTS_MAX, READ_BACKOFF_S_FIRST, Kind
from aitrader_clients.request_ids import ensure_request_id
from aitrader_clients.statuses import error_of
from aitrader_clients.trace import current_trace_id, traceparent

# Messages of every RPC pass here; the generated stubs carry their types.
Unary: TypeAlias = Callable[..., Coroutine[Any, Any, Any]]
Stream: TypeAlias = Callable[..., AsyncGenerator[Any, None]]


class CallChannel:
    """What a generated stub asks of a channel, under the policy of `METHODS`.

    A unary call is a coroutine function `(request, *, timeout=None)`, a stream an async generator
    function with the same parameters; `timeout` is in seconds. Both raise `CallError` alone.
    """

    def __init__(self, connection: Connection, timeout_s: float | None = None) -> None:
        self._channel = open_channel(connection)
        self._token = connection.token
        self._timeout_s = timeout_s

    async def close(self) -> None:
        await self._channel.close()

    def unary_unary(self, path: str, **codec: Any) -> Unary:
        policy = METHODS[path]
        inner = self._channel.unary_unary(path, **codec)

        async def call(request: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109 -- the stub's word
            trace_id = current_trace_id()
            request_id = ensure_request_id(request)
            deadline = time.monotonic() + (timeout or self._timeout_s or policy.timeout_s or 0.0)
            if policy.kind is Kind.ORDER:
                await self._connect(path, deadline, trace_id, request_id)
            attempt = 1
            while True:
                left_s = max(deadline - time.monotonic(), 0.0)
                try:
                    return await inner(request, timeout=left_s, metadata=self._metadata(trace_id))
                except grpc.aio.AioRpcError as failure:
                    error = error_of(failure, path, policy.kind, trace_id, request_id)
                pause_s = _pause_s(error, policy.kind, attempt)
                if pause_s is None or time.monotonic() + pause_s >= deadline:
                    raise error
                await asyncio.sleep(pause_s)
                attempt += 1

        return call

    def unary_stream(self, path: str, **codec: Any) -> Stream:
        return self._stream(path, self._channel.unary_stream(path, **codec))

    def stream_stream(self, path: str, **codec: Any) -> Stream:
        return self._stream(path, self._channel.stream_stream(path, **codec))

    def _stream(self, path: str, inner: Callable[..., Any]) -> Stream:
        kind = METHODS[path].kind

        async def stream(
            request: Any | AsyncIterable[Any],
            *,
            timeout: float | None = None,  # noqa: ASYNC109 -- the stub's word
        ) -> AsyncGenerator[Any, None]:
            trace_id = current_trace_id()
            call = inner(request, timeout=timeout, metadata=self._metadata(trace_id))
            try:
                async for message in call:
                    yield message
            except grpc.aio.AioRpcError as failure:
                raise error_of(failure, path, kind, trace_id) from None
            finally:
                call.cancel()

        return stream

    def _metadata(self, trace_id: str) -> tuple[tuple[str, str], ...]:
        trace_context = ("traceparent", traceparent(trace_id))
        if self._token is None:
            return (trace_context,)
        return (trace_context, ("authorization", f"Bearer {self._token.reveal()}"))

    async def _connect(self, path: str, deadline: float, trace_id: str, request_id: str) -> None:
        """Reach the engine before an order leaves, so that failing to is known to send nothing."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                state = self._channel.get_state(try_to_connect=True)
                while state is not grpc.ChannelConnectivity.READY:
                    if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                        raise self._unreachable(path, trace_id, request_id)
                    await self._channel.wait_for_state_change(state)
                    state = self._channel.get_state(try_to_connect=True)
        except TimeoutError:
            raise self._unreachable(path, trace_id, request_id) from None

    def _unreachable(self, path: str, trace_id: str, request_id: str) -> CallError:
        message = "no connection to the engine, nothing was sent"
        return Unreachable(Refusal("UNAVAILABLE", message, path, trace_id, request_id=request_id))


def _pause_s(error: CallError, kind: Kind, attempt: int) -> float | None:
    """Return how long to wait before the call is made again, None when it must not be."""
    if kind is not Kind.READ or attempt >= READ_ATTEMPTS_MAX:
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s
    if not isinstance(error, Unreachable):
        return None
    import random  # noqa: PLC0415 -- start-up time

    # Jitter, so that all who lost the same engine do not come back at the same instant.
    return random.uniform(0.5, 1.0) * READ_BACKOFF_S_FIRST * 2.0**attempt  # noqa: S311 -- no secret
