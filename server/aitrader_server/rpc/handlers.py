"""Method handlers of all four kinds, wrapped without asking each time which kind it is."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message_factory import GetMessageClass

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from google.protobuf.descriptor import ServiceDescriptor

    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
    Around = Callable[[Context], AbstractAsyncContextManager[None]]
    Translate = Callable[[Any], Any]


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the handler of each method once and keeps it, so that a call pays for a look-up."""

    def __init__(self) -> None:
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Hands over the wrapped handler; None stays None, which is UNIMPLEMENTED."""
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            # Once only: the interceptors within need not be asked again.
            handler = await continuation(handler_call_details)
            if handler is None:
                return None
            wrapped = self._wrapped[method] = self.wrap(method, handler)
        return wrapped

    @abstractmethod
    def wrap(self, method: str, handler: Handler) -> Handler:
        """The handler to call instead of `handler`."""


def service_handlers(service: ServiceDescriptor, servicer: object) -> dict[str, Handler]:
    """Handlers of every method of `service` by full path, with messages in and out."""
    return {
        f"/{service.full_name}/{method.name}": _build(
            getattr(servicer, method.name),
            request_streaming=method.client_streaming,
            response_streaming=method.server_streaming,
            deserialize=GetMessageClass(method.input_type).FromString,
            serialize=GetMessageClass(method.output_type).SerializeToString,
        )
        for method in service.methods
    }


def surround(handler: Handler, around: Around) -> Handler:
    """Runs `handler` inside `around(context)`, a stream from its first to its last message."""
    inner = behavior_of(handler)
    behavior: Callable[..., Any]
    if handler.response_streaming:

        async def behavior(request: Any, context: Context) -> AsyncIterator[Any]:
            async with around(context), aclosing(inner(request, context)) as responses:
                async for response in responses:
                    yield response

    else:

        async def behavior(request: Any, context: Context) -> Any:
            async with around(context):
                return await inner(request, context)

    return _rebuild(handler, behavior)


def check_requests(handler: Handler, check: Callable[[Any], None]) -> Handler:
    """Shows every request message to `check`, whose exception ends the call."""

    def checked(message: Any) -> Any:
        check(message)
        return message

    return _rebuild(handler, _translate(handler, checked, _unchanged))


def carry_bytes(handler: Handler, decode: Translate) -> Handler:
    """Takes serialised requests, which `decode` reads, and gives serialised responses."""
    assert handler.response_serializer is not None
    return _build(
        _translate(handler, decode, handler.response_serializer),
        request_streaming=handler.request_streaming,
        response_streaming=handler.response_streaming,
        deserialize=None,
        serialize=None,
    )


def behavior_of(handler: Handler) -> Callable[..., Any]:
    """The function of `handler` that is set: exactly one is."""
    behavior = (
        handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    )
    assert behavior is not None
    return behavior


def _translate(handler: Handler, request_in: Translate, response_out: Translate) -> Any:
    """The function of `handler` behind a translation of each message, both ways."""
    inner = behavior_of(handler)
    prepare = partial(_each, request_in) if handler.request_streaming else request_in
    behavior: Callable[..., Any]
    if handler.response_streaming:

        async def behavior(request: Any, context: Context) -> AsyncIterator[Any]:
            async with aclosing(inner(prepare(request), context)) as responses:
                async for response in responses:
                    yield response_out(response)

    else:

        async def behavior(request: Any, context: Context) -> Any:
            return response_out(await inner(prepare(request), context))

    return behavior


async def _each(translate: Translate, messages: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        yield translate(message)


def _unchanged(message: Any) -> Any:
    return message


def _rebuild(handler: Handler, behavior: Callable[..., Any]) -> Handler:
    return _build(
        behavior,
        request_streaming=handler.request_streaming,
        response_streaming=handler.response_streaming,
        deserialize=handler.request_deserializer,
        serialize=handler.response_serializer,
    )


_BUILDERS: dict[tuple[bool, bool], Callable[..., Any]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def _build(
    behavior: Callable[..., Any],
    *,
    request_streaming: bool,
    response_streaming: bool,
    deserialize: Translate | None,
    serialize: Translate | None,
) -> Handler:
    """A handler, once its function has the shape that grpc.aio runs on the event loop.

    Raises:
        TypeError: It is not a coroutine function, or not an async generator function.
    """
    is_right = inspect.isasyncgenfunction if response_streaming else inspect.iscoroutinefunction
    if not is_right(behavior):
        shape = "an async generator" if response_streaming else "a coroutine function"
        raise TypeError(f"{behavior!r} must be {shape}")
    handler: Handler = _BUILDERS[request_streaming, response_streaming](
        behavior, request_deserializer=deserialize, response_serializer=serialize
    )
    return handler
