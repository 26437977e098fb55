"""The services without a socket: the same chain and servicers for a caller in this process."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from aitrader_server.rpc.handlers import behavior_of
from aitrader_server.rpc.inprocess_context import InProcessContext

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from aitrader_server.rpc.handlers import CallInterceptor, Handler
    from aitrader_server.rpc.inprocess_context import Failure, Metadata

# How far a server stream may run ahead of its reader.
MESSAGES_AHEAD_MAX = 64


@dataclass(frozen=True, slots=True)
class Reply:
    """The serialised answer of a unary call and the metadata around it."""

    body: bytes
    initial_metadata: Metadata
    trailing_metadata: Metadata


class CallFailed(Exception):
    """A call ended with a status other than OK."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: bytes,
        initial_metadata: Metadata,
        trailing_metadata: Metadata,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.initial_metadata = initial_metadata
        self.trailing_metadata = trailing_metadata


class InProcessInvoker:
    """Calls methods by full path with serialised messages; each call is a task of its own."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        chain: Sequence[CallInterceptor],
        failure: Failure = CallFailed,
    ) -> None:
        self._find = _fold(tuple(chain), handlers)
        self._failure = failure

    async def unary(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float
    ) -> Reply:
        """Calls a unary method; cancelling the caller cancels the call."""
        context = InProcessContext(metadata, timeout_s)
        # A task of its own keeps the call's context variables from its caller's.
        body = await asyncio.create_task(self._answer(method, request, context))
        if body is None:
            raise context.failed(self._failure)
        return Reply(body, context.initial, context.trailing_metadata())

    def stream(
        self, method: str, request: bytes, metadata: Metadata, timeout_s: float | None
    ) -> InProcessStream:
        """Starts a server-streaming call; None sets no deadline."""
        context = InProcessContext(metadata, timeout_s)
        return InProcessStream(
            context, lambda put: self._pump(method, request, context, put), self._failure
        )

    async def _answer(self, method: str, request: bytes, context: InProcessContext) -> bytes | None:
        """The response, or None when `context` has a status other than OK."""
        try:
            handler = await self._resolve(method, context)
            body: bytes = await behavior_of(handler)(request, context)
        except grpc.aio.AbortError:
            return None
        finally:
            context.finish()
        return body if context.ok else None

    async def _pump(
        self,
        method: str,
        request: bytes,
        context: InProcessContext,
        put: Callable[[bytes], Any],
    ) -> None:
        try:
            async with asyncio.timeout(context.time_remaining()):
                handler = await self._resolve(method, context)
                async with aclosing(behavior_of(handler)(request, context)) as responses:
                    async for response in responses:
                        await put(response)
        except TimeoutError:
            context.set_code(grpc.StatusCode.DEADLINE_EXCEEDED)
            context.set_details("Deadline Exceeded")
        except grpc.aio.AbortError:
            pass  # The status is in the context.
        finally:
            context.finish()

    async def _resolve(self, method: str, context: InProcessContext) -> Handler:
        details = _CallDetails(method, context.invocation_metadata())
        handler: Handler | None = await self._find(details)
        if handler is None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        return handler


class InProcessStream:
    """Messages of one server-streaming call, in order."""

    def __init__(
        self,
        context: InProcessContext,
        pump: Callable[[Callable[[bytes], Any]], Any],
        failure: Failure,
    ) -> None:
        self._context = context
        self._failure = failure
        self._messages: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ahead = asyncio.Semaphore(MESSAGES_AHEAD_MAX)
        self._task: asyncio.Task[None] = asyncio.create_task(pump(self._put))
        self._task.add_done_callback(self._end)

    async def initial_metadata(self) -> Metadata:
        """Waits for the first metadata."""
        await self._context.initial_sent.wait()
        if self._task.done() and not self._context.initial:
            self._raise_unless_ok()
        return self._context.initial

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yields serialised messages and raises unless the call ends with OK."""
        while (message := await self._messages.get()) is not None:
            self._ahead.release()
            yield message
        self._raise_unless_ok()

    def cancel(self) -> None:
        """Ends the call at once; harmless when it has ended."""
        self._task.cancel()

    async def _put(self, message: bytes) -> None:
        await self._ahead.acquire()
        self._messages.put_nowait(message)

    def _end(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._context.set_code(grpc.StatusCode.CANCELLED)
            self._context.set_details("the caller ended the stream")
        self._messages.put_nowait(None)

    def _raise_unless_ok(self) -> None:
        if not self._task.cancelled():
            self._task.result()
        if not self._context.ok:
            raise self._context.failed(self._failure)


@dataclass(frozen=True, slots=True)
class _CallDetails(grpc.HandlerCallDetails):
    method: str
    invocation_metadata: Any


def _fold(chain: Sequence[CallInterceptor], handlers: Mapping[str, Handler]) -> Any:
    """The look-up of a handler through all interceptors, as grpc.aio nests them."""
    if not chain:

        async def look_up(details: grpc.HandlerCallDetails) -> Handler | None:
            return handlers.get(details.method)

        return look_up
    outermost, *rest = chain
    continuation = _fold(rest, handlers)

    async def intercept(details: grpc.HandlerCallDetails) -> Handler | None:
        return await outermost.intercept_service(continuation, details)

    return intercept
